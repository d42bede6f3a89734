"""Opinions: what rules say of plans in both languages, and how learners join in."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.deliberation.evidence import read
from models.deliberation.factors import FACTORS
from models.deliberation.opinion import is_intact, opinions_of
from models.deliberation.prior import LABELS, rule, soft_rule
from models.records import (
    CognitivePlan,
    Constraints,
    Priority,
    Recommendation,
    SecurityLevel,
    SpecialistOpinion,
    SpecialistType,
    decode,
    encode,
)
from tests.unit.deliberation.made import FIVE, GRAVE, Learner
from tests.unit.planning.catalogs import NOW_MS, plan_of
from tests.unit.records.strategies import records

ROW = {"num_tasks": 1.0}
WORK = (
    "Criar novo microserviço de pagamentos, configurar CI/CD, fazer deploy em staging e executar testes de integração"
)


def said(text: str, constraints: Constraints | None = None, **more: Any) -> dict[SpecialistType, SpecialistOpinion]:
    found = opinions_of(plan_of(text, constraints=constraints), now_ms=NOW_MS, **more)
    return {opinion.specialist_type: opinion for opinion in found}


@pytest.mark.parametrize("text", ["vendas por região no último mês", "top 5 products by revenue this year"])
def test_all_approve_a_question_that_changes_nothing(text: str) -> None:
    for opinion in said(text).values():
        assert opinion.recommendation is Recommendation.APPROVE
        assert opinion.confidence_score > 0.8
        assert opinion.risk_score < 0.2
        assert opinion.mitigations == []


@pytest.mark.parametrize(
    "text",
    [
        "Apagar completamente o banco de dados de produção sem backup",
        "Delete the whole production database without any backup",
        "Apagar o banco de dados de produção sem fazer cópia",
    ],
)
def test_all_reject_what_destroys_production_and_wants_no_way_back(text: str) -> None:
    for opinion in said(text, GRAVE).values():
        assert opinion.recommendation is Recommendation.REJECT
        assert opinion.mitigations[0].mitigation_id.endswith(":reversibility")


def test_with_a_way_back_the_same_is_for_a_person_to_review() -> None:
    found = said("Apagar completamente o banco de dados de produção", GRAVE).values()
    assert {opinion.recommendation for opinion in found} == {Recommendation.REVIEW_REQUIRED}


def test_a_question_is_no_destruction_whatever_it_says_of_backups() -> None:
    assert not read(plan_of("vendas por região sem backup")).no_way_back


def test_different_plans_give_different_opinions_and_specialists_differ_too() -> None:
    texts = (
        "vendas por região no último mês",
        WORK,
        "Perform security audit on authentication system",
        "Create new user onboarding registration flow",
        "Refatorar o módulo de pagamentos",
        "Migrar banco de dados de PostgreSQL para MongoDB",
        "Configurar auto-scaling para microserviços no Kubernetes",
        "apagar todos os clientes inativos",
    )
    told = {text: said(text) for text in texts}
    for specialist in FIVE:
        scores = {(o[specialist].confidence_score, o[specialist].risk_score) for o in told.values()}
        assert len(scores) == len(texts), specialist
        assert len({opinions[specialist].recommendation for opinions in told.values()}) >= 3
    for text in texts[1:]:
        assert len({opinion.risk_score for opinion in told[text].values()}) >= 3, text


@pytest.mark.parametrize(
    ("portuguese", "english"),
    [
        ("Refatorar o módulo de pagamentos", "Refactor the payments module"),
        ("Configurar auto-scaling para microserviços", "Configure auto-scaling for microservices"),
        ("Migrar banco de dados de PostgreSQL para MongoDB", "Migrate the database from PostgreSQL to MongoDB"),
    ],
)  # fmt: skip
def test_the_language_makes_little_difference(portuguese: str, english: str) -> None:
    one, other = said(portuguese), said(english)
    for specialist in FIVE:
        # The understanding of the two texts may be differently sure, which is a factor.
        assert one[specialist].risk_score == pytest.approx(other[specialist].risk_score, abs=0.08), specialist


def test_what_is_missing_is_told_in_the_language_of_the_question() -> None:
    advice = [m.description for m in said(WORK)[SpecialistType.TECHNICAL].mitigations]
    assert "projetar antes de mudar" in advice
    english = said("Create new user onboarding registration flow")[SpecialistType.TECHNICAL]
    assert "design before changing" in [m.description for m in english.mitigations]


def test_tests_after_the_change_and_a_design_before_it_are_worth_something() -> None:
    plan = plan_of("Implementar novo módulo de relatórios com dashboard interativo")
    bare = [t for t in plan.tasks if t.metadata["step"] == "implementation"]
    alone = msgspec.structs.replace(
        plan, tasks=[msgspec.structs.replace(bare[0], dependencies=[])], execution_order=[bare[0].task_id]
    )
    whole, poor = (
        {f.factor_name: f.score for f in opinions_of(p, now_ms=NOW_MS)[1].reasoning_factors} for p in (plan, alone)
    )
    assert whole["code_quality"] > poor["code_quality"]
    assert whole["architecture"] > poor["architecture"]


def test_the_weights_of_each_specialist_make_one() -> None:
    for about in FACTORS.values():
        assert sum(factor.weight for factor in about.factors) == pytest.approx(1.0)
        assert sum(factor.risk_weight for factor in about.factors) == pytest.approx(1.0)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_soft_rule_is_the_rule_away_from_its_borders(quality: float, risk: float) -> None:
    probabilities = soft_rule(quality, risk)
    assert math.isclose(sum(probabilities), 1.0)
    assert min(probabilities) > 0.0
    if min(abs(quality - 0.8), abs(quality - 0.5), abs(risk - 0.3), abs(risk - 0.5), abs(risk - 0.7)) > 0.08:
        assert LABELS[max(range(4), key=probabilities.__getitem__)] is rule(quality, risk)


@settings(max_examples=60)
@given(records(CognitivePlan))
def test_any_plan_gets_five_whole_opinions_and_the_same_ones_again(plan: CognitivePlan) -> None:
    found = opinions_of(plan, now_ms=NOW_MS)
    assert [opinion.specialist_type for opinion in found] == list(FIVE)
    assert found == opinions_of(decode(CognitivePlan, encode(plan)), now_ms=NOW_MS)
    for opinion in found:
        assert is_intact(decode(SpecialistOpinion, encode(opinion)))
        assert not is_intact(msgspec.structs.replace(opinion, reasoning_summary="other"))
        for factor in opinion.reasoning_factors:
            assert 0.0 <= factor.score <= 1.0, factor


def test_without_a_learner_the_opinion_says_that_rules_speak() -> None:
    opinion = said(WORK)[SpecialistType.BUSINESS]
    assert (opinion.metadata["model_source"], opinion.metadata["trust"]) == ("heuristics", 0.0)
    assert opinion.explainability.model_type == "rules"


def test_a_learner_counts_for_more_the_more_it_has_learned() -> None:
    always_review = (0.02, 0.02, 0.94, 0.02)
    seen = []
    for learned in (0, 10, 150, 5000):
        one = said(WORK, learners={SpecialistType.BUSINESS: Learner(always_review, learned)}, row=ROW)
        seen.append(one[SpecialistType.BUSINESS])
        assert one[SpecialistType.TECHNICAL] == said(WORK)[SpecialistType.TECHNICAL], "nobody else's"
    reviews = [opinion.metadata["probabilities"][2] for opinion in seen]
    assert reviews == sorted(reviews)
    assert [opinion.metadata["model_source"] for opinion in seen] == ["heuristics", "heuristics", "joined", "joined"]
    assert seen[-1].recommendation is Recommendation.REVIEW_REQUIRED
    assert seen[-1].confidence_score == pytest.approx(0.94, abs=0.05)


def test_what_a_learner_goes_by_is_told() -> None:
    learner = Learner((0.9, 0.05, 0.03, 0.02), shares={"num_edges": -0.5, "density": 1.5})
    explained = said(WORK, learners={SpecialistType.EVOLUTION: learner}, row=ROW)[SpecialistType.EVOLUTION]
    told = {item.feature_name: item.contribution.value for item in explained.explainability.feature_importances}
    assert (told["feature:density"], told["feature:num_edges"]) == ("positive", "negative")
    assert explained.explainability.method.value == "shap"


@pytest.mark.parametrize(
    "says", [(1.0, 0.0), (0.5, 0.5, 0.5, 0.5), (math.nan, 0.3, 0.3, 0.4), (-0.5, 0.5, 0.5, 0.5), ("x", 0, 0, 1)]
)
def test_a_learner_that_makes_no_sense_costs_confidence_and_nothing_else(says: Any) -> None:
    broken = said(WORK, learners={SpecialistType.BEHAVIOR: Learner(says)}, row=ROW)[SpecialistType.BEHAVIOR]
    healthy = said(WORK)[SpecialistType.BEHAVIOR]
    assert broken.recommendation is healthy.recommendation
    assert broken.confidence_score < healthy.confidence_score
    assert "problem" in broken.metadata


def test_priority_and_secrecy_change_the_opinion() -> None:
    calm = said(WORK)
    pressed = said(WORK, Constraints(priority=Priority.CRITICAL, security_level=SecurityLevel.RESTRICTED))
    for specialist in FIVE:
        assert pressed[specialist].risk_score > calm[specialist].risk_score
