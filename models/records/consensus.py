"""The consensus: what was said and decided about a plan, with all that learning from it needs."""

from __future__ import annotations

import msgspec

from models.records.base import Count, Domain, EpochMs, Ratio, Record, RecordId, SpecialistType
from models.records.decision import ConsolidatedDecision
from models.records.experiment import Exposure
from models.records.opinion import SpecialistOpinion


class SpecialistForecast(Record, frozen=True, kw_only=True):
    """What a specialist's learner said of a plan when it was made (`models.online.ladder.Forecast`, on the wire).

    Attributes:
        specialist_type: Whose.
        label: The champion's; None before anything was learned.
        probabilities: The champion's, by label.
        confidence: How often a forecast like this one is right.
        said: What each rung and challenger said that was asked, by its name.
        model_version: The version of the snapshot that it was scored with.
        learned: How many labels that snapshot had learned.
    """

    specialist_type: SpecialistType
    label: str | None
    probabilities: dict[str, Ratio]
    confidence: Ratio
    said: dict[str, str | None]
    model_version: str
    learned: Count


class Consensus(Record, frozen=True, kw_only=True):
    """The decision about a plan, and what it rests on; one for each plan, on the plan's partition.

    Attributes:
        plan_id: The plan.
        intent_id: The intention.
        correlation_id: As the intention's.
        domain: The plan's.
        at: When it was decided.
        feature_schema: `models.online.features.SCHEMA` of the row.
        features: The plan's features in the order of `models.online.features.NAMES`, in their own units.
        forecasts: What learners said; of those only that had learned something.
        opinions: The specialists' opinions, in the order of `SpecialistType`.
        decision: What they came to.
        exposures: In which experiments the asker is, and what both models made of the plan.
    """

    plan_id: RecordId
    intent_id: RecordId
    domain: Domain
    at: EpochMs
    feature_schema: str
    features: list[float]
    opinions: list[SpecialistOpinion]
    decision: ConsolidatedDecision
    correlation_id: str | None = None
    forecasts: list[SpecialistForecast] = msgspec.field(default_factory=list[SpecialistForecast])
    exposures: list[Exposure] = msgspec.field(default_factory=list[Exposure])
    schema_version: int = 1
