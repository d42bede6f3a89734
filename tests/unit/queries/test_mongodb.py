from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from models.errors import QueryRefused
from models.queries import Allowed, Limits, MongoQuery, parse_mongodb
from models.queries.mongodb import OPERATORS, STAGES

LIMITS = Limits()
ROW_LIMIT = LIMITS.rows
PARAMETERS = ["collection", "operation", "filter", "projection", "sort", "skip", "limit", "pipeline", "field"]
ALLOWED = Allowed(collections=frozenset({"sales", "customers"}))


def parse(**parameters: Any) -> MongoQuery:
    return parse_mongodb({"collection": "sales", **parameters}, ALLOWED, LIMITS)


def test_find_is_the_default_and_is_limited() -> None:
    query = parse()

    assert (query.operation, query.filter, query.limits.rows) == ("find", {}, ROW_LIMIT)


def test_a_limit_above_the_row_limit_is_cut() -> None:
    assert parse(limit=10**9).limits.rows == ROW_LIMIT


def test_extended_json_dates_and_ids_become_the_drivers_types() -> None:
    query = parse(
        filter={
            "at": {"$gte": {"$date": "2026-01-02T03:04:05Z"}},
            "_id": {"$oid": "0123456789abcdef01234567"},
        }
    )

    assert query.filter == {
        "at": {"$gte": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)},
        "_id": ObjectId("0123456789abcdef01234567"),
    }


def test_sort_is_taken_as_document_or_as_pairs() -> None:
    assert parse(sort={"total": -1, "region": 1}).sort == parse(sort=[["total", -1], ["region", 1]]).sort


def test_columns_are_names_and_nothing_more() -> None:
    assert parse(query_type="mongodb", columns=["region", "$where"]) == parse()


def test_dates_inside_a_pipeline_are_converted() -> None:
    [stage] = parse(
        operation="aggregate", pipeline=[{"$match": {"at": {"$lt": {"$date": "2026-01-01T00:00:00Z"}}}}]
    ).pipeline

    assert stage["$match"]["at"]["$lt"] == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "parameters",
    [
        {"filter": {"$where": "sleep(1000)"}},
        {"filter": {"a": {"$elemMatch": {"$where": "1"}}}},
        {"filter": {"$expr": {"$function": {"body": "f", "args": [], "lang": "js"}}}},
        {"projection": {"x": {"$function": {"body": "f", "args": [], "lang": "js"}}}},
        {"operation": "aggregate", "pipeline": [{"$group": {"_id": None, "x": {"$accumulator": {}}}}]},
        {"operation": "aggregate", "pipeline": [{"$out": "stolen"}]},
        {"operation": "aggregate", "pipeline": [{"$merge": {"into": "stolen"}}]},
        {"operation": "aggregate", "pipeline": [{"$match": {}}, {"$unionWith": "secrets"}]},
        {"operation": "aggregate", "pipeline": [{"$lookup": {"from": "secrets"}}]},
        {"operation": "aggregate", "pipeline": [{"$match": {}, "$out": "stolen"}]},
        {"operation": "aggregate", "pipeline": []},
        {"operation": "aggregate", "pipeline": "drop"},
        {"operation": "aggregate", "pipeline": ["$match"]},
        {"operation": "drop"},
        {"collection": ""},
        {"collection": None},
        {"collection": "system.users"},
        {"collection": "a$b"},
        {"filter": "{}"},
        {"filter": {"at": {"$date": "yesterday"}}},
        {"filter": {"_id": {"$oid": "zz"}}},
        {"limit": -1},
        {"limit": "10"},
        {"skip": True},
        {"sort": "total"},
        {"sort": {"total": "desc"}},
        {"sort": [["total"]]},
    ],
    ids=repr,
)
def test_what_is_not_allowed_is_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(QueryRefused):
        parse(**parameters)


def test_a_query_without_end_is_refused() -> None:
    nested: dict[str, Any] = {}
    for _ in range(1000):
        nested = {"$not": nested}

    with pytest.raises(QueryRefused):
        parse(filter={"a": nested})


texts = st.sampled_from(["", "a", "$a", "\0", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:00", "$where", "find"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "$where", "$date", "$oid", "$in", "$match", "$out"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(PARAMETERS), json_values))
def test_any_json_is_either_parsed_or_refused(parameters: dict[str, Any]) -> None:
    try:
        query = parse_mongodb(parameters, ALLOWED, LIMITS)
    except QueryRefused:
        return

    assert query.limits.rows <= ROW_LIMIT
    assert operators_in([query.filter, query.projection, *query.pipeline]) <= OPERATORS | STAGES


def operators_in(value: Any) -> set[str]:
    if isinstance(value, list):
        return {name for item in value for name in operators_in(item)}
    if isinstance(value, dict):
        own = {key for key in value if key.startswith("$")}
        return own | {name for item in value.values() for name in operators_in(item)}
    return set()
