"""What a catalog's entries must agree on, beyond what their types say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from models.planning.sources import PLACES, Relationship, Source

Problems = list[tuple[str, str]]
"""Paths in the file, and what is wrong there."""


def problems(sources: list[Source], relationships: list[Relationship]) -> Problems:
    """Return every mistake with its path in the file."""
    by_name = {item.name: item for item in sources}
    found: Problems = []
    found += _doubles(sources, ".sources", "two sources have the same name")
    found += _doubles(relationships, ".relationships", "two relationships have the same name")
    for number, source in enumerate(sources):
        path = f".sources[{number}]"
        problems = [
            *_in_source(source),
            *_in_place(source),
            *_in_joins(source, by_name),
            *_in_fallback(source, by_name),
        ]
        found += [(path + below, f"source {source.name}: {detail}") for below, detail in problems]
    for number, way in enumerate(relationships):
        for entry, name in (("from", way.start), ("to", way.end)):
            if name not in by_name or by_name[name].kind != "neo4j":
                detail = f"relationship {way.name}: `{entry}` must be a source of kind neo4j, which {name} is not"
                found.append((f".relationships[{number}].{entry}", detail))
    return found


def _doubles(items: list[Any], path: str, says: str) -> Problems:
    seen: set[str] = set()
    found: Problems = []
    for number, item in enumerate(items):
        if item.name in seen:
            found.append((f"{path}[{number}].name", f"{says}, {item.name}: give each its own"))
        seen.add(item.name)
    return found


def _in_source(source: Source) -> Problems:
    """Say what doesn't fit together among fields, measures and dimensions."""
    types = {field.name: field.type for field in source.fields}
    measures = {measure.name for measure in source.measures}
    found = [*_in_fields(source), *_in_dimensions(source, types), *_of_sensitive(source)]
    if source.time_field is not None and types.get(source.time_field) != "date":
        found.append((".time_field", f"time_field {source.time_field} must be one of the fields, of type date"))
    if source.default_measure not in measures:
        detail = f"default_measure {source.default_measure} must be one of {', '.join(sorted(measures))}"
        found.append((".default_measure", detail))
    for number, measure in enumerate(source.measures):
        if measure.aggregation != "count" and types.get(measure.field or "") not in ("integer", "number"):
            found.append((f".measures[{number}]", f"measure {measure.name} needs a `field` of type integer or number"))
    for number, name in enumerate(source.list_fields):
        if name not in types:
            found.append((f".list_fields[{number}]", f"{name}: not among the fields"))
    return found


def _in_fields(source: Source) -> Problems:
    found: Problems = []
    for entry in ("fields", "measures", "dimensions"):
        found += _doubles(getattr(source, entry), f".{entry}", "a name is given twice")
    for number, field in enumerate(source.fields):
        if field.pattern is not None and not _is_pattern(field.pattern):
            found.append((f".fields[{number}].pattern", f"pattern of {field.name} is no regular expression"))
    return found


def _of_sensitive(source: Source) -> Problems:
    """Say what would be computed with, grouped by or sorted by a field whose values nobody is to see."""
    hidden = {field.name for field in source.fields if field.sensitive}
    says = "{} is sensitive: its values are masked, and nothing can be asked about them"
    found = [(".time_field", says.format(source.time_field))] if source.time_field in hidden else []
    asked = [(f".measures[{number}].field", measure.field) for number, measure in enumerate(source.measures)]
    asked += [(f".dimensions[{number}].field", dimension.field) for number, dimension in enumerate(source.dimensions)]
    return found + [(path, says.format(name)) for path, name in asked if name in hidden]


def _in_dimensions(source: Source, types: Mapping[str, str]) -> Problems:
    found: Problems = []
    for number, dimension in enumerate(source.dimensions):
        path = f".dimensions[{number}]"
        if dimension.field not in types:
            found.append((f"{path}.field", f"{dimension.field}: not among the fields"))
            continue
        kind = types[dimension.field]
        wrong = [value for value in dimension.values if not _fits(value, kind)]
        found += [(f"{path}.values", f"value {value!r} is not of type {kind}") for value in wrong]
    return found


def _is_pattern(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _fits(value: str, kind: str) -> bool:
    if kind == "boolean":
        return value.casefold() in ("true", "false")
    if kind in ("integer", "number"):
        return re.fullmatch(r"-?\d+" if kind == "integer" else r"-?\d+(\.\d+)?", value) is not None
    return True


def _in_place(source: Source) -> Problems:
    """Say what is missing, or too much, for a source of its kind."""
    entry = PLACES[source.kind]
    found: Problems = []
    if getattr(source, entry) is None:
        found.append(("", f"a source of kind {source.kind} needs `{entry}`"))
    found += [
        (f".{other}", f"`{other}` has no meaning for kind {source.kind}")
        for other in PLACES.values()
        if other != entry and getattr(source, other) is not None
    ]
    names = {field.name for field in source.fields}
    if source.kind == "redis":
        if source.value is None:
            found.append(("", "a source of kind redis needs `value`: what its keys hold"))
        needed = {"integer": ["value"], "string": ["value"], "zset": ["member", "score"]}.get(source.value or "", [])
        missing = [name for name in (*source.key_fields, *needed) if name not in names]
        if missing:
            found.append((".key", f"{', '.join(missing)}: not among the fields"))
    elif source.value is not None:
        found.append((".value", f"`value` has no meaning for kind {source.kind}"))
    if source.key_field is not None and (source.kind != "kafka" or source.key_field not in names):
        found.append((".key_field", "`key_field` must be a field of a source of kind kafka"))
    return found


def _in_joins(source: Source, by_name: dict[str, Source]) -> Problems:
    found: Problems = []
    names = {field.name for field in source.fields}
    for number, join in enumerate(source.joins):
        path = f".joins[{number}]"
        if join.field not in names:
            found.append((f"{path}.field", f"{join.field}: not among the fields"))
        other = by_name.get(join.to)
        if other is None:
            found.append((f"{path}.to", f"there is no source {join.to} to join"))
        elif join.to_field not in {field.name for field in other.fields}:
            found.append((f"{path}.to_field", f"{join.to_field}: not among the fields of {join.to}"))
        elif join.unique and not source.kind == other.kind == "mongodb":
            found.append((f"{path}.unique", "only from a collection to another one (kind mongodb) is a join unique"))
    return found


def _in_fallback(source: Source, by_name: dict[str, Source]) -> Problems:
    found: Problems = []
    seen: set[str] = set()
    for number, link in enumerate(source.fallback):
        path = f".fallback[{number}]"
        name = link.source or "cached"
        if (link.source is None) == (link.cached is None):
            found.append((path, "a fallback is either a `source` or `cached`, with the age that it may have"))
        elif name in seen or name == source.name:
            found.append((path, f"{name}: can't stand in twice, nor for itself"))
        elif link.source is not None and link.source not in by_name:
            found.append((f"{path}.source", f"there is no source {link.source} to fall back to"))
        elif link.source is not None:
            found += [(f"{path}.source", detail) for detail in _unlike(source, by_name[link.source])]
        seen.add(name)
    if source.replica and source.fallback:
        found.append((".fallback", "what only stands in for others has no fallback itself: name it in theirs"))
    return found


def _unlike(source: Source, other: Source) -> list[str]:
    """Say why one source can't stand in for another: it lacks something, or it would show more."""
    found: list[str] = []
    theirs = {field.name: field for field in other.fields}
    for field in source.fields:
        its = theirs.get(field.name)
        if its is None or its.type != field.type:
            found.append(f"{other.name} has no field {field.name} of type {field.type}, as a fallback of it must")
        elif (field.sensitive, field.pii) != (its.sensitive, its.pii):
            found.append(f"{field.name} must be marked pii and sensitive in {other.name} as it is here")
    if source.time_field != other.time_field:
        found.append(f"time_field of {other.name} is {other.time_field}: periods would be those of another time")
    if source.sensitivity is not other.sensitivity:
        found.append(f"sensitivity of {other.name} is {other.sensitivity.value}: it must be the same")
    return found
