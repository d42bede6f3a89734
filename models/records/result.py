"""The execution result: what came of a ticket."""

from __future__ import annotations

from typing import Any

import msgspec

from models.records.base import Count, EpochMs, FreeMap, Record, RecordId, WireEnum


class ResultStatus(WireEnum):
    """How a ticket ended, or that it runs."""

    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    RUNNING = "RUNNING"


class TaskOutcome(Record, frozen=True, kw_only=True):
    """What the executor returns; `output` of a query is `{"documents": […], "count": n}`."""

    success: bool
    output: FreeMap = msgspec.field(default_factory=dict[str, Any])
    metadata: FreeMap = msgspec.field(default_factory=dict[str, Any])
    logs: list[str] = msgspec.field(default_factory=list)


class ExecutionResult(Record, frozen=True, kw_only=True):
    """The end of one ticket; `metadata` is the ticket's, so that whoever completes needs no other record."""

    ticket_id: RecordId
    status: ResultStatus
    result: TaskOutcome
    agent_id: str
    timestamp: EpochMs
    plan_id: str | None = None
    intent_id: str | None = None
    correlation_id: str | None = None
    error_message: str | None = None
    actual_duration_ms: Count | None = None
    metadata: FreeMap = msgspec.field(default_factory=dict[str, Any])
    schema_version: int = 1
