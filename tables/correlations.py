"""The correlation ids of the last minutes: who sends the same intention again is told so, and it is done once.

Key: the correlation id; the intention's own id where the sender gave no other. Value: which intention came first, and
when. Bound: :data:`WINDOW_MS` of event time, and :data:`MOST` ids a partition (the oldest go first, their protection
with them). An intention that fails gives its id free.

What is guaranteed: of two submissions with one correlation id *on one partition* of ``intentions.submitted`` within
the window, the second is a duplicate, whatever is killed in between. Submissions are on one partition when they have
one key. So a sender who sends the same intention again (same id, same key) is safe without further ado, and one who
makes a new id for each attempt must take the correlation id as the key. To find duplicates over all partitions would
cost every intention a hop more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tables import TableSpec

if TYPE_CHECKING:
    from tables import OrderedView

__all__ = ["CORRELATIONS", "MOST", "WINDOW_MS", "Seen", "first_of", "release"]

WINDOW_MS: Final = 300_000
MOST: Final = 100_000  # 25 MB; at 333/s and more on one partition the window becomes shorter than five minutes


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """The intention that a correlation id came with first."""

    intention_id: str
    at_ms: int


CORRELATIONS: Final = TableSpec("correlations", Seen)


def first_of(
    view: OrderedView[Seen], correlation_id: str, intention_id: str, *, event_time_ms: int, window_ms: int = WINDOW_MS
) -> str | None:
    """Return the id of the intention that came first; ``None`` when this one does, which is remembered."""
    seen = view.get(correlation_id)
    if seen is not None and event_time_ms - seen.at_ms < window_ms:
        return seen.intention_id
    view[correlation_id] = Seen(intention_id, event_time_ms)
    return None


def release(view: OrderedView[Seen], correlation_id: str, intention_id: str) -> bool:
    """Give a correlation id free, unless another intention has taken it meanwhile; tell whether that was done."""
    seen = view.get(correlation_id)
    if seen is None or seen.intention_id != intention_id:
        return False
    del view[correlation_id]
    return True
