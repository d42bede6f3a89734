"""What the readers of dates hand to each other: a moment, and the words that shift it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from models.nlu.entities.dates.calendars import Recurring, Span, Unit, date_of
from models.nlu.entities.scan import Scan
from models.nlu.words import word_set

SHIFT_BEFORE = {
    **dict.fromkeys(word_set("ultimo ultima ultimos ultimas last past previous prior passado passada anterior"), -1),
    **dict.fromkeys(word_set("este esta neste nesta deste desta esse essa nesse nessa desse dessa this current"), 0),
    **dict.fromkeys(word_set("proximo proxima proximos proximas next coming following upcoming seguinte"), 1),
}
SHIFT_AFTER = {
    **dict.fromkeys(word_set("retrasado retrasada"), -2),
    **dict.fromkeys(word_set("passado passada passados passadas anterior anteriores"), -1),
    **dict.fromkeys(word_set("atual corrente"), 0),
    **dict.fromkeys(word_set("seguinte seguintes vindouro vindoura"), 1),
}
"""How many units away the word before, or after, says that the thing is: "last week", "semana passada"."""

_THAT = word_set("que q")
_COMES = {"vem": 1, "passou": -1}
OF = word_set("de do da dos das of")
ARTICLES = word_set("o a os as the")
YEARS = {str(year): year for year in range(1900, 2100)}
Phrases = dict[str, tuple[tuple[str, ...], ...]]
"""Phrases by their first word."""

UP_TO_NOW: Phrases = {
    "so": (("so", "far"),),
    "to": (("to", "date"),),
    "until": (("until", "now"),),
    "till": (("till", "now"),),
    "up": (("up", "to", "now"),),
    "ate": (("ate", "agora"), ("ate", "hoje"), ("ate", "aqui"), ("ate", "o", "momento")),
}
_YEAR_WORDS = word_set("ano year")
_BEFORE_YEARS = OF | ARTICLES | word_set("no em in")
_SHORT_YEAR_SIGNS = ("/", "'", "-", "\N{RIGHT SINGLE QUOTATION MARK}")


@dataclass(slots=True)
class Moment:
    """A time that some words (`first` to `last`) name; how long it is, `unit` says.

    Either `span` is known, or `recurring` tells what comes round again, or `clock` (minutes of a day, from and
    to) is the time of a day that is yet to be found. With an `ordinal` it is the n-th `unit` (-1 the last), or
    `several` from there on, of the moment that follows ("a primeira semana de março", "os últimos 5 dias de maio");
    `shift` is the number of units from the present one. `same` is a moment that stands in the place of another
    range: `shift` units of `by` from that ("same period last year"), or directly before it (no `by`: "previous
    period").
    """

    unit: Unit
    first: int
    last: int
    confidence: float
    span: Span | None = None
    recurring: Recurring | None = None
    clock: tuple[int, int] | None = None
    ordinal: int | None = None
    several: int = 1
    shift: int | None = None
    same: bool = False
    by: Unit | None = None


def phrase_width(scan: Scan, at: int, phrases: Phrases) -> int:
    """Return how many words of one of the phrases stand here, or 0."""
    for phrase in phrases.get(scan.plains[at], ()):
        if tuple(scan.plains[at : at + len(phrase)]) == phrase:
            return len(phrase)
    return 0


class Shift(NamedTuple):
    """How many units away, and which words (with those of the thing itself) say so."""

    units: int
    first: int
    last: int


def shift_of(scan: Scan, first: int, last: int) -> Shift | None:
    """Read what stands around a thing: "próxima semana", "semana que vem", "the week before last"."""
    plains = scan.plains
    before = SHIFT_BEFORE.get(plains[first - 1])
    if before is not None:
        return Shift(before, first - 1, last)
    after = plains[last + 1]
    if after in SHIFT_AFTER:
        return Shift(SHIFT_AFTER[after], first, last + 1)
    if after in _THAT and plains[last + 2] in _COMES:
        return Shift(_COMES[plains[last + 2]], first, last + 2)
    if after == "before" and plains[last + 2] == "last":
        return Shift(-2, first, last + 2)
    return None


def year_after(scan: Scan, last: int) -> tuple[int, int] | None:
    """Read the year behind a word ("de 2026", "/26", "do ano passado", "next year"), and where it ends."""
    plains = scan.plains
    if last in scan.kinds or plains[last + 1] == "":
        return None
    at = last + 1
    if plains[at].isdecimal() and len(plains[at]) == 2:
        return (2000 + int(plains[at]), at) if scan.gap(last) in _SHORT_YEAR_SIGNS else None
    while plains[at] in _BEFORE_YEARS:
        at += 1
    if plains[at] in YEARS:
        return YEARS[plains[at]], at
    place = at if plains[at] in _YEAR_WORDS else at + 1
    return _relative_year(scan, at, place, linked=at > last + 1) if plains[place] in _YEAR_WORDS else None


def _relative_year(scan: Scan, begin: int, place: int, *, linked: bool) -> tuple[int, int] | None:
    """Read "(o) ano passado", "last year", "(do) ano", "ano 2025", whose "ano" stands at `place`."""
    shift = shift_of(scan, place, place)
    if shift is not None and shift.first >= begin:
        return date_of(scan.now).year + shift.units, shift.last
    following = scan.plains[place + 1]
    if following in YEARS:
        return YEARS[following], place + 1
    return (date_of(scan.now).year, place) if linked and place == begin else None
