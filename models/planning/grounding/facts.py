"""What a text says apart from the catalog's names: periods, comparisons with numbers, how many, groups, order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from models.nlu.entities import find_entities
from models.nlu.phrases import Order, Top
from models.nlu.timerange import TimeRange
from models.nlu.words import Word
from models.planning.grounding import grammar
from models.planning.grounding.spec import Number, Operator
from models.records import Entity

MAX_ENTITIES = 100
"""More are not read: a text that names a hundred periods and numbers asks nothing that can be answered."""

_OPERATORS: dict[str, Operator] = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "=": "eq", "!=": "ne"}
SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_ORDERS = {"asc": Order.SMALLEST, "newest": Order.LATEST, "oldest": Order.LATEST}


class Bound(NamedTuple):
    """A comparison with numbers, their unit (such as `BRL`, `%`, `min`, or none), and the words that say so."""

    operator: Operator
    values: tuple[Number, ...]
    unit: str
    first: int
    last: int

    def in_unit(self, unit: str | None) -> tuple[Number, ...] | None:
        """Return the numbers in this unit, or None when theirs can't be turned into it."""
        if not self.unit or self.unit == unit:
            return self.values
        if unit in SECONDS and self.unit in SECONDS:
            factor = SECONDS[self.unit] / SECONDS[unit]
            return tuple(_whole(value * factor) for value in self.values)
        return None


class Told(NamedTuple):
    """A value with a notation of its own (`EMAIL`, `IP`), and the words where it stands, masked or not."""

    value: str
    first: int
    last: int


class Facts(NamedTuple):
    """What the entities of a text say, with the places of the words.

    `groups` and `sorted_by` are places of nouns; `taken` those of all words of periods and comparisons.
    """

    periods: tuple[TimeRange, ...]
    bounds: tuple[Bound, ...]
    top: Top | None
    groups: tuple[int, ...]
    sorted_by: tuple[int, ...]
    direction: str | None
    told: tuple[Told, ...]
    taken: set[int]


def read_facts(text: str, found: list[Word], *, at_ms: int, entities: Sequence[Entity] | None = None) -> Facts:
    """Read what the entities of a text say; those that are not given, or have no place, are looked for in it."""
    placed = [entity for entity in entities or () if entity.start is not None and entity.end is not None]
    return _Reading(text, found, at_ms).facts(placed or find_entities(text, found, at_ms=at_ms))


class _Reading:
    def __init__(self, text: str, found: list[Word], at_ms: int) -> None:
        self.text = text
        self.found = found
        self.at_ms = at_ms
        self.starts = [word.start for word in found]
        self.periods: list[TimeRange] = []
        self.bounds: list[Bound] = []
        self.top: Top | None = None
        self.groups: list[int] = []
        self.sorted_by: list[int] = []
        self.direction: str | None = None
        self.told: list[Told] = []

    def facts(self, entities: list[Entity]) -> Facts:
        for entity in entities[:MAX_ENTITIES]:
            first = bisect_left(self.starts, entity.start or 0)
            last = bisect_left(self.starts, entity.end or 0) - 1
            if first <= last:
                self._add(entity, first, last)
        taken: set[int] = set()
        for period in self.periods:
            taken.update(range(period.first, period.last + 1))
        for bound in self.bounds:
            taken.update(range(bound.first, bound.last + 1))
        for told in self.told:
            taken.update(range(told.first, told.last + 1))
        periods = tuple(sorted(self.periods, key=lambda period: period.first))
        top = self.top if self.top is None or self.top.first not in taken else None
        groups = tuple(place for place in self.groups if place not in taken)
        return Facts(
            periods, tuple(self.bounds), top, groups, tuple(self.sorted_by), self.direction, tuple(self.told), taken
        )

    def _add(self, entity: Entity, first: int, last: int) -> None:
        kind, value = entity.entity_type, entity.value
        if kind == "TIME_RANGE":
            self._add_period(value, first, last)
        elif kind == "COMPARISON":
            if bound := _bound(value, first, last):
                self.bounds.append(bound)
        elif kind == "TOP_N" and value.isdecimal() and len(value) <= 9:
            self.top = self.top or Top(max(1, int(value)), Order.LARGEST, first, last)
        elif kind == "GROUP_BY":
            self.groups.append(first)
        elif kind == "SORT_BY":
            self.sorted_by.append(first)
        elif kind == "SORT_ORDER":
            if self.top is not None and first == self.top.first:
                self.top = self.top._replace(order=_ORDERS.get(value, Order.LARGEST))
            self.direction = value
        elif kind in ("EMAIL", "IP"):
            self.told.append(Told(value, first, last))

    def _add_period(self, value: str, first: int, last: int) -> None:
        word = self.found[first].plain
        follows = self.found[last + 1].plain if last + 1 < len(self.found) else ""
        if follows == "s" and (word in grammar.BEFORE or word in grammar.AFTER):
            # "Before yesterday's incidents": what is before are the incidents.
            rest = self.found[first + 1 :]
            again = [one for one in find_entities(self.text, rest, at_ms=self.at_ms) if one.entity_type == "TIME_RANGE"]
            if again:
                value, first = again[0].value, first + 1
        span = _span(value)
        if span is not None:
            self.periods.append(TimeRange(*span, first, last))


def _span(value: str) -> tuple[int, int] | None:
    """Read an ISO 8601 interval; what a sender declares may be anything."""
    start, _, end = value.partition("/")
    try:
        edges = [datetime.fromisoformat(edge) for edge in (start, end)]
        if any(edge.tzinfo is None for edge in edges):
            return None
        start_ms, end_ms = (int(edge.timestamp() * 1000) for edge in edges)
    except (ValueError, OverflowError):
        return None
    return (start_ms, end_ms) if start_ms < end_ms else None


def _bound(value: str, first: int, last: int) -> Bound | None:
    """Read `> 60 min` or `between 10..20 BRL`."""
    operator, _, rest = value.partition(" ")
    numbers, _, unit = rest.partition(" ")
    try:
        values = tuple(_number(number) for number in numbers.split(".."))
    except ValueError:
        return None
    if operator == "between":
        return Bound("between", values, unit, first, last) if len(values) == 2 else None
    known = _OPERATORS.get(operator)
    return Bound(known, values, unit, first, last) if known and len(values) == 1 else None


def _number(text: str) -> Number:
    value = float(text)
    if not abs(value) < 1e15:
        raise ValueError(f"{text} is beyond what is exact")
    return _whole(value)


def _whole(value: float) -> Number:
    return int(value) if value == int(value) else value
