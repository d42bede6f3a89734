"""The ledger: what has been decided, in chains of entries of which none can be changed unseen."""

from __future__ import annotations

from typing import Annotated

import msgspec

from models.records.approval import ApprovalOutcome, ApprovalRequest
from models.records.base import Count, EpochMs, Record, RecordId, WireEnum
from models.records.completed import CompletedPlan
from models.records.plan import CognitivePlan

Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hex."""


class FactKind(WireEnum):
    """What is recorded; lower case on the wire."""

    PLAN = "plan"
    APPROVAL_REQUESTED = "approval_requested"
    APPROVAL = "approval"
    COMPLETED = "completed"


class LedgerFact(Record, frozen=True, kw_only=True):
    """Something that a stage has decided, to be recorded: exactly one of the records below goes with it."""

    intent_id: RecordId
    at: EpochMs
    plan: CognitivePlan | None = None
    requested: ApprovalRequest | None = None
    approval: ApprovalOutcome | None = None
    completed: CompletedPlan | None = None
    schema_version: int = 1

    def __post_init__(self) -> None:
        if sum(part is not None for part in (self.plan, self.requested, self.approval, self.completed)) != 1:
            raise ValueError("exactly one of plan, requested, approval and completed must be given")


class LedgerEntry(Record, frozen=True, kw_only=True):
    """One entry of a chain.

    `hash` is the SHA-256 of the canonical JSON of all other fields, of which `previous` is the hash of the entry before
    (64 zeros for the first). `body` is what was decided, as canonical JSON without anything personal.
    """

    chain: RecordId
    sequence: Count
    previous: Digest
    hash: Digest
    kind: FactKind
    at: EpochMs
    body: str
    intent_id: RecordId
    plan_id: str | None = None
    by: str | None = None
    schema_version: int = 1
