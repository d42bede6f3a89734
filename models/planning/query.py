"""A grounded query to the parameters of a MongoDB task, as plain JSON.

Dates are extended JSON (`{"$date": "2025-07-01T00:00:00Z"}`), which the store turns into its own.
Keys of `sort` are in order of significance.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models.nlu.phrases import Order
from models.nlu.timerange import TimeRange
from models.planning.catalog import Measure, Source, typed_value
from models.planning.ground import Filter, Group, QuerySpec, Unit

_FORMATS: dict[Unit, str] = {
    "hour": "%Y-%m-%d %H:00",
    "day": "%Y-%m-%d",
    "week": "%G-W%V",
    "month": "%Y-%m",
    "year": "%Y",
}


def mongodb_parameters(spec: QuerySpec) -> dict[str, Any]:
    """Return the task parameters: collection, operation, its arguments, and the columns in order."""
    parameters: dict[str, Any] = {
        "query_type": "mongodb",
        "collection": spec.source.collection,
        "operation": spec.operation,
    }
    match = match_filter(spec.source, spec.filters, spec.time_range)
    if spec.operation == "aggregate":
        parameters["pipeline"] = _pipeline(spec, match)
    else:
        parameters["filter"] = match
    if spec.operation == "find":
        parameters["projection"] = {"_id": 0, **dict.fromkeys(spec.source.list_fields, 1)}
        parameters["sort"] = _list_order(spec)
        parameters["limit"] = spec.limit
    parameters["columns"] = columns(spec)
    return parameters


def columns(spec: QuerySpec) -> list[str]:
    """Return the names of the answer's columns: what it is grouped by, then the measure."""
    if spec.operation == "find":
        return list(spec.source.list_fields)
    return [*(group.name for group in spec.groups), spec.measure.name]


def match_filter(source: Source, filters: tuple[Filter, ...], span: TimeRange | None) -> dict[str, Any]:
    """Return the MongoDB filter for known values and a period; the end of the period is exclusive."""
    match: dict[str, Any] = {}
    for wanted in filters:
        dimension = source.dimension(wanted.dimension)
        values = [typed_value(source.field(dimension.field), value) for value in wanted.values]
        match[dimension.field] = values[0] if len(values) == 1 else {"$in": values}
    if span is not None and source.time_field is not None:
        match[source.time_field] = {"$gte": _date(span.start), "$lt": _date(span.end)}
    return match


def _pipeline(spec: QuerySpec, match: dict[str, Any]) -> list[dict[str, Any]]:
    key = {group.name: _group_key(group) for group in spec.groups}
    name = spec.measure.name
    shown = {group.name: f"$_id.{group.name}" for group in spec.groups}
    stages: list[dict[str, Any]] = [{"$match": match}] if match else []
    stages.append({"$group": {"_id": key or None, name: _accumulator(spec.measure)}})
    stages.append({"$project": {"_id": 0, **shown, name: 1}})
    if spec.groups:
        stages.append({"$sort": _group_order(spec)})
        stages.append({"$limit": spec.limit})
    return stages


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


def _group_order(spec: QuerySpec) -> dict[str, int]:
    """Largest measure first; a course of time stays in its order, unless the ends of it were asked for."""
    names = [group.name for group in spec.groups]
    in_time = any(group.unit for group in spec.groups) and spec.limit >= spec.source.row_limit
    if in_time:
        times = [group.name for group in spec.groups if group.unit]
        others = [group.name for group in spec.groups if not group.unit]
        return {**dict.fromkeys(times, 1), spec.measure.name: -1, **dict.fromkeys(others, 1)}
    direction = 1 if spec.order is Order.SMALLEST else -1
    return {spec.measure.name: direction, **dict.fromkeys(names, 1)}


def _list_order(spec: QuerySpec) -> dict[str, int]:
    newest = {spec.source.time_field: -1} if spec.source.time_field else {}
    if spec.order is Order.LATEST or spec.measure.field is None:
        return newest
    return {spec.measure.field: 1 if spec.order is Order.SMALLEST else -1, **newest}


def _date(instant: datetime) -> dict[str, str]:
    text = instant.isoformat(timespec="milliseconds") if instant.microsecond else instant.isoformat(timespec="seconds")
    return {"$date": text.replace("+00:00", "Z")}
