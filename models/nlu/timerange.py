"""A range of time, and the instant that words such as "yesterday" are relative to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

__all__ = ["TimeRange", "reference_ms"]

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
