"""Approvals: who may turn which state into which, and what follows from it.

====================  ==========  ==========  ===========  ============  ==============
state, response        approved    rejected    expired      reverted      republished
====================  ==========  ==========  ===========  ============  ==============
unknown               kept        kept        –            –             –
pending               approved    rejected    expired (1)  –             –
approved              –           –           –            reverted      approved (2)
rejected, expired     –           –           –            –             –
reverted              –           –           –            –             –
====================  ==========  ==========  ===========  ============  ==============

(1) only once its time is up; and whatever comes later than that finds it expired. (2) the plan is published again.
A dash changes nothing. A response that comes before its request is kept until that is there.
"""

from __future__ import annotations

from typing import Final

import msgspec

from models.planning.plan import VALID_MS
from models.records import (
    ApprovalDecision,
    ApprovalOutcome,
    ApprovalRequest,
    ApprovalResponse,
    ApprovalStatus,
    CognitivePlan,
    PlanStatus,
)

__all__ = [
    "KEPT_MS",
    "SYSTEM",
    "Approval",
    "ask",
    "decided",
    "due",
    "expiry",
    "forgettable",
    "opened",
    "outcome",
    "respond",
    "said",
]

SYSTEM: Final = "system"
"""Who lets an approval expire."""

KEPT_MS: Final = 7 * 24 * 60 * 60 * 1000
"""How long a decision is remembered: as long as the topics hold what could be delivered again."""

_NEXT: Final[dict[tuple[ApprovalStatus, ApprovalDecision], ApprovalStatus]] = {
    (ApprovalStatus.PENDING, ApprovalDecision.APPROVED): ApprovalStatus.APPROVED,
    (ApprovalStatus.PENDING, ApprovalDecision.REJECTED): ApprovalStatus.REJECTED,
    (ApprovalStatus.PENDING, ApprovalDecision.EXPIRED): ApprovalStatus.EXPIRED,
    (ApprovalStatus.APPROVED, ApprovalDecision.REVERTED): ApprovalStatus.REVERTED,
    (ApprovalStatus.APPROVED, ApprovalDecision.REPUBLISHED): ApprovalStatus.APPROVED,
}
_PLAN_STATUS = {ApprovalStatus.APPROVED: PlanStatus.APPROVED}


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """How an approval stands.

    Attributes:
        status: Pending until it is decided.
        since: When it was asked for, or when its early response came.
        expires_at: When it expires; None while the request has not come.
        intent_id: The intention it is about.
        risk: Score and band, for lists.
        early: A response that came before the request.
        by, decided_at, reason: Who decided, when and why.
    """

    status: ApprovalStatus
    since: int
    expires_at: int | None = None
    intent_id: str | None = None
    risk_score: float = 0.0
    risk_band: str = ""
    is_destructive: bool = False
    question: str = ""
    early: ApprovalResponse | None = None
    by: str | None = None
    decided_at: int | None = None
    reason: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for a person."""
        return self.status is ApprovalStatus.PENDING and self.expires_at is not None


def ask(plan: CognitivePlan, *, now_ms: int, expiry_ms: int) -> ApprovalRequest:
    """Make the request for a plan."""
    return ApprovalRequest(
        plan_id=plan.plan_id,
        intent_id=plan.intent_id,
        requested_at=now_ms,
        expires_at=now_ms + expiry_ms,
        risk_score=plan.risk_score,
        risk_band=plan.risk_band,
        is_destructive=plan.is_destructive,
        reasons=[str(reason) for reason in plan.metadata.get("risk_reasons", [])],
        plan=plan,
        correlation_id=plan.correlation_id,
    )


def opened(request: ApprovalRequest) -> Approval:
    """Return the state that a request begins with."""
    asker = request.plan.metadata.get("asker")
    return Approval(
        status=ApprovalStatus.PENDING,
        since=request.requested_at,
        expires_at=request.expires_at,
        intent_id=request.intent_id,
        risk_score=request.risk_score,
        risk_band=request.risk_band.value,
        is_destructive=request.is_destructive,
        question=str(asker.get("question", "")) if isinstance(asker, dict) else "",
    )


def said(state: Approval | None, response: ApprovalResponse, *, at_ms: int) -> tuple[ApprovalResponse, ...]:
    """Return what counts, in its order: a response that comes when the time is up finds that the system spoke first.

    Args:
        state: How it stands; None when there has been no request.
        response: What was said.
        at_ms: When it was written, which is the same whenever the record is processed.
    """
    late = state is not None and due(state, now_ms=at_ms) and response.decision is not ApprovalDecision.EXPIRED
    return (expiry(response.plan_id, at_ms=at_ms), response) if late else (response,)


def respond(state: Approval | None, response: ApprovalResponse, *, at_ms: int) -> tuple[Approval | None, str | None]:
    """Apply a response; return the state that follows, and why nothing has come of it, or None."""
    if state is None or state.expires_at is None:
        if state is not None or response.decision not in (ApprovalDecision.APPROVED, ApprovalDecision.REJECTED):
            return state, "there is no such request"
        return Approval(status=ApprovalStatus.PENDING, since=at_ms, early=response), "its request is to come"
    following = _NEXT.get((state.status, response.decision))
    if following is None:
        return state, f"it is {state.status.value}"
    if response.decision is ApprovalDecision.EXPIRED and at_ms < state.expires_at:
        return state, "its time is not up"
    if response.decision is ApprovalDecision.REPUBLISHED:
        return state, None
    changed = msgspec.structs.replace(
        state, status=following, by=response.by, decided_at=response.at, reason=response.reason, early=None
    )
    return changed, None


def expiry(plan_id: str, *, at_ms: int) -> ApprovalResponse:
    """Make the response of the system for a request whose time is up."""
    return ApprovalResponse(plan_id=plan_id, decision=ApprovalDecision.EXPIRED, by=SYSTEM, at=at_ms)


def due(state: Approval, *, now_ms: int) -> bool:
    """Whether a request waits although its time is up."""
    return state.is_open and state.expires_at is not None and now_ms >= state.expires_at


def forgettable(state: Approval, *, now_ms: int) -> bool:
    """Whether a state need not be remembered any longer: decided, or without a request, for a week."""
    return not state.is_open and now_ms - (state.decided_at or state.since) > KEPT_MS


def decided(plan: CognitivePlan, state: Approval, *, now_ms: int) -> CognitivePlan:
    """Return the plan with the decision in it; one that was approved is valid anew."""
    approved = state.status is ApprovalStatus.APPROVED
    return msgspec.structs.replace(
        plan,
        status=_PLAN_STATUS.get(state.status, PlanStatus.REJECTED),
        approval_status=state.status,
        approved_by=state.by if approved else None,
        approved_at=state.decided_at if approved else None,
        valid_until=now_ms + VALID_MS if approved else plan.valid_until,
        metadata={**plan.metadata, "approval": {"by": state.by, "at": state.decided_at, "reason": state.reason}},
    )


def outcome(response: ApprovalResponse, *, why: str | None, intent_id: str | None) -> ApprovalOutcome:
    """Tell what came of a response."""
    return ApprovalOutcome(
        plan_id=response.plan_id,
        decision=response.decision,
        applied=why is None,
        by=response.by,
        at=response.at,
        intent_id=intent_id,
        reason=response.reason,
        why=why,
    )
