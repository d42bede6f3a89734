"""The plans that have ended: one that comes again on ``plans.ready`` is not carried out a second time.

Key: the plan's id. Value: when it ended, epoch milliseconds; nothing else, for all the rest is in ``plans.completed``.
Bound: :data:`KEPT_MS`, a day longer than ``plans.ready`` keeps a plan, so that a reader who begins at its beginning
finds the marker of whatever is still there; and :data:`MOST` plans a partition (25 MB; the oldest go first, their
protection with them). At more than 0.14 plans/s on a partition, for eight days, the number is what counts: at 10/s
on a partition it is the last three hours, and a plan that comes again later than that is carried out again.
"""

from __future__ import annotations

from typing import Final

import msgspec

from tables import TableSpec

__all__ = ["KEPT_MS", "MOST", "PLANS_ENDED", "Ended"]

KEPT_MS: Final = 8 * 86_400_000
MOST: Final = 100_000


class Ended(msgspec.Struct, frozen=True, array_like=True):
    """When a plan ended."""

    at_ms: int


PLANS_ENDED: Final = TableSpec("plans-ended", Ended)
