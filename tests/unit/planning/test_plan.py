"""Plans, their ids, risk and tickets."""

from __future__ import annotations

from uuid import UUID, uuid5

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ids import stable_id
from models.planning import first_tickets, is_answered_here, make_plan
from models.planning.memory import Recalled, Similar
from models.records import (
    ApprovalStatus,
    CognitivePlan,
    Constraints,
    DeliveryMode,
    ExecutionTicket,
    PlanStatus,
    PlanTask,
    Priority,
    RiskBand,
    SecurityLevel,
    TaskType,
    decode,
    encode,
)
from tests.unit.planning.catalogs import CATALOG, NOW_MS, envelope_of, plan_of


def test_a_question_becomes_one_query_task() -> None:
    plan = plan_of("vendas por região")
    assert [task.task_type for task in plan.tasks] == [TaskType.QUERY]
    assert plan.status is PlanStatus.VALIDATED
    assert not plan.requires_approval
    assert plan.valid_until == NOW_MS + 86_400_000
    assert decode(CognitivePlan, encode(plan)) == plan


def test_a_record_delivered_again_gives_the_same_plan_and_tickets() -> None:
    envelope = envelope_of("vendas por região")
    first, again = (make_plan(envelope, CATALOG, now_ms=NOW_MS) for _ in range(2))
    assert first == again
    assert first_tickets(first, now_ms=NOW_MS) == first_tickets(again, now_ms=NOW_MS)
    later = make_plan(envelope, CATALOG, now_ms=NOW_MS + 5_000)
    assert later.plan_id == first.plan_id
    assert [ticket.ticket_id for ticket in first_tickets(later, now_ms=0)] == [
        ticket.ticket_id for ticket in first_tickets(first, now_ms=0)
    ]


def test_two_intentions_never_share_an_id() -> None:
    other = msgspec.structs.replace(envelope_of("vendas por região"), id="i-2")
    assert make_plan(other, CATALOG, now_ms=NOW_MS).plan_id != plan_of("vendas por região").plan_id


def test_stable_ids_depend_on_where_their_parts_end() -> None:
    assert stable_id("plan", "a", "bc") != stable_id("plan", "ab", "c")
    assert stable_id("plan", "a:1", "b") != stable_id("plan", "a", "1:b")
    assert stable_id("plan", "a") != stable_id("ticket", "a")
    assert stable_id("topic", "t", 0, 42) == stable_id("topic", "t", 0, 42)


@given(st.text())
def test_stable_ids_are_uuids_of_version_5(part: str) -> None:
    namespace = UUID("6f1d9d2e-3f0a-5b0e-9b39-0c6f2f5b7c11")
    assert stable_id("plan", part) == str(uuid5(namespace, f"4:plan{len(part)}:{part}"))


def test_the_ticket_carries_all_that_the_answer_needs() -> None:
    plan = plan_of("vendas por região", constraints=Constraints(priority=Priority.HIGH))
    [ticket] = first_tickets(plan, now_ms=NOW_MS)
    assert ticket.parameters == plan.tasks[0].parameters
    assert ticket.metadata["asker"]["question"] == "vendas por região"
    assert ticket.metadata["answer"]["columns"] == ["region", "revenue"]
    assert ticket.priority is Priority.HIGH
    assert ticket.sla.timeout_ms == 60_000
    assert ticket.sla.deadline == NOW_MS + 60_000
    assert decode(ExecutionTicket, encode(ticket)) == ticket


@pytest.mark.parametrize(
    ("band", "retries", "mode"),
    [
        (RiskBand.LOW, 1, DeliveryMode.AT_LEAST_ONCE),
        (RiskBand.MEDIUM, 2, DeliveryMode.AT_LEAST_ONCE),
        (RiskBand.HIGH, 3, DeliveryMode.EXACTLY_ONCE),
        (RiskBand.CRITICAL, 5, DeliveryMode.EXACTLY_ONCE),
    ],
)
def test_the_ticket_follows_the_risk(band: RiskBand, retries: int, mode: DeliveryMode) -> None:
    plan = msgspec.structs.replace(plan_of("vendas por região"), risk_band=band)
    [ticket] = first_tickets(plan, now_ms=NOW_MS)
    assert (ticket.sla.max_retries, ticket.qos.delivery_mode) == (retries, mode)


def test_only_tasks_that_wait_for_nothing_are_released_first() -> None:
    tasks = [
        PlanTask(task_id="b", task_type=TaskType.TRANSFORM, description="", dependencies=["a"]),
        PlanTask(task_id="a", task_type=TaskType.QUERY, description="", estimated_duration_ms=50_000),
        PlanTask(task_id="c", task_type=TaskType.QUERY, description=""),
    ]
    plan = msgspec.structs.replace(plan_of("vendas"), tasks=tasks, execution_order=["c", "a", "b"])
    tickets = first_tickets(plan, now_ms=NOW_MS)
    assert [ticket.task_id for ticket in tickets] == ["c", "a"]
    assert [ticket.sla.timeout_ms for ticket in tickets] == [60_000, 150_000]


def test_a_rejected_plan_releases_nothing() -> None:
    plan = plan_of("how is the weather")
    assert plan.status is PlanStatus.REJECTED
    assert first_tickets(plan, now_ms=NOW_MS) == []
    assert decode(CognitivePlan, encode(plan)) == plan


@pytest.mark.parametrize("text", ["apagar os clientes", "Delete all production data", "drop table users"])
def test_what_destroys_waits_for_a_person_and_releases_nothing(text: str) -> None:
    plan = plan_of(text)
    assert plan.is_destructive
    assert plan.destructive_tasks
    assert plan.requires_approval
    assert plan.approval_status is ApprovalStatus.PENDING
    assert first_tickets(plan, now_ms=NOW_MS) == []
    approved = msgspec.structs.replace(plan, approval_status=ApprovalStatus.APPROVED)
    assert len(first_tickets(approved, now_ms=NOW_MS)) == 1
    for status in (None, ApprovalStatus.REJECTED):
        assert first_tickets(msgspec.structs.replace(plan, approval_status=status), now_ms=NOW_MS) == []


def test_the_production_database_is_critical() -> None:
    plan = plan_of("apagar o banco de produção")
    assert plan.risk_band is RiskBand.CRITICAL
    assert plan.metadata["destructive"]["severity"] == "critical"


@pytest.mark.parametrize("text", ["top 5 produtos por receita", "vendas por produto", "quantos registros de acesso"])
def test_a_question_with_a_suspicious_word_is_answered(text: str) -> None:
    plan = plan_of(text)
    assert (plan.is_destructive, plan.requires_approval) == (False, False)


def test_a_harmless_look_up_is_hardly_a_risk() -> None:
    calm = Constraints(priority=Priority.LOW, security_level=SecurityLevel.PUBLIC)
    plan = plan_of("Consultar status do pedido 12345", constraints=calm)
    assert plan.risk_score < 0.3
    assert plan.risk_band is RiskBand.LOW


def test_a_deletion_beside_an_update_is_risky() -> None:
    level = SecurityLevel.RESTRICTED
    found = plan_of(
        "Deletar todos os dados de clientes inativos e atualizar sistema de pagamentos",
        constraints=Constraints(priority=Priority.CRITICAL, security_level=level),
    )
    assert found.risk_score > 0.6
    assert found.risk_band in (RiskBand.HIGH, RiskBand.CRITICAL)
    assert len(found.destructive_tasks) == 1


@pytest.mark.parametrize(
    ("text", "kind", "tasks"),
    [
        ("Analisar viabilidade técnica de migração do sistema de autenticação para OAuth2", "VIABILITY_ANALYSIS", 8),
        ("Migrar banco de dados de PostgreSQL para MongoDB", "MIGRATION", 8),
        ("Perform security audit on authentication system", "SECURITY_AUDIT", 7),
        ("Implementar novo módulo de relatórios com dashboard interativo", "FEATURE_IMPLEMENTATION", 5),
        ("Configurar auto-scaling para microserviços no Kubernetes", "INFRASTRUCTURE_CHANGE", 6),
        ("Refatorar o módulo de pagamentos", "REFACTORING", 5),
        ("Integrar o CRM com a API do ERP por webhook", "INTEGRATION", 5),
    ],
)
def test_work_becomes_the_tasks_of_its_type(text: str, kind: str, tasks: int) -> None:
    plan = plan_of(text)
    assert (plan.metadata["planning"]["intent_type"], len(plan.tasks)) == (kind, tasks)
    assert plan.status is PlanStatus.VALIDATED
    assert not is_answered_here(plan)
    assert all(task.metadata["handled_by"] == "outside" for task in plan.tasks)
    assert decode(CognitivePlan, encode(plan)) == plan


@pytest.mark.parametrize("text", ["xyz abc 123", "how is the weather", "Gerar relatório de unicórnios"])
def test_what_is_neither_question_nor_work_is_asked_back(text: str) -> None:
    assert plan_of(text).metadata["outcome"]["status"] == "not_grounded"


def test_what_would_be_deleted_is_counted_where_the_catalog_knows_it() -> None:
    size = plan_of("apagar os clientes inativos").tasks[0]
    assert size.metadata["handled_by"] == "here"
    assert size.parameters["filter"] == {"active": False}
    unknown = plan_of("apagar os unicórnios").tasks[0]
    assert unknown.metadata["handled_by"] == "outside"


def test_the_estimate_is_that_of_the_critical_path() -> None:
    plan = plan_of("Analisar viabilidade técnica de migração do sistema de autenticação para OAuth2")
    assert plan.estimated_total_duration_ms == 2900
    assert plan.metadata["planning"]["critical_path"] == ["task_0", "task_3", "task_6", "task_7"]
    assert plan.metadata["planning"]["parallel_groups"][0] == ["task_0", "task_1", "task_2"]


def similar(outcome: str | None, number: int) -> Similar:
    return Similar(intent_id=f"i-{number}", text="refatorar", shared=2, of=3, outcome=outcome)


def test_similar_plans_are_shown_and_their_failures_raise_the_risk() -> None:
    envelope = envelope_of("Refatorar o módulo de pagamentos")
    scores = []
    for outcomes in (["completed", "planned", None], ["failed", "planned", None], ["failed", "failed", "expired"]):
        recalled = Recalled([similar(outcome, number) for number, outcome in enumerate(outcomes)])
        plan = make_plan(envelope, CATALOG, now_ms=NOW_MS, recalled=recalled)
        assert [found["outcome"] for found in plan.metadata["similar"]] == outcomes
        assert plan.metadata["similar"][0]["likeness"] == 0.6667
        scores.append(plan.risk_score)
    assert scores == sorted(set(scores))
    assert make_plan(envelope, CATALOG, now_ms=NOW_MS).risk_score == scores[0]


def test_a_plan_says_what_it_did_without() -> None:
    recalled = Recalled(without=["neo4j: no answer in 50 ms"])
    plan = make_plan(envelope_of("vendas por região"), CATALOG, now_ms=NOW_MS, recalled=recalled)
    assert plan.metadata["without"] == ["neo4j: no answer in 50 ms"]


VERBS = st.sampled_from(
    [
        "criar",
        "atualizar",
        "apagar",
        "consultar",
        "migrar",
        "testar",
        "implantar",
        "create",
        "update",
        "delete",
        "query",
        "migrate",
        "deploy",
        "test",
        "and",
        "e",
        ",",
        ".",
        "depois",
        "não",
        "not",
        "todos",
        "all",
    ]
)
THINGS = st.sampled_from(
    [
        "clientes",
        "customers",
        "pedidos",
        "o",
        "banco",
        "API",
        "produção",
        "vendas",
        "por",
        "região",
        "logs",
        "último",
        "mês",
    ]
)
TEXTS = st.one_of(
    st.text(min_size=1, max_size=200).filter(str.strip),
    st.lists(st.one_of(VERBS, THINGS), min_size=1, max_size=60).map(" ".join),
)
CONSTRAINTS = st.builds(Constraints, priority=st.sampled_from(Priority), security_level=st.sampled_from(SecurityLevel))


@given(TEXTS, CONSTRAINTS)
def test_any_text_gives_an_acyclic_plan_in_an_order_that_can_be_executed(text: str, constraints: Constraints) -> None:
    plan = plan_of(text, constraints=constraints)
    assert sorted(plan.execution_order) == sorted(task.task_id for task in plan.tasks)
    place = {task_id: at for at, task_id in enumerate(plan.execution_order)}
    assert all(place[before] < place[task.task_id] for task in plan.tasks for before in task.dependencies)
    assert plan == plan_of(text, constraints=constraints)
    assert decode(CognitivePlan, encode(plan)) == plan
    assert plan.requires_approval == (bool(plan.tasks) and (plan.is_destructive or plan.risk_score >= 0.7))


@given(TEXTS, st.permutations(list(Priority)), st.permutations(list(SecurityLevel)))
def test_more_urgent_or_more_secret_is_never_less_risky(
    text: str, priorities: list[Priority], levels: list[SecurityLevel]
) -> None:
    low, high = sorted(priorities[:2], key=list(Priority).index)
    public, secret = sorted(levels[:2], key=list(SecurityLevel).index)
    calm = plan_of(text, constraints=Constraints(priority=low, security_level=public))
    tense = plan_of(text, constraints=Constraints(priority=high, security_level=secret))
    assert calm.risk_score <= tense.risk_score


def test_a_source_with_personal_data_is_riskier() -> None:
    assert plan_of("quantos clientes").risk_score > plan_of("quantas vendas").risk_score
