"""The cognitive plan: what will be done to answer an intention."""

from __future__ import annotations

from typing import Any

import msgspec

from models.records.base import (
    Count,
    Domain,
    EpochMs,
    FreeMap,
    Priority,
    Ratio,
    Record,
    RecordId,
    RiskBand,
    SecurityLevel,
    WireEnum,
)


class TaskType(WireEnum):
    """What a task does; QUERY reads a store, the others are for later stages or outside workers."""

    BUILD = "BUILD"
    DEPLOY = "DEPLOY"
    TEST = "TEST"
    VALIDATE = "VALIDATE"
    EXECUTE = "EXECUTE"
    COMPENSATE = "COMPENSATE"
    QUERY = "QUERY"
    TRANSFORM = "TRANSFORM"


class PlanStatus(WireEnum):
    """Where a plan stands; lower case on the wire."""

    DRAFT = "draft"
    VALIDATED = "validated"
    APPROVED = "approved"
    REJECTED = "rejected"


class ApprovalStatus(WireEnum):
    """What a person has said about a plan, where one was asked."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    REVERTED = "reverted"


class PlanTask(Record, frozen=True, kw_only=True):
    """One node of the plan's graph; `dependencies` are task ids of the same plan."""

    task_id: RecordId
    task_type: TaskType
    description: str
    dependencies: list[str] = msgspec.field(default_factory=list)
    estimated_duration_ms: Count | None = None
    required_capabilities: list[str] = msgspec.field(default_factory=list)
    parameters: FreeMap = msgspec.field(default_factory=dict[str, Any])
    metadata: FreeMap = msgspec.field(default_factory=dict[str, Any])


class CognitivePlan(Record, frozen=True, kw_only=True):
    """An acyclic graph of tasks with its risk; `execution_order` holds each task id once, dependencies first.

    A plan without tasks has `status` REJECTED and says why in `metadata` (see models.planning).
    """

    plan_id: RecordId
    intent_id: RecordId
    tasks: list[PlanTask]
    execution_order: list[str]
    risk_score: Ratio
    risk_band: RiskBand
    risk_factors: dict[str, float]
    explainability_token: str
    reasoning_summary: str
    created_at: EpochMs
    complexity_score: Ratio
    original_domain: Domain
    original_priority: Priority
    original_security_level: SecurityLevel
    estimated_total_duration_ms: Count = 0
    version: str = "1.0.0"
    correlation_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    status: PlanStatus = PlanStatus.DRAFT
    valid_until: EpochMs | None = None
    requires_approval: bool = False
    approval_status: ApprovalStatus | None = None
    approved_by: str | None = None
    approved_at: EpochMs | None = None
    is_destructive: bool = False
    destructive_tasks: list[str] = msgspec.field(default_factory=list)
    risk_matrix: dict[str, float] | None = None
    metadata: FreeMap = msgspec.field(default_factory=dict[str, Any])
    schema_version: int = 1

    def __post_init__(self) -> None:
        check_order(self.tasks, self.execution_order)


def check_order(tasks: list[PlanTask], order: list[str]) -> None:
    """Raise ValueError unless `order` holds every task once and each one after its dependencies.

    Such an order exists only for an acyclic graph, so this refuses cycles and unknown dependencies as well.
    """
    dependencies = {task.task_id: task.dependencies for task in tasks}
    if len(dependencies) != len(tasks):
        raise ValueError("tasks: two tasks have the same task_id")
    if len(order) != len(tasks) or set(order) != set(dependencies):
        raise ValueError("execution_order: must hold the id of each task exactly once")
    done: set[str] = set()
    for task_id in order:
        missing = [name for name in dependencies[task_id] if name not in done]
        if missing:
            raise ValueError(f"execution_order: {task_id} comes before what it depends on: {missing[0]}")
        done.add(task_id)
