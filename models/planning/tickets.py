"""A plan to its first tickets: the tasks that wait for no other."""

from __future__ import annotations

from models.ids import stable_id
from models.records import (
    ApprovalStatus,
    CognitivePlan,
    Consistency,
    DeliveryMode,
    Durability,
    ExecutionTicket,
    PlanStatus,
    PlanTask,
    RiskBand,
    Sla,
    TicketQos,
)

MIN_TIMEOUT_MS = 60_000
TIMEOUT_FACTOR = 3  # of the estimate, which is a guess
RETRIES = {RiskBand.CRITICAL: 5, RiskBand.HIGH: 3, RiskBand.MEDIUM: 2, RiskBand.LOW: 1}


def first_tickets(plan: CognitivePlan, *, now_ms: int) -> list[ExecutionTicket]:
    """Return a ticket for each task without dependencies, in execution order.

    A plan that was rejected has none, and neither has one that needs an approval, until it has got it.
    """
    if plan.status is PlanStatus.REJECTED or not is_released(plan):
        return []
    tasks = {task.task_id: task for task in plan.tasks}
    return [
        _ticket(plan, tasks[task_id], now_ms) for task_id in plan.execution_order if not tasks[task_id].dependencies
    ]


def is_released(plan: CognitivePlan) -> bool:
    """Whether nothing stands in the way of a plan: no approval is needed, or it has been given."""
    return not plan.requires_approval or plan.approval_status is ApprovalStatus.APPROVED


def _ticket(plan: CognitivePlan, task: PlanTask, now_ms: int) -> ExecutionTicket:
    timeout_ms = max(MIN_TIMEOUT_MS, TIMEOUT_FACTOR * (task.estimated_duration_ms or 0))
    risky = plan.risk_band in (RiskBand.HIGH, RiskBand.CRITICAL)
    return ExecutionTicket(
        ticket_id=stable_id("ticket", plan.plan_id, task.task_id),
        plan_id=plan.plan_id,
        intent_id=plan.intent_id,
        correlation_id=plan.correlation_id,
        trace_id=plan.trace_id,
        span_id=plan.span_id,
        task_id=task.task_id,
        task_type=task.task_type,
        description=task.description,
        priority=plan.original_priority,
        risk_band=plan.risk_band,
        sla=Sla(deadline=now_ms + timeout_ms, timeout_ms=timeout_ms, max_retries=RETRIES[plan.risk_band]),
        qos=TicketQos(
            delivery_mode=DeliveryMode.EXACTLY_ONCE if risky else DeliveryMode.AT_LEAST_ONCE,
            consistency=Consistency.STRONG if risky else Consistency.EVENTUAL,
            durability=Durability.PERSISTENT,
        ),
        parameters=task.parameters,
        required_capabilities=task.required_capabilities,
        security_level=plan.original_security_level,
        created_at=now_ms,
        estimated_duration_ms=task.estimated_duration_ms,
        metadata={**task.metadata, "asker": plan.metadata.get("asker", {}), "decision": _decision(plan)},
    )


def _decision(plan: CognitivePlan) -> str:
    return "not_required" if plan.approval_status is None else plan.approval_status.value
