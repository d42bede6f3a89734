"""Queries to the parameters of tasks for Neo4j, Kafka and Redis; `models.planning.query` has those for MongoDB.

All are plain JSON with `query_type` and `columns` (names of the rows' columns, in order), and:

- neo4j: `cypher_query`, which only reads, and its `parameters`. What the asker said is always a parameter.
- kafka: `topic`; `from_ms` and `to_ms` (record times, the end exclusive) or null; `key` or null; `limit`, which keeps
  the newest. Rows have the entries of the JSON value.
- redis: `operation` `get` (with `key`), `mget` (`keys`), `hash` (`keys` of hashes), `zset` (`key`, `order`, `limit`) or
  `scan` (`pattern`, `limit`, `fetch_values`). `key_pattern` says which parts of a key are columns, `value` what it
  holds: rows have these, and the entries of the JSON object or hash, or the columns `value`, or `member` and `score`.
"""

from __future__ import annotations

import re
from itertools import product
from typing import Any

from models.nlu.phrases import Order
from models.planning.grounding import steps as step
from models.planning.grounding.spec import Comparison, Group, QuerySpec, Unit
from models.planning.sources import Source, typed_value

Parameters = dict[str, Any]

MAX_KEYS = 100
"""Keys that one `mget` may name; a question that names more is answered by a scan."""

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATORS = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "in": "IN"}
_FUNCTIONS = {"sum": "sum", "avg": "avg", "min": "min", "max": "max"}
_GLOB = re.compile(r"([*?\[\\])")


def _name(name: str) -> str:
    """A name in Cypher: quoted unless it is a plain word. The catalog allows no backtick in one."""
    return name if _PLAIN_NAME.fullmatch(name) else f"`{name}`"


class _Cypher:
    """Collects conditions on a node variable, with the values as parameters."""

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.parameters: dict[str, Any] = {}

    def value(self, value: Any) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"

    def require(self, spec: QuerySpec, variable: str) -> None:
        for wanted in spec.filters:
            field = spec.source.field(spec.source.dimension(wanted.dimension).field)
            values = self.value([typed_value(field, value) for value in wanted.values])
            condition = f"{variable}.{_name(field.name)} IN {values}"
            self.conditions.append(condition if wanted.operator == "in" else f"NOT {condition}")
        for item in spec.comparisons:
            if not item.of_group:
                self.conditions.append(self.compared(f"{variable}.{_name(item.field)}", item))
        if spec.time_range is not None and spec.source.time_field is not None:
            field_name = f"{variable}.{_name(spec.source.time_field)}"
            start, end = (self.value(edge.isoformat()) for edge in (spec.time_range.start, spec.time_range.end))
            self.conditions += [f"{field_name} >= datetime({start})", f"{field_name} < datetime({end})"]

    def compared(self, left: str, item: Comparison) -> str:
        if item.operator == "between":
            low, high = (self.value(value) for value in item.values)
            return f"{low} <= {left} AND {left} <= {high}"
        if item.operator == "nin":
            return f"NOT {left} IN {self.value(list(item.values))}"
        value: Any = list(item.values) if item.operator == "in" else item.values[0]
        return f"{left} {_OPERATORS[item.operator]} {self.value(value)}"

    def where(self) -> str:
        return f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""


def neo4j_parameters(spec: QuerySpec) -> Parameters:
    """Return the parameters of a query on nodes, or along a relationship."""
    cypher = _Cypher()
    if spec.way is not None and spec.way.between:
        text = _path(spec, cypher)
    else:
        text = _match(spec, cypher) + _returned(spec, cypher)
    return {
        "query_type": "neo4j",
        "cypher_query": text,
        "parameters": cypher.parameters,
        "columns": columns(spec),
    }


def _match(spec: QuerySpec, cypher: _Cypher) -> str:
    asked = f"(n:{_name(str(spec.source.node))})"
    way = spec.way
    if way is None:
        cypher.require(spec, "n")
        return f"MATCH {asked}{cypher.where()}"
    length = f"*1..{way.hops}" if way.hops > 1 else ""
    edge = f"-[:{_name(way.relationship.type)}{length}]->"
    other = "(m)"
    pattern = f"{other}{edge}{asked}" if way.forward else f"{asked}{edge}{other}"
    if way.names:
        cypher.conditions.append(f"m.{_name(way.key)} IN {cypher.value(list(way.names))}")
    elif spec.groups:
        # One row for each node that the others are counted for: the asked one is at the near end of "dependencies".
        pattern = f"{asked}{edge}{other}" if way.forward else f"{other}{edge}{asked}"
    cypher.require(spec, "n")
    return f"MATCH {pattern}{cypher.where()}"


def _returned(spec: QuerySpec, cypher: _Cypher) -> str:
    if spec.operation == "find":
        fields = [f"n.{_name(field)} AS {_name(field)}" for field in spec.source.list_fields]
        # After DISTINCT only what is returned can be sorted by.
        by = [pair for pair in step.find_order(spec) if pair[0] in spec.source.list_fields]
        order = f" ORDER BY {_order(by)}" if by else ""
        return f" RETURN DISTINCT {', '.join(fields)}{order} LIMIT {spec.limit}"
    if spec.operation == "count_distinct":
        group = spec.groups[0]
        return f" RETURN count(DISTINCT n.{_name(group.field)}) AS {_name(f'distinct_{group.name}')}"
    if spec.operation == "distinct":
        group = spec.groups[0]
        name = _name(group.name)
        return f" RETURN DISTINCT n.{_name(group.field)} AS {name} ORDER BY {name} LIMIT {spec.limit}"
    measure = f"{_measure(spec)} AS {_name(spec.measure.name)}"
    if not spec.groups:
        return f" RETURN {measure}"
    keys = [f"{_group_key(group)} AS {_name(group.name)}" for group in spec.groups]
    having = [item for item in spec.comparisons if item.of_group]
    order = _order(step.group_order(spec))
    if having:
        conditions = " AND ".join(cypher.compared(_name(spec.measure.name), item) for item in having)
        names = ", ".join(_name(name) for name in columns(spec))
        return (
            f" WITH {', '.join(keys)}, {measure} WHERE {conditions} RETURN {names} ORDER BY {order} LIMIT {spec.limit}"
        )
    return f" RETURN {', '.join(keys)}, {measure} ORDER BY {order} LIMIT {spec.limit}"


def _order(by: list[tuple[str, str]]) -> str:
    return ", ".join(f"{_name(column)}{' DESC' if way == 'desc' else ''}" for column, way in by)


def _measure(spec: QuerySpec) -> str:
    if spec.measure.aggregation == "count":
        counted = "m" if spec.way is not None and spec.groups else "n"
        return f"count(DISTINCT {counted})"
    return f"{_FUNCTIONS[spec.measure.aggregation]}(n.{_name(str(spec.measure.field))})"


_TRUNCATED: dict[Unit, int] = {"hour": 13, "day": 10, "month": 7, "year": 4}


def _group_key(group: Group) -> str:
    field = f"n.{_name(group.field)}"
    if group.unit is None:
        return field
    if group.unit == "week":
        return f"toString({field}.weekYear) + '-W' + right('0' + toString({field}.week), 2)"
    if group.unit == "weekday":
        return f"toString({field}.dayOfWeek)"
    if group.unit == "quarter":
        return f"toString({field}.year) + '-Q' + toString({field}.quarter)"
    return f"left(toString({field}), {_TRUNCATED[group.unit]})"


def _path(spec: QuerySpec, cypher: _Cypher) -> str:
    """The shortest way by length: works on every server that speaks Cypher, as `shortestPath` doesn't."""
    way = spec.way
    assert way is not None  # noqa: S101 — the caller has looked
    node, key = _name(str(spec.source.node)), _name(way.key)
    first, second = (cypher.value(name) for name in way.names)
    return (
        f"MATCH p = (a:{node})-[:{_name(way.relationship.type)}*1..{way.hops}]->(b:{node}) "
        f"WHERE a.{key} = {first} AND b.{key} = {second} "
        f"RETURN [x IN nodes(p) | x.{key}] AS path, length(p) AS hops ORDER BY hops LIMIT {spec.limit}"
    )


def kafka_parameters(spec: QuerySpec) -> tuple[Parameters, list[step.Step]]:
    """Return the parameters of a read of a topic, and the steps that make of its rows what is asked for."""
    source = spec.source
    key, handled = _key(spec)
    rest = step.filter_steps(spec, handled)
    listed = spec.operation == "find" and not rest and spec.sort is None and spec.order is Order.LATEST
    span = spec.time_range
    parameters: Parameters = {
        "query_type": "kafka",
        "topic": source.topic,
        "from_ms": span.start_ms if span else None,
        "to_ms": span.end_ms if span else None,
        "key": key,
        "limit": spec.limit if listed else source.row_limit,
        "columns": list(source.list_fields) if listed else [field.name for field in source.fields],
    }
    return parameters, [] if listed else [*rest, *step.shape_steps(spec)]


def _key(spec: QuerySpec) -> tuple[str | None, set[str]]:
    """The one key that the query names, and the field that is thereby dealt with."""
    field = spec.source.key_field
    for item in spec.comparisons:
        if item.field == field and item.operator == "eq":
            return str(item.values[0]), {field}
    return None, set()


def redis_parameters(spec: QuerySpec) -> tuple[Parameters, list[step.Step]]:
    """Return the parameters of a read of keys, and the steps that make of the rows what is asked for."""
    source = spec.source
    known = _known_parts(spec)
    keys = _keys(spec, known)
    rest = [*step.filter_steps(spec, set(known)), *_period_steps(spec)]
    fields = [field.name for field in source.fields]
    parameters: Parameters = {"query_type": "redis", "key_pattern": source.key, "value": source.value}
    if not 0 < len(keys) <= MAX_KEYS:
        several = [step.where(name, "in", list(values)) for name, values in known.items() if len(values) > 1]
        needs_values = bool(rest) or spec.operation != "count"
        parameters |= {
            "operation": "scan",
            "pattern": _pattern(source, known),
            "limit": source.row_limit,
            "fetch_values": needs_values,
            "columns": fields if needs_values else source.key_fields,
        }
        return parameters, [*several, *rest, *step.shape_steps(spec)]
    parameters |= _by_keys(spec, keys)
    if spec.operation == "find" and not rest and spec.sort is None:
        return parameters | {"columns": columns(spec)}, []
    return parameters | {"columns": fields}, [*rest, *step.shape_steps(spec)]


def _by_keys(spec: QuerySpec, keys: list[str]) -> Parameters:
    if spec.source.value == "hash":
        return {"operation": "hash", "keys": keys}
    if spec.source.value == "zset" and len(keys) == 1:
        order = "asc" if spec.order is Order.SMALLEST else "desc"
        return {"operation": "zset", "key": keys[0], "order": order, "limit": spec.limit}
    return {"operation": "get", "key": keys[0]} if len(keys) == 1 else {"operation": "mget", "keys": keys}


def _period_steps(spec: QuerySpec) -> list[step.Step]:
    field, span = spec.source.time_field, spec.time_range
    if field is None or span is None:
        return []
    return [step.where(field, "gte", [span.start.isoformat()]), step.where(field, "lt", [span.end.isoformat()])]


def _pattern(source: Source, known: dict[str, tuple[str, ...]]) -> str:
    """The pattern for a scan: what is said of the key, and `*` for the rest."""
    parts = {
        name: _GLOB.sub(r"\\\1", known[name][0]) if len(known.get(name, ())) == 1 else "*" for name in source.key_fields
    }
    return _filled(str(source.key), parts)


def _known_parts(spec: QuerySpec) -> dict[str, tuple[str, ...]]:
    """The parts of the key that the query names."""
    parts: dict[str, tuple[str, ...]] = {}
    names = spec.source.key_fields
    for wanted in spec.filters:
        field = spec.source.dimension(wanted.dimension).field
        if field in names and wanted.operator == "in":
            parts[field] = wanted.values
    for item in spec.comparisons:
        if item.field in names and item.operator in ("eq", "in"):
            parts[item.field] = tuple(str(value) for value in item.values)
    return parts


def _keys(spec: QuerySpec, known: dict[str, tuple[str, ...]]) -> list[str]:
    """The keys that the query names, when it names all their parts."""
    names = spec.source.key_fields
    if not all(name in known for name in names):
        return []
    parts = product(*(known[name] for name in names))
    return [_filled(str(spec.source.key), dict(zip(names, chosen, strict=True))) for chosen in parts]


def _filled(pattern: str, parts: dict[str, str]) -> str:
    for name, value in parts.items():
        pattern = pattern.replace("{" + name + "}", value)
    return pattern


def columns(spec: QuerySpec) -> list[str]:
    """Return the names of the answer's columns: what it is grouped by, then the measure."""
    if spec.way is not None and spec.way.between:
        return ["path", "hops"]
    if spec.operation == "find":
        return list(spec.source.list_fields)
    if spec.operation == "distinct":
        return [group.name for group in spec.groups]
    if spec.operation == "count_distinct":
        return [f"distinct_{spec.groups[0].name}"]
    return [*(group.name for group in spec.groups), spec.measure.name]
