"""Dead letters, read from their topics, with what is known of each; and how it is said what is to be done with them."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import msgspec

from app import topics
from app.cli._render import kafka_text
from app.clock import now_ms
from app.errors import HiveError
from app.letters import Origin, letter_id, origin_or_why
from app.stores import kafka
from models.deadletters import LetterId, LetterState, LetterStatus, attempt_of, describe
from models.records import LetterAction, LetterCommand, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from app.settings import Settings

READ_S = 120.0
OUTCOME_S = 15.0
"""How long nothing may come of what was said."""
_UNITS_S = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(\d{1,6}) ?(s|min|h|d)")
_OUTCOMES = {LetterAction.REPLAY: LetterStatus.REPLAYED, LetterAction.DROP: LetterStatus.DROPPED}


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter, without its bytes."""

    id: LetterId
    at_ms: int
    about: Mapping[str, str]
    size: int
    key: bytes | None
    to: Origin | str
    """Where it can be sent again, or why it can't be."""
    state: LetterState | None

    @property
    def status(self) -> str:
        """Return how it stands."""
        return self.state.status.value if self.state else "open"

    @property
    def is_left(self) -> bool:
        """Whether it has not been dealt with."""
        return self.status in {"open", LetterStatus.WAITING}

    @property
    def why(self) -> str:
        """Return why it is one, in a word."""
        reason = self.about.get("reason", "")
        return self.about.get("error", "") if reason in {"", "failed"} else reason

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints of it."""
        return {
            "letter": str(self.id),
            "at_ms": self.at_ms,
            "status": self.status,
            "attempts": attempt_of(self.about),
            "bytes": self.size,
            "key": kafka_text(self.key),
            **{name.replace("-", "_"): self.about.get(name) for name in _ABOUT},
            "state": msgspec.to_builtins(self.state),
        }


_ABOUT = ("topic", "partition", "offset", "stage", "error", "reason", "message", "before")


class Since(click.ParamType):
    """An instant: `2h` ago, or in ISO 8601; as epoch milliseconds."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        if isinstance(value, int):
            return value
        if match := _DURATION.fullmatch(value):
            return now_ms() - int(match[1]) * _UNITS_S[match[2]] * 1000
        try:
            at = dt.datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r}: such as 30min, 2h, 7d or 2026-11-28T14:00", param, ctx)
        return round((at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp() * 1000)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Which letters are meant; what is `None` is not asked for."""

    topic: str | None = None
    reason: str | None = None
    since: int | None = None

    @property
    def is_given(self) -> bool:
        """Whether anything is asked for."""
        return (self.topic, self.reason, self.since) != (None, None, None)

    def takes(self, letter: Letter) -> bool:
        """Tell whether a letter is meant."""
        return (
            self.topic in {None, letter.about.get("topic"), topics.DEAD_LETTERS_OF[letter.id.family].name}
            and self.reason in {None, letter.about.get("reason"), letter.about.get("error")}
            and (self.since is None or letter.at_ms >= self.since)
        )


def filtering(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which letters are meant."""
    for option in (
        click.option("--since", type=Since(), help="Since then: 30min, 2h, 7d, or a time in ISO 8601 (UTC)."),
        click.option("--reason", help="The reason, such as not-json, or the class of the error."),
        click.option("--topic", help="The topic that they came from, or lie on."),
    ):
        command = option(command)
    return command


def states(settings: Settings) -> dict[str, LetterState]:
    """Return what is known of letters, by their ids."""
    found: dict[str, LetterState] = {}
    name = topics.DEAD_LETTERS_HANDLED.name
    with kafka.reader(settings) as consumer:
        begin = kafka.required(kafka.starts(consumer, [name]), name)
        for record in kafka.read_to_end(consumer, begin, timeout_s=READ_S):
            letter = (record.key or b"").decode()
            if record.value is None:
                found.pop(letter, None)
            else:
                found[letter] = msgspec.json.decode(record.value, type=LetterState)
    return found


def letters(settings: Settings) -> Iterator[Letter]:
    """Yield all dead letters, those of a partition in their order."""
    known = states(settings)
    with kafka.reader(settings) as consumer:
        begin = kafka.starts(consumer, [spec.name for spec in topics.DEAD_LETTERS])
        for record in kafka.read_to_end(consumer, begin, timeout_s=READ_S):
            yield letter_of(record, known, partitions=settings.partitions)


def letter_of(record: kafka.Found, known: Mapping[str, LetterState], *, partitions: int) -> Letter:
    """Return a letter as it lies on its topic."""
    place = letter_id(record.topic, record.partition, record.offset)
    return Letter(
        id=place,
        at_ms=record.timestamp_ms,
        about=describe(record.headers),
        size=len(record.value or b""),
        key=record.key,
        to=origin_or_why(record.headers, record.value, partitions=partitions),
        state=known.get(str(place)),
    )


def tell(settings: Settings, commands: Sequence[LetterCommand], *, each: Callable[[LetterId], None]) -> None:
    """Send commands and wait until every one has been carried out.

    Args:
        settings: Where Kafka is.
        commands: What is to be done, with letters that are there.
        each: Called with each letter that it has been done with.

    Raises:
        HiveError: nothing more came of them in time: no worker is at work, or somebody else was first.
    """
    name = topics.DEAD_LETTERS_HANDLED.name
    wanted = {command.letter.encode(): command for command in commands}
    left, others = set(wanted), Counter[str]()
    with kafka.reader(settings) as consumer:
        kafka.assign(consumer, kafka.required(kafka.ends(consumer, [name]), name))
        _send(settings, commands)
        heard_s = time.monotonic()
        while left and time.monotonic() < heard_s + OUTCOME_S:
            record = kafka.poll(consumer, 0.2)
            if record is None or record.value is None or record.key not in left:
                continue
            heard_s = time.monotonic()
            command = wanted[record.key]
            state = msgspec.json.decode(record.value, type=LetterState)
            left.discard(record.key)
            if (state.status, state.by) == (_OUTCOMES[command.action], command.by):
                each(LetterId.parse(command.letter))
            else:
                others[f"{command.letter}: {state.status} by {state.by} meanwhile"] += 1
    if left:
        raise HiveError(
            f"sent, but nothing came of {len(left)} of {len(commands)} in {OUTCOME_S:g} s, such as "
            f"{min(left).decode()}; `hive status` says what waits"
        )
    if others:
        raise HiveError(f"{len(others)} of {len(commands)} were not: {next(iter(others))}")


def _send(settings: Settings, commands: Sequence[LetterCommand]) -> None:
    producer = kafka.producer(settings)
    for command in commands:
        partition = LetterId.parse(command.letter).partition
        producer.produce(topics.DEAD_LETTERS_COMMANDS.name, encode(command), command.letter.encode(), partition)
        producer.poll(0)
    if producer.flush(kafka.ANSWER_S):
        raise kafka.unreachable(settings)
