"""Calendar arithmetic in UTC seconds: units that begin and end, and dates that come round again.

Weeks begin on Monday, ends are exclusive. A date said without its year (or week, or month) is a
`Recurring`: it becomes a span only when it is known whether the newest or the coming one is meant.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol

Span = tuple[int, int]
"""From the first second up to, not including, the second one, both since 1970-01-01T00:00Z."""

Unit = Literal["second", "minute", "hour", "day", "week", "fortnight", "month", "bimester", "quarter", "half", "year"]

_UNIT_WORDS: dict[Unit, str] = {
    "second": "segundos seconds secs",  # not in the singular: that is an ordinal
    "minute": "minuto minutos minute minutes mins",
    "hour": "hora horas hour hours hr hrs",
    "day": "dia dias day days",
    "week": "semana semanas week weeks wk wks",
    "fortnight": "quinzena quinzenas fortnight fortnights",
    "month": "mes meses month months",
    "bimester": "bimestre bimestres",
    "quarter": "trimestre trimestres trim quarter quarters qtr qtrs",
    "half": "semestre semestres semester semesters",
    "year": "ano anos year years yr yrs",
}
UNIT_OF: dict[str, Unit] = {word: unit for unit, listed in _UNIT_WORDS.items() for word in listed.split()}
PLURALS = frozenset(word for word in UNIT_OF if word.endswith("s") and word != "mes")
"""Unit words that speak of several: "últimos dias" is no single day."""

DAY = 86_400
FIXED = {"second": 1, "minute": 60, "hour": 3_600, "day": DAY, "week": 7 * DAY, "fortnight": 14 * DAY}
"""Units of one length in seconds, whatever the date."""

MONTHS_IN = {"month": 1, "bimester": 2, "quarter": 3, "half": 6, "year": 12}

CLOCK_UNITS = frozenset(("second", "minute", "hour"))
"""Units that count from this instant, and not from midnight."""

_EPOCH = date(1970, 1, 1).toordinal()
_THURSDAY = 3  # 1970-01-01 was one, and Monday is 0
_MIDDLE_OF_MONTH = 16  # a Portuguese "quinzena" is the month up to its 15th, or the rest


def seconds_of(year: int, month: int, day: int) -> int:
    """Return the beginning of a day; raise ValueError when there is none, as 31 February."""
    return (date(year, month, day).toordinal() - _EPOCH) * DAY


def date_of(at: int) -> date:
    """Return the day that `at` lies in; raise ValueError or OverflowError before the year 1 and after 9999."""
    return date.fromordinal(at // DAY + _EPOCH)


def weekday_of(at: int) -> int:
    """Return the day of the week, 0 for Monday."""
    return (at // DAY + _THURSDAY) % 7


FIRST = seconds_of(1900, 1, 1)
LATEST = seconds_of(2100, 1, 1)
"""Times that a question can mean; what falls outside of them is taken for a number."""

EARLIEST = seconds_of(2000, 1, 1)
"""Where a range begins that has no beginning ("before March"); one without an end ("after 10 May") ends at `LATEST`."""


def midnight(at: int) -> int:
    """Return the beginning of the day that `at` lies in."""
    return at - at % DAY


def unit_start(unit: Unit, at: int) -> int:
    """Return the beginning of the second, minute … half-year or year that `at` lies in."""
    if unit == "week":
        return at - at % DAY - weekday_of(at) * DAY
    if unit in FIXED and unit != "fortnight":
        return at - at % FIXED[unit]
    day = date_of(at)
    if unit == "fortnight":
        return seconds_of(day.year, day.month, 1 if day.day < _MIDDLE_OF_MONTH else _MIDDLE_OF_MONTH)
    return calendar_span(unit, at, 0)[0]


def shifted(start: int, unit: Unit, count: int) -> int:
    """Return `start` plus `count` units; the day is cut to the month's length (31 March - 1 month = 28 February).

    Raises:
        ValueError: before the year 1 or after 9999; or OverflowError, by the same right.
    """
    if unit in FIXED:
        return start + count * FIXED[unit]
    day = date_of(start)
    year, month = divmod(day.year * 12 + day.month - 1 + count * MONTHS_IN[unit], 12)
    number = day.day
    if number > 28:
        number = min(number, monthrange(year, month + 1)[1])
    return seconds_of(year, month + 1, number) + start % DAY


@lru_cache(maxsize=4_096)
def _month_start(number: int) -> int:
    """Return the beginning of a month, counted from January of the year 0."""
    return seconds_of(number // 12, number % 12 + 1, 1)


def calendar_span(unit: Unit, at: int, offset: int) -> Span:
    """Return the whole unit that lies `offset` units from the one that `at` is in."""
    months = MONTHS_IN.get(unit)
    if months is not None:
        day = date_of(at)
        number = (day.year * 12 + day.month - 1) // months + offset
        return _month_start(number * months), _month_start((number + 1) * months)
    start = unit_start(unit, at)
    if unit == "fortnight":
        turns, second = divmod((date_of(start).day >= _MIDDLE_OF_MONTH) + offset, 2)
        month = calendar_span("month", at, turns)[0]
        middle = month + (_MIDDLE_OF_MONTH - 1) * DAY
        return (middle, shifted(month, "month", 1)) if second else (month, middle)
    if offset:
        start = shifted(start, unit, offset)
    return start, shifted(start, unit, 1)


def is_sane(span: Span) -> bool:
    """Say whether the span has a length and lies in the years that a question can mean."""
    return FIRST <= span[0] < span[1] <= LATEST


class Recurring(Protocol):
    """A date that comes round again: "março", "dia 12", "sexta"."""

    def nth(self, at: int, turn: int) -> Span | None:
        """Return the span `turn` rounds from the one `at` is in; None where that round has no such date."""


class Yearly(NamedTuple):
    """A day of the year, the days of its month up to and with `until`, or (`day` 0) whole months."""

    month: int
    day: int = 0
    until: int = 0
    months: int = 1

    def nth(self, at: int, turn: int) -> Span | None:
        """Return it in the year `turn` years from that of `at`; 29 February is there every four years."""
        return self.of_year(date_of(at).year + turn)

    def of_year(self, year: int) -> Span | None:
        """Return it in this very year."""
        try:
            start = seconds_of(year, self.month, self.day or 1)
            if not self.day:
                return start, shifted(start, "month", self.months)
            end = seconds_of(year, self.month, self.until or self.day) + DAY
        except (ValueError, OverflowError):
            return None
        return (start, end) if end > start else None


class Monthly(NamedTuple):
    """A day of the month, or the days up to and with `until`."""

    day: int
    until: int = 0

    def nth(self, at: int, turn: int) -> Span | None:
        """Return it in the month `turn` months from that of `at`."""
        month = date_of(shifted(unit_start("month", at), "month", turn))
        return Yearly(month.month, self.day, self.until).of_year(month.year)


class Weekly(NamedTuple):
    """A day of the week (Monday is 0), or `days` of them in a row."""

    weekday: int
    days: int = 1

    def nth(self, at: int, turn: int) -> Span:
        """Return it in the week `turn` weeks from that of `at`."""
        start = midnight(at) + (self.weekday - weekday_of(at) + 7 * turn) * DAY
        return start, start + self.days * DAY


_ROUNDS = 9  # 29 February may be eight years away (1896 to 1904)


def newest(recurring: Recurring, at: int) -> Span | None:
    """Return the last of its spans that has begun by `at`."""
    for turn in range(0, -_ROUNDS, -1):
        span = recurring.nth(at, turn)
        if span is not None and span[0] <= at:
            return span
    return None


def coming(recurring: Recurring, at: int) -> Span | None:
    """Return the first of its spans that isn't over at `at`."""
    for turn in range(_ROUNDS):
        span = recurring.nth(at, turn)
        if span is not None and span[1] > at:
            return span
    return None


def following(recurring: Recurring, at: int) -> Span | None:
    """Return the first of its spans that begins after `at`."""
    for turn in range(_ROUNDS):
        span = recurring.nth(at, turn)
        if span is not None and span[0] > at:
            return span
    return None


def preceding(recurring: Recurring, at: int) -> Span | None:
    """Return the last of its spans that is over by `at`."""
    for turn in range(0, -_ROUNDS, -1):
        span = recurring.nth(at, turn)
        if span is not None and span[1] <= at:
            return span
    return None


def turned(recurring: Recurring, at: int, turns: int) -> Span | None:
    """Return the one that is over (-1), the one of this round (0), or the first that is yet to begin (1)."""
    if turns == 0:
        return recurring.nth(at, 0)
    if turns > 0:
        return following(recurring, at)
    span = preceding(recurring, at)
    return span if span is None or turns == -1 else preceding(recurring, span[0])


def nth_of(unit: Unit, number: int, base: Span, *, several: int = 1) -> Span | None:
    """Return the n-th unit of a span (-1 its last), or None when it has no so many; weeks count from its first day.

    With `several` it is so many from there on: the first three, or (-1) the last three.
    """
    start, end = base
    if unit == "fortnight":
        span = calendar_span(unit, start if number > 0 else end - DAY, max(number - 1, 0))
    elif number > 0:
        span = (shifted(start, unit, number - 1), shifted(start, unit, number - 1 + several))
    else:
        span = (shifted(end, unit, -several), end)
    span = span[0], min(span[1], end)
    return span if start <= span[0] < span[1] else None


def nth_weekday_of(day: Weekly, number: int, base: Span) -> Span | None:
    """Return the n-th such day of the week in a span (-1 its last): "the first Monday of March"."""
    if number > 0:
        first = day.nth(base[0], 0)
        start = first[0] + (number - (first[0] >= base[0])) * 7 * DAY
    else:
        last = day.nth(base[1] - DAY, 0)
        start = last[0] - (0 if last[0] < base[1] else 7) * DAY
    return (start, start + DAY) if base[0] <= start < base[1] else None
