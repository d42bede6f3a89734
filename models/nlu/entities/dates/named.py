"""Times that have a name or a number: "12 de março de 2026", "next Friday", "Q3 2025", "12/03/2026", "em 2024"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from models.nlu.entities.dates.calendars import (
    FIXED,
    Monthly,
    Span,
    Unit,
    Weekly,
    Yearly,
    date_of,
    is_sane,
    seconds_of,
    turned,
)
from models.nlu.entities.dates.moment import OF, SHIFT_BEFORE, YEARS, Moment, shift_of, year_after
from models.nlu.entities.dates.relative import ORDINALS, counted, of_year
from models.nlu.entities.numbers import NUMBER_WORDS, Number, number_before
from models.nlu.entities.scan import CERTAIN, FILLED, USUAL, Scan
from models.nlu.words import word_set

_MONTH_NAMES = """
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
january february march april may june july august september october november december
jan fev mar abr mai jun jul ago set out nov dez
jan feb mar apr may jun jul aug sep oct nov dec
"""
MONTH_OF = {name.replace("ç", "c"): place % 12 + 1 for place, name in enumerate(_MONTH_NAMES.split())} | {"sept": 9}
_SURE_MONTHS = word_set(
    "janeiro fevereiro abril maio junho julho agosto setembro outubro novembro dezembro "
    "january february july september october november december"
)
"""Names of nothing else."""
_UNSURE_MONTHS = word_set("marco march april may june august")
"""Also a verb or a person's name: a preposition or a number must make a month of them."""

_ENGLISH_MONTHS = word_set(" ".join(_MONTH_NAMES.strip().splitlines()[1::2])) | {"sept"}
_MODALS = word_set("be have not also need fail drop rise increase decrease result cause require take make lead")
_MONTH_BEFORE = word_set(
    "em de in of during durante for since desde until till ate from between entre before after antes apos by com with "
    "vs versus mes month"
)
_YEAR_BEFORE = word_set(
    "em de in of during durante for ano year desde since until till ate from between entre before after"
)
_YEAR_PAIRS = word_set("e and a to ate vs versus com with x through until")
_COUNTED_BEFORE = word_set("mais menos acima abaixo maior menor superior inferior top cerca base total lista")
_ENDS_OF_LISTS = word_set("top maiores menores principais melhores piores bottom first last")
TO = word_set("a ate to until till through thru ao")
AND = word_set("e and")

_WEEKDAY_NAMES = """
segunda terca quarta quinta sexta sabado domingo
monday tuesday wednesday thursday friday saturday sunday
mon tue wed thu fri sat sun
"""
WEEKDAY_OF = {name: place % 7 for place, name in enumerate(_WEEKDAY_NAMES.split())}
_ORDINAL_WEEKDAYS = word_set("segunda terca quarta quinta sexta")
_SHORT_WEEKDAYS = word_set("mon tue wed thu fri sat sun")
_ORDINAL_BEFORE = word_set("na ate desde e para pra a")
_SHORT_BEFORE = word_set("on since until till by from to through")
_PARTS = word_set("manha tarde noite madrugada")
_FEASTS = word_set("black cyber good ash easter santa negra")
"""What makes a feast of a weekday: its date is not that of the next Friday."""
_EACH = word_set("cada toda todo every each")

_DAYS = {str(day): day for day in range(1, 32)} | {f"0{day}": day for day in range(1, 10)}
_ORDINAL_DAYS = {
    f"{day}{'th' if 10 < day < 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}": day for day in range(1, 32)
}
_ORDINAL_WORDS = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
sixteenth seventeenth eighteenth nineteenth twentieth
"""
_SPELLED_DAYS = {name: place for place, name in enumerate(_ORDINAL_WORDS.split(), 1)} | {"thirtieth": 30, "primeiro": 1}
_DAY_OF = {**_DAYS, **_ORDINAL_DAYS, **_SPELLED_DAYS, "1o": 1}
_DATE_BEFORE = word_set(
    "em dia dias de da do no na desde ate entre a e on since until till by from to between and in of before after "
    "antes apos para pra for the o ao"
)
_BEFORE_DAY = word_set("dia day")
_BEFORE_DAYS = word_set("dias days de from entre between")
_MINUTES_END = len("2026-03-12T10:00")
_LEAP_YEAR = 2000  # has every day that a year can have
_NEVER_DATES = frozenset(("24/7",))
_QUARTER = re.compile(
    r"(?:(20[0-9]{2})q([1-4]))|(?:([1-4])[tq](20[0-9]{2}|[0-9]{2}))|(?:([12])[sh](20[0-9]{2}|[0-9]{2}))"
)


def read_month(scan: Scan, at: int, month: int) -> Moment | None:
    """Read a month's name with the day and the year around it."""
    plains = scan.plains
    if plains[at + 1] == "of" and plains[at] in {"out", "set"}:  # "5 out of 10", "a set of"
        return None
    days, first, last = _days_before(scan, at) or _days_after(scan, at) or ((0, 0), at, at)
    year = year_after(scan, last)
    has_day = bool(days[0])
    if not has_day and not _names_a_month(scan, at, has_year=year is not None):
        return None
    if has_day and year is None and plains[at] in _UNSURE_MONTHS and plains[last + 1] in _MODALS:
        return None
    date = Yearly(month, *days) if has_day else Yearly(month)
    unit: Unit = "day" if has_day else "month"
    if year is not None:
        span = date.of_year(year[0])
        return Moment(unit, first, year[1], CERTAIN, span) if span and is_sane(span) else None
    shift = shift_of(scan, at, last) if not has_day else None
    if shift is None:
        return Moment(unit, first, last, FILLED, recurring=date)
    span = turned(date, scan.now, shift.units)
    return Moment(unit, shift.first, shift.last, USUAL, span) if span else None


def read_weekday(scan: Scan, at: int, weekday: int) -> Moment | None:
    """Read a day of the week, in this week, the one before, or the one that is said behind it."""
    plains = scan.plains
    has_feira = plains[at + 1] == "feira"
    last = at + has_feira
    if plains[at - 1] in _EACH or plains[at - 1] in _FEASTS or plains[last + 1] in _FEASTS:
        return None
    day = Weekly(weekday)
    shift = shift_of(scan, at, last)
    ordinal = ORDINALS.get(plains[at - 1], 0) or -(shift is not None and shift.units == -1 and shift.first < at)
    if ordinal and plains[last + 1] in OF:
        span = turned(day, scan.now, -1) if ordinal < 0 else None
        return Moment("day", at - 1, last, USUAL, span, recurring=day, ordinal=ordinal)
    if plains[at] in _ORDINAL_WEEKDAYS and not has_feira:
        end = shift.last if shift else last
        if not (shift or _is_a_weekday(scan, at)) or not scan.is_closed_after(end):
            return None
    if plains[at] in _SHORT_WEEKDAYS and not (shift or plains[at - 1] in _SHORT_BEFORE):
        return None
    if shift is None:
        return Moment("day", at, last, FILLED, recurring=day)
    span = turned(day, scan.now, shift.units)
    return Moment("day", shift.first, shift.last, USUAL, span) if span else None


def _is_a_weekday(scan: Scan, at: int) -> bool:
    """Tell "na sexta", "segunda a sexta", "sexta à tarde", "segunda da semana passada" from the ordinals."""
    plains = scan.plains
    if plains[at - 1] in _ORDINAL_BEFORE or _has_neighbour(scan, at, WEEKDAY_OF, TO | AND):
        return True
    if plains[at + 1] in {"a", "de", "as"} and (plains[at + 2] in _PARTS or plains[at + 2][:1].isdecimal()):
        return True
    return plains[at + 1] in {"da", "desta"} and "semana" in plains[at + 2 : at + 4]


def read_quarter(scan: Scan, at: int, quarter: int) -> Moment | None:
    """Read "Q3", "Q3 2025", "2025 Q3"."""
    return _part_of_year(scan, at, Yearly(quarter * 3 - 2, months=3))


def read_half_code(scan: Scan, at: int, half: int) -> Moment | None:
    """Read "H1 2026"; without a year it may be a heading."""
    moment = _part_of_year(scan, at, Yearly(half * 6 - 5, months=6))
    return moment if moment is not None and moment.span is not None else None


def _part_of_year(scan: Scan, at: int, part: Yearly) -> Moment | None:
    unit: Unit = "quarter" if part.months == 3 else "half"
    year = scan.plains[at - 1]
    if year in YEARS and year_after(scan, at) is None:
        return Moment(unit, at - 1, at, CERTAIN, part.of_year(YEARS[year]))
    return of_year(scan, unit, part, at, at)


def read_year(scan: Scan, at: int, year: int) -> Moment | None:
    """Read a year, where a preposition or another year makes one of the number."""
    plains = scan.plains
    before, after = plains[at - 1], plains[at + 1]
    is_pair = (after in _YEAR_PAIRS or scan.gap(at) == "-") and plains[at + 1 + (after in _YEAR_PAIRS)] in YEARS
    follows = (before in _YEAR_PAIRS and plains[at - 2] in YEARS) or (before in YEARS and scan.gap(at - 1) == "-")
    if not is_pair and not follows and before not in _YEAR_BEFORE:
        return None
    counted = plains[at - 2] in _COUNTED_BEFORE or plains[at - 2] in YEARS
    if before in {"de", "of", "for"} and (
        counted or not (abs(year - date_of(scan.now).year) <= 10 or scan.is_closed_after(at))
    ):
        return None
    first = at - 1 if before in {"ano", "year"} else at
    return Moment("year", first, at, CERTAIN, (seconds_of(year, 1, 1), seconds_of(year + 1, 1, 1)))


def read_day_of_month(scan: Scan, at: int, _: None) -> Moment | None:
    """Read "dia 12", "dias 3 a 7", "the 12th"; with a month behind it, the month reads it."""
    plains = scan.plains
    place = at + 1 if plains[at] in {"dia", "dias"} else at
    day = _DAY_OF.get(plains[place], 0)
    if not day or place in scan.kinds:
        return None
    to, last = 0, place
    connector = place + 1
    if scan.gap(place) == "-" or plains[connector] in TO or (plains[at] == "dias" and plains[connector] in AND):
        other = connector + (scan.gap(place) != "-")
        other += plains[other] in {"dia", "the"}
        if plains[other] in _DAY_OF:
            to, last = _DAY_OF[plains[other]], other
    following_word = plains[last + 1 + (plains[last + 1] in OF)]
    if following_word in MONTH_OF or (place == at and not scan.is_closed_after(last)):
        return None
    return Moment("day", at, last, FILLED, recurring=Monthly(day, to))


_GLUED = re.compile("([0-9]{1,3})(h|hs|hrs|d|w)")
_GLUED_UNITS: dict[str, Unit] = {"h": "hour", "hs": "hour", "hrs": "hour", "d": "day", "w": "week"}


def _glued(scan: Scan, at: int) -> Moment | None:
    """Read "últimas 48h", "last 7d": a number and its unit in one word, where the words around make a time of it."""
    match = _GLUED.fullmatch(scan.plains[at])
    return counted(scan, at, _GLUED_UNITS[match[2]], Number(int(match[1]), "", at, at)) if match else None


def read_numeric(scan: Scan, at: int) -> Moment | None:
    """Read a date in digits, by its notation."""
    kind = scan.kinds.get(at)
    if kind is None and scan.plains[at].isdecimal():
        return None  # a bare number is read by the word beside it
    token = scan.words[at].text
    if kind == "INSTANT":
        return _instant(at, token)
    if kind == "DATE":
        return _dated("day", at, numeric_date(token, day_first=scan.decimal_comma))
    if kind in {"MONTH", "DAY"}:
        return _two_numbers(scan, at, kind, token)
    if kind is None and (match := _QUARTER.fullmatch(scan.plains[at])):
        return _quarter_code(at, match)
    is_day = scan.plains[at] in _ORDINAL_DAYS and scan.plains[at - 1] in {"the", "on", "dia"}
    return read_day_of_month(scan, at, None) if is_day else _glued(scan, at)


def _two_numbers(scan: Scan, at: int, kind: str, token: str) -> Moment | None:
    """Read "03/2026" and "2026-03"; and "12/03" where a preposition makes a date of what may be a fraction."""
    one, two = map(int, re.split("[-/]", token))
    if kind == "MONTH":
        return _dated("month", at, Yearly(min(one, two)).of_year(max(one, two)))
    if token in _NEVER_DATES or scan.plains[at - 1] not in _DATE_BEFORE:
        return None
    day, month = _day_and_month(one, two, day_first=scan.decimal_comma)
    date = Yearly(month, day)
    return Moment("day", at, at, FILLED, recurring=date) if day and date.of_year(_LEAP_YEAR) else None


def numeric_date(token: str, *, day_first: bool) -> Span | None:
    """Read three numbers: the year first if it has four digits, else day and month in the language's order.

    "12/03/2026" is 12 March in Portuguese and December 3rd in English; "13/03/2026" is 13 March, and
    "03/13/2026" March 13th, in both. With dots or dashes the day is first in both, as nobody writes 12.31.2026.
    """
    one, two, three = map(int, re.split("[./-]", token))
    if len(token.replace("/", "-").split("-")[0]) == 4:
        return Yearly(two, three).of_year(one) if two and three else None
    day, month = _day_and_month(one, two, day_first=day_first or "/" not in token)
    year = three if three >= 100 else 2000 + three
    return Yearly(month, day).of_year(year) if month and day else None


def _day_and_month(one: int, two: int, *, day_first: bool) -> tuple[int, int]:
    if two > 12 or (one <= 12 and not day_first):
        return two, one
    return one, two


def _dated(unit: Unit, at: int, span: Span | None) -> Moment | None:
    return Moment(unit, at, at, CERTAIN, span) if span is not None and is_sane(span) else None


def _instant(at: int, token: str) -> Moment | None:
    """Read an ISO 8601 timestamp: without an offset it is in UTC."""
    try:
        instant = datetime.fromisoformat(token)
        start = int((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
    unit: Unit = "second" if token[_MINUTES_END : _MINUTES_END + 1] == ":" else "minute"
    return _dated(unit, at, (start, start + FIXED[unit]))


def _quarter_code(at: int, match: re.Match[str]) -> Moment | None:
    """Read "2025Q3", "3T25", "1S2026"."""
    unit: Unit
    before, quarter, of_quarter, year_of_quarter, half, year_of_half = match.groups()
    if half:
        part, year, unit = Yearly(int(half) * 6 - 5, months=6), int(year_of_half), "half"
    else:
        part = Yearly(int(quarter or of_quarter) * 3 - 2, months=3)
        year, unit = int(before or year_of_quarter), "quarter"
    return _dated(unit, at, part.of_year(year if year >= 100 else 2000 + year))


def _days_before(scan: Scan, at: int) -> tuple[tuple[int, int], int, int] | None:
    """Read the day, or the days from and to, in front of a month's name; return them and the words they take."""
    plains = scan.plains
    linked = plains[at - 1] in {"de", "of"}
    place = at - 2 if linked else at - 1
    day, first = _DAY_OF.get(plains[place], 0), place
    if not day and linked and plains[place] in NUMBER_WORDS:
        count = number_before(plains, place + 1)
        day, first = (int(count.value), count.first) if count is not None else (0, place)
    if not 1 <= day <= 31 or plains[first - 1] in _ENDS_OF_LISTS:
        return None
    begin, first = _first_day(scan, first)
    first -= plains[first - 1] in {"the", "os"}
    first -= plains[first - 1] in (_BEFORE_DAYS if begin else _BEFORE_DAY)
    return ((begin, day) if begin else (day, 0)), first, at


def _first_day(scan: Scan, place: int) -> tuple[int, int]:
    """Read the "3" of "3 a 7 de maio", "3-7 May" back from the last day; return it and where the words begin."""
    plains = scan.plains
    if place and scan.gap(place - 1) == "-":
        before = place - 1
    else:
        connector = place - 2 if plains[place - 1] in {"dia", "o", "the"} and place > 1 else place - 1
        before = connector - 1
        pairs = plains[connector] in AND and plains[before - 1] in {"entre", "between", "dias"}
        if plains[connector] not in TO and not pairs:
            return 0, place
    day = _DAY_OF.get(plains[before], 0) if before >= 0 else 0
    return (day, before) if day else (0, place)


def _days_after(scan: Scan, at: int) -> tuple[tuple[int, int], int, int] | None:
    """Read "May 3", "March 12th", "May 3-7": only English puts the day behind the month."""
    plains = scan.plains
    place = at + 1
    if plains[at] not in _ENGLISH_MONTHS or plains[place] not in _DAY_OF:
        return None
    day, to, last = _DAY_OF[plains[place]], 0, place
    pairs = plains[place + 1] in TO or (plains[place + 1] in AND and plains[at - 1] in {"between", "entre"})
    other = place + 1 if scan.gap(place) == "-" else place + 2 if pairs else 0
    if other and plains[other] in _DAY_OF:
        to, last = _DAY_OF[plains[other]], other
    if scan.gap(at) not in {"", "."}:
        return None
    certain = plains[place] in _ORDINAL_DAYS or to or pairs or year_after(scan, last) is not None
    first = at - 1 if to and plains[at - 1] in _BEFORE_DAYS else at
    return ((day, to), first, last) if certain or scan.is_closed_after(last) else None


def _names_a_month(scan: Scan, at: int, *, has_year: bool) -> bool:
    name, before = scan.plains[at], scan.plains[at - 1]
    if has_year or name in _SURE_MONTHS or scan.words[at].text == "março":
        return True
    is_short = name not in _UNSURE_MONTHS
    if _has_neighbour(scan, at, MONTH_OF, TO if is_short else TO | AND):
        return True
    if is_short:
        return False
    return (before in _MONTH_BEFORE or before in SHIFT_BEFORE) and scan.plains[at + 1] not in _MODALS


def _has_neighbour(scan: Scan, at: int, names: Mapping[str, int], joins: frozenset[str]) -> bool:
    """Say whether another of these names is joined to this one: "segunda a sexta", "jan-mar"."""
    plains = scan.plains
    if scan.gap(at) == "-":
        return plains[at + 1] in names
    if at and scan.gap(at - 1) == "-":
        return plains[at - 1] in names
    return (plains[at + 1] in joins and plains[at + 2] in names) or (
        plains[at - 1] in joins and plains[at - 2] in names
    )
