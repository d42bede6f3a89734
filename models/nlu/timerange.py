"""The time range of words alone, without the text around them: what planning asks for. See `models.nlu.entities`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from models.nlu.entities.dates import AHEAD, COMPARING, HEADS, UNIT_OF, find_dates
from models.nlu.entities.scan import Scan
from models.nlu.words import Word

__all__ = ["UNIT_OF", "TimeRange", "find_time_range", "reference_ms"]

_SANE_FROM_MS = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000)
_SANE_TO_MS = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000)


class TimeRange(NamedTuple):
    """From `start_ms` up to, not including, `end_ms`; `first` to `last` are the words that say so."""

    start_ms: int
    end_ms: int
    first: int
    last: int

    @property
    def start(self) -> datetime:
        """The start as an aware UTC time."""
        return datetime.fromtimestamp(self.start_ms / 1000, UTC)

    @property
    def end(self) -> datetime:
        """The end as an aware UTC time."""
        return datetime.fromtimestamp(self.end_ms / 1000, UTC)

    @property
    def last_instant(self) -> datetime:
        """The last millisecond in the range: of a whole day, a time of that same day."""
        return datetime.fromtimestamp((self.end_ms - 1) / 1000, UTC)


def reference_ms(timestamp_ms: int | None, *, now_ms: int) -> int:
    """Return the instant that "yesterday" is relative to: the record's own time if it is sane, else now.

    A clock that says 1970 or 2500 must not move the question there; sane is 2000 to 2100.
    """
    if timestamp_ms is not None and _SANE_FROM_MS <= timestamp_ms < _SANE_TO_MS:
        return timestamp_ms
    return now_ms


def find_time_range(plain_words: list[str], *, at_ms: int) -> TimeRange | None:
    """Return the first time range that the words (plain, in order) name, relative to `at_ms`, or None.

    A date in digits needs its punctuation, which the words have not: `find_entities` reads it from the text.
    """
    places = [at for at, word in enumerate(plain_words) if word in HEADS or word[:1].isdecimal()]
    if not places:
        return None
    scan = Scan(" ".join(plain_words), _placed(plain_words), at_ms)
    scan.looks_ahead = not AHEAD.isdisjoint(plain_words)
    scan.compares = not COMPARING.isdisjoint(plain_words)
    found, _ = find_dates(scan, places)
    if not found:
        return None
    moment, (start, end) = found[0]
    return TimeRange(start * 1000, end * 1000, moment.first, moment.last)


def _placed(plain_words: list[str]) -> list[Word]:
    """The words with their places in the text that they make, joined by blanks."""
    placed: list[Word] = []
    start = 0
    for word in plain_words:
        placed.append(Word(word, word, start, start + len(word)))
        start += len(word) + 1
    return placed
