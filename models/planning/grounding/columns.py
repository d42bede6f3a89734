"""What the columns of an answer are: their types and units, as the catalog has them."""

from __future__ import annotations

from typing import Final

from models.planning.grounding.spec import QuerySpec
from models.planning.sources import Measure, Source
from models.presentation import RATIO

UNKNOWN: Final = "any"
_RATIOS = ("share", "change")


class Columns:
    """Knows the columns of the queries of one question, and of what their rows are made into."""

    def __init__(self, specs: list[QuerySpec]) -> None:
        self._types: dict[str, str] = {"path": "string", "hops": "integer"}
        self._units: dict[str, str | None] = {}
        for spec in specs:
            self._take(spec)
        if specs:  # what a comparison makes of the measure
            measure = specs[0].measure
            self._types |= {"difference": self._types.get(measure.name, UNKNOWN)} | dict.fromkeys(_RATIOS, "number")
            self._units |= {"difference": measure.unit} | dict.fromkeys(_RATIOS, RATIO)

    def _take(self, spec: QuerySpec) -> None:
        source = spec.source
        if spec.operation == "find":
            for field in source.fields:
                unit = next((item.unit for item in source.measures if item.field == field.name and item.unit), None)
                self._add(source, field.name, field.type, unit)
            return
        for group in spec.groups:
            kind = "string" if group.unit else spec.source_of(group).field(group.field).type
            self._add(source, group.name, kind, None)
            self._add(source, f"distinct_{group.name}", "integer", None)
        self._add(source, spec.measure.name, _type_of(source, spec.measure), spec.measure.unit)

    def _add(self, source: Source, name: str, kind: str, unit: str | None) -> None:
        for shown in (name, f"{source.name}_{name}"):  # as it is, and as the other side of a join
            self._types.setdefault(shown, kind)
            self._units.setdefault(shown, unit)

    def type_of(self, name: str) -> str:
        """Return string, integer, number, boolean, date or, where it is not known, any."""
        return self._types.get(name) or self._types.get(name.removesuffix("_before"), UNKNOWN)

    def unit_of(self, name: str) -> str | None:
        """Return the unit; a part of a whole has `ratio`."""
        return self._units[name] if name in self._units else self._units.get(name.removesuffix("_before"))


def _type_of(source: Source, measure: Measure) -> str:
    if measure.aggregation == "count":
        return "integer"
    if measure.aggregation == "avg" or measure.field is None:
        return "number"
    return source.field(measure.field).type
