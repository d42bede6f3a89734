"""What becomes of a dead letter: tried again by itself, by a person, dropped, or left where it lies.

A letter of which nothing is known is *open*: it lies there for a person. The rules of time are those of the original
system: looked at every 300 s, at most 10 times, 2 min after the first failure and twice as long each time.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from models.deadletters.headers import attempt_of
from models.records.letter import LetterAction, LetterCommand

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SYSTEM", "LetterState", "LetterStatus", "Rules", "decide", "due", "given_up", "may_pass", "scheduled"]

SYSTEM: Final = "reprocessor"
"""Who tries letters again by itself."""
NEVER: Final = "InvalidRecord"
"""The class of errors that never pass, whoever tries and how often."""
_MOST_BACKOFF_MS: Final = 86_400_000


class LetterStatus(StrEnum):
    """What is known of a letter; of an open one, nothing."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    DROPPED = "dropped"
    GONE = "gone"


class LetterState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a letter stands.

    Attributes:
        status: Waiting (will be tried again by itself), replayed, dropped, or gone (its topic no longer has it).
        at: Since when, in epoch milliseconds: of a command, when it was given.
        by: Who says so.
        attempt: How often its record has been tried again by itself, this time included.
        due_at: When a waiting one is tried again, at the earliest.
        why: The reason that was given.
    """

    status: LetterStatus
    at: int
    by: str = SYSTEM
    attempt: int = 0
    due_at: int | None = None
    why: str | None = None

    @property
    def at_ms(self) -> int:
        """Return ``at``, under the name that tables go by."""
        return self.at


class Rules(NamedTuple):
    """When letters are tried again.

    Attributes:
        times: How often, at most; 0: never.
        backoff_ms: How long after the first failure; twice as long after each further one, a day at the most.
    """

    times: int
    backoff_ms: int


def may_pass(about: Mapping[str, str]) -> bool:
    """Tell whether what made a letter of a record may be over later; what can't be read never can."""
    return about.get("error") not in (None, NEVER)


def given_up(about: Mapping[str, str], rules: Rules) -> bool:
    """Tell whether a letter has been tried as often as is allowed."""
    return may_pass(about) and attempt_of(about) >= rules.times


def scheduled(about: Mapping[str, str], rules: Rules, *, now_ms: int) -> LetterState | None:
    """Return the state of a letter that will be tried again by itself; ``None``: it lies there for a person."""
    attempt = attempt_of(about)
    if not may_pass(about) or attempt >= rules.times:
        return None
    wait_ms = min(rules.backoff_ms * 2 ** min(attempt, 32), _MOST_BACKOFF_MS)
    return LetterState(status=LetterStatus.WAITING, at=now_ms, attempt=attempt, due_at=now_ms + wait_ms)


def due(state: LetterState, *, now_ms: int) -> bool:
    """Tell whether a letter is to be tried again by now."""
    return state.status is LetterStatus.WAITING and state.due_at is not None and state.due_at <= now_ms


_OPEN: Final = None
_NEXT: Final[Mapping[tuple[LetterStatus | None, LetterAction], LetterStatus]] = {
    (LetterStatus.WAITING, LetterAction.RETRY): LetterStatus.REPLAYED,
    (_OPEN, LetterAction.REPLAY): LetterStatus.REPLAYED,
    (LetterStatus.WAITING, LetterAction.REPLAY): LetterStatus.REPLAYED,
    (_OPEN, LetterAction.DROP): LetterStatus.DROPPED,
    (LetterStatus.WAITING, LetterAction.DROP): LetterStatus.DROPPED,
}
_NEXT_AGAIN: Final[Mapping[tuple[LetterStatus | None, LetterAction], LetterStatus]] = {
    **_NEXT,
    (LetterStatus.REPLAYED, LetterAction.REPLAY): LetterStatus.REPLAYED,
    (LetterStatus.DROPPED, LetterAction.REPLAY): LetterStatus.REPLAYED,
}


def decide(state: LetterState | None, command: LetterCommand, *, now_ms: int) -> LetterState | None:
    """Return the state after a command, or ``None`` when it changes nothing: the letter has been dealt with.

    A person's replay begins the count anew: it says that the cause has been mended.
    """
    status = None if state is None else state.status
    after = (_NEXT_AGAIN if command.again else _NEXT).get((status, command.action))
    if after is None or (command.action is LetterAction.RETRY and (state is None or not due(state, now_ms=now_ms))):
        return None
    attempt = state.attempt + 1 if state is not None and command.action is LetterAction.RETRY else 0
    return LetterState(status=after, at=command.at, by=command.by, attempt=attempt, why=command.reason)
