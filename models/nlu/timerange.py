"""Time ranges in words ("último trimestre", "last 7 days", "março de 2025") to instants.

All ranges are in UTC, weeks begin on Monday, and the end is exclusive. "Last quarter" is the calendar quarter
before this one; "last 30 days" begins at midnight 30 days ago and ends now, so today's part is in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from models.nlu.words import NUMBER_OF, number_in

__all__ = ["UNIT_OF", "TimeRange", "find_time_range", "reference_ms"]

_SANE_FROM_MS = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000)
_SANE_TO_MS = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000)
_MAX_UNITS = 1_000  # "last 99999999 years" is no range that anybody means

_UNITS = {
    "hour": "hora horas hour hours",
    "day": "dia dias day days",
    "week": "semana semanas week weeks",
    "month": "mes meses month months",
    "quarter": "trimestre trimestres quarter quarters",
    "half": "semestre semestres semester semesters",
    "year": "ano anos year years",
}
UNIT_OF = {word: unit for unit, listed in _UNITS.items() for word in listed.split()}
_MONTHS = """
janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
january february march april may june july august september october november december
"""
_MONTH_OF = {name: place % 12 + 1 for place, name in enumerate(_MONTHS.split())}
_FIXED = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
_MONTHS_IN = {"quarter": 3, "half": 6, "year": 12}

_DAYS_AGO = {"hoje": 0, "today": 0, "ontem": 1, "yesterday": 1, "anteontem": 2}
_QUARTERS = ("q1", "q2", "q3", "q4")
_YEARS = tuple(map(str, range(1900, 2100)))

_UNIT = "(?P<unit>" + "|".join(UNIT_OF) + ")"
_NUMBER = r"(?P<number>\d{1,9}|" + "|".join(NUMBER_OF) + ")"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_MONTH = "(?P<month>" + "|".join(_MONTH_OF) + ")"
_LAST = "ultim[oa]s?|passad[oa]s?|last|past|previous|anterior(?:es)?"


class TimeRange(NamedTuple):
    """From `start_ms` up to, not including, `end_ms`; `first` to `last` are the words that say so."""

    start_ms: int
    end_ms: int
    first: int
    last: int

    @property
    def start(self) -> datetime:
        """The start as an aware UTC time."""
        return datetime.fromtimestamp(self.start_ms / 1000, UTC)

    @property
    def end(self) -> datetime:
        """The end as an aware UTC time."""
        return datetime.fromtimestamp(self.end_ms / 1000, UTC)

    @property
    def last_instant(self) -> datetime:
        """The last millisecond in the range: of a whole day, a time of that same day."""
        return datetime.fromtimestamp((self.end_ms - 1) / 1000, UTC)


Span = tuple[datetime, datetime]
Reading = Callable[[re.Match[str], datetime], Span | None]


def reference_ms(timestamp_ms: int | None, *, now_ms: int) -> int:
    """Return the instant that "yesterday" is relative to: the record's own time if it is sane, else now.

    A clock that says 1970 or 2500 must not move the question there; sane is 2000 to 2100.
    """
    if timestamp_ms is not None and _SANE_FROM_MS <= timestamp_ms < _SANE_TO_MS:
        return timestamp_ms
    return now_ms


def find_time_range(plain_words: list[str], *, at_ms: int) -> TimeRange | None:
    """Return the first time range that the words (plain, in order) name, relative to `at_ms`, or None."""
    text = " ".join(plain_words)
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    for triggers, pattern, reading in _RULES:
        if triggers.isdisjoint(plain_words):
            continue
        for match in pattern.finditer(text):
            span = reading(match, at)
            if span is None:
                continue
            first = text.count(" ", 0, match.start())
            start_ms, end_ms = (int(edge.timestamp() * 1000) for edge in span)
            return TimeRange(start_ms, end_ms, first, first + match[0].count(" "))
    return None


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _unit_start(unit: str, at: datetime) -> datetime:
    """The beginning of the hour, day, week, month, quarter, half-year or year that `at` lies in."""
    if unit == "hour":
        return at.replace(minute=0, second=0, microsecond=0)
    day = _midnight(at)
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS_IN.get(unit, 1)
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def _shifted(start: datetime, unit: str, count: int) -> datetime:
    """`start` plus `count` units; the day is cut to the month's length (31 March - 1 month = 28 February)."""
    if unit in _FIXED:
        return start + count * _FIXED[unit]
    months = start.year * 12 + start.month - 1 + count * _MONTHS_IN.get(unit, 1)
    first = start.replace(year=months // 12, month=months % 12 + 1, day=1)
    next_first = first.replace(year=(months + 1) // 12, month=(months + 1) % 12 + 1)
    return first.replace(day=min(start.day, (next_first - first).days))


def _calendar(unit: str, at: datetime, offset: int) -> Span:
    start = _shifted(_unit_start(unit, at), unit, offset)
    return start, _shifted(start, unit, 1)


def _read_days_ago(match: re.Match[str], at: datetime) -> Span:
    return _calendar("day", at, -_DAYS_AGO[match["day"]])


def _read_last_n(match: re.Match[str], at: datetime) -> Span | None:
    number = number_in(match["number"])
    if number is None or not 1 <= number <= _MAX_UNITS:
        return None
    unit = UNIT_OF[match["unit"]]
    try:
        return _shifted(at if unit == "hour" else _midnight(at), unit, -number), at
    except (ValueError, OverflowError):  # before the year 1
        return None


def _read_this(match: re.Match[str], at: datetime) -> Span:
    return _calendar(UNIT_OF[match["unit"]], at, 0)


def _read_last(match: re.Match[str], at: datetime) -> Span:
    return _calendar(UNIT_OF[match["unit"]], at, -1)


def _read_quarter(match: re.Match[str], at: datetime) -> Span:
    return _named(int(match["quarter"]) * 3 - 2, 3, match["year"], at)


def _read_month(match: re.Match[str], at: datetime) -> Span:
    return _named(_MONTH_OF[match["month"]], 1, match["year"], at)


def _named(month: int, months: int, year: str | None, at: datetime) -> Span:
    """A month or quarter by name: of the year said, else the newest one that has begun."""
    start = datetime(int(year) if year else at.year, month, 1, tzinfo=UTC)
    if year is None and start > at:
        start = start.replace(year=start.year - 1)
    return start, _shifted(start, "month", months)


def _read_year(match: re.Match[str], _at: datetime) -> Span:
    start = datetime(int(match["year"]), 1, 1, tzinfo=UTC)
    return start, _shifted(start, "year", 1)


def _since(reading: Reading) -> Reading:
    def read(match: re.Match[str], at: datetime) -> Span | None:
        span = reading(match, at)
        if span is None or match["since"] is None:
            return span
        return (span[0], at) if span[0] < at else None

    return read


def _rule(triggers: Iterable[str], pattern: str, reading: Reading) -> tuple[frozenset[str], re.Pattern[str], Reading]:
    """A rule is tried only on texts with one of its triggers: most texts have none."""
    compiled = re.compile(rf"\b(?:(?P<since>desde|since) (?:o |a |the )?)?(?:{pattern})\b")
    return frozenset(triggers), compiled, _since(reading)


_RULES = (
    _rule(UNIT_OF, rf"(?:n?[oa]s |the |in the )?(?:{_LAST}) {_NUMBER} {_UNIT}", _read_last_n),
    _rule(UNIT_OF, rf"{_NUMBER} (?:ultim[oa]s) {_UNIT}", _read_last_n),
    _rule(_DAYS_AGO, "(?P<day>" + "|".join(_DAYS_AGO) + ")", _read_days_ago),
    _rule(UNIT_OF, rf"(?:n?est[ea]|this|current) {_UNIT}", _read_this),
    _rule(UNIT_OF, rf"(?:n?[oa] )?{_UNIT} (?:atual|corrente)", _read_this),
    _rule(UNIT_OF, rf"(?:n?[oa] |the )?(?:{_LAST}) {_UNIT}", _read_last),
    _rule(UNIT_OF, rf"(?:n?[oa] )?{_UNIT} (?:passad[oa]|anterior)", _read_last),
    _rule(_QUARTERS, rf"q(?P<quarter>[1-4])(?: (?:de |of )?{_YEAR})?", _read_quarter),
    _rule(_MONTH_OF, rf"{_MONTH} (?:de |of )?{_YEAR}", _read_month),
    # Without a year, `may` and `march` are also verbs: a preposition must make a month of them.
    _rule(_MONTH_OF, rf"(?(since)|(?:em|de|in|of|during|durante|for) ){_MONTH}(?P<year>(?!))?", _read_month),
    _rule(_YEARS, rf"(?:em|de|in|of|during|durante|for|ano|year) {_YEAR}", _read_year),
)
