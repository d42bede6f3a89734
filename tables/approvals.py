"""How the approvals stand, and the plans that wait for one.

``approvals``: key the plan's id, value a small :class:`~models.planning.approval.Approval`; its changelog is the listed
topic ``plans.approvals``, so that the command line can read it. ``approval-plans``: the plans themselves, which are
large and read only when a response comes.

Bound: what waits expires, what is decided is forgotten after a week (:func:`models.planning.approval.forgettable`), and
at most :data:`MOST_KEPT` of a partition are kept; whenever a request is written, :data:`LOOKED_AT` of the oldest are
looked at, so that the table shrinks faster than it grows.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from models.planning.approval import Approval, forgettable
from models.records import CognitivePlan
from tables import TableSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

__all__ = ["APPROVALS", "APPROVAL_PLANS", "LOOKED_AT", "MOST_KEPT", "forget"]

APPROVALS: Final = TableSpec("approvals", Approval)
APPROVAL_PLANS: Final = TableSpec("approval-plans", CognitivePlan)
MOST_KEPT: Final = 10_000
LOOKED_AT: Final = 4


def forget(
    states: MutableMapping[str, Approval],
    plans: MutableMapping[str, CognitivePlan],
    oldest: Iterator[str],
    *,
    size: int,
    now_ms: int,
) -> None:
    """Drop the oldest that need not be kept: decided a week ago, or decided while there are too many."""
    for plan_id in list(islice(oldest, LOOKED_AT)):
        state = states[plan_id]
        if forgettable(state, now_ms=now_ms) or (size > MOST_KEPT and not state.is_open):
            del states[plan_id]
            plans.pop(plan_id, None)
