"""The execution ticket: one task, released for execution."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from models.records.base import (
    Consistency,
    Count,
    DeliveryMode,
    Durability,
    EpochMs,
    FreeMap,
    Priority,
    Record,
    RecordId,
    RiskBand,
    SecurityLevel,
    WireEnum,
)
from models.records.plan import TaskType

QUERY_TYPES: Final = ("mongodb", "neo4j", "kafka", "redis")
"""What a QUERY that is carried out here can read, as its parameters name it; the first one when they don't."""


class TicketStatus(WireEnum):
    """Where a ticket stands."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    COMPENSATING = "COMPENSATING"
    COMPENSATED = "COMPENSATED"


class Sla(Record, frozen=True, kw_only=True):
    """Until when, how long, and how often a ticket may be tried."""

    deadline: EpochMs
    timeout_ms: Count
    max_retries: Count


class TicketQos(Record, frozen=True, kw_only=True):
    """How a ticket is to be executed."""

    delivery_mode: DeliveryMode
    consistency: Consistency
    durability: Durability


class ExecutionTicket(Record, frozen=True, kw_only=True):
    """One task to execute; `dependencies` are ticket ids.

    `decision_id` is None while no deliberation has taken place.
    """

    ticket_id: RecordId
    plan_id: RecordId
    intent_id: RecordId
    task_id: RecordId
    task_type: TaskType
    description: str
    priority: Priority
    risk_band: RiskBand
    sla: Sla
    qos: TicketQos
    security_level: SecurityLevel
    created_at: EpochMs
    decision_id: str | None = None
    correlation_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    dependencies: list[str] = msgspec.field(default_factory=list)
    status: TicketStatus = TicketStatus.PENDING
    parameters: FreeMap = msgspec.field(default_factory=dict[str, Any])
    required_capabilities: list[str] = msgspec.field(default_factory=list)
    started_at: EpochMs | None = None
    completed_at: EpochMs | None = None
    estimated_duration_ms: Count | None = None
    actual_duration_ms: Count | None = None
    retry_count: Count = 0
    error_message: str | None = None
    compensation_ticket_id: str | None = None
    metadata: FreeMap = msgspec.field(default_factory=dict[str, Any])
    schema_version: int = 1
