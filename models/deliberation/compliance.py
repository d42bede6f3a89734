"""What a decision must hold to: the matrix of thresholds by the specialists' health, and the guardrails.

=================  ==================  ====================
health             least confidence    most divergence
=================  ==================  ====================
nobody degraded    0.70                0.15
one or two         0.65                0.25
three or more      0.50                0.35
=================  ==================  ====================

A specialist is degraded whose opinion comes from rules and not from what was learned, or whose confidence is below 0.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from models.deliberation.opinion import HEURISTICS
from models.records import CognitivePlan, Recommendation, SecurityLevel, SpecialistOpinion, TaskType
from models.records.opinion import ExplanationMethod

__all__ = ["LEAST_OPINIONS", "Agreed", "Compliance", "Health", "check", "degraded", "health_of"]

LEAST_OPINIONS: Final = 3
GRAVE_RISK: Final = 0.9
"""From this risk on all have to agree."""

SECRET_CONFIDENCE: Final = 0.9
VETO_CONFIDENCE: Final = 0.9
VETO_CONFIDENCE_DEGRADED: Final = 0.85

_SECRET = frozenset({SecurityLevel.CONFIDENTIAL, SecurityLevel.RESTRICTED})
_LETS_GO = frozenset({Recommendation.APPROVE, Recommendation.CONDITIONAL})
_UNLEARNED_SOURCES = frozenset({HEURISTICS, "semantic_pipeline", "unknown"})
_UNLEARNED_METHODS = frozenset({ExplanationMethod.HEURISTIC, ExplanationMethod.RULE_BASED})
_NO_CONFIDENCE = 0.1


class Health(NamedTuple):
    """How many specialists are degraded, and the thresholds that follow."""

    degraded: int
    least_confidence: float
    most_divergence: float


class Compliance(NamedTuple):
    """What was checked, by name, and whether it holds; and whether a specialist vetoes."""

    checks: dict[str, bool]
    veto: bool

    @property
    def broken(self) -> list[str]:
        """Return the names of the checks that do not hold."""
        return [name for name, holds in self.checks.items() if not holds]


def degraded(opinion: SpecialistOpinion) -> bool:
    """Whether an opinion rests on rules alone, or on nothing."""
    source = opinion.metadata.get("model_source", "unknown" if not opinion.explainability.model_version else None)
    by_rules = opinion.explainability.method in _UNLEARNED_METHODS if source is None else source in _UNLEARNED_SOURCES
    return by_rules or opinion.confidence_score < _NO_CONFIDENCE


def health_of(opinions: Sequence[SpecialistOpinion]) -> Health:
    """Return the row of the matrix."""
    number = sum([degraded(opinion) for opinion in opinions])
    if number == 0:
        return Health(number, 0.70, 0.15)
    return Health(number, 0.65, 0.25) if number <= 2 else Health(number, 0.50, 0.35)


class Agreed(NamedTuple):
    """What the opinions come to before anything stands in its way."""

    decision: Recommendation
    confidence: float
    divergence: float


def check(plan: CognitivePlan, opinions: Sequence[SpecialistOpinion], health: Health, agreed: Agreed) -> Compliance:
    """Look whether this may be decided, by the matrix and the guardrails."""
    said = {opinion.recommendation for opinion in opinions}
    veto_from = VETO_CONFIDENCE_DEGRADED if health.degraded else VETO_CONFIDENCE
    veto = any(o.recommendation is Recommendation.REJECT and o.confidence_score >= veto_from for o in opinions)
    return Compliance(
        {
            "enough_opinions": len(opinions) >= LEAST_OPINIONS,
            "confidence": agreed.confidence >= health.least_confidence,
            "divergence": agreed.divergence <= health.most_divergence,
            "unanimity_on_grave_risk": plan.risk_score < GRAVE_RISK or len(said) <= 1,
            "no_veto": not veto or said == {Recommendation.REJECT},
            "confidence_on_secrets": agreed.decision not in _LETS_GO or _may_know(plan, agreed.confidence),
        },
        veto,
    )


def _may_know(plan: CognitivePlan, confidence: float) -> bool:
    """Whether secret work is decided surely enough.

    A question that is answered here is no work: it changes nothing, its answer goes to the asker, and what a source
    lets anybody see is the catalog's to say.
    """
    if plan.original_security_level not in _SECRET or confidence >= SECRET_CONFIDENCE:
        return True
    return all(task.task_type is TaskType.QUERY and task.metadata.get("handled_by") == "here" for task in plan.tasks)
