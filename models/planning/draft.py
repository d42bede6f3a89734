"""A first draft of a catalog from samples of the stores: names, types and values are seen, words for them are not.

What a sample can't tell is left for a person: synonyms, units, what a field is called in the other language. Whatever
is drafted passes `check_catalog`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import yaml

from models.nlu.words import plain
from models.planning.sources import PLACES

MOST_VALUES = 20
"""A field with more values than these is no dimension whose values people know by name."""

LEAST_REPEATED = 3
"""How often each value must come on average for the field to be one that records are grouped by."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,99}")
_PERSONAL = re.compile(
    r"(^|_)(name|nome|email|e_mail|mail|phone|telefone|celular|cpf|cnpj|rg|ssn|ip|user|usuario|username|author|autor|"
    r"address|endereco|birth\w*|nascimento)($|_)"
)
_TIMES = ("at", "date", "data", "time", "timestamp", "created_at", "criado_em", "opened_at", "occurred_at")
_HEAD = """\
# Drafted from what the stores hold. Before it is of use: give each source, measure and dimension the words that people
# use for it, in both languages; take out what nobody asks for; check `pii`, `sensitivity` and `row_limit`.
"""

Record = Mapping[str, Any]


class Samples(NamedTuple):
    """Records of each collection and label, and the relationships between labels as (from, type, to)."""

    collections: Mapping[str, Sequence[Record]]
    nodes: Mapping[str, Sequence[Record]] = {}
    relationships: Sequence[tuple[str, str, str]] = ()


def draft_catalog(samples: Samples) -> str:
    """Return a catalog in YAML; records without a usable field, and names no catalog can have, are left out."""
    drafted: list[dict[str, Any]] = []
    by_place: dict[tuple[str, str], str] = {}
    for kind, places in (("mongodb", samples.collections), ("neo4j", samples.nodes)):
        for place in sorted(places):
            name = _free_name(place, {source["name"] for source in drafted})
            source = _source(name, kind, place, places[place])
            if source is not None:
                drafted.append(source)
                by_place[kind, place] = name
    _add_joins(drafted, {by_place[key]: _records(samples, key) for key in by_place})
    ways = _ways(samples.relationships, by_place)
    tree: dict[str, Any] = {"sources": drafted} | ({"relationships": ways} if ways else {})
    return _HEAD + yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, width=120)


def _records(samples: Samples, key: tuple[str, str]) -> Sequence[Record]:
    return (samples.collections if key[0] == "mongodb" else samples.nodes)[key[1]]


def _ways(
    relationships: Sequence[tuple[str, str, str]], by_place: Mapping[tuple[str, str], str]
) -> list[dict[str, Any]]:
    ways: list[dict[str, Any]] = []
    names: set[str] = set()
    for start, kind, end in sorted(set(relationships)):
        ends = [by_place.get(("neo4j", place)) for place in (start, end)]
        if None not in ends and _NAME.fullmatch(kind):
            name = _free_name(kind, names)
            names.add(name)
            ways.append({"name": name, "type": kind, "from": ends[0], "to": ends[1], "label": _label(kind)})
    return ways


def _free_name(place: str, taken: set[str]) -> str:
    """Make a name of a place: plain, in lower case, and not one that is taken."""
    name = re.sub(r"[^a-z0-9_]+", "_", plain(place)).strip("_") or "source"
    name = name if name[0].isalpha() else f"s_{name}"
    free, number = name[:90], 1
    while free in taken:
        number += 1
        free = f"{name[:90]}_{number}"
    return free


def _source(name: str, kind: str, place: str, records: Sequence[Record]) -> dict[str, Any] | None:
    values = _values(records)
    types = {field: _type(found) for field, found in values.items()}
    fields = {field: kind_ for field, kind_ in types.items() if kind_ is not None}
    if not fields or not _NAME.fullmatch(place):
        return None
    count = _free_name(f"{name}_count" if name in fields else name, set())
    measures: list[dict[str, Any]] = [{"name": count, "aggregation": "count", "label": _label(name)}]
    measures += [
        {"name": f"{aggregation}_{field}", "aggregation": aggregation, "field": field, "label": _label(field)}
        for field, type_ in fields.items()
        if type_ in ("integer", "number") and not field.endswith("_id")
        for aggregation in ("sum", "avg")
        if _NAME.fullmatch(f"{aggregation}_{field}")
    ]
    source: dict[str, Any] = {
        "name": name,
        "kind": kind,
        PLACES[kind]: place,
        "label": _label(place),
        "synonyms": {"pt": [], "en": []},
        "sensitivity": "INTERNAL",
        "row_limit": 200,
        "fields": [_field(field, type_) for field, type_ in fields.items()],
        "default_measure": count,
        "measures": measures,
        "dimensions": [
            _dimension(field, values[field], fields[field]) for field in fields if _groups(values[field], fields[field])
        ],
        "list_fields": list(fields)[:8],
    }
    if time := _time_field(fields):
        source["time_field"] = time
    return source


def _values(records: Sequence[Record]) -> dict[str, list[Any]]:
    """The values of each field that a catalog can name; MongoDB's own ids and nested fields are left out."""
    values: dict[str, list[Any]] = {}
    for record in records:
        for field, value in record.items():
            if field != "_id" and value is not None and _NAME.fullmatch(str(field)):
                values.setdefault(field, []).append(value)
    return values


def _type(values: Sequence[Any]) -> str | None:
    """The type that all values have, or None when a catalog has no type for them."""
    kinds = {_type_of(value) for value in values}
    if kinds == {"integer", "number"}:
        return "number"
    return kinds.pop() if len(kinds) == 1 else "string" if kinds == {"string", "date"} else None


def _type_of(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) else "number"
    if isinstance(value, datetime):
        return "date"
    if not isinstance(value, str):
        return None
    return "date" if _is_time(value) else "string"


def _is_time(text: str) -> bool:
    if not re.match(r"\d{4}-\d\d-\d\dT", text):
        return False
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _field(name: str, type_: str) -> dict[str, Any]:
    return {"name": name, "type": type_} | ({"pii": True} if _PERSONAL.search(plain(name)) else {})


def _groups(values: Sequence[Any], type_: str) -> bool:
    """Say whether records are grouped by a field: by one of few values, each of which comes often."""
    if type_ == "boolean":
        return True
    return type_ == "string" and len(values) >= LEAST_REPEATED * len(set(values))


def _dimension(name: str, values: Sequence[Any], type_: str) -> dict[str, Any]:
    known = sorted({str(value).lower() if type_ == "boolean" else str(value) for value in values})
    dimension: dict[str, Any] = {"name": name, "field": name, "label": _label(name)}
    few = len(known) <= MOST_VALUES and not _PERSONAL.search(plain(name))
    return dimension | ({"values": {value: [] for value in known}} if few else {})


def _label(name: str) -> dict[str, str]:
    said = re.sub(r"[_.\-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).strip().lower() or name
    return {"pt": said, "en": said}


def _time_field(fields: Mapping[str, str]) -> str | None:
    times = [name for name, type_ in fields.items() if type_ == "date"]
    return next((name for name in _TIMES if name in times), times[0] if times else None)


def _add_joins(sources: list[dict[str, Any]], records: Mapping[str, Sequence[Record]]) -> None:
    """Join fields of text that have the same name in two sources, and values in common."""
    for number, source in enumerate(sources):
        joins = []
        for other in sources[number + 1 :]:
            theirs = {field["name"] for field in other["fields"] if field["type"] == "string"}
            for field in source["fields"]:
                name = field["name"]
                if field["type"] == "string" and name in theirs and name != "name":
                    here, there = (
                        {record.get(name) for record in records[one["name"]]} - {None} for one in (source, other)
                    )
                    if here & there:
                        joins.append({"field": name, "to": other["name"], "to_field": name})
        if joins:
            source["joins"] = joins
