"""Times told by a unit and its distance: "semana que vem", "last 30 days", "há duas semanas", "in 3 days"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from models.nlu.entities.dates.calendars import (
    CLOCK_UNITS,
    DAY,
    FIXED,
    MONTHS_IN,
    PLURALS,
    UNIT_OF,
    Span,
    Unit,
    Weekly,
    Yearly,
    calendar_span,
    date_of,
    is_sane,
    midnight,
    seconds_of,
    shifted,
    turned,
    unit_start,
)
from models.nlu.entities.dates.clocks import NOON
from models.nlu.entities.dates.moment import (
    OF,
    SHIFT_AFTER,
    SHIFT_BEFORE,
    UP_TO_NOW,
    Moment,
    Shift,
    phrase_width,
    shift_of,
    year_after,
)
from models.nlu.entities.numbers import Number, number_before
from models.nlu.entities.scan import CERTAIN, FILLED, GUESSED, USUAL, Scan
from models.nlu.words import word_set

_MAX_UNITS = 1_000  # "last 99999999 years" is no range that anybody means
_EACH = word_set("por per by cada each every toda todo todas todos")
_ONE = word_set("a an um uma one")
_AGO_BEFORE = word_set("ha faz fazem")
_AGO_AFTER = word_set("atras ago")
_SAME = word_set("mesmo mesma same")
_PERIOD_WORDS = word_set("periodo period")
_SET_PHRASES = _SAME | {"de", "meio"}
DAY_SHIFTS = {
    **dict.fromkeys(("hoje", "hj", "today"), 0),
    **dict.fromkeys(("ontem", "yesterday", "yday"), -1),
    **dict.fromkeys(("amanha", "tomorrow", "tmrw", "tmr"), 1),
    "anteontem": -2,
}
_FIRST_OF_PAIR = {"ontem": "antes", "amanha": "depois", "yesterday": "before", "tomorrow": "after"}

_SEVERAL: dict[Unit, int] = {
    "second": 30, "minute": 15, "hour": 6, "day": 7, "week": 4, "fortnight": 2,
    "month": 3, "bimester": 2, "quarter": 4, "half": 2, "year": 3,
}  # fmt: skip
"""What "nos últimos dias" is taken for: a guess, and its confidence says so."""

ORDINALS = {
    **dict.fromkeys(word_set("primeiro primeira first 1o 1a 1st"), 1),
    **dict.fromkeys(word_set("segundo segunda second 2o 2a 2nd"), 2),
    **dict.fromkeys(word_set("terceiro terceira third 3o 3a 3rd"), 3),
    **dict.fromkeys(word_set("quarto quarta fourth 4o 4a 4th"), 4),
    **dict.fromkeys(word_set("quinto quinta fifth 5o 5a 5th"), 5),
    **dict.fromkeys(word_set("sexto sexta sixth 6o 6a 6th"), 6),
}
_FIRSTS = word_set("primeiros primeiras first")
_IN_A_YEAR = {"bimester": 6, "quarter": 4, "half": 2}


def read_unit(scan: Scan, at: int, unit: Unit) -> Moment | None:
    """Read what is said around the name of a unit."""
    plains = scan.plains
    before = plains[at - 1]
    if before in _EACH:
        return None
    if before in _SET_PHRASES:
        return _set_phrase(scan, at, unit)
    count = _count_before(plains, at)
    if count is not None and (moment := counted(scan, at, unit, count)) is not None:
        return moment
    shift = shift_of(scan, at, at)
    if shift is not None:
        return _shifted_unit(scan, at, unit, shift)
    return _named_unit(scan, at, unit)


def _count_before(plains: Sequence[str], at: int) -> Number | None:
    """Read how many units, in front of their name: "30", "a couple of", and the "15" of "15 primeiros dias"."""
    if plains[at - 1] == "of" and plains[at - 2] == "couple":
        return Number(2, "", at - 2 - (plains[at - 3] == "a"), at - 1)
    return number_before(plains, at - 1 if plains[at - 1] in _FIRSTS else at)


def _set_phrase(scan: Scan, at: int, unit: Unit) -> Moment | None:
    """Read "meio-dia", "fim de semana", "mesmo mês"; or else, as "de" may stand before anything, the unit."""
    before = scan.plains[at - 1]
    if before == "meio":
        return Moment("hour", at - 1, at, USUAL, clock=NOON) if unit == "day" else None
    if before in _SAME:
        return Moment(unit, at - 1, at, USUAL, calendar_span(unit, scan.now, 0), same=True)
    if unit == "week" and scan.plains[at - 2] in {"fim", "final"}:
        return read_weekend(scan, at, at - 2)
    shift = shift_of(scan, at, at)
    return _named_unit(scan, at, unit) if shift is None else _shifted_unit(scan, at, unit, shift)


def _named_unit(scan: Scan, at: int, unit: Unit) -> Moment | None:
    return (
        _ordinal(scan, at, unit)
        or _to_date(scan, at, unit)
        or _numbered_week(scan, at, unit)
        or _of_the(scan, at, unit)
    )


def read_weekend(scan: Scan, at: int, first: int | None = None) -> Moment | None:
    """Read "fim de semana", "weekend": Saturday and Sunday."""
    first = at if first is None else first
    if scan.plains[first - 1] in _EACH:
        return None
    days = Weekly(5, 2)
    shift = shift_of(scan, first, at)
    if shift is None:
        return Moment("day", first, at, FILLED, recurring=days)
    span = turned(days, scan.now, shift.units)
    return Moment("day", shift.first, shift.last, USUAL, span) if span else None


def read_day(scan: Scan, at: int, shift: int) -> Moment | None:
    """Read "ontem", "tomorrow", "the day before yesterday", "depois de amanhã"; "hoje em dia" is no day."""
    plains = scan.plains
    if plains[at + 1] == "em" and plains[at + 2] == "dia":
        return None
    first = at
    wanted = _FIRST_OF_PAIR.get(plains[at], "-")
    if (plains[at - 2], plains[at - 1]) in {(wanted, "de"), ("day", wanted)}:
        first = at - 2
        shift *= 2
    return Moment("day", first, at, CERTAIN, calendar_span("day", scan.now, shift), shift=shift)


def read_period(scan: Scan, at: int, _: None) -> Moment | None:
    """Read "mesmo período (do ano passado)", "previous period": it hangs on another range of the text."""
    if scan.plains[at - 1] in _SAME:
        return Moment("day", at - 1, at, USUAL, same=True)
    shift = shift_of(scan, at, at) if scan.plains[at] in _PERIOD_WORDS else None
    if shift is None or shift.units != -1:
        return None
    return Moment("day", shift.first, shift.last, USUAL, shift=-1, same=True)


def read_to_date(scan: Scan, at: int, unit: Unit) -> Moment:
    """Read "ytd", "mtd", "qtd", "wtd"."""
    return Moment(unit, at, at, CERTAIN, (unit_start(unit, scan.now), scan.now))


def read_half(scan: Scan, at: int, _: None) -> Moment | None:
    """Read "first half of 2026"; the half of anything else is no time."""
    moment = _ordinal(scan, at, "half")
    if moment is None or moment.span is not None:
        return moment
    in_the = scan.plains[at - 2] == "the" and scan.plains[at - 3] in {"in", "during", "for"}
    return moment if in_the and scan.plains[at + 1] not in OF else None


def read_abbreviated_quarter(scan: Scan, at: int, unit: Unit) -> Moment | None:
    """Read "3º tri de 2025", "último tri"; otherwise it is a number: "2 tri"."""
    if scan.plains[at - 1] in SHIFT_BEFORE or scan.plains[at + 1] in SHIFT_AFTER:
        return read_unit(scan, at, unit)
    return _ordinal(scan, at, unit)


def read_turn(scan: Scan, at: int, _: None) -> Moment | None:
    """Read "virada do mês", "turn of the year": its last day and the first of the next."""
    plains = scan.plains
    place = at + 2 if plains[at + 1] in OF else at
    place += plains[place] == "the"
    unit = UNIT_OF.get(plains[place])
    if unit not in {"month", "year"}:
        return None
    start = unit_start(unit, scan.now)
    if scan.looks_ahead or scan.now >= shifted(start, unit, 1) - DAY:
        start = shifted(start, unit, 1)
    return Moment("day", at, place, FILLED, (start - DAY, start + DAY))


def back(unit: Unit, count: int, now: int) -> Span | None:
    """Return the last `count` units: whole days from midnight on, and today's part; hours to the second."""
    try:
        return shifted(now if unit in CLOCK_UNITS else midnight(now), unit, -count), now
    except (ValueError, OverflowError):  # before the year 1
        return None


def ahead(unit: Unit, count: int, now: int) -> Span | None:
    """Return the next `count` units: the rest of today and then whole days; hours to the second."""
    try:
        end = shifted(now if unit in CLOCK_UNITS else midnight(now), unit, count)
        return now, end if unit in CLOCK_UNITS else end + DAY
    except (ValueError, OverflowError):  # after the year 9999
        return None


def counted(scan: Scan, at: int, unit: Unit, count: Number) -> Moment | None:
    """Read a number of units, up to the word `at`: back, ahead, ago, from now, the first or last ones of what follows.

    "5 dias" alone is a duration, and no time.
    """
    plains = scan.plains
    number = int(count.value)
    if number != count.value or not 1 <= number <= _MAX_UNITS or count.suffix:
        return None
    before, after = plains[count.first - 1], plains[at + 1]
    is_article = plains[count.first] in _ONE
    first, last, span, confidence = count.first, at, None, CERTAIN
    if plains[at + 1] in OF and (before in _FIRSTS or plains[at - 1] in _FIRSTS):
        return Moment(unit, first - (before in _FIRSTS), at, USUAL, ordinal=1, several=number)
    if before in _AGO_BEFORE or after in _AGO_AFTER:
        span = _ago(unit, number, scan.now)
        first -= before in _AGO_BEFORE
        last += after in _AGO_AFTER
    elif (start := _ahead_from(scan, count.first, at)) is not None:
        span = _from_now(unit, number, scan.now)
        first, last, confidence = start, at + 2 * (after == "from"), USUAL
        unit = unit if unit in CLOCK_UNITS else "day"
    elif before == "within" or (before == "de" and plains[count.first - 2] == "dentro"):
        span = ahead(unit, number, scan.now)
        first -= 1 if before == "within" else 2
    elif not is_article and (shift := SHIFT_BEFORE.get(before) or SHIFT_AFTER.get(after)):
        span = back(unit, number, scan.now) if shift < 0 else ahead(unit, number, scan.now)
        first, last = (first - 1, last) if before in SHIFT_BEFORE else (first, last + 1)
    if span is None or not is_sane(span):
        return None
    of_what_follows = before in SHIFT_BEFORE and SHIFT_BEFORE[before] < 0 and after in OF
    return Moment(unit, first, last, confidence, span, ordinal=-1 if of_what_follows else None, several=number)


def _ahead_from(scan: Scan, first: int, at: int) -> int | None:
    """Return where "daqui a 3 dias", "in 3 days", "3 days from now" begins, or None.

    "Closed in 3 days" took them, and "orders in a day" are those of any day.
    """
    plains = scan.plains
    before = plains[first - 1]
    if before == "daqui":
        return first - 1
    if before == "a" and plains[first - 2] == "daqui":
        return first - 2
    if before == "in" and plains[first] not in {"a", "an"} and not plains[first - 2].endswith("ed"):
        return first - 1
    return first if plains[at + 1] == "from" and plains[at + 2] in {"now", "today"} else None


def _ago(unit: Unit, count: int, now: int) -> Span | None:
    """Return the whole unit so many units ago: data is looked for in that week or month, not on its day."""
    try:
        if unit in CLOCK_UNITS:
            start = now - count * FIXED[unit]
            return start, start + FIXED[unit]
        return calendar_span(unit, now, -count)
    except (ValueError, OverflowError):
        return None


def _from_now(unit: Unit, count: int, now: int) -> Span | None:
    """Return the day so many units from now, or for hours and minutes the time: an appointment."""
    try:
        start = shifted(now, unit, count)
        if unit in CLOCK_UNITS:
            return start, start + FIXED[unit]
        return midnight(start), midnight(start) + DAY
    except (ValueError, OverflowError):
        return None


def _shifted_unit(scan: Scan, at: int, unit: Unit, shift: Shift) -> Moment | None:
    plains = scan.plains
    first, last = shift.first, shift.last
    several, confidence = 0, CERTAIN
    if plains[at] in PLURALS:
        counted = number_before(plains, shift.first) if shift.first < at else None  # "os dois últimos meses"
        if counted is not None and plains[counted.first] not in _ONE:
            several, first = int(counted.value), counted.first
        else:
            several, confidence = _SEVERAL[unit], GUESSED
    elif shift.units and (unit in CLOCK_UNITS or plains[at] == "fortnight"):
        several = 1  # "na última hora": the last 60 minutes
    if several and (not shift.units or not 1 <= several <= _MAX_UNITS):
        return None
    try:
        span = _running(unit, several, shift.units, scan.now) if several else calendar_span(unit, scan.now, shift.units)
    except (ValueError, OverflowError):
        return None
    if span is None or not is_sane(span):
        return None
    ordinal = -1 if shift.units == -1 and first < at and plains[last + 1] in OF else None
    return Moment(unit, first, last, confidence, span, ordinal=ordinal, shift=None if several else shift.units)


def _running(unit: Unit, several: int, direction: int, now: int) -> Span | None:
    return back(unit, several, now) if direction < 0 else ahead(unit, several, now)


def _ordinal(scan: Scan, at: int, unit: Unit) -> Moment | None:
    """Read "primeiro semestre", "3º trimestre de 2025", and "first week" of what follows."""
    plains = scan.plains
    number = ORDINALS.get(plains[at - 1], 0)
    if not number and plains[at - 1].isdecimal() and scan.gap(at - 1) == "°":  # the degree sign, typed for º
        number = int(plains[at - 1]) if len(plains[at - 1]) == 1 else 0
    if not number:
        return None
    if unit not in _IN_A_YEAR:
        return Moment(unit, at - 1, at, USUAL, ordinal=number) if plains[at + 1] in OF else None
    if number > _IN_A_YEAR[unit]:
        return None
    months = MONTHS_IN[unit]
    part = Yearly((number - 1) * months + 1, months=months)
    return of_year(scan, unit, part, at - 1, at)


def of_year(scan: Scan, unit: Unit, part: Yearly, first: int, last: int) -> Moment | None:
    """Make the moment of a part of the year, with the year that is said behind it, if one is."""
    year = year_after(scan, last)
    if year is None:
        return Moment(unit, first, last, FILLED, recurring=part)
    span = part.of_year(year[0])
    return Moment(unit, first, year[1], CERTAIN, span) if span is not None and is_sane(span) else None


def _to_date(scan: Scan, at: int, unit: Unit) -> Moment | None:
    plains = scan.plains
    width = phrase_width(scan, at + 1, UP_TO_NOW)
    if width and plains[at] not in PLURALS:
        return Moment(unit, at, at + width, CERTAIN, (unit_start(unit, scan.now), scan.now))
    if plains[at - 1] in OF and plains[at - 2] == "acumulado":
        return Moment(unit, at - 2, at, USUAL, (unit_start(unit, scan.now), scan.now))
    return None


def _numbered_week(scan: Scan, at: int, unit: Unit) -> Moment | None:
    """Read "semana 12", "week 45 of 2025": the ISO week, of this year unless one is said."""
    number = scan.plains[at + 1]
    if unit != "week" or not number.isdecimal() or len(number) > 2 or not scan.is_closed_after(at + 1):
        return None
    year, last = year_after(scan, at + 1) or (date_of(scan.now).year, at + 1)
    try:
        monday = date.fromisocalendar(year, int(number), 1)
    except ValueError:
        return None
    start = seconds_of(monday.year, monday.month, monday.day)
    return Moment("week", at, last, USUAL, (start, start + 7 * DAY))


def _of_the(scan: Scan, at: int, unit: Unit) -> Moment | None:
    """Read "vendas do mês", "sales of the week": the present one. "Dia da semana" is no time."""
    plains = scan.plains
    if unit in CLOCK_UNITS or plains[at] in PLURALS:
        return None
    link = at - 1
    if plains[link] == "the":
        link -= 1
        if plains[link] != "of":
            return None
    elif plains[link] not in {"do", "da"}:
        return None
    of_a_unit = (
        plains[link - 1] in UNIT_OF and plains[link - 2] not in SHIFT_BEFORE and plains[link - 2] not in ORDINALS
    )
    if of_a_unit or plains[at + 1] in OF:  # "do mês de março" is March
        return None
    return Moment(unit, at, at, FILLED, calendar_span(unit, scan.now, 0), shift=0)
