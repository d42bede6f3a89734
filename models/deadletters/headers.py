"""The headers of dead letters, and of records that are tried again.

A letter has those of the original in front, then ``dead-letter-…``: why it is one. A record that is tried again is the
original, byte for byte and with its headers, and three more: ``dead-letter-again`` (the topic that it was sent to
again), ``dead-letter-attempt`` (how often that has been done by itself), ``dead-letter-before`` (the letter that it
was). Stages pass headers on: only where ``again`` names the record's own topic do they speak of this record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from models.deadletters.letter_id import LetterId

__all__ = ["PREFIX", "Headers", "attempt_of", "describe", "headers_again", "is_again"]

Headers = list[tuple[str, bytes | None]]
PREFIX: Final = "dead-letter-"
_AGAIN: Final = PREFIX + "again"
_MOST_ATTEMPTS: Final = 1_000_000


def describe(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Return what the headers say of a letter, by their names without the prefix; anybody may have written them."""
    return {
        name[len(PREFIX) :]: (value or b"").decode(errors="replace")
        for name, value in headers
        if name.startswith(PREFIX)
    }


def attempt_of(about: Mapping[str, str]) -> int:
    """Return how often a letter's record has been tried again by itself."""
    attempt = about.get("attempt", "")
    if about.get("again") != about.get("topic") or not (attempt.isascii() and attempt.isdigit()):
        return 0
    return min(int(attempt[:9]), _MOST_ATTEMPTS)


def is_again(headers: Iterable[tuple[str, bytes | None]], topic: str) -> bool:
    """Tell whether a record of a topic is one that had been a dead letter before."""
    return any(name == _AGAIN and value == topic.encode() for name, value in headers)


def headers_again(
    headers: Iterable[tuple[str, bytes | None]], letter: LetterId, *, topic: str, attempt: int
) -> Headers:
    """Return the headers of a letter's original, and that it comes again."""
    own = [(name, value) for name, value in headers if not name.startswith(PREFIX)]
    more = {"again": topic, "attempt": str(attempt), "before": str(letter)}
    return [*own, *((PREFIX + name, value.encode()) for name, value in more.items())]
