"""From a plan to the record of its consensus, and back to what learners are given."""

from __future__ import annotations

import random
from functools import cache

import pytest

from models.deliberation.scoring import ScoringLadder, consensus_of
from models.online.features import NAMES, SCHEMA, features_in, features_of, inputs_of
from models.online.ladder import Ladder, LadderSettings
from models.records import CognitivePlan, Consensus, Recommendation, SpecialistType, decode, encode
from tests.unit.planning.catalogs import NOW_MS, plan_of

PLANS = [
    plan_of(text)
    for text in (
        "vendas por região",
        "Migrar banco de dados de PostgreSQL para MongoDB",
        "Implementar novo módulo de relatórios com dashboard interativo",
        "apagar os clientes inativos",
    )
]


def taught(specialist: SpecialistType, says: Recommendation, *, labels: int = 300) -> ScoringLadder:
    """Return a ladder that has learned that most plans are this, and some are conditional."""
    ladder = Ladder(specialist.value, LadderSettings(kinds=("logistic", "quick")))
    chance = random.Random(1)
    for number in range(labels):
        row = inputs_of(features_of(PLANS[number % len(PLANS)]))
        label = Recommendation.CONDITIONAL if chance.random() < 0.03 else says
        ladder.learn(row, label.value, ladder.forecast(row))
    return ScoringLadder(ladder, "v-1")


@cache
def ladders(says: Recommendation) -> dict[SpecialistType, ScoringLadder]:
    return {specialist: taught(specialist, says) for specialist in SpecialistType}


@pytest.mark.parametrize("plan", PLANS)
def test_without_learners_the_rules_speak_and_nothing_is_forecast(plan: CognitivePlan) -> None:
    consensus = consensus_of(plan, now_ms=NOW_MS)
    assert consensus.forecasts == []
    assert [opinion.specialist_type for opinion in consensus.opinions] == list(SpecialistType)
    assert consensus.decision.plan_id == consensus.plan_id == plan.plan_id


def test_the_record_travels_and_gives_learners_the_row_that_was_scored() -> None:
    known = ladders(Recommendation.APPROVE)
    for plan in PLANS:
        consensus = consensus_of(plan, now_ms=NOW_MS, ladders=known)
        read = decode(Consensus, encode(consensus))
        assert read == consensus
        assert (read.feature_schema, len(read.features)) == (SCHEMA, len(NAMES))
        row = inputs_of(features_in(read.features))
        assert row == inputs_of(features_of(plan)), "to the bit"
        for told in read.forecasts:
            said = known[told.specialist_type].ladder.predict(row)
            assert (told.label, told.probabilities, told.confidence, told.said) == (
                said.label,
                said.probabilities,
                said.confidence,
                said.said,
            )
            assert (told.model_version, told.learned) == ("v-1", 300)


def test_what_was_learned_speaks_through_the_opinions() -> None:
    for says in (Recommendation.APPROVE, Recommendation.REJECT):
        consensus = consensus_of(PLANS[1], now_ms=NOW_MS, ladders=ladders(says))
        assert {opinion.recommendation for opinion in consensus.opinions} == {says}
        assert {opinion.metadata["model_source"] for opinion in consensus.opinions} == {"joined"}
        assert consensus.decision.consensus_metrics.unanimous


def test_a_ladder_that_has_learned_nothing_is_not_asked() -> None:
    known = {SpecialistType.BUSINESS: taught(SpecialistType.BUSINESS, Recommendation.REJECT, labels=0)}
    assert consensus_of(PLANS[1], now_ms=NOW_MS, ladders=known) == consensus_of(PLANS[1], now_ms=NOW_MS)


def test_the_same_gives_the_same_bytes() -> None:
    known = ladders(Recommendation.REVIEW_REQUIRED)
    for plan in PLANS:
        once = encode(consensus_of(plan, now_ms=NOW_MS, ladders=known))
        assert once == encode(consensus_of(plan, now_ms=NOW_MS, ladders=known))


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        features_in([0.0] * (len(NAMES) - 1))


def test_different_plans_get_different_opinions() -> None:
    said = [
        tuple((o.recommendation, o.confidence_score, o.risk_score) for o in consensus_of(plan, now_ms=NOW_MS).opinions)
        for plan in PLANS
    ]
    assert len(set(said)) == len(PLANS)
    for one in said[1:]:
        assert len(set(one)) == len(one), "nor do two specialists say the same of one"
