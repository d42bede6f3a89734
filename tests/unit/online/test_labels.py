"""Labels that come late, twice, too early or against each other."""

from __future__ import annotations

from itertools import permutations

import pytest

from models.deliberation.scoring import consensus_of
from models.online.labels import (
    MOST_EARLY,
    Fate,
    Label,
    Prediction,
    examples_of,
    judge,
    label_of,
    outcome_label,
    sightings_of,
)
from models.records import (
    ApprovalDecision,
    ApprovalOutcome,
    CompletedPlan,
    CompletionStatus,
    Consensus,
    LabelSource,
    LearningExample,
    PlanFeedback,
    PlanOutcome,
    Recommendation,
    SpecialistType,
    decode,
    encode,
)
from tests.unit.planning.catalogs import NOW_MS, plan_of

CONSENSUS = consensus_of(plan_of("vendas por região"), now_ms=NOW_MS)
SAID = Prediction(at_ms=NOW_MS, consensus=CONSENSUS)
DONE = Label(Recommendation.APPROVE, LabelSource.OUTCOME, NOW_MS + 1)
FAILED = Label(Recommendation.REJECT, LabelSource.OUTCOME, NOW_MS + 2)
APPROVED = Label(Recommendation.APPROVE, LabelSource.APPROVAL, NOW_MS + 3)
WORD = Label(Recommendation.CONDITIONAL, LabelSource.FEEDBACK, NOW_MS + 4)
MINE = Label(Recommendation.REJECT, LabelSource.FEEDBACK, NOW_MS + 5, SpecialistType.TECHNICAL)


def told(known: Prediction | None, *labels: Label) -> tuple[Prediction | None, list[Fate]]:
    fates = []
    for label in labels:
        known, fate = judge(known, label)
        fates.append(fate)
    return known, fates


@pytest.mark.parametrize(
    ("labels", "fates"),
    [
        ((DONE,), [Fate.LEARNED]),
        ((DONE, DONE), [Fate.LEARNED, Fate.DOUBLE]),
        ((APPROVED, DONE), [Fate.LEARNED, Fate.DOUBLE]),
        ((APPROVED, FAILED), [Fate.LEARNED, Fate.CONTRADICTED]),
        ((FAILED, APPROVED), [Fate.LEARNED, Fate.CORRECTED]),
        ((FAILED, WORD, APPROVED), [Fate.LEARNED, Fate.CORRECTED, Fate.CONTRADICTED]),
        ((DONE, MINE), [Fate.LEARNED, Fate.CORRECTED]),
        ((MINE, DONE), [Fate.LEARNED, Fate.CONTRADICTED]),
    ],
)
def test_what_becomes_of_labels(labels: tuple[Label, ...], fates: list[Fate]) -> None:
    assert told(SAID, *labels)[1] == fates


def test_in_whatever_order_labels_come_the_last_that_is_learned_is_that_of_whoever_knows_best() -> None:
    for order in permutations((FAILED, APPROVED, WORD)):
        known: Prediction | None = SAID
        learned = []
        for label in order:
            known, fate = judge(known, label)
            if fate in (Fate.LEARNED, Fate.CORRECTED):
                learned.append(label)
        assert learned[-1] == WORD


def test_labels_that_come_before_the_consensus_wait_for_it_and_not_too_many() -> None:
    known, fates = told(None, DONE, DONE)
    assert fates == [Fate.EARLY, Fate.DOUBLE]
    assert known is not None
    assert known.labels == [DONE]
    many = [Label(Recommendation.APPROVE, LabelSource.FEEDBACK, at) for at in range(100)]
    known, _ = told(None, *many)
    assert known is not None
    assert known.labels == many[-MOST_EARLY:]


def test_only_what_nobody_has_labelled_is_missing() -> None:
    assert SAID.is_missing
    assert not judge(SAID, DONE)[0].is_missing
    assert not Prediction(at_ms=1, labels=[DONE]).is_missing


@pytest.mark.parametrize(
    ("outcome", "label"),
    [
        (PlanOutcome.ANSWERED, Recommendation.APPROVE),
        (PlanOutcome.DONE, Recommendation.APPROVE),
        (PlanOutcome.PARTIAL, Recommendation.CONDITIONAL),
        (PlanOutcome.FAILED, Recommendation.REVIEW_REQUIRED),
        (PlanOutcome.CANCELLED, None),
        (PlanOutcome.HANDED_OFF, None),
        (None, None),
    ],
)
def test_what_the_end_of_a_plan_says(outcome: PlanOutcome | None, label: Recommendation | None) -> None:
    completed = CompletedPlan(
        intention_id="i",
        status=CompletionStatus.COMPLETED,
        question="q",
        completed_at=NOW_MS,
        submitted_at=NOW_MS,
        plan_id="p",
        outcome=outcome,
    )
    found = outcome_label(completed)
    assert (found.recommendation if found else None) is label
    if found is not None:
        said = label_of(found)
        assert said == Label(found.recommendation, LabelSource.OUTCOME, NOW_MS)


def test_an_approval_that_changed_nothing_or_expired_is_no_label() -> None:
    def of(decision: ApprovalDecision, *, applied: bool) -> Label | None:
        return label_of(ApprovalOutcome(plan_id="p", decision=decision, applied=applied, by="ana", at=NOW_MS))

    assert of(ApprovalDecision.APPROVED, applied=True) == Label(Recommendation.APPROVE, LabelSource.APPROVAL, NOW_MS)
    assert of(ApprovalDecision.APPROVED, applied=False) is None
    assert of(ApprovalDecision.EXPIRED, applied=True) is None


def test_each_specialist_is_given_the_row_that_was_scored_and_feedback_on_one_goes_to_that_one() -> None:
    shown = sightings_of(CONSENSUS, light=True)
    assert [each.specialist_type for each in shown] == list(SpecialistType)
    assert {(each.label, each.light) for each in shown} == {(None, True)}
    assert all(each.features == CONSENSUS.features for each in shown)
    assert len(examples_of(CONSENSUS, DONE, light=False)) == len(SpecialistType)
    [one] = examples_of(CONSENSUS, MINE, light=True)
    assert (one.specialist_type, one.label, one.light) == (SpecialistType.TECHNICAL, Recommendation.REJECT, True)
    assert decode(LearningExample, encode(one)) == one


def test_feedback_and_consensus_travel() -> None:
    feedback = PlanFeedback(plan_id="p", recommendation=Recommendation.REJECT, by="ana", at=1, rating=0.2)
    assert decode(PlanFeedback, encode(feedback)) == feedback
    assert decode(Consensus, encode(CONSENSUS)) == CONSENSUS
