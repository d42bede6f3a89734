"""Opinions and learners as tests need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from models.records import (
    CognitivePlan,
    Constraints,
    Explainability,
    Priority,
    Recommendation,
    RiskBand,
    SecurityLevel,
    SpecialistOpinion,
    SpecialistType,
)
from models.records.opinion import ExplanationMethod
from tests.unit.planning.catalogs import NOW_MS, plan_of

FIVE = tuple(SpecialistType)
SAYS = st.tuples(st.sampled_from(Recommendation), st.floats(0.3, 1.0), st.floats(0.0, 1.0))
"""A recommendation, a confidence, a risk."""

GRAVE = Constraints(priority=Priority.CRITICAL, security_level=SecurityLevel.RESTRICTED)


def opinion(
    specialist: SpecialistType, said: tuple[Recommendation, float, float], *, source: str = "joined", **more: Any
) -> SpecialistOpinion:
    recommendation, confidence, risk = said
    fields: dict[str, Any] = {"plan_id": "p-1", "intent_id": "i-1", "explainability_token": "t", **more}
    return SpecialistOpinion(
        opinion_id=f"o-{specialist.value}",
        specialist_type=specialist,
        specialist_version="1",
        confidence_score=confidence,
        risk_score=risk,
        recommendation=recommendation,
        reasoning_summary="",
        explainability=Explainability(method=ExplanationMethod.SHAP, model_version="1"),
        evaluated_at=NOW_MS,
        hash="",
        metadata={"model_source": source},
        **fields,
    )


def opinions(*said: tuple[Recommendation, float, float], source: str = "joined") -> list[SpecialistOpinion]:
    return [opinion(specialist, one, source=source) for specialist, one in zip(FIVE, said, strict=False)]


def plan(*, risk: float = 0.2, band: RiskBand = RiskBand.LOW, **more: Any) -> CognitivePlan:
    """Return a plan of one task that is done elsewhere."""
    fields: dict[str, Any] = {
        "original_security_level": SecurityLevel.INTERNAL,
        "explainability_token": "t",
        "tasks": [],
        "execution_order": [],
        **more,
    }
    return CognitivePlan(
        plan_id="p-1",
        intent_id="i-1",
        risk_score=risk,
        risk_band=band,
        risk_factors={},
        reasoning_summary="",
        created_at=NOW_MS,
        complexity_score=0.1,
        original_domain=plan_of("vendas por região").original_domain,
        original_priority=Priority.NORMAL,
        **fields,
    )


class Learner:
    """Says the same of every plan."""

    version = "w-1"
    model_type = "constant"

    def __init__(self, says: Sequence[float], learned: int = 1000, shares: Mapping[str, float] | None = None) -> None:
        self.says = says
        self.learned = learned
        self.shares = shares or {}

    def probabilities(self, row: Mapping[str, float], /) -> Sequence[float]:
        assert row, "a learner is asked with features"
        return self.says

    def contributions(self, row: Mapping[str, float], label: int, /) -> Mapping[str, float]:
        return self.shares
