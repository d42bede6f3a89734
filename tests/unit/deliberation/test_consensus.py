"""The decision: methods, matrix, guardrails, veto, weights; and that nothing but the opinions' content matters."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.completion import refuse
from models.deliberation import deliberate
from models.deliberation.compliance import degraded, health_of
from models.deliberation.consensus import MismatchedOpinions, aggregated, decide, divergence_of, is_intact
from models.deliberation.settle import decision_id_of, settle
from models.deliberation.weights import EVEN, Trail
from models.planning import first_tickets
from models.records import (
    ConsensusMethod,
    ConsolidatedDecision,
    PlanStatus,
    Recommendation,
    RiskBand,
    SecurityLevel,
    SpecialistType,
    decode,
    encode,
)
from tests.unit.deliberation.made import FIVE, GRAVE, SAYS, opinion, opinions, plan
from tests.unit.planning.catalogs import NOW_MS, plan_of

APPROVE, REJECT = Recommendation.APPROVE, Recommendation.REJECT
REVIEW, CONDITIONAL = Recommendation.REVIEW_REQUIRED, Recommendation.CONDITIONAL
FIVE_SAY = st.lists(SAYS, min_size=5, max_size=5)
TRAILS = st.fixed_dictionaries(
    {
        specialist: st.builds(Trail, success=st.floats(0, 1), failure=st.floats(0, 1), warning=st.floats(0, 1))
        for specialist in SpecialistType
    }
)


def decided(*said: tuple[Recommendation, float, float], source: str = "joined", **about: Any) -> ConsolidatedDecision:
    return decide(plan(**about), opinions(*said, source=source), now_ms=NOW_MS)


def test_all_of_one_mind_is_unanimous() -> None:
    decision = decided(*[(APPROVE, 0.9, 0.1)] * 5)
    assert (decision.final_decision, decision.consensus_method) == (APPROVE, ConsensusMethod.UNANIMOUS)
    assert decision.aggregated_confidence == pytest.approx(0.1 * 0.5 + 0.9 * 0.9)
    assert decision.aggregated_risk == pytest.approx(0.1 * 0.5 + 0.9 * 0.1)
    assert decision.guardrails_triggered == []
    assert not decision.requires_human_review


def test_most_and_most_likely_is_bayesian() -> None:
    decision = decided(*[(APPROVE, 0.9, 0.2)] * 4, (CONDITIONAL, 0.8, 0.3))
    assert (decision.final_decision, decision.consensus_method) == (APPROVE, ConsensusMethod.BAYESIAN)
    assert decision.consensus_metrics.voting_confidence == pytest.approx(0.8)


def test_two_who_are_very_sure_do_not_outvote_three_but_it_is_called_voting() -> None:
    decision = decided(*[(CONDITIONAL, 0.7, 0.4)] * 3, (APPROVE, 0.99, 0.3), (APPROVE, 0.99, 0.3), source="heuristics")
    assert (decision.final_decision, decision.consensus_method) == (CONDITIONAL, ConsensusMethod.VOTING)


def test_without_a_majority_the_more_careful_of_vote_and_posterior_counts() -> None:
    said = [(CONDITIONAL, 0.6, 0.4)] * 2 + [(APPROVE, 0.98, 0.3), (APPROVE, 0.5, 0.3), (REVIEW, 0.55, 0.5)]
    decision = decided(*said, source="heuristics")
    assert decision.final_decision is CONDITIONAL


@pytest.mark.parametrize(
    ("number", "least", "most"), [(0, 0.70, 0.15), (1, 0.65, 0.25), (2, 0.65, 0.25), (3, 0.50, 0.35), (5, 0.50, 0.35)]
)
def test_the_matrix(number: int, least: float, most: float) -> None:
    found = [
        opinion(specialist, (APPROVE, 0.8, 0.1), source="heuristics" if place < number else "joined")
        for place, specialist in enumerate(FIVE)
    ]
    assert tuple(health_of(found)) == (number, least, most)


@pytest.mark.parametrize(("confidence", "holds"), [(0.73, True), (0.71, False)])
def test_too_little_confidence_is_for_a_person(confidence: float, holds: bool) -> None:  # noqa: FBT001
    decision = decided(*[(APPROVE, confidence, 0.1)] * 5)  # 0.05 + 0.9 * 0.722 = 0.70
    assert decision.compliance_checks["confidence"] is holds
    assert decision.final_decision is (APPROVE if holds else REVIEW)
    assert decision.consensus_metrics.fallback_used is not holds


def test_too_much_divergence_is_for_a_person() -> None:
    decision = decided(*[(APPROVE, 0.95, 0.05)] * 3, (APPROVE, 0.6, 0.9), (APPROVE, 0.6, 0.9))
    assert decision.guardrails_triggered == ["divergence"]
    assert (decision.final_decision, decision.consensus_method) == (REVIEW, ConsensusMethod.FALLBACK)
    assert decision.requires_human_review


def test_a_foreign_opinion_that_explains_by_rules_is_degraded() -> None:
    joined = opinion(FIVE[0], (APPROVE, 0.9, 0.1))
    assert not degraded(joined)
    assert degraded(msgspec.structs.replace(joined, metadata={"model_source": "semantic_pipeline"}))
    assert degraded(msgspec.structs.replace(joined, confidence_score=0.05))


@pytest.mark.parametrize(("confidence", "vetoed"), [(0.91, True), (0.88, False)])
def test_a_sure_rejection_vetoes(confidence: float, vetoed: bool) -> None:  # noqa: FBT001
    decision = decided((REJECT, confidence, 0.4), *[(APPROVE, 0.92, 0.3)] * 4)
    assert ("no_veto" in decision.guardrails_triggered) is vetoed
    assert decision.final_decision is (REJECT if vetoed else APPROVE)


def test_where_learners_are_young_a_veto_needs_less() -> None:
    decision = decided((REJECT, 0.86, 0.4), *[(APPROVE, 0.9, 0.3)] * 4, source="heuristics")
    assert decision.final_decision is REJECT


@pytest.mark.parametrize(("odd", "decision"), [(CONDITIONAL, REVIEW), (REJECT, REJECT)])
def test_grave_risk_needs_unanimity(odd: Recommendation, decision: Recommendation) -> None:
    """A critical plan that one rejects is rejected; one that nobody rejects is for a person."""
    said = decided((odd, 0.8, 0.5), *[(APPROVE, 0.8, 0.5)] * 4, risk=0.92, band=RiskBand.CRITICAL)
    assert said.guardrails_triggered == ["unanimity_on_grave_risk"]
    assert (said.final_decision, said.consensus_method) == (decision, ConsensusMethod.FALLBACK)


@pytest.mark.parametrize("level", [SecurityLevel.CONFIDENTIAL, SecurityLevel.RESTRICTED])
def test_secret_work_needs_more_confidence(level: SecurityLevel) -> None:
    work = msgspec.structs.replace(plan_of("Refatorar o módulo de pagamentos"), original_security_level=level)
    for confidence, decision in ((0.93, REVIEW), (0.96, APPROVE)):  # 0.05 + 0.9 * 0.945 = 0.90
        found = [opinion(s, (APPROVE, confidence, 0.1), plan_id=work.plan_id) for s in FIVE]
        assert decide(work, found, now_ms=NOW_MS).final_decision is decision


def test_a_secret_question_that_is_answered_here_is_answered() -> None:
    question = plan_of("Quantos clientes ativos por segmento?", constraints=GRAVE)
    assert deliberate(question, now_ms=NOW_MS).decision.final_decision is APPROVE


@pytest.mark.parametrize("number", [1, 2])
def test_fewer_than_three_opinions_decide_nothing(number: int) -> None:
    decision = decided(*[(APPROVE, 0.95, 0.1)] * number)
    assert decision.final_decision is REVIEW
    assert "enough_opinions" in decision.guardrails_triggered
    assert decided(*[(REJECT, 0.99, 0.9)] * number, band=RiskBand.CRITICAL).final_decision is REVIEW


def test_three_opinions_are_enough() -> None:
    assert decided(*[(APPROVE, 0.9, 0.1)] * 3).final_decision is APPROVE


def test_who_needs_a_person_is_never_let_go_by_the_specialists() -> None:
    decision = decided(*[(APPROVE, 0.99, 0.0)] * 5, requires_approval=True)
    assert (decision.final_decision, decision.guardrails_triggered) == (REVIEW, ["person_has_to_approve"])


@given(FIVE_SAY, TRAILS, st.permutations(range(5)))
def test_the_order_of_opinions_makes_no_difference(said: Any, trails: Any, order: list[int]) -> None:
    found = opinions(*said)
    one = decide(plan(), found, now_ms=NOW_MS, trails=trails)
    other = decide(plan(), [found[place] for place in order], now_ms=NOW_MS, trails=trails)
    assert encode(one) == encode(other)


@given(FIVE_SAY, TRAILS, st.floats(0, 1), st.booleans())
def test_whatever_is_said_the_decision_is_whole(said: Any, trails: Any, risk: float, waits: bool) -> None:  # noqa: FBT001
    band = RiskBand.CRITICAL if risk >= 0.9 else RiskBand.LOW
    about = plan(risk=risk, band=band, requires_approval=waits)
    decision = decode(ConsolidatedDecision, encode(decide(about, opinions(*said), now_ms=NOW_MS, trails=trails)))
    assert is_intact(decision)
    assert not is_intact(msgspec.structs.replace(decision, reasoning_summary="other"))
    asked_for = {one[0] for one in said} | {REVIEW, REJECT}
    assert decision.final_decision in asked_for, "nobody has said that"
    broken = [name for name, holds in decision.compliance_checks.items() if not holds]
    if broken:
        assert decision.consensus_method is ConsensusMethod.FALLBACK
        assert decision.final_decision in (REVIEW, REJECT)
    if any(one[0] is REJECT and one[1] >= 0.9 for one in said):
        assert decision.final_decision is not APPROVE, "a veto"
    if waits:
        assert decision.final_decision in (REVIEW, REJECT)
    for vote in decision.specialist_votes:
        assert 0.05 <= vote.weight <= 0.4


@given(FIVE_SAY, st.integers(0, 4))
def test_a_bad_record_takes_votes_away(said: Any, place: int) -> None:
    """The share of the vote of one specialist falls with its failures, and rises with its successes."""

    def share(trail: Trail) -> float:
        trails = {**EVEN, FIVE[place]: trail}
        votes = decide(plan(), opinions(*said), now_ms=NOW_MS, trails=trails).specialist_votes
        return votes[place].weight / sum(vote.weight for vote in votes)

    assert share(Trail(failure=0.5)) < share(Trail()) < share(Trail(success=0.5))


def test_a_record_can_turn_a_decision() -> None:
    said = [(APPROVE, 0.8, 0.3)] * 3 + [(CONDITIONAL, 0.8, 0.4)] * 2
    assert decided(*said).final_decision is APPROVE
    trails = {s: Trail(failure=0.7) if place < 3 else Trail(success=0.8) for place, s in enumerate(FIVE)}
    assert decide(plan(), opinions(*said), now_ms=NOW_MS, trails=trails).final_decision is CONDITIONAL


def test_opinions_that_do_not_belong_together_are_refused() -> None:
    one = opinion(FIVE[0], (APPROVE, 0.9, 0.1))
    with pytest.raises(MismatchedOpinions, match="two opinions of business"):
        decide(plan(), [one, one], now_ms=NOW_MS)
    with pytest.raises(MismatchedOpinions, match="not about plan"):
        decide(plan(), [msgspec.structs.replace(one, plan_id="p-2")], now_ms=NOW_MS)
    with pytest.raises(MismatchedOpinions, match="no opinion"):
        decide(plan(), [], now_ms=NOW_MS)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_aggregated_is_drawn_a_tenth_to_the_middle(values: list[float]) -> None:
    share = 1 / len(values)
    mean = sum(values) / len(values)
    assert aggregated([share] * len(values), values) == pytest.approx(0.05 + 0.9 * mean, abs=1e-4)


def test_divergence_by_hand() -> None:
    found = opinions((APPROVE, 0.8, 0.6), (APPROVE, 0.6, 0.8))
    # confidence: std 0.1, mean 0.7; risk: std 0.1, mean 0.7
    assert divergence_of(found) == pytest.approx(0.1429, abs=1e-4)
    assert divergence_of(opinions(*[(APPROVE, 0.8, 0.1)] * 5)) == 0.0
    # Small risks are measured against 0.5: std 0.05 of 0.1 is no divergence of a half.
    assert divergence_of(opinions((APPROVE, 0.8, 0.05), (APPROVE, 0.8, 0.15))) == pytest.approx(0.05)


def test_the_correlation_id_is_copied() -> None:
    assert (
        decide(plan(correlation_id="c-7"), opinions(*[(APPROVE, 0.9, 0.1)] * 5), now_ms=NOW_MS).correlation_id == "c-7"
    )


def test_a_rejected_plan_ends_with_a_sentence_and_has_no_tickets() -> None:
    made = plan_of("Apagar completamente o banco de dados de produção sem backup", constraints=GRAVE)
    settled = settle(made, deliberate(made, now_ms=NOW_MS).decision)
    assert settled.status is PlanStatus.REJECTED
    assert first_tickets(settled, now_ms=NOW_MS) == []
    answer = refuse(settled, now_ms=NOW_MS)
    assert (answer.status.value, answer.decision) == ("failed", "rejected")
    assert "recusado pelos especialistas" in (answer.error or "")
    assert "cópia de segurança" in (answer.error or "")


def test_a_plan_to_review_waits_for_a_person_as_any_other() -> None:
    work = plan_of("Refatorar o módulo de pagamentos")
    assert not work.requires_approval
    found = [opinion(s, (REVIEW, 0.9, 0.6), plan_id=work.plan_id) for s in FIVE]
    settled = settle(work, decide(work, found, now_ms=NOW_MS))
    assert (settled.requires_approval, settled.approval_status) == (True, "pending")
    assert first_tickets(settled, now_ms=NOW_MS) == []
    assert settled.metadata["risk_reasons"][-1].startswith("specialists: review_required (unanimous)")


def test_a_question_goes_though_specialists_would_have_it_reviewed_and_says_so() -> None:
    question = plan_of("vendas por região")
    found = [opinion(s, (REVIEW, 0.9, 0.6), plan_id=question.plan_id) for s in FIVE]
    settled = settle(question, decide(question, found, now_ms=NOW_MS))
    assert (settled.requires_approval, settled.approval_status) == (False, None)
    assert settled.metadata["deliberation"]["review"] == "afterwards"
    assert first_tickets(settled, now_ms=NOW_MS) != []


def test_a_question_that_needs_an_approval_waits_for_it() -> None:
    question = msgspec.structs.replace(plan_of("vendas por região"), requires_approval=True)
    settled = settle(question, deliberate(question, now_ms=NOW_MS).decision)
    assert (settled.requires_approval, settled.approval_status) == (True, "pending")
    assert first_tickets(settled, now_ms=NOW_MS) == []


def test_a_plan_with_conditions_goes_and_carries_them() -> None:
    work = plan_of("Create new user onboarding registration flow")
    settled = settle(work, (told := deliberate(work, now_ms=NOW_MS)).decision)
    assert told.decision.final_decision is CONDITIONAL
    assert settled.metadata["deliberation"]["conditions"]
    assert decision_id_of(settled) == told.decision.decision_id
    assert len(first_tickets(settled, now_ms=NOW_MS)) == 1
