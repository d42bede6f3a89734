"""A query in words: measure, groups, filters, period."""

from __future__ import annotations

from models.messages import listing, number, say
from models.planning.grounding.spec import Comparison, Filter, Group, QuerySpec, Unit
from models.planning.sources import Source

_UNITS_PT: dict[Unit, str] = {
    "hour": "hora", "day": "dia", "weekday": "dia da semana (1 = segunda)", "week": "semana", "month": "mês",
    "quarter": "trimestre", "year": "ano",
}  # fmt: skip
_UNITS_EN: dict[Unit, str] = {"weekday": "weekday (1 = Monday)"}
_SIGNS = {"gt": ">", "gte": "≥", "lt": "<", "lte": "≤", "eq": "=", "ne": "≠", "in": "=", "nin": "≠"}
_DISTINCT = ("distintos", "distinct")
_TRANSITIVE = ("direta ou indiretamente", "directly or indirectly")


def describe(spec: QuerySpec, language: str) -> str:
    """Say in a phrase what a query computes."""
    source = spec.source
    head = source.label.of(language)
    if spec.operation in ("distinct", "count_distinct"):
        name = _group_label(spec, spec.groups[0], language)
        distinct = _DISTINCT[language != "pt"]
        head = f"{name} {distinct} ({head})" if language == "pt" else f"{distinct} {name} ({head})"
    elif spec.operation != "find" and spec.measure.aggregation != "count":
        head = f"{spec.measure.label.of(language)} ({head})"
    parts = [head]
    if spec.groups and spec.operation == "aggregate":
        names = [_group_label(spec, group, language) for group in spec.groups]
        parts.append(f"{say('by', language)} {listing(names)}")
    if spec.way is not None:
        parts.append(_way(spec, language))
    parts += [_filtered(source, wanted, language) for wanted in spec.filters]
    parts += _through(spec, language)
    parts += [f"[{compared(spec, item, language)}]" for item in spec.comparisons]
    if spec.time_range is not None:
        first, last = spec.time_range.start, spec.time_range.last_instant
        parts.append(f"({first.date()} {say('to', language)} {last.date()})")
    return " ".join(parts)


def _filtered(source: Source, wanted: Filter, language: str) -> str:
    label = source.dimension(wanted.dimension).label.of(language)
    return f"[{label}{':' if wanted.operator == 'in' else ' ≠'} {listing(wanted.values)}]"


def _through(spec: QuerySpec, language: str) -> list[str]:
    """Say what is asked of the record of the other source that belongs to each."""
    if spec.through is None or not spec.through.narrows:
        return []
    way = spec.through
    of = spec._replace(source=way.source, operation="find", groups=(), way=None, through=None)
    of = of._replace(filters=way.filters, comparisons=way.comparisons, time_range=way.time_range)
    return [f"← {describe(of, language)}"]


def compared(spec: QuerySpec, item: Comparison, language: str) -> str:
    """Say in a phrase what is compared with what."""
    values = [value if isinstance(value, str) else number(value, language) for value in item.values]
    source = spec.source
    if item.of_group:
        name = spec.measure.label.of(language)
    else:
        dimension = source.dimension_of(item.field)
        measure = next((entry for entry in source.measures if entry.field == item.field), None)
        named = dimension or (measure if measure and measure.unit else None)
        name = named.label.of(language) if dimension and named else item.field
    if item.operator == "between":
        return f"{values[0]} ≤ {name} ≤ {values[1]}"
    return f"{name} {_SIGNS[item.operator]} {listing(values)}"


def _group_label(spec: QuerySpec, group: Group, language: str) -> str:
    if group.unit is None:
        dimension = spec.source_of(group).dimension_of(group.field)
        return dimension.label.of(language) if dimension else group.name  # one that sources are joined by may be none
    return _UNITS_PT[group.unit] if language == "pt" else _UNITS_EN.get(group.unit, group.unit)


def _way(spec: QuerySpec, language: str) -> str:
    way = spec.way
    if way is None:
        return ""
    arrow = "←" if way.forward and not way.between else "→"
    label = way.relationship.label.of(language)
    if way.between:
        return f"[{way.names[0]} → {way.names[1]}: {label}]"
    hops = f", {_TRANSITIVE[language != 'pt']}" if way.hops > 1 else ""
    return f"[{label} {arrow} {listing(way.names) or '*'}{hops}]"
