"""A grounded query to the parameters of a MongoDB task, as plain JSON.

Dates are extended JSON (`{"$date": "2025-07-01T00:00:00Z"}`), which the store turns into its own.
Keys of `sort` are in order of significance.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from models.nlu.timerange import TimeRange
from models.planning.grounding import steps as step
from models.planning.grounding.spec import Comparison, Filter, Group, QuerySpec, Through, Unit
from models.planning.grounding.stores import columns
from models.planning.sources import Measure, Source, typed_value

__all__ = ["columns", "match_filter", "mongodb_parameters"]

_FORMATS: dict[Unit, str] = {
    "hour": "%Y-%m-%d %H:00",
    "day": "%Y-%m-%d",
    "weekday": "%u",
    "week": "%G-W%V",
    "month": "%Y-%m",
    "year": "%Y",
}
_DIRECTIONS = {"asc": 1, "desc": -1}


def mongodb_parameters(spec: QuerySpec, *, as_rows: bool = False) -> dict[str, Any]:
    """Return the task parameters: collection, operation, its arguments, and the columns in order.

    With `as_rows` a count is a row with one column, as a task needs it that goes on with it.
    """
    operation = spec.operation if spec.operation in ("find", "count") and spec.through is None else "aggregate"
    if as_rows and operation == "count":
        operation = "aggregate"
    parameters: dict[str, Any] = {
        "query_type": "mongodb",
        "collection": spec.source.collection,
        "operation": operation,
    }
    match = match_filter(spec.source, spec.filters, spec.time_range, spec.comparisons)
    if operation == "aggregate":
        parameters["pipeline"] = _pipeline(spec, match) if spec.through is None else joined_pipeline(spec, match)
    else:
        parameters["filter"] = match
    if operation == "find":
        parameters["projection"] = {"_id": 0, **dict.fromkeys(spec.source.list_fields, 1)}
        parameters["sort"] = {column: _DIRECTIONS[way] for column, way in step.find_order(spec)}
        parameters["limit"] = spec.limit
    parameters["columns"] = columns(spec)
    return parameters


def match_filter(
    source: Source, filters: tuple[Filter, ...], span: TimeRange | None, comparisons: tuple[Comparison, ...] = ()
) -> dict[str, Any]:
    """Return the MongoDB filter for values, numbers and a period; the end of the period is exclusive."""
    match: dict[str, Any] = {}
    for wanted in filters:
        field = source.field(source.dimension(wanted.dimension).field)
        values = [typed_value(field, value) for value in wanted.values]
        one = len(values) == 1
        if wanted.operator == "nin":
            _add(match, field.name, {"$ne": values[0]} if one else {"$nin": values})
        else:
            _add(match, field.name, values[0] if one else {"$in": values})
    for item in comparisons:
        if not item.of_group:
            _add(match, item.field, _compared(item))
    if span is not None and source.time_field is not None:
        _add(match, source.time_field, {"$gte": {"$date": _iso(span.start_ms)}, "$lt": {"$date": _iso(span.end_ms)}})
    return match


def _add(match: dict[str, Any], field: str, condition: Any) -> None:
    """Add a condition on a field to those that it has."""
    if field not in match:
        match[field] = condition
        return
    there = match[field] if isinstance(match[field], dict) else {"$eq": match[field]}
    match[field] = there | (condition if isinstance(condition, dict) else {"$eq": condition})


def _compared(item: Comparison) -> Any:
    if item.operator == "between":
        return {"$gte": item.values[0], "$lte": item.values[1]}
    if item.operator in ("in", "nin"):
        return {f"${item.operator}": list(item.values)}
    return item.values[0] if item.operator == "eq" else {f"${item.operator}": item.values[0]}


def _pipeline(spec: QuerySpec, match: dict[str, Any]) -> list[dict[str, Any]]:
    key = {group.name: _group_key(group) for group in spec.groups}
    name = spec.measure.name
    shown = {group.name: f"$_id.{group.name}" for group in spec.groups}
    stages: list[dict[str, Any]] = [{"$match": match}] if match else []
    if spec.operation == "count_distinct":
        return stages + _count_distinct(spec, key)
    if spec.operation == "distinct":
        group = spec.groups[0].name
        stages += [{"$group": {"_id": key}}, {"$project": {"_id": 0, **shown}}]
        return [*stages, {"$sort": {group: 1}}, {"$limit": spec.limit}]
    stages.append({"$group": {"_id": key or None, name: _accumulator(spec.measure)}})
    stages.append({"$project": {"_id": 0, **shown, name: 1}})
    stages += _having(spec)
    if spec.groups:
        stages.append({"$sort": {column: _DIRECTIONS[way] for column, way in step.group_order(spec)}})
        stages.append({"$limit": spec.limit})
    return stages


_JOINED = "joined"


def joined_pipeline(spec: QuerySpec, match: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the stages of a query that leads through to the one record of another collection.

    Grouped by what is joined first, there is one look-up for each customer and not for each order; averages are put
    together from sums and numbers.
    """
    way = spec.through
    assert way is not None  # noqa: S101 — the caller has looked
    stages: list[dict[str, Any]] = [{"$match": match}] if match else []
    of_it = match_filter(way.source, way.filters, way.time_range, way.comparisons)
    wanted = [{"$match": {f"{_JOINED}.{name}": condition for name, condition in of_it.items()}}] if of_it else []
    if spec.operation == "find":
        shown = dict.fromkeys(spec.source.list_fields, 1)
        order = {column: _DIRECTIONS[to] for column, to in step.find_order(spec)}
        stages += [*_looked_up(way, way.field), *wanted]
        return [*stages, {"$sort": order}, {"$limit": spec.limit}, {"$project": {"_id": 0, **shown}}]
    own = {group.name: _group_key(group) for group in spec.groups if not group.joined}
    parts, put_together = _parts(spec.measure)
    stages.append({"$group": {"_id": {**own, _JOINED: f"${way.field}"}, **parts}})
    stages += [*_looked_up(way, f"_id.{_JOINED}"), *wanted]
    key = {group.name: f"${_JOINED}.{group.field}" if group.joined else f"$_id.{group.name}" for group in spec.groups}
    if spec.operation in ("count_distinct", "distinct"):
        name = columns(spec)[0]
        stages.append({"$group": {"_id": key}})
        if spec.operation == "count_distinct":
            return [*stages, {"$group": {"_id": None, name: {"$sum": 1}}}, {"$project": {"_id": 0, name: 1}}]
        return [*stages, {"$project": {"_id": 0, name: f"$_id.{name}"}}, {"$sort": {name: 1}}, {"$limit": spec.limit}]
    stages.append({"$group": {"_id": key or None, **{name: {how: f"${name}"} for name, how in put_together.items()}}})
    grouped_by = {group.name: f"$_id.{group.name}" for group in spec.groups}
    stages += [{"$project": {"_id": 0, **grouped_by, spec.measure.name: _whole(spec.measure)}}, *_having(spec)]
    if spec.groups:
        stages.append({"$sort": {column: _DIRECTIONS[to] for column, to in step.group_order(spec)}})
        stages.append({"$limit": spec.limit})
    return stages


def _looked_up(way: Through, field: str) -> list[dict[str, Any]]:
    looked = {"from": way.source.collection, "localField": field, "foreignField": way.to_field, "as": _JOINED}
    return [{"$lookup": looked}, {"$unwind": f"${_JOINED}"}]


def _parts(measure: Measure) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the accumulators of a part, and by what parts are put together."""
    if measure.aggregation != "avg":
        how = measure.aggregation if measure.aggregation in ("min", "max") else "sum"
        return {"part": _accumulator(measure)}, {"part": f"${how}"}
    field = f"${measure.field}"
    known = {"$cond": [{"$eq": [{"$ifNull": [field, None]}, None]}, 0, 1]}
    return {"part": {"$sum": field}, "number": {"$sum": known}}, {"part": "$sum", "number": "$sum"}


def _whole(measure: Measure) -> Any:
    if measure.aggregation != "avg":
        return "$part"
    return {"$cond": [{"$gt": ["$number", 0]}, {"$divide": ["$part", "$number"]}, None]}


def _count_distinct(spec: QuerySpec, key: dict[str, Any]) -> list[dict[str, Any]]:
    name = columns(spec)[0]
    having = _having(spec)
    grouped: dict[str, Any] = {"_id": key}
    if having:
        grouped[spec.measure.name] = _accumulator(spec.measure)
    return [
        {"$group": grouped},
        *having,
        {"$group": {"_id": None, name: {"$sum": 1}}},
        {"$project": {"_id": 0, name: 1}},
    ]


def _having(spec: QuerySpec) -> list[dict[str, Any]]:
    conditions: dict[str, Any] = {}
    for item in spec.comparisons:
        if item.of_group:
            _add(conditions, item.field, _compared(item))
    return [{"$match": conditions}] if conditions else []


def _group_key(group: Group) -> Any:
    field = f"${group.field}"
    if group.unit is None:
        return field
    if group.unit == "quarter":
        number = {"$toInt": {"$ceil": {"$divide": [{"$month": field}, 3]}}}
        year = {"$dateToString": {"date": field, "format": "%Y"}}
        return {"$concat": [year, "-Q", {"$toString": number}]}
    return {"$dateToString": {"date": field, "format": _FORMATS[group.unit]}}


def _accumulator(measure: Measure) -> dict[str, Any]:
    if measure.aggregation == "count":
        return {"$sum": 1}
    return {f"${measure.aggregation}": f"${measure.field}"}


@lru_cache(maxsize=1024)  # "this month" has the same edges all day
def _iso(at_ms: int) -> str:
    instant = datetime.fromtimestamp(at_ms / 1000, UTC)
    return instant.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds").replace("+00:00", "Z")
