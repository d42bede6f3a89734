"""How much each actor may still submit: a token bucket.

Key: the actor's id. Value: the tokens left, and when that was. Bound: a bucket that is full again says nothing and is
deleted; :data:`MOST` actors a partition.

Each partition has buckets of its own, and an actor's submissions lie on all of them. A bucket is filled at the limit
divided by the number of partitions, so that no actor gets more than the limit in the long run; it holds the whole
burst, so that a few in a row are not refused because they happen to lie on one partition. Whoever takes the actor as
the key of the submissions gets one bucket, and a share of the limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from tables import TableSpec

if TYPE_CHECKING:
    from tables import OrderedView

__all__ = ["ACTOR_RATES", "LEARNING_RATES", "MOST", "Bucket", "Limit", "take"]

MOST: Final = 50_000
_MINUTE_MS: Final = 60_000


class Bucket(msgspec.Struct, frozen=True, array_like=True):
    """Tokens left at a time (epoch milliseconds)."""

    tokens: float
    at_ms: int


class Limit(NamedTuple):
    """Tokens that come in a minute, and tokens that a bucket holds."""

    per_minute: float
    burst: float

    @property
    def full_after_ms(self) -> int:
        """Return after how long an empty bucket is full again."""
        return int(self.burst / self.per_minute * _MINUTE_MS) + 1


ACTOR_RATES: Final = TableSpec("actor-rates", Bucket)
LEARNING_RATES: Final = TableSpec("learning-rates", Bucket)
"""How many labels the dearest learners may still be given; one key a partition."""


def take(view: OrderedView[Bucket], actor: str, limit: Limit, *, event_time_ms: int) -> int:
    """Take a token; return 0, or in how many milliseconds there will be one."""
    bucket = view.get(actor) or Bucket(limit.burst, event_time_ms)
    passed_ms = max(0, event_time_ms - bucket.at_ms)  # what comes late brings nothing
    tokens = min(limit.burst, bucket.tokens + passed_ms * limit.per_minute / _MINUTE_MS)
    if tokens < 1:
        return int((1 - tokens) / limit.per_minute * _MINUTE_MS) + 1
    view[actor] = Bucket(round(tokens - 1, 6), max(event_time_ms, bucket.at_ms))
    return 0
