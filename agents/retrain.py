"""retrain: ``retraining.commands``, ``retraining.reports``, drifts on ``learning.events`` → ``experiments.commands``.

Where each specialist's round stands is a table; its events go to MongoDB before the transaction that tells of them, and
have ids that follow from the round, so that each is there once. The steps are carried out beside the stage, by hands
that block: whoever has the table looks which step a round is at and begins it, and says what came of it as a record
like any other. A worker that is killed meanwhile is followed by one that begins the step again.

What learners tell of drift is kept in MongoDB here, too: a topic has one stage that reads it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from agents._timers import say
from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.errors import InvalidRecord
from app.main import app, drift_events, retraining, retraining_events, settings
from app.retraining import hands_of, rules_of
from models.lifecycle.retraining import Retraining, Round, apply, drift_word, due_at, perform, work_of
from models.records import DriftEvent, RetrainingCommand, RetrainingEvent, RetrainingWord, decode
from models.records.retraining import OPEN_WORDS

if TYPE_CHECKING:
    from app.engine import Record, Transaction

LOOK_S = 0.5
"""How often it is looked for steps to carry out, and for rounds whose time has come."""
AGAIN_MS = 30_000
"""How long it is waited for a word to be heard before it is said again."""
SYSTEM = "system"
RULES = rules_of(settings)
LEARNING_EVENTS = replace(topics.LEARNING_EVENTS, record=None)  # events of several kinds are on it

logger = logging.getLogger(__name__)
_begun: dict[str, tuple[str, str, int]] = {}
"""What is being carried out, or was, on this worker: the round, the step and its try, by specialist."""
_tasks: set[asyncio.Task[None]] = set()
_said_ms: dict[str, int] = {}


@app.agent(app.run_topic(topics.RETRAINING_COMMANDS, topics.RETRAINING_REPORTS, LEARNING_EVENTS))
async def retrain(stream: Any) -> None:
    """Let rounds hear what is said."""
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            events: list[RetrainingEvent] = []
            seen: list[tuple[int, DriftEvent]] = []
            for record in batch:
                with tx.attempt(record):
                    if (drift := _drift(record)) is not None:
                        seen.append((record.timestamp_ms, drift))
                    events += _apply(tx, record, drift, at_ms=min(record.timestamp_ms, now_ms()))
            if events:
                await batch.patiently(partial(retraining_events.keep, events))
            if seen:
                await batch.patiently(partial(drift_events.keep, seen))


def _apply(tx: Transaction, record: Record, drift: DriftEvent | None, *, at_ms: int) -> tuple[RetrainingEvent, ...]:
    said = _word(record, drift, at_ms=at_ms)
    if said is None:
        return ()
    states, name = tx.view(retraining, record), said.specialist.value
    before = states.get(name) or Retraining(specialist=said.specialist)
    came = apply(before, said, at_ms=at_ms, rules=RULES)
    if came.state is not before:
        states[name] = came.state
    for event in came.events:
        tx.send(topics.LEARNING_EVENTS, key=name, value=event)
    for word in came.words:
        tx.send(topics.EXPERIMENTS_COMMANDS, key=word.experiment_id, value=word)
    return came.events


def _word(record: Record, drift: DriftEvent | None, *, at_ms: int) -> RetrainingCommand | None:
    if record.topic == topics.LEARNING_EVENTS.name:
        return None if drift is None else drift_word(drift, at_ms=at_ms)  # most say nothing to the retraining
    said: RetrainingCommand = record.value
    if record.topic == topics.RETRAINING_COMMANDS.name and said.word not in OPEN_WORDS:
        raise InvalidRecord("invalid-field", f"word: {said.word.value} is not for people to say")
    return said


def _drift(record: Record) -> DriftEvent | None:
    """Return what a learner has seen of a changing world; None: the record is about something else."""
    raw: bytes | None = record.value if record.topic == topics.LEARNING_EVENTS.name else None
    if raw is None or b'"detector"' not in raw:
        return None
    try:
        return decode(DriftEvent, raw)
    except InvalidRecord as error:
        logger.warning("a drift event can't be read: %s", error)
        return None


@app.timer(interval=LOOK_S, on_leader=False)
async def work() -> None:
    """Begin the steps that rounds are at, and say whose time has come, on the partitions of this worker."""
    if not app.ready:
        return
    now, words = now_ms(), []
    for name, state in retraining.items():
        at = work_of(state, now_ms=now)
        if at is not None and _begun.get(name) != (mark := (at.round_id, at.step.value, at.tries)):
            _begun[name] = mark
            task = asyncio.create_task(_carry_out(at, mark))
            _tasks.add(task)
            task.add_done_callback(_tasks.discard)
        due = due_at(state, RULES)
        if due is not None and due <= now and now - _said_ms.get(name, 0) > AGAIN_MS:
            _said_ms[name] = now
            tick = RetrainingCommand(specialist=state.specialist, word=RetrainingWord.TICK, by=SYSTEM, at=now)
            words.append((name, tick, None))
    await say("retrain", topics.RETRAINING_REPORTS, words)


async def _carry_out(at: Round, mark: tuple[str, str, int]) -> None:
    """Carry a step out and say what came of it; if nobody has heard that after a while, the step is begun again."""
    name = at.specialist.value
    logger.info("step begins round=%s specialist=%s step=%s try=%d", at.round_id, name, at.step, at.tries + 1)
    report = await asyncio.to_thread(_perform, at)
    logger.info(
        "step ends round=%s specialist=%s step=%s %s %s", at.round_id, name, at.step, report.word, report.reason or ""
    )
    await say("retrain", topics.RETRAINING_REPORTS, [(name, report, None)])
    await asyncio.sleep(AGAIN_MS / 1000)
    if _begun.get(name) == mark:  # else the round has gone on
        del _begun[name]


def _perform(at: Round) -> RetrainingCommand:
    return perform(lambda: hands_of(settings), at, at_ms=now_ms())
