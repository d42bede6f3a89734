"""The completed plan: the answer to an intention, or why there is none."""

from __future__ import annotations

from typing import Any

import msgspec

from models.records.base import Domain, EpochMs, FreeMap, Ratio, Record, RecordId, WireEnum

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


class Answer(Record, frozen=True, kw_only=True):
    """A small table: each row has one cell a column; `text` sums it up in the question's language."""

    columns: list[str]
    rows: list[list[Scalar]]
    text: str
    source: str


class CompletedPlan(Record, frozen=True, kw_only=True):
    """What goes back to the asker: `answer` when `status` is completed, else `error` (one clear sentence)."""

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
    metadata: FreeMap = msgspec.field(default_factory=dict[str, Any])
    schema_version: int = 1
