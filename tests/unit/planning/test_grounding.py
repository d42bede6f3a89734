"""Words to queries on the sample catalog, in both languages, and honesty about what is not understood."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.planning.grounding import Grounded, QuerySpec, Ungrounded, ground_question
from models.planning.grounding.spec import Reason
from models.planning.sources import Source
from models.records import ApprovalStatus
from tests.unit.planning.catalogs import CATALOG, NOW_MS, ignored_in, parameters_of, plan_of


def grounded(text: str) -> QuerySpec:
    found = ground_question(text, CATALOG, at_ms=NOW_MS)
    assert isinstance(found, Grounded), found
    [spec] = found.specs
    return spec


def ungrounded(text: str) -> Ungrounded:
    found = ground_question(text, CATALOG, at_ms=NOW_MS)
    assert isinstance(found, Ungrounded), found
    return found


@pytest.mark.parametrize(
    ("text", "source", "measure", "groups", "filters"),
    [
        ("vendas por região", "sales", "revenue", ["region"], {}),
        ("sales by region", "sales", "revenue", ["region"], {}),
        ("VENDAS POR REGIAO", "sales", "revenue", ["region"], {}),
        ("vendas por região e canal", "sales", "revenue", ["region", "channel"], {}),
        ("vendas por região, canal e mês", "sales", "revenue", ["month", "region", "channel"], {}),
        ("receita mensal", "sales", "revenue", ["month"], {}),
        ("quarterly revenue", "sales", "revenue", ["quarter"], {}),
        ("quantas vendas por canal", "sales", "orders", ["channel"], {}),
        ("ticket médio por categoria", "sales", "average_ticket", ["category"], {}),
        ("units sold by product", "sales", "units", ["product"], {}),
        ("top 3 clientes por receita", "sales", "revenue", ["customer"], {}),
        ("faturamento do Sudeste", "sales", "revenue", [], {"region": ("Sudeste",)}),
        ("revenue in the south and the north", "sales", "revenue", [], {"region": ("Sul", "Norte")}),
        ("clientes por segmento", "customers", "customers", ["segment"], {}),
        ("inactive customers by city", "customers", "customers", ["city"], {"active": ("false",)}),
        ("clientes ativos em São Paulo", "customers", "customers", [], {"active": ("true",), "city": ("São Paulo",)}),
        ("incidentes críticos abertos", "incidents", "incidents", [], {"severity": ("critical",), "status": ("open",)}),
        ("mttr por equipe", "incidents", "mean_minutes_to_resolve", ["team"], {}),
        ("which service had the most incidents", "incidents", "incidents", ["service"], {}),
        ("deploys por ambiente", "deployments", "deployments", ["environment"], {}),
        ("failed deployments in production", "deployments", "deployments", [],
         {"status": ("failed",), "environment": ("production",)}),
        ("logins negados por país", "access_log", "accesses", ["country"],
         {"action": ("login",), "outcome": ("denied",)}),
        ("suspicious logins", "access_log", "accesses", [], {"action": ("login",), "outcome": ("failure", "denied")}),
    ],
)  # fmt: skip
def test_words_find_source_measure_groups_and_filters(
    text: str, source: str, measure: str, groups: list[str], filters: dict[str, tuple[str, ...]]
) -> None:
    spec = grounded(text)
    assert spec.source.name == source
    assert spec.measure.name == measure
    assert [group.name for group in spec.groups] == groups
    assert {wanted.dimension: wanted.values for wanted in spec.filters} == filters
    assert ignored_in(text) == []


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("quantos incidentes abertos", "count"),
        ("open incidents", "count"),
        ("show open incidents", "find"),
        ("listar incidentes abertos", "find"),
        ("últimos 5 incidentes", "find"),
        ("investigar logins suspeitos de ontem", "find"),
        ("show sales", "aggregate"),
        ("receita total", "aggregate"),
        ("show incidents by team", "aggregate"),
    ],
)
def test_the_operation_follows_the_verb(text: str, operation: str) -> None:
    assert grounded(text).operation == operation


def test_a_period_is_a_half_open_range_on_the_time_field() -> None:
    assert parameters_of("quantos incidentes ontem") == {
        "query_type": "mongodb",
        "collection": "incidents",
        "operation": "count",
        "filter": {"opened_at": {"$gte": {"$date": "2025-11-21T00:00:00Z"}, "$lt": {"$date": "2025-11-22T00:00:00Z"}}},
        "columns": ["incidents"],
        "source": "incidents",
    }


def test_a_grouped_question_is_a_pipeline_with_a_stable_order() -> None:
    assert parameters_of("Top 5 products by revenue in the southeast")["pipeline"] == [
        {"$match": {"region": "Sudeste"}},
        {"$group": {"_id": {"product": "$product"}, "revenue": {"$sum": "$amount"}}},
        {"$project": {"_id": 0, "product": "$_id.product", "revenue": 1}},
        {"$sort": {"revenue": -1, "product": 1}},
        {"$limit": 5},
    ]


def test_a_course_of_time_is_in_the_order_of_time() -> None:
    stages = parameters_of("receita por mês")["pipeline"]
    assert stages[0]["$group"]["_id"] == {"month": {"$dateToString": {"date": "$date", "format": "%Y-%m"}}}
    assert list(stages[2]["$sort"].items()) == [("month", 1), ("revenue", -1)]


def test_the_best_days_are_in_the_order_of_the_measure() -> None:
    stages = parameters_of("os 3 melhores meses de receita")["pipeline"]
    assert list(stages[2]["$sort"].items()) == [("revenue", -1), ("month", 1)]
    assert stages[3] == {"$limit": 3}


def test_the_smallest_come_first_when_asked_for() -> None:
    stages = parameters_of("3 piores produtos por receita")["pipeline"]
    assert stages[2]["$sort"]["revenue"] == 1


def test_a_total_has_no_groups_and_no_order() -> None:
    assert parameters_of("receita total")["pipeline"] == [
        {"$group": {"_id": None, "revenue": {"$sum": "$amount"}}},
        {"$project": {"_id": 0, "revenue": 1}},
    ]


def test_a_list_is_newest_first_with_known_columns() -> None:
    parameters = parameters_of("list the last 5 failed deployments")
    assert parameters["filter"] == {"status": "failed"}
    assert parameters["sort"] == {"date": -1}
    assert parameters["limit"] == 5
    assert parameters["columns"] == ["date", "service", "version", "environment", "status", "author"]
    assert parameters["projection"] == {"_id": 0, **dict.fromkeys(parameters["columns"], 1)}


def test_the_largest_documents_are_ordered_by_the_measured_field() -> None:
    assert parameters_of("5 maiores vendas de ontem")["sort"] == {"amount": -1, "date": -1}


def test_a_boolean_value_is_a_boolean() -> None:
    assert parameters_of("quantos clientes inativos")["filter"] == {"active": False}


def test_no_query_is_longer_than_its_source_allows() -> None:
    assert parameters_of("listar clientes")["limit"] == 200
    assert parameters_of("top 9999 clientes por receita")["pipeline"][-1] == {"$limit": 500}


def test_a_word_that_has_no_part_in_the_query_is_told() -> None:
    assert ignored_in("meu chefe pergunta: quantas vendas houve ontem?") == ["chefe", "pergunta"]
    assert ignored_in("vendas exclusivamente online de ontem") == ["exclusivamente"]
    assert ignored_in("quero ver o total de vendas de ontem, por favor") == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("vendas para a Acme ontem", "acme"),
        ("sales of Painel Ultra", "ultra"),
        ("vendas do Painel Max", "max"),
        ("Gold customers by city", "gold"),
        ("canceled orders last month", "canceled"),
        ("clientes que cancelaram no mês passado", "cancelaram"),
        ("incidents of the billing-v2 service", "v2"),
        ("how many customers churned last month?", "churned"),
    ],
)
def test_a_word_that_narrows_down_what_is_asked_is_never_left_out(text: str, word: str) -> None:
    answer = ungrounded(text)
    assert (answer.reason, answer.word) == ("unknown-word", word)
    assert answer.choices


def test_an_unknown_value_that_begins_like_known_ones_is_answered_with_those() -> None:
    assert ungrounded("sales of Painel Ultra").choices == ("Painel Pro", "Painel Lite")


@pytest.mark.parametrize("text", ["top -5 produtos", "as −3 maiores vendas", "top 0 clientes por receita"])
def test_no_number_of_rows_is_below_one(text: str) -> None:
    assert ungrounded(text).reason == "no-number"


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("vendas do primeiro semestre contra o segundo semestre de 2024", "2024-07-01", "2024-01-01"),
        ("compare sales of October 2024 with September", "2024-10-01", "2024-09-01"),
        ("compare as vendas de dezembro com janeiro de 2025", "2025-01-01", "2024-12-01"),
        ("compare revenue in Q1 with Q1 2024", "2025-01-01", "2024-01-01"),
        ("compare as vendas deste mês com outubro de 2024", "2025-11-01", "2024-10-01"),
    ],
)
def test_a_year_that_is_written_once_belongs_to_both_periods(text: str, first: str, second: str) -> None:
    found = ground_question(text, CATALOG, at_ms=NOW_MS)
    assert isinstance(found, Grounded)
    assert [f"{spec.time_range.start:%Y-%m-%d}" for spec in found.specs if spec.time_range] == [first, second]


@pytest.mark.parametrize("text", ["como está o tempo", "Preciso analisar o ROI do projeto X", "🎉"])
def test_without_a_source_nothing_is_queried(text: str) -> None:
    answer = ungrounded(text)
    assert answer.reason == "no-source"
    assert answer.choices == tuple(source.label.pt for source in CATALOG.sources.values() if not source.replica)


def test_a_dimension_alone_is_asked_back_with_the_sources_that_have_it() -> None:
    assert ungrounded("por região") == Ungrounded("no-source", "", ("vendas", "clientes", "contadores de vendas"))


def test_a_typo_gets_the_nearest_source() -> None:
    assert ungrounded("vemdas por regiao").choices == ("vendas",)


def test_an_unknown_group_is_refused_with_the_known_ones() -> None:
    answer = ungrounded("vendas por planeta")
    assert (answer.reason, answer.word) == ("unknown-group", "planeta")
    assert answer.choices == ("região", "produto", "categoria", "canal", "cliente")


@pytest.mark.parametrize(
    "text",
    [
        "Implementar autenticação OAuth2",
        "Desenvolver nova feature de vendas",
        "Please update the customers",
        "Criar API de clientes",
    ],
)
def test_work_is_not_answered_with_data(text: str) -> None:
    assert ungrounded(text).reason == "work"


@pytest.mark.parametrize(
    "text", ["Criar relatório de vendas", "Generate a sales report", "updates of incidents by team"]
)
def test_a_report_is_data(text: str) -> None:
    grounded(text)


@pytest.mark.parametrize(
    "text",
    [
        "apagar todos os clientes",
        "Delete old sales records",
        "drop the customers collection",
        "DROP TABLE customers",
        "remova os incidentes fechados",
        "Gerar relatório de vendas e excluir os clientes inativos",
        "purge access log",
    ],
)
def test_destruction_is_never_planned_without_approval(text: str) -> None:
    plan = plan_of(text)
    assert plan.is_destructive
    assert plan.risk_score >= 0.7
    assert plan.requires_approval
    assert plan.approval_status is not ApprovalStatus.APPROVED


@pytest.mark.parametrize(
    "text",
    ["drop in sales by region", "vendas de produtos", "incidentes removidos por equipe", "firewalls e dropdowns"],
)
def test_a_word_that_only_looks_destructive_is_none(text: str) -> None:
    assert not plan_of(text).is_destructive


WORDS = """
vendas sales por by região month $where top 5 ontem clientes ativos listar e and últimos incidentes abertos
média 0 receita DE São Paulo apagar serviços dependem do auth checkout which depend on caminho entre compare
outubro com setembro participação percentual de mais 10000 antes before sessões user123 eventos INC-00042
distintos não exceto contador equipe dados MATCH DETACH DELETE } ) ` ' \\
"""
VOCABULARY = WORDS.split()
FORBIDDEN = ("$where", "$function", "$out", "$merge")
COLLECTIONS = {source.name for source in CATALOG.sources.values()}
TEXTS = st.text(max_size=60) | st.lists(st.sampled_from(VOCABULARY), max_size=14).map(" ".join)


@settings(max_examples=400, deadline=None)
@given(text=TEXTS)
@example(text="VEND:CLIENT:ATIV")  # is joined in MongoDB
def test_any_text_gives_queries_of_known_names_or_a_reason(text: str) -> None:
    found = ground_question(text, CATALOG, at_ms=NOW_MS)
    assert found == ground_question(text, CATALOG, at_ms=NOW_MS)
    if isinstance(found, Ungrounded):
        assert found.reason in get_args(Reason)
        return
    done: set[str] = set()
    for task in found.tasks:
        assert done.issuperset(task.depends_on)
        assert task.parameters["columns"]
        done.add(task.task_id)
        assert json.loads(json.dumps(task.parameters)) == task.parameters
        assert not any(operator in str(task.parameters) for operator in FORBIDDEN)
        for joined in (stage["$lookup"] for stage in task.parameters.get("pipeline", ()) if "$lookup" in stage):
            assert joined["from"] in COLLECTIONS
            assert joined.keys() == {"from", "localField", "foreignField", "as"}, "no pipeline within"
        if task.source is not None:
            check_reads_only(task.parameters, task.source)
    assert found.presentation.columns == found.tasks[-1].parameters["columns"]
    for spec in found.specs:
        assert 1 <= spec.limit <= spec.source.row_limit


CYPHER = re.compile(r"MATCH [^`'\"]+ RETURN [^`'\"]+")


def check_reads_only(parameters: dict[str, Any], source: Source) -> None:
    """Nothing that the asker wrote is in a query, but as a value of a known field."""
    fields = {field.name for field in source.fields}
    if source.kind == "mongodb":
        assert parameters["collection"] == source.collection
        match = parameters.get("filter") or parameters.get("pipeline", [{}])[0].get("$match") or {}
        assert set(match) <= fields
    elif source.kind == "neo4j":
        assert CYPHER.fullmatch(parameters["cypher_query"])
        assert not re.search(r"DELETE|CREATE|MERGE|SET|REMOVE|CALL|LOAD", parameters["cypher_query"])
    elif source.kind == "kafka":
        assert parameters["topic"] == source.topic
        assert 1 <= parameters["limit"] <= source.row_limit
    else:
        start = (source.key or "").split("{")[0]
        keys = [parameters[name] for name in ("key", "pattern") if name in parameters] + parameters.get("keys", [])
        assert keys
        assert all(key.startswith(start) for key in keys)
