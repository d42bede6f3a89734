"""Tickets for tests."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from app.clock import now_ms
from models.records import (
    Consistency,
    DeliveryMode,
    Durability,
    ExecutionTicket,
    Priority,
    RiskBand,
    SecurityLevel,
    Sla,
    TaskType,
    TicketQos,
)

_NUMBERS = itertools.count()


def query_ticket(
    parameters: Mapping[str, Any],
    *,
    task_type: TaskType = TaskType.QUERY,
    timeout_ms: int = 30_000,
    left_ms: int = 60_000,
    asker: Mapping[str, Any] | None = None,
) -> ExecutionTicket:
    """Return a ticket with these parameters and ids of its own, whose deadline is so far away."""
    number = next(_NUMBERS)
    return ExecutionTicket(
        ticket_id=f"ticket-{number}",
        task_id="task_1",
        plan_id=f"plan-{number}",
        intent_id=f"intent-{number}",
        task_type=task_type,
        description="a query",
        priority=Priority.NORMAL,
        risk_band=RiskBand.LOW,
        sla=Sla(deadline=now_ms() + left_ms, timeout_ms=timeout_ms, max_retries=3),
        qos=TicketQos(
            delivery_mode=DeliveryMode.EXACTLY_ONCE, consistency=Consistency.STRONG, durability=Durability.PERSISTENT
        ),
        security_level=SecurityLevel.INTERNAL,
        created_at=0,
        parameters=dict(parameters),
        metadata={"asker": dict(asker or {})},
    )
