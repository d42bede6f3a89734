"""The sample data is the same every time, hangs together, and its questions can be answered."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from app.sample.generate import COUNTS, DAYS, Graph, SampleData, generate
from app.sample.oracle import expected, same_rows
from app.sample.questions import QUESTIONS, Question
from models.nlu.words import language, words
from models.planning.sources import Source
from tests.unit.planning.catalogs import CATALOG, envelope_of, plan_of

NOW = datetime(2025, 11, 22, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def data() -> SampleData:
    return generate(as_of=NOW)


def test_there_are_more_than_twenty_thousand_records(data: SampleData) -> None:
    assert {name: len(documents) for name, documents in data.collections.items()} == COUNTS
    assert data.total > 20_000


def test_the_same_seed_and_day_give_the_same_data(data: SampleData) -> None:
    assert generate(as_of=NOW) == data
    assert generate(8, as_of=NOW).collections["sales"] != data.collections["sales"]


def records_of(source: Source, data: SampleData) -> list[dict[str, object]]:
    """The records that a source of the catalog describes, with the fields it gives them."""
    if source.kind == "mongodb":
        return (data.collections | data.copies)[source.place]
    if source.kind == "neo4j":
        nodes = [node for node in data.graph.nodes if node["label"] == source.place]
        return [{name: value for name, value in node.items() if name != "label"} for node in nodes]
    if source.kind == "kafka":
        return [{**event, "at": datetime.fromisoformat(event["at"])} for event in data.events]
    [part] = source.key_fields
    prefix = source.place.removesuffix("{" + part + "}")
    if source.value == "integer":
        return [
            {part: key.removeprefix(prefix), "value": n} for key, n in data.counters.items() if key.startswith(prefix)
        ]
    return [
        {**session, "started_at": datetime.fromisoformat(session["started_at"])}
        for key, session in data.sessions.items()
        if key == prefix + session[part]
    ]


@pytest.mark.parametrize("source", CATALOG.sources.values(), ids=lambda source: source.name)
def test_every_record_lies_in_the_last_two_years_and_fits_its_catalog(source: Source, data: SampleData) -> None:
    types = {"string": str, "integer": int, "number": float, "boolean": bool, "date": datetime}
    records = records_of(source, data)
    assert len(records) >= 5
    for record in records:
        assert set(record) == {field.name for field in source.fields}
        for field in source.fields:
            value = record[field.name]
            assert value is None or isinstance(value, types[field.type])
            assert not isinstance(value, datetime) or NOW - timedelta(days=DAYS) <= value <= NOW
            if field.pattern:
                assert isinstance(value, str)
                assert re.fullmatch(field.pattern, value)
    assert len(records) <= source.row_limit or source.kind == "mongodb"


@pytest.mark.parametrize("source", CATALOG.sources.values(), ids=lambda source: source.name)
def test_every_known_value_of_the_catalog_occurs(source: Source, data: SampleData) -> None:
    records = records_of(source, data)
    for dimension in source.dimensions:
        found = {str(record[dimension.field]) for record in records}
        if dimension.values:
            assert {value.capitalize() if value in ("true", "false") else value for value in dimension.values} == found


def test_what_stands_in_for_a_source_holds_the_same(data: SampleData) -> None:
    stand_ins = [
        (source, CATALOG.sources[link.source])
        for source in CATALOG.sources.values()
        for link in source.fallback
        if link.source is not None
    ]
    assert {source.kind for source, _ in stand_ins} == {"redis"}
    for source, other in stand_ins:
        assert records_of(other, data) == records_of(source, data)


def test_what_the_catalog_joins_holds_the_same_things(data: SampleData) -> None:
    for source in CATALOG.sources.values():
        for join in source.joins:
            here = {record[join.field] for record in records_of(source, data)}
            there = {record[join.to_field] for record in records_of(CATALOG.sources[join.to], data)}
            assert here & there, f"{source.name}.{join.field} and {join.to}.{join.to_field} have nothing in common"


def test_every_way_of_the_catalog_is_in_the_graph(data: SampleData) -> None:
    labels = {node["name"]: node["label"] for node in data.graph.nodes}
    there = {(labels[start], kind, labels[end]) for start, kind, end in data.graph.edges}
    sources = CATALOG.sources
    assert there == {(sources[w.start].place, w.type, sources[w.end].place) for w in CATALOG.relationships.values()}


def test_only_incidents_that_are_over_have_an_end(data: SampleData) -> None:
    for incident in data.collections["incidents"]:
        running = incident["status"] in ("open", "investigating")
        assert running == (incident["closed_at"] is None) == (incident["minutes_to_resolve"] is None)
        assert running or incident["opened_at"] < incident["closed_at"] <= NOW


def test_sales_belong_to_customers_of_their_region(data: SampleData) -> None:
    regions = {customer["customer_id"]: customer["region"] for customer in data.collections["customers"]}
    assert all(regions[sale["customer_id"]] == sale["region"] for sale in data.collections["sales"])


def test_the_graph_is_closed_and_has_no_cycle(data: SampleData) -> None:
    names = {node["name"] for node in data.graph.nodes}
    depends: dict[str, list[str]] = {name: [] for name in names}
    for start, kind, end in data.graph.edges:
        assert {start, end} <= names
        if kind == "DEPENDS_ON":
            depends[start].append(end)
    settled: set[str] = set()
    while len(settled) < len(names):
        ready = {name for name in names - settled if settled.issuperset(depends[name])}
        assert ready, "the rest depends on itself"
        settled |= ready


def test_counters_agree_with_the_documents(data: SampleData) -> None:
    assert sum(value for key, value in data.counters.items() if key.startswith("counter:sales:")) == COUNTS["sales"]
    assert 150 <= len(data.counters) + len(data.sessions) <= 250


def test_events_are_in_the_order_of_time(data: SampleData) -> None:
    times = [event["at"] for event in data.events]
    assert times == sorted(times)
    assert len(times) == 500


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_every_question_is_understood_and_grounded_without_a_rest(question: Question) -> None:
    envelope = envelope_of(question.text)
    assert envelope.intent.domain is question.domain
    assert envelope.confidence >= 0.5
    plan = plan_of(question.text)
    assert plan.tasks, plan.reasoning_summary
    assert plan.tasks[-1].parameters["columns"] == list(question.columns)
    assert plan.tasks[-1].metadata["answer"]["ignored"] == []


def test_the_questions_are_about_all_four_stores_two_of_them_about_two_and_one_through_a_fallback() -> None:
    asked = [
        {kind for task in plan_of(question.text).tasks if (kind := task.parameters.get("query_type"))}
        for question in QUESTIONS
    ]
    assert len(QUESTIONS) == 12
    assert set().union(*asked) == {"mongodb", "neo4j", "kafka", "redis"}
    assert sum(len(stores) == 2 for stores in asked) == 2
    [question] = [question for question in QUESTIONS if question.without]
    [task] = plan_of(question.text).tasks
    assert question.instead in [chosen.get("source") for chosen in task.parameters["fallbacks"]]


def test_there_are_questions_in_both_languages() -> None:
    asked = [language(words(question.text), None) for question in QUESTIONS]
    assert asked.count("pt") >= 4
    assert asked.count("en") >= 4


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_every_question_has_an_answer_that_is_not_empty(question: Question, data: SampleData) -> None:
    rows = expected(question.id, data, now=NOW)
    assert rows
    assert all(len(row) == len(question.columns) for row in rows)
    assert any(row[-1] for row in rows)


def hand_made(**collections: list[dict[str, object]]) -> SampleData:
    return SampleData(collections, Graph([], []), {}, {}, [])


def test_the_oracle_sums_by_hand() -> None:
    def sale(month: int, region: str, amount: float) -> dict[str, object]:
        return {"date": datetime(2025, month, 1, tzinfo=UTC), "region": region, "amount": amount}

    data = hand_made(sales=[sale(6, "Sul", 1000.0), sale(7, "Sul", 1.5), sale(9, "Sul", 2.0), sale(8, "Norte", 9.0)])
    assert expected("sales-by-region", data, now=NOW) == [["Norte", 9.0], ["Sul", 3.5]]
    assert expected("revenue-by-month", data, now=NOW) == [
        ["2025-06", 1000.0],
        ["2025-07", 1.5],
        ["2025-08", 9.0],
        ["2025-09", 2.0],
    ]


def test_the_oracle_counts_by_hand() -> None:
    def access(hour: int, outcome: str, action: str = "login") -> dict[str, object]:
        return {"at": datetime(2025, 11, 21, hour, tzinfo=UTC), "outcome": outcome, "action": action}

    data = hand_made(
        access_log=[access(0, "failure"), access(23, "failure"), access(3, "success"), access(4, "failure", "export")]
    )
    assert expected("failed-logins", data, now=NOW) == [[2]]
    assert expected("failed-logins", data, now=NOW + timedelta(days=1)) == [[0]]


def test_rows_are_the_same_to_the_cent_and_not_beyond() -> None:
    assert same_rows([["a", 1.0]], [["a", 1.004]])
    assert not same_rows([["a", 1.0]], [["a", 1.05]])
    assert not same_rows([["a", 1]], [["b", 1]])
    assert not same_rows([["a", 1]], [])
    assert same_rows([["2025-11-22T15:30:00Z"]], [[NOW]])
