"""How a stage lets a plan go: onto ``plans.ready``, and its first tickets with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents._facts import tell
from app import topics
from models.planning import first_tickets
from models.planning.tickets import store_of

if TYPE_CHECKING:
    from app.engine import Transaction
    from models.records import CognitivePlan, ExecutionTicket

__all__ = ["publish", "release", "send_ticket"]


def publish(tx: Transaction, plan: CognitivePlan, *, now_ms: int) -> None:
    """Publish a plan that nothing stands in the way of."""
    release(tx, plan, now_ms=now_ms)
    tell(tx, plan.intent_id, now_ms=now_ms, plan=plan)


def release(tx: Transaction, plan: CognitivePlan, *, now_ms: int) -> None:
    """Let a plan go: its first tickets go out in the same transaction, which saves a hop."""
    tx.send(topics.PLANS_READY, key=plan.plan_id, value=plan)
    for ticket in first_tickets(plan, now_ms=now_ms):
        send_ticket(tx, ticket)


def send_ticket(tx: Transaction, ticket: ExecutionTicket) -> None:
    """Send a ticket to the stage of its store, or to outside workers."""
    store = store_of(ticket)
    topic = topics.EXECUTION_TICKETS if store is None else topics.EXECUTION_TICKETS_OF[store]
    tx.send(topic, key=ticket.plan_id, value=ticket)
