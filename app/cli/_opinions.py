"""What the specialists say of a plan, and what it comes to, in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from models.records import Consensus, SpecialistOpinion
    from models.records.opinion import FeatureImportance

__all__ = ["lines", "told"]

FACTORS: Final = 2
"""How many factors of an opinion are shown."""

_SIGNS: Final = {"positive": "+", "negative": "−", "neutral": "±"}


def told(consensus: Consensus) -> dict[str, Any]:
    """Return the decision and the opinions as plain values, each opinion's factors by what they counted."""
    decision = consensus.decision
    return {
        "decision": decision.final_decision.value,
        "method": decision.consensus_method.value,
        "confidence": decision.aggregated_confidence,
        "risk": decision.aggregated_risk,
        "guardrails": decision.guardrails_triggered,
        "conditions": list(decision.metadata.get("conditions", ())),
        "opinions": [_opinion(opinion) for opinion in consensus.opinions],
    }


def _opinion(opinion: SpecialistOpinion) -> dict[str, Any]:
    factors = sorted(opinion.explainability.feature_importances, key=_largest_first)
    return {
        "specialist": opinion.specialist_type.value,
        "recommendation": opinion.recommendation.value,
        "confidence": opinion.confidence_score,
        "risk": opinion.risk_score,
        "model": opinion.explainability.model_type,
        "factors": [
            {"name": each.feature_name, "importance": each.importance, "contribution": each.contribution.value}
            for each in factors
        ],
    }


def _largest_first(factor: FeatureImportance) -> tuple[float, str]:
    return -factor.importance, factor.feature_name


def lines(decided: dict[str, Any]) -> list[str]:
    """Lay out what `told` returns, in less than 80 columns: the decision, who says what and why, and what comes first.

    `+` speaks for the plan and `−` against it, by how much of its quality.
    """
    scores = f"confidence {decided['confidence']:.2f}, risk {decided['risk']:.2f}"
    found = [f"{'decision':>12}  {decided['decision']} ({decided['method']}), {scores}"]
    for each in decided["opinions"]:
        why = ", ".join(
            f"{factor['name']} {_SIGNS[factor['contribution']]}{factor['importance']:.2f}"
            for factor in each["factors"][:FACTORS]
        )
        found.append(f"{each['specialist']:>12}  {each['recommendation']} {each['confidence']:.2f}: {why}")
    found += [f"{'stopped by':>12}  {name.replace('_', ' ')}" for name in decided["guardrails"]]
    return found + [f"{'first':>12}  {condition}" for condition in decided["conditions"]]
