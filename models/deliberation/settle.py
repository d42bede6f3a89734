"""What follows from a decision: a plan that goes, one that waits for a person, or one that has ended."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from models.messages import say
from models.planning import is_answered_here
from models.records import (
    ApprovalStatus,
    CognitivePlan,
    CompletionStatus,
    ConsolidatedDecision,
    PlanStatus,
    Recommendation,
)

__all__ = ["DELIBERATION", "decision_id_of", "settle"]

_DOUBTS: Final = (Recommendation.REJECT, Recommendation.REVIEW_REQUIRED)

DELIBERATION: Final = "deliberation"
"""Where a plan's metadata say what was decided about it."""


def settle(plan: CognitivePlan, decision: ConsolidatedDecision) -> CognitivePlan:
    """Return the plan as it goes on.

    Rejected: its status says so, and it holds the sentence to answer with (`models.completion.refuse`). To be reviewed:
    it waits for a person as any plan does that needs an approval. Else it goes; the conditions, if any, are in it.

    A question changes nothing, and needs no approval unless its risk says so: specialists who aren't sure of one don't
    keep its asker waiting. It goes, and says that a review was asked for (`metadata.deliberation.review: afterwards`).
    One that they reject goes as well: what is never carried out has no outcome, so that they would never learn that
    they were wrong.
    """
    told: dict[str, Any] = {
        "decision_id": decision.decision_id,
        "decision": decision.final_decision.value,
        "method": decision.consensus_method.value,
        "confidence": decision.aggregated_confidence,
    }
    if conditions := decision.metadata.get("conditions"):
        told["conditions"] = conditions
    if decision.guardrails_triggered:
        told["guardrails"] = decision.guardrails_triggered
    metadata = {**plan.metadata, DELIBERATION: told}
    if decision.final_decision in _DOUBTS and _is_harmless(plan):
        told["review"] = "afterwards"
    elif decision.final_decision is Recommendation.REJECT:
        metadata["outcome"] = {"status": CompletionStatus.FAILED.value, "error": _refusal(plan, decision)}
        return msgspec.structs.replace(
            plan, status=PlanStatus.REJECTED, approval_status=ApprovalStatus.REJECTED, metadata=metadata
        )
    elif decision.final_decision is Recommendation.REVIEW_REQUIRED:
        reasons = [*plan.metadata.get("risk_reasons", ()), f"specialists: {decision.reasoning_summary}"]
        metadata["risk_reasons"] = reasons
        return msgspec.structs.replace(
            plan, requires_approval=True, approval_status=ApprovalStatus.PENDING, metadata=metadata
        )
    return msgspec.structs.replace(plan, metadata=metadata)


def _is_harmless(plan: CognitivePlan) -> bool:
    return not plan.requires_approval and is_answered_here(plan)


def decision_id_of(plan: CognitivePlan) -> str | None:
    """Return the id of the decision about a plan; None where there has been none."""
    told = plan.metadata.get(DELIBERATION)
    found = told.get("decision_id") if isinstance(told, dict) else None
    return found if isinstance(found, str) else None


def _refusal(plan: CognitivePlan, decision: ConsolidatedDecision) -> str:
    asker = plan.metadata.get("asker")
    language = str(asker.get("language", "pt")) if isinstance(asker, dict) else "pt"
    against = [
        vote.specialist_type.value for vote in decision.specialist_votes if vote.recommendation is Recommendation.REJECT
    ]
    advice = decision.metadata.get("conditions") or ["–"]
    return say("vetoed", language, who=", ".join(against), risk=f"{decision.aggregated_risk:.2f}", advice=advice[0])
