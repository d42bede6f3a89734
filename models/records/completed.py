"""The completed plan: the answer to an intention, or why there is none."""

from __future__ import annotations

from typing import Any

import msgspec

from models.records.base import Count, Domain, EpochMs, FreeMap, Ratio, Record, RecordId, WireEnum
from models.records.plan import TaskType

Scalar = str | int | float | bool | None
"""A cell of an answer."""


class CompletionStatus(WireEnum):
    """How an intention ended; lower case on the wire.

    PLANNED is work that was planned and handed off to outside workers: nothing of it was done here. REJECTED was turned
    away before anybody looked at it, DUPLICATE is another one sent again.
    """

    COMPLETED = "completed"
    PLANNED = "planned"
    FAILED = "failed"
    NOT_UNDERSTOOD = "not_understood"
    NOT_GROUNDED = "not_grounded"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class PlanOutcome(WireEnum):
    """What came of the tasks of a plan that was carried out; lower case on the wire.

    ANSWERED is a question with its answer, DONE is work that is done. PARTIAL: some of it was done, some failed.
    HANDED_OFF: nobody outside has taken up what was left to do.
    """

    ANSWERED = "answered"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"
    HANDED_OFF = "handed_off"


class TaskStatus(WireEnum):
    """Where a task of a plan that is carried out stands; lower case on the wire.

    RELEASED: its ticket is out. RUNNING: an outside worker has said that it is at it. RETRYING: it failed, and will be
    tried again. SKIPPED: it was not begun, for what it depends on did not complete, or the plan was cancelled.
    UNCOMPENSATED: it should have been taken back, and that failed.
    """

    WAITING = "waiting"
    RELEASED = "released"
    RUNNING = "running"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    HANDED_OFF = "handed_off"
    COMPENSATING = "compensating"
    COMPENSATED = "compensated"
    UNCOMPENSATED = "uncompensated"


class TaskReport(Record, frozen=True, kw_only=True):
    """How a task of a plan ended: how often it was tried, when, and which source answered it.

    `after` are the tasks that it depended on; `duration_ms` is what its executor has measured; `query_type` is the
    store of a query that is carried out here.
    """

    id: RecordId
    type: TaskType
    status: TaskStatus
    description: str = ""
    after: list[str] = msgspec.field(default_factory=list)
    attempts: Count = 0
    started_at: EpochMs | None = None
    completed_at: EpochMs | None = None
    duration_ms: Count | None = None
    error: str | None = None
    source: str | None = None
    query_type: str | None = None


class Answer(Record, frozen=True, kw_only=True):
    """A small table: each row has one cell a column; `text` sums it up in the question's language.

    `types` and `units` are those of the columns, where they are known: as many as there are columns, or none.
    """

    columns: list[str]
    rows: list[list[Scalar]]
    text: str
    source: str
    types: list[str] = msgspec.field(default_factory=list)
    units: list[str | None] = msgspec.field(default_factory=list)


class CompletedPlan(Record, frozen=True, kw_only=True):
    """What goes back to the asker: `answer` when `status` is completed, else `error` (one clear sentence).

    `outcome`, `tasks` and `timings` (milliseconds, by stage) are those of a plan that was carried out.
    """

    intention_id: RecordId
    status: CompletionStatus
    question: str
    completed_at: EpochMs
    submitted_at: EpochMs
    plan_id: str | None = None
    domain: Domain | None = None
    confidence: Ratio | None = None
    decision: str | None = None
    answer: Answer | None = None
    error: str | None = None
    correlation_id: str | None = None
    outcome: PlanOutcome | None = None
    tasks: list[TaskReport] = msgspec.field(default_factory=list)
    timings: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    metadata: FreeMap = msgspec.field(default_factory=dict[str, Any])
    schema_version: int = 1
