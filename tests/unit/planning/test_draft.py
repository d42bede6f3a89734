"""A draft of a catalog: what a sample shows, and nothing that a catalog can't hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sample.generate import generate
from models.planning.catalog import Catalog, check_catalog
from models.planning.draft import Samples, draft_catalog
from tests.unit.planning.catalogs import CATALOG

NOW = datetime(2025, 11, 22, 15, 30, tzinfo=UTC)


def loaded(samples: Samples) -> Catalog:
    found = check_catalog(draft_catalog(samples), source="draft.yaml")
    assert isinstance(found, Catalog), found
    return found


@pytest.fixture(scope="module")
def sample() -> Samples:
    data = generate(as_of=NOW)
    labels = {node["name"]: node["label"] for node in data.graph.nodes}
    nodes: dict[str, list[dict[str, Any]]] = {}
    for node in data.graph.nodes:
        nodes.setdefault(node["label"], []).append({name: value for name, value in node.items() if name != "label"})
    ways = [(labels[start], kind, labels[end]) for start, kind, end in data.graph.edges]
    return Samples({name: found[:500] for name, found in data.collections.items()}, nodes, ways)


def test_the_draft_of_the_sample_has_the_fields_of_its_catalog(sample: Samples) -> None:
    drafted = loaded(sample)
    assert {source.place for source in drafted.sources.values()} == {*sample.collections, *sample.nodes}
    by_place = {source.place: source for source in drafted.sources.values()}
    for source in CATALOG.sources.values():
        if source.kind in ("mongodb", "neo4j") and not source.replica:
            found = by_place[source.place]
            assert {(field.name, field.type) for field in found.fields} == {
                (field.name, field.type) for field in source.fields
            }
            assert found.time_field == source.time_field or source.place == "incidents"


def test_the_draft_of_the_sample_finds_values_people_ways_and_joins(sample: Samples) -> None:
    drafted = loaded(sample)
    assert set(drafted.sources["incidents"].dimension("severity").values) == {"critical", "high", "medium", "low"}
    assert set(drafted.sources["customers"].dimension("active").values) == {"true", "false"}
    assert drafted.sources["sales"].dimension_of("amount") is None
    personal = {field.name for field in drafted.sources["access_log"].fields if field.pii}
    assert personal == {"user", "ip"}
    ways = {
        (way.type, drafted.sources[way.start].place, drafted.sources[way.end].place)
        for way in drafted.relationships.values()
    }
    assert ways == {("DEPENDS_ON", "Service", "Service"), ("OWNED_BY", "Service", "Team")}
    joins = {(source.name, join.field, join.to) for source in drafted.sources.values() for join in source.joins}
    assert ("customers", "customer_id", "sales") in joins
    assert ("deployments", "service", "incidents") in joins


def test_nothing_to_describe_is_no_source() -> None:
    assert isinstance(check_catalog(draft_catalog(Samples({"empty": []})), source="x"), list)


ODD = ["café", "a b", "$where", "x" * 120, "_id", "2nd", "on"]
NAMES = st.sampled_from(["at", "name", "total", "user_id", *ODD])
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(allow_nan=False, width=16),
    st.sampled_from(["a", "b", "", "2025-11-22T15:30:00Z"]),
    st.lists(st.integers(), max_size=2),
    st.datetimes(timezones=st.just(UTC)),
)
RECORDS = st.lists(st.dictionaries(NAMES, VALUES, max_size=6), max_size=12)


@settings(max_examples=100, deadline=None)
@given(
    collections=st.dictionaries(st.sampled_from(["orders", "Orders", "ORDERS", "pedidos-2025", "a b", "$x"]), RECORDS),
    nodes=st.dictionaries(st.sampled_from(["Host", "Rack", "orders"]), RECORDS),
    kind=st.sampled_from(["RUNS_ON", "runs on", "é"]),
)
def test_whatever_is_drafted_passes_the_check(
    collections: dict[str, list[dict[str, Any]]], nodes: dict[str, list[dict[str, Any]]], kind: str
) -> None:
    ways = [("Host", kind, "Rack"), ("Rack", kind, "Rack"), ("Host", kind, "Gone")]
    text = draft_catalog(Samples(collections, nodes, ways))
    found = check_catalog(text, source="draft.yaml")
    if isinstance(found, list):
        assert [error.detail for error in found] == ["there are no sources: describe at least one collection"]
