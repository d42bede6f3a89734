"""reprocess: dead letters and ``dead-letters.commands`` → the topics that the letters came from.

A letter whose cause may pass is tried again when its time has come; any other lies there for a person, and the
correlation id of its intention is given free. What is done with a letter is written in the transaction that does it:
whatever is killed in between, a letter is sent again once. When the time has come is said by a timer, in the same way
as a person says it, so that of two that speak at the same time the log decides.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from agents._answers import release
from agents._timers import say
from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.errors import InvalidRecord
from app.letters import fetch, letter_id, origin
from app.main import app, dead_letters, metrics, settings
from models.deadletters import (
    SYSTEM,
    LetterId,
    LetterState,
    LetterStatus,
    Rules,
    decide,
    describe,
    due,
    given_up,
    headers_again,
    scheduled,
)
from models.intake.ending import freed_by_dead_letter
from models.records import LetterAction, LetterCommand
from tables.dead_letters import forget_old, has_room

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.engine import Record, Transaction
    from app.stores.kafka import Found

RUN = 32  # letters of one partition: each may have megabytes
AT_ONCE = 500
"""The most letters of a worker whose time has come that are sent again before it is looked anew."""
RULES = Rules(settings.reprocess_times if settings.reprocess_every_s else 0, round(settings.reprocess_backoff_s * 1000))


@app.agent(app.run_topic(*topics.DEAD_LETTERS, topics.DEAD_LETTERS_COMMANDS, run_records=RUN))
async def reprocess(stream: Any) -> None:
    """Put letters on record, and do with them what is said."""
    async for batch in runs(stream, most=RUN):
        async with transaction(batch) as tx:
            commands = [record.value for record in batch if isinstance(record.value, LetterCommand)]
            letters = await batch.patiently(partial(_fetch, commands))
            for record in batch:
                if isinstance(record.value, LetterCommand):
                    with tx.attempt(record):
                        _apply(tx, record, record.value, letters)
                else:
                    _take(tx, record)


async def _fetch(commands: Iterable[LetterCommand]) -> dict[LetterId, Found]:
    ids = set()
    for command in commands:
        with suppress(InvalidRecord):  # said when it is applied
            ids.add(LetterId.parse(command.letter))
    return await asyncio.to_thread(fetch, settings, ids) if ids else {}


def _take(tx: Transaction, record: Record) -> None:
    """Let a letter wait, or give its intention's correlation id free."""
    about, now, states = describe(record.headers), now_ms(), tx.view(dead_letters, record)
    forget_old(states, now_ms=now)
    state = scheduled(about, RULES, now_ms=now)
    if state and has_room(states) and origin(record.headers, record.value, partitions=settings.partitions):
        states[str(letter_id(record.topic, record.partition, record.offset))] = state
        metrics.letter("waiting")
    else:
        _free(tx, record.value, about)
        metrics.letter("given-up" if RULES.times and given_up(about, RULES) else "open")


def _apply(tx: Transaction, record: Record, command: LetterCommand, letters: Mapping[LetterId, Found]) -> None:
    letter = LetterId.parse(command.letter)
    if letter.partition != record.partition:
        raise InvalidRecord("invalid-field", f"letter: {letter} is not on partition {record.partition}")
    states, now = tx.view(dead_letters, record), now_ms()
    before, found = states.get(command.letter), letters.get(letter)
    after = decide(before, command, now_ms=now)
    if after is None:
        metrics.letter("ignored")
    elif found is None or not _carry_out(tx, letter, found, after):
        if before is not None:  # it waited for too long, or for a version that no longer has its topic
            states[command.letter] = LetterState(status=LetterStatus.GONE, at=now)
        metrics.letter("gone")
    else:
        states[command.letter] = msgspec.structs.replace(after, at=min(after.at, now))
        metrics.letter("retried" if command.action is LetterAction.RETRY else after.status.value)


def _carry_out(tx: Transaction, letter: LetterId, found: Found, after: LetterState) -> bool:
    if after.status is LetterStatus.DROPPED:
        _free(tx, found.value, describe(found.headers))
        return True
    to = origin(found.headers, found.value, partitions=settings.partitions)
    if to is not None:
        headers = headers_again(found.headers, letter, topic=to.topic.name, attempt=after.attempt)
        tx.send(to.topic, key=found.key, value=found.value, headers=headers, partition=to.partition)
    return to is not None


def _free(tx: Transaction, value: bytes | None, about: Mapping[str, str]) -> None:
    """Give the correlation id of an intention free that has ended as a letter."""
    reason = about.get("reason", "")
    release(tx, freed_by_dead_letter(value, reason=reason, partitions=settings.partitions, now_ms=now_ms()))


if settings.reprocess_every_s:

    @app.timer(interval=settings.reprocess_every_s, on_leader=False)
    async def retry() -> None:
        """Say of the letters on the partitions of this worker whose time has come that it has."""
        if not app.ready:
            return
        now = now_ms()
        waiting = [(state.due_at or 0, name) for name, state in dead_letters.items() if due(state, now_ms=now)]
        words = ((name, *_again(name, now)) for _, name in sorted(waiting)[:AT_ONCE])
        await say("retry", topics.DEAD_LETTERS_COMMANDS, words)


def _again(letter: str, now: int) -> tuple[LetterCommand, int]:
    """Return the word that a letter's time has come, and the letter's partition."""
    command = LetterCommand(letter=letter, action=LetterAction.RETRY, by=SYSTEM, at=now)
    return command, LetterId.parse(letter).partition
