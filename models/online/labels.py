"""When a label is learned: the rules for labels that come late, twice, too early, or against each other.

A plan's first label is learned when it comes. Another one counts only where its source knows better (a person's word
before an approval before the outcome) and it says something else: then the plan is learned once more, as that.
"""

from __future__ import annotations

from typing import Final

import msgspec

from models.records import (
    ApprovalDecision,
    ApprovalOutcome,
    CompletedPlan,
    Consensus,
    LabelSource,
    LearningExample,
    PlanFeedback,
    PlanOutcome,
    PlanOutcomeLabel,
    Recommendation,
    SpecialistType,
)
from models.records.base import WireEnum

__all__ = [
    "Fate",
    "Label",
    "Prediction",
    "examples_of",
    "judge",
    "label_of",
    "outcome_label",
    "sightings_of",
    "to_be_labelled",
]

MOST_EARLY: Final = 16
"""Labels of one plan that may wait for its consensus."""

_RANK: Final = {source: rank for rank, source in enumerate(LabelSource)}
_OUTCOMES: Final = {
    PlanOutcome.ANSWERED: Recommendation.APPROVE,
    PlanOutcome.DONE: Recommendation.APPROVE,
    PlanOutcome.PARTIAL: Recommendation.CONDITIONAL,
    PlanOutcome.FAILED: Recommendation.REVIEW_REQUIRED,  # why, a person may know: a store may have been down
}
_APPROVALS: Final = {
    ApprovalDecision.APPROVED: Recommendation.APPROVE,
    ApprovalDecision.REJECTED: Recommendation.REJECT,
    ApprovalDecision.REVERTED: Recommendation.REJECT,
}


class Fate(WireEnum):
    """What becomes of a label; lower case on the wire."""

    LEARNED = "learned"
    CORRECTED = "corrected"
    DOUBLE = "double"
    CONTRADICTED = "contradicted"
    EARLY = "early"
    MISSING = "missing"


class Label(msgspec.Struct, frozen=True, array_like=True):
    """What should have been said of a plan, by whom, when (epoch milliseconds), and of whose opinion (None: all)."""

    recommendation: Recommendation
    source: LabelSource
    at_ms: int
    specialist: SpecialistType | None = None


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of a plan, and which labels have come.

    Attributes:
        at_ms: When it was said, or when the first label came that waits for it.
        consensus: What was said; None while only labels are known.
        labels: Those learned, or waiting.
    """

    at_ms: int
    consensus: Consensus | None = None
    labels: list[Label] = msgspec.field(default_factory=list[Label])

    @property
    def is_missing(self) -> bool:
        """Tell whether it was said and never labelled."""
        return self.consensus is not None and not self.labels


def to_be_labelled(consensus: Consensus) -> Consensus:
    """Return what learning needs of a consensus: all but the opinions' reasons, which are most of its bytes."""
    return msgspec.structs.replace(consensus, opinions=[])


def outcome_label(completed: CompletedPlan) -> PlanOutcomeLabel | None:
    """Return what the end of a plan says about it; None where it says nothing: cancelled, or handed off."""
    if completed.plan_id is None or completed.outcome not in _OUTCOMES:
        return None
    return PlanOutcomeLabel(
        plan_id=completed.plan_id, recommendation=_OUTCOMES[completed.outcome], at=completed.completed_at
    )


def label_of(said: PlanOutcomeLabel | ApprovalOutcome | PlanFeedback) -> Label | None:
    """Return the label in a record; None where there is none: an approval that changed nothing, or ran out of time."""
    if isinstance(said, PlanFeedback):
        return Label(said.recommendation, LabelSource.FEEDBACK, said.at, said.specialist_type)
    if isinstance(said, PlanOutcomeLabel):
        return Label(said.recommendation, LabelSource.OUTCOME, said.at)
    if not said.applied or said.decision not in _APPROVALS:
        return None
    return Label(_APPROVALS[said.decision], LabelSource.APPROVAL, said.at)


def judge(known: Prediction | None, label: Label) -> tuple[Prediction, Fate]:
    """Take a label; return what is known then, and what becomes of the label."""
    if known is None or known.consensus is None:
        before = known or Prediction(at_ms=label.at_ms)
        if label in before.labels:
            return before, Fate.DOUBLE
        kept = [*before.labels, label][-MOST_EARLY:]
        return msgspec.structs.replace(before, labels=kept), Fate.EARLY
    earlier = [other for other in known.labels if _concern_each_other(other, label)]
    after = msgspec.structs.replace(known, labels=[*known.labels, label])
    if not earlier:
        return after, Fate.LEARNED
    newest = earlier[-1]
    if newest.recommendation is label.recommendation:
        return known, Fate.DOUBLE
    if _RANK[label.source] > _RANK[newest.source]:
        return after, Fate.CORRECTED
    return known, Fate.CONTRADICTED


def _concern_each_other(one: Label, other: Label) -> bool:
    return one.specialist is None or other.specialist is None or one.specialist is other.specialist


def sightings_of(consensus: Consensus, *, light: bool) -> list[LearningExample]:
    """Return what each learner is shown of a plan that has just been judged; `light`: without the dearest learners."""
    forecasts = {forecast.specialist_type: forecast for forecast in consensus.forecasts}
    return [
        LearningExample(
            plan_id=consensus.plan_id,
            specialist_type=specialist,
            domain=consensus.domain,
            feature_schema=consensus.feature_schema,
            features=consensus.features,
            forecast=forecasts.get(specialist),
            judged_at=consensus.at,
            light=light,
        )
        for specialist in SpecialistType
    ]


def examples_of(consensus: Consensus, label: Label, *, light: bool) -> list[LearningExample]:
    """Return what each learner concerned is to learn of a plan."""
    return [
        msgspec.structs.replace(sighting, label=label.recommendation, source=label.source, labelled_at=label.at_ms)
        for sighting in sightings_of(consensus, light=light)
        if label.specialist in (None, sighting.specialist_type)
    ]
