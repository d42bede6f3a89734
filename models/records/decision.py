"""The consolidated decision: what the specialists' opinions come to."""

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


class ConsensusMethod(WireEnum):
    """How the opinions were brought together."""

    BAYESIAN = "bayesian"
    VOTING = "voting"
    UNANIMOUS = "unanimous"
    FALLBACK = "fallback"


class SpecialistVote(Record, frozen=True, kw_only=True):
    """One opinion, as it counted."""

    specialist_type: SpecialistType
    opinion_id: RecordId
    confidence_score: Ratio
    risk_score: Ratio
    recommendation: Recommendation
    weight: float
    processing_time_ms: Count = 0


class ConsensusMetrics(Record, frozen=True, kw_only=True):
    """How far apart the opinions were, and how long agreement took."""

    divergence_score: float
    convergence_time_ms: Count
    unanimous: bool
    fallback_used: bool
    pheromone_strength: float
    bayesian_confidence: Ratio
    voting_confidence: Ratio


class ConsolidatedDecision(Record, frozen=True, kw_only=True):
    """The one decision about a plan; `hash` is the SHA-256 of what was decided."""

    decision_id: RecordId
    plan_id: RecordId
    intent_id: RecordId
    final_decision: Recommendation
    consensus_method: ConsensusMethod
    aggregated_confidence: Ratio
    aggregated_risk: Ratio
    specialist_votes: list[SpecialistVote]
    consensus_metrics: ConsensusMetrics
    explainability_token: str
    reasoning_summary: str
    created_at: EpochMs
    hash: str
    correlation_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    compliance_checks: dict[str, bool] = msgspec.field(default_factory=dict[str, bool])
    guardrails_triggered: list[str] = msgspec.field(default_factory=list)
    cognitive_plan: str | None = None
    requires_human_review: bool = False
    valid_until: EpochMs | None = None
    metadata: FreeMap = msgspec.field(default_factory=dict[str, Any])
    schema_version: int = 1
