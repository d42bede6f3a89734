"""The specialist opinion: one of five judgements of a plan."""

from __future__ import annotations

from typing import Any

import msgspec

from models.records.base import (
    Count,
    EpochMs,
    FreeMap,
    Ratio,
    Recommendation,
    Record,
    RecordId,
    SpecialistType,
    WireEnum,
)


class ExplanationMethod(WireEnum):
    """How an opinion is explained."""

    SHAP = "shap"
    LIME = "lime"
    RULE_BASED = "rule_based"
    HEURISTIC = "heuristic"


class Contribution(WireEnum):
    """Which way a feature pulls."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    NEUTRAL = "neutral"


class MitigationPriority(WireEnum):
    """Which mitigation comes first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class ReasoningFactor(Record, frozen=True, kw_only=True):
    """One reason, with its weight and its score."""

    factor_name: str
    weight: float
    score: float
    description: str = ""


class FeatureImportance(Record, frozen=True, kw_only=True):
    """One feature, with how much it counted."""

    feature_name: str
    importance: float
    contribution: Contribution


class Explainability(Record, frozen=True, kw_only=True):
    """What an opinion rests on."""

    method: ExplanationMethod
    feature_importances: list[FeatureImportance] = msgspec.field(default_factory=list)
    model_version: str | None = None
    model_type: str | None = None


class Mitigation(Record, frozen=True, kw_only=True):
    """What would make a plan safer."""

    mitigation_id: RecordId
    description: str
    priority: MitigationPriority
    estimated_impact: float | None = None
    required_actions: list[str] = msgspec.field(default_factory=list)


class SpecialistOpinion(Record, frozen=True, kw_only=True):
    """What one specialist says about one plan; `hash` is the SHA-256 of what it says."""

    opinion_id: RecordId
    specialist_type: SpecialistType
    specialist_version: str
    plan_id: RecordId
    intent_id: RecordId
    confidence_score: Ratio
    risk_score: Ratio
    recommendation: Recommendation
    reasoning_summary: str
    explainability_token: str
    explainability: Explainability
    evaluated_at: EpochMs
    hash: str
    correlation_id: str | None = None
    reasoning_factors: list[ReasoningFactor] = msgspec.field(default_factory=list)
    mitigations: list[Mitigation] = msgspec.field(default_factory=list)
    processing_time_ms: Count = 0
    metadata: FreeMap = msgspec.field(default_factory=dict[str, Any])
    schema_version: int = 1
