"""Judgements of plans: what people say, what becomes a label, and the examples that learners are given."""

from __future__ import annotations

from typing import Annotated

import msgspec

from models.records.base import Domain, EpochMs, Ratio, Recommendation, Record, RecordId, SpecialistType, WireEnum
from models.records.consensus import SpecialistForecast


class LabelSource(WireEnum):
    """Where a label comes from, the weakest first; lower case on the wire."""

    OUTCOME = "outcome"
    APPROVAL = "approval"
    FEEDBACK = "feedback"


class PlanFeedback(Record, frozen=True, kw_only=True):
    """What a person says that should have been said of a plan.

    Attributes:
        plan_id: The plan.
        recommendation: What should have been recommended.
        by: Who says so.
        at: When.
        rating: How good the plan was, 0 to 1; told on, not learned from.
        specialist_type: Whose opinion is meant; everybody's without.
        comment: For people.
    """

    plan_id: RecordId
    recommendation: Recommendation
    by: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    at: EpochMs
    rating: Ratio | None = None
    specialist_type: SpecialistType | None = None
    comment: Annotated[str, msgspec.Meta(max_length=4_000)] | None = None
    schema_version: int = 1


class PlanOutcomeLabel(Record, frozen=True, kw_only=True):
    """What the end of a plan says that should have been said of it, on the plan's partition."""

    plan_id: RecordId
    recommendation: Recommendation
    at: EpochMs
    schema_version: int = 1


class LearningExample(Record, frozen=True, kw_only=True):
    """What one specialist's learner is given: a plan when it is judged, and once more with its label.

    Attributes:
        plan_id: The plan.
        specialist_type: Whose example it is.
        domain: The plan's.
        feature_schema: `models.online.features.SCHEMA` of the row.
        features: The plan's features, in their own units.
        forecast: What the learner said when the plan was judged, if it had learned anything.
        judged_at: When that was.
        label: What should have been said; None while nobody knows.
        source: Who says so.
        labelled_at: When it was said.
        light: For the quick learners only: there is more to learn than there is time.
    """

    plan_id: RecordId
    specialist_type: SpecialistType
    domain: Domain
    feature_schema: str
    features: list[float]
    judged_at: EpochMs
    forecast: SpecialistForecast | None = None
    label: Recommendation | None = None
    source: LabelSource | None = None
    labelled_at: EpochMs | None = None
    light: bool = False
    schema_version: int = 1
