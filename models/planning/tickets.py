"""A plan to its tickets: which tasks are carried out by whom, and what each ticket says."""

from __future__ import annotations

from typing import Any

from models.ids import stable_id
from models.records import (
    QUERY_TYPES,
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
    TaskType,
    TicketQos,
)

__all__ = [
    "first_tickets",
    "is_computed",
    "is_here",
    "is_released",
    "metadata_of",
    "store_of",
    "ticket_id",
    "ticket_of",
]


MIN_TIMEOUT_MS = 60_000
TIMEOUT_FACTOR = 3  # of the estimate, which is a guess
RETRIES = {RiskBand.CRITICAL: 5, RiskBand.HIGH: 3, RiskBand.MEDIUM: 2, RiskBand.LOW: 1}


def first_tickets(plan: CognitivePlan, *, now_ms: int) -> list[ExecutionTicket]:
    """Return a ticket for each task without dependencies that needs one, in execution order.

    A plan that was rejected has none, and neither has one that needs an approval, until it has got it.
    """
    if plan.status is PlanStatus.REJECTED or not is_released(plan):
        return []
    tasks = {task.task_id: task for task in plan.tasks}
    ordered = (tasks[task_id] for task_id in plan.execution_order)
    return [ticket_of(plan, task, now_ms=now_ms) for task in ordered if not (task.dependencies or is_computed(task))]


def is_here(task: PlanTask) -> bool:
    """Whether a task is carried out here; outside workers have all others."""
    return task.metadata.get("handled_by") == "here"


def is_computed(task: PlanTask) -> bool:
    """Whether a task only works on what earlier ones have brought: it is carried out at once, without a ticket."""
    return is_here(task) and task.task_type in (TaskType.TRANSFORM, TaskType.VALIDATE)


def store_of(task: ExecutionTicket | PlanTask) -> str | None:
    """Return which store's stage carries a task out, as one of QUERY_TYPES; None: outside workers do."""
    if task.metadata.get("handled_by") != "here":
        return None
    kind = task.parameters.get("query_type")
    return kind if kind in QUERY_TYPES else QUERY_TYPES[0]  # which says what is wrong with an unknown one


def is_released(plan: CognitivePlan) -> bool:
    """Whether nothing stands in the way of a plan: no approval is needed, or it has been given."""
    return not plan.requires_approval or plan.approval_status is ApprovalStatus.APPROVED


def ticket_of(plan: CognitivePlan, task: PlanTask, *, now_ms: int, retry: int = 0) -> ExecutionTicket:
    """Return the ticket of a task: the same ids whenever it is made, others for each time that it is tried again."""
    timeout_ms = max(MIN_TIMEOUT_MS, TIMEOUT_FACTOR * (task.estimated_duration_ms or 0))
    risky = plan.risk_band in (RiskBand.HIGH, RiskBand.CRITICAL)
    return ExecutionTicket(
        ticket_id=ticket_id(plan, task.task_id, retry),
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
        retry_count=retry,
        estimated_duration_ms=task.estimated_duration_ms,
        dependencies=[ticket_id(plan, name) for name in task.dependencies],
        metadata=metadata_of(plan, task),
    )


def ticket_id(plan: CognitivePlan, task_id: str, retry: int = 0) -> str:
    """Return the id of a task's ticket."""
    return stable_id("ticket", plan.plan_id, task_id, *([retry] if retry else []))


def metadata_of(plan: CognitivePlan, task: PlanTask) -> dict[str, Any]:
    """Return what travels with a task: its own, who asks, and how it was decided."""
    return {**task.metadata, "asker": plan.metadata.get("asker", {}), "decision": _decision(plan)}


def _decision(plan: CognitivePlan) -> str:
    return "not_required" if plan.approval_status is None else plan.approval_status.value
