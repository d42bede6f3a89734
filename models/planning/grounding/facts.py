"""What a text says apart from the catalog's names: its periods, its comparisons with numbers, with their places."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

from models.nlu.timerange import TimeRange, find_time_range
from models.nlu.words import Word, plain, word_set
from models.planning.grounding.spec import Number, Operator

MAX_PERIODS = 3

_MONTH_JOINS = word_set("com with vs versus contra against e and para to a")

_CONTRACTED = {"deste": "este", "desta": "esta", "desse": "este", "dessa": "esta"}

_OPERATORS: dict[Operator, str] = {
    "gte": "pelo menos|ao menos|no minimo|a partir de|at least|no less than|>=",
    "lte": "no maximo|ate|at most|up to|no more than|<=",
    "gt": (
        "mais (?:de|que|do que)|maior(?:es)? (?:que|do que)|acima d[eoa]s?|superior(?:es)? a|more than|"
        "(?:greater|larger|bigger|higher|longer) than|over|above|exceeding|>"
    ),
    "lt": (
        "menos (?:de|que|do que)|menor(?:es)? (?:que|do que)|abaixo d[eoa]s?|inferior(?:es)? a|less than|fewer than|"
        "(?:smaller|lower|shorter) than|under|below|<"
    ),
    "between": "entre|between",
}
_BOUND = re.compile(
    rf"(?:{'|'.join(f'(?P<{operator}>{pattern})' for operator, pattern in _OPERATORS.items())})"
    r"\s*(?P<money>r\$|us\$|\$)?\s*(?P<number>\d[\d.,]*\d|\d)\s*(?P<scale>mil|k|milhoes|million)?"
    r"(?:\s+(?:e|and)\s+(?:r\$|us\$|\$)?\s*(?P<second>\d[\d.,]*\d|\d))?"
    r"(?:\s*(?P<unit>minutos?|minutes?|min|horas?|hours?|h|dias?|days?|reais|brl))?\b"
)
_UNITS = {"h": "h", "m": "min", "d": "d", "r": "BRL", "b": "BRL"}
_SCALES = {"mil": 1_000, "k": 1_000, "milhoes": 1_000_000, "million": 1_000_000}
_MINUTES = {"min": 1, "h": 60, "d": 1_440}


class Bound(NamedTuple):
    """A comparison with numbers, their unit (`BRL`, `min`, `h`, `d` or none), and the words that say so."""

    operator: Operator
    values: tuple[Number, ...]
    unit: str
    first: int
    last: int

    def in_unit(self, unit: str | None) -> tuple[Number, ...] | None:
        """Return the numbers in this unit, or None when theirs can't be turned into it."""
        if not self.unit or self.unit == unit:
            return self.values
        if unit in _MINUTES and self.unit in _MINUTES:
            factor = _MINUTES[self.unit] / _MINUTES[unit]
            return tuple(_whole(value * factor) for value in self.values)
        return None


class Facts(NamedTuple):
    """The periods of a text in their order, its comparisons with numbers, and the words that say them."""

    periods: tuple[TimeRange, ...]
    bounds: tuple[Bound, ...]
    taken: set[int]


def read_facts(text: str, found: list[Word], plains: list[str], *, at_ms: int) -> Facts:
    """Read the periods and comparisons of a text; relative periods are relative to `at_ms`."""
    periods = _periods(plains, at_ms)
    taken: set[int] = set()
    for period in periods:
        taken.update(range(period.first, period.last + 1))
    bounds = [bound for bound in _bounds(text, found) if taken.isdisjoint(range(bound.first, bound.last + 1))]
    for bound in bounds:
        taken.update(range(bound.first, bound.last + 1))
    return Facts(tuple(periods), tuple(bounds), taken)


def _periods(plains: list[str], at_ms: int) -> list[TimeRange]:
    left = [_CONTRACTED.get(word, word) for word in plains]
    periods: list[TimeRange] = []
    while len(periods) < MAX_PERIODS and (found := find_time_range(left, at_ms=at_ms)) is not None:
        periods.append(found)
        left[found.first : found.last + 1] = [""] * (found.last + 1 - found.first)
        # "October with September": what joins a second month to the first makes a month of it.
        left = ["em" if word in _MONTH_JOINS else word for word in left]
    return sorted(periods, key=lambda period: period.first)


def _bounds(text: str, found: list[Word]) -> list[Bound]:
    lowered = plain_text(text)
    if len(lowered) != len(text) or not any(char.isdigit() for char in text):
        return []
    starts = [word.start for word in found]
    bounds: list[Bound] = []
    for match in _BOUND.finditer(lowered):
        operator = next(name for name in _OPERATORS if match[name])
        values = [_number(match["number"]) * _SCALES.get(match["scale"] or "", 1)]
        if operator == "between":
            if match["second"] is None:
                continue
            values.append(_number(match["second"]) * _SCALES.get(match["scale"] or "", 1))
        unit = "BRL" if match["money"] == "r$" else _UNITS.get((match["unit"] or " ")[0], "")
        first = bisect_left(starts, match.start())
        last = bisect_left(starts, match.end()) - 1
        bounds.append(Bound(operator, tuple(values), unit, first, last))
    return bounds


def plain_text(text: str) -> str:
    """Take case and accents off, character by character, so that places stay the same."""
    return text.lower() if text.isascii() else "".join(plain(char)[:1] or char for char in text)


def _number(text: str) -> Number:
    """Read digits with separators: one before exactly three digits separates thousands."""
    groups = re.split(r"[.,]", text)
    if len(groups) > 1 and all(len(group) == 3 for group in groups[1:]):
        return int("".join(groups))
    if len(groups) == 1:
        return int(text)
    return float("".join(groups[:-1]) + "." + groups[-1])


def _whole(value: float) -> Number:
    return int(value) if value == int(value) else value
