"""Approvals: what a person is asked, what they say, and what came of it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from models.records.base import EpochMs, Ratio, Record, RecordId, RiskBand, WireEnum
from models.records.plan import CognitivePlan

By = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
"""Who said it."""


class ApprovalDecision(WireEnum):
    """What can be said about a plan; lower case on the wire.

    EXPIRED is said by the system when nobody has answered in time, and counts only then. REVERTED takes an approval
    back, REPUBLISHED puts an approved plan on `plans.ready` once more.
    """

    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    REVERTED = "reverted"
    REPUBLISHED = "republished"


NEED_REASON = (ApprovalDecision.REJECTED, ApprovalDecision.REVERTED)


class ApprovalRequest(Record, frozen=True, kw_only=True):
    """A plan that waits for a person."""

    plan_id: RecordId
    intent_id: RecordId
    requested_at: EpochMs
    expires_at: EpochMs
    risk_score: Ratio
    risk_band: RiskBand
    is_destructive: bool
    reasons: list[str]
    plan: CognitivePlan
    correlation_id: str | None = None
    schema_version: int = 1


class ApprovalResponse(Record, frozen=True, kw_only=True):
    """What a person says about a plan; a rejection and a reversal need a reason."""

    plan_id: RecordId
    decision: ApprovalDecision
    by: By
    at: EpochMs
    reason: str | None = None
    schema_version: int = 1

    def __post_init__(self) -> None:
        if self.decision in NEED_REASON and not (self.reason or "").strip():
            raise ValueError(f"reason: must be given, since decision is {self.decision.value}")


class ApprovalOutcome(Record, frozen=True, kw_only=True):
    """What came of a response: `applied` says whether it changed anything, `why` what kept it from that."""

    plan_id: RecordId
    decision: ApprovalDecision
    applied: bool
    by: By
    at: EpochMs
    intent_id: str | None = None
    reason: str | None = None
    why: str | None = None
    schema_version: int = 1
