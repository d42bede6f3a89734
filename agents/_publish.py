"""How a stage lets a plan go: onto ``plans.ready``, with what follows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents._answers import answer
from agents._facts import tell
from app import topics
from models.completion import planned
from models.planning import first_tickets, is_answered_here

if TYPE_CHECKING:
    from app.engine import Transaction
    from models.records import CognitivePlan

__all__ = ["publish"]


def publish(tx: Transaction, plan: CognitivePlan, *, now_ms: int) -> None:
    """Publish a plan that nothing stands in the way of.

    One that is answered here is executed; of any other the answer says that it was planned, and nothing more: its
    tasks go out from ``plans.ready``.
    """
    tx.send(topics.PLANS_READY, key=plan.plan_id, value=plan)
    tell(tx, plan.intent_id, now_ms=now_ms, plan=plan)
    if is_answered_here(plan):
        for ticket in first_tickets(plan, now_ms=now_ms):
            tx.send(topics.EXECUTION_TICKETS, key=plan.plan_id, value=ticket)
    else:
        answer(tx, planned(plan, now_ms=now_ms))
