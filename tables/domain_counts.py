"""How many intentions of each domain came in lately.

Key: the domain. Value: a count for each of the last :data:`WINDOW_MINUTES` minutes of event time. Bound: one key a
domain, at most :data:`WINDOW_MINUTES` counts in it. Faust's windowed tables leak and don't survive a restart; buckets
in a plain table do.
"""

from __future__ import annotations

from typing import Final

import msgspec

from tables import TableSpec

__all__ = ["DOMAIN_COUNTS", "WINDOW_MINUTES", "RollingCount", "counted", "within"]

WINDOW_MINUTES: Final = 60
_MINUTE_MS: Final = 60_000


class RollingCount(msgspec.Struct, frozen=True):
    """Counts by minute.

    Attributes:
        newest: The newest minute seen (epoch milliseconds / 60,000): the watermark, which closes older buckets.
        minutes: Minute to count.
        total: All that were ever counted, the late ones too.
    """

    newest: int = 0
    minutes: dict[int, int] = {}
    total: int = 0


DOMAIN_COUNTS: Final = TableSpec("domain-counts", RollingCount)


def counted(state: RollingCount, *, event_time_ms: int) -> RollingCount:
    """Return the state with one more event; one that is older than the window only counts in the total."""
    minute = event_time_ms // _MINUTE_MS
    newest = max(state.newest, minute)
    oldest = newest - WINDOW_MINUTES + 1
    minutes = state.minutes
    if newest != state.newest:
        minutes = {m: n for m, n in minutes.items() if m >= oldest}
    if minute >= oldest:
        minutes = {**minutes, minute: minutes.get(minute, 0) + 1}
    return RollingCount(newest, minutes, state.total + 1)


def within(state: RollingCount, *, now_ms: int, minutes: int = WINDOW_MINUTES) -> int:
    """Return how many events the last ``minutes`` held, seen from ``now_ms``."""
    oldest = now_ms // _MINUTE_MS - minutes + 1
    return sum(n for minute, n in state.minutes.items() if minute >= oldest)
