"""Moments to ranges: "desde segunda", "de janeiro a março", "until Friday", "início do ano", and what stands alone."""

from __future__ import annotations

from collections.abc import Iterable

from models.nlu.entities.dates.calendars import (
    CLOCK_UNITS,
    DAY,
    EARLIEST,
    LATEST,
    Span,
    coming,
    is_sane,
    newest,
)
from models.nlu.entities.dates.joins import joined
from models.nlu.entities.dates.moment import ARTICLES, OF, UP_TO_NOW, Moment, Phrases, phrase_width
from models.nlu.entities.dates.named import AND, TO
from models.nlu.entities.dates.readers import find_moments
from models.nlu.entities.dates.resolve import end_of, on_the_clock, resolved
from models.nlu.entities.scan import FILLED, USUAL, Scan
from models.nlu.words import word_set

_FILLERS = ARTICLES | OF | word_set("dia dias day no na")
_LEADING = word_set("o a os as no na nos nas the in on em")
"""Small words that belong to the time as it is said ("no último trimestre"), so its place begins with them."""

_SINCE, _FROM, _UNTIL, _BEFORE, _AFTER, _SO_FAR = range(6)
_LOOKING_BACK = (_SINCE, _BEFORE)
_SIDES = {
    "desde": _SINCE,
    "since": _SINCE,
    "partir": _FROM,
    "starting": _FROM,
    "ate": _UNTIL,
    "until": _UNTIL,
    "till": _UNTIL,
    "by": _UNTIL,
    "antes": _BEFORE,
    "before": _BEFORE,
    "depois": _AFTER,
    "apos": _AFTER,
    "after": _AFTER,
}
_TOWARDS = word_set("para pra")
_BETWEEN = word_set("entre between")
_RANGE_BEFORE = word_set("de do da desde das dos from entre between since")
_STARTS = word_set("comeco inicio start beginning")
_EDGES = _STARTS | word_set("fim final end")
_OF_THE = OF | ARTICLES
_ONWARDS: Phrases = {
    "em": (("em", "diante"),),
    "para": (("para", "ca"),),
    "pra": (("pra", "ca"),),
    "on": (("on",),),
    "onward": (("onward",),),
    "onwards": (("onwards",),),
}
_RESTS = _ONWARDS.keys() | UP_TO_NOW.keys()
COMPARING = word_set(
    "compare comparar compara comparando comparado comparada comparados comparadas comparacao comparativo compared "
    "comparing comparison vs versus contra against diferenca difference variacao variation"
)
"""Words of a text that compares: two ranges in it are no range from one to the other."""


def find_ranges(scan: Scan, places: Iterable[int]) -> list[Moment]:
    """Find the ranges that the text names, in order: moments whose span is known, unless they are `same`."""
    moments = find_moments(scan, places)
    if not moments:
        return []
    moments = joined(scan, moments)
    ranges: list[Moment] = []
    at = 0
    while at < len(moments):
        moment = moments[at]
        at += 1
        if at < len(moments) and _are_ends(scan, moment, moments[at], only_two=len(moments) == 2):
            both = _from_to(scan, moment, moments[at])
            if both is not None:
                ranges.append(both)
                at += 1
                continue
        if moment.same:
            ranges.append(moment)
            continue
        span = _alone(scan, moment)
        if span is not None and is_sane(span):
            moment.span = span
            ranges.append(moment)
    return ranges


def _are_ends(scan: Scan, one: Moment, two: Moment, *, only_two: bool) -> bool:
    """Say whether two moments are the ends of one range: "de X até Y", "between X and Y".

    "The difference between X and Y" compares them, unless there is a third to compare with.
    """
    if one.same or two.same:
        return False
    gap = scan.plains[one.last + 1 : two.first]
    if not gap:
        return scan.gap(one.last) == "-"
    if not _FILLERS.issuperset(gap[1:]):
        return False
    before = _word_before(scan, one.first)[0]
    compares = only_two and scan.compares
    if gap[0] in TO:
        return gap[0] not in {"to", "a"} or before in _RANGE_BEFORE or not compares
    return gap[0] in AND and before in _BETWEEN and not compares


def _word_before(scan: Scan, first: int) -> tuple[str, int]:
    """Return the word before a moment, small words left out, and its place."""
    place = first - 1
    while place >= 0 and scan.plains[place] in _FILLERS and first - place <= 3:
        if scan.plains[place] in _RANGE_BEFORE and scan.plains[place - 1] not in _SIDES:
            break
        place -= 1
    return (scan.plains[place], place) if place >= 0 else ("", -1)


def _from_to(scan: Scan, one: Moment, two: Moment) -> Moment | None:
    """Make the range between two moments; what the first leaves open, the second may say, and the other way round."""
    if one.span is None and one.recurring is not None and two.span is not None:
        start = on_the_clock(one, newest(one.recurring, two.span[0]))
    else:
        start = resolved(one, scan.now, ahead=scan.looks_ahead)
    if start is None:
        return None
    if two.span is None and two.recurring is not None:
        end = on_the_clock(two, coming(two.recurring, start[0]))
    else:
        end = resolved(two, scan.now, ahead=False)
    if end is None:
        return None
    until = scan.now if two.unit == "day" and two.shift == 0 else end_of(two, end)
    if until <= start[0]:
        start, until = end, start[1]
    word, place = _word_before(scan, one.first)
    first = place if word in _RANGE_BEFORE else _leading(scan, one.first)
    span = (start[0], until)
    if not is_sane(span):
        return None
    return Moment(one.unit, first, two.last, min(one.confidence, two.confidence), span)


def _alone(scan: Scan, moment: Moment) -> Span | None:
    """Return the span of a moment and what stands around it, and widen the moment by those words."""
    plains = scan.plains
    edge = _take_edge(scan, moment) if plains[moment.first - 1] in _OF_THE else ""
    word, place = _word_before(scan, moment.first)
    side = _UNTIL if word == "to" and plains[place - 1] == "up" else _SIDES.get(word)
    ahead = side == _UNTIL or scan.looks_ahead or plains[moment.first - 1] in _TOWARDS
    span = resolved(moment, scan.now, ahead=ahead and side not in _LOOKING_BACK)
    if span is None:
        return None
    if edge:
        span = (span[0], span[0] + DAY) if edge in _STARTS else (span[1] - DAY, span[1])
    if plains[moment.last + 1] in _RESTS and (side is None or side == _FROM):
        side = _take_rest(scan, moment, side, word)
    if side is None or side == _SO_FAR:
        moment.first = _leading(scan, moment.first)
        return span if side is None or span[0] >= scan.now else (span[0], min(span[1], scan.now))
    if _SIDES.get(word, _UNTIL) == side:
        moment.first = place - (plains[place - 1] in {"a", "up"} and word in {"partir", "to"})
    elif side == _FROM and word in {"from", "de"}:
        moment.first = place
    moment.confidence = min(moment.confidence, FILLED if side == _UNTIL else USUAL)
    return _one_sided(scan, moment, span, side)


def _take_rest(scan: Scan, moment: Moment, side: int | None, before: str) -> int | None:
    """Take "em diante" or "até agora" behind a moment, and return the side of it that is meant."""
    behind = moment.last + 1
    width = phrase_width(scan, behind, _ONWARDS)
    if width and (scan.plains[behind] != "on" or before in {"from", "partir", "starting"}):
        moment.last += width
        return _FROM
    width = phrase_width(scan, behind, UP_TO_NOW)
    if width and side is None:
        moment.last += width
        return _SO_FAR
    return side


def _take_edge(scan: Scan, moment: Moment) -> str:
    """Take the "início" of "início do mês", and return it; "fim do dia" is no day."""
    if moment.unit in CLOCK_UNITS or moment.unit == "day":
        return ""
    place = moment.first - 1
    while place >= 0 and scan.plains[place] in _OF_THE:
        place -= 1
    if not 0 <= place < moment.first - 1 or scan.plains[place] not in _EDGES:
        return ""
    moment.first, moment.unit, moment.confidence = place, "day", min(moment.confidence, FILLED)
    moment.shift = None
    return scan.plains[place]


def _one_sided(scan: Scan, moment: Moment, span: Span, side: int) -> Span | None:
    """Return the range since, from, until, before or after a span; its other end is now, or as far as it goes."""
    now = scan.now
    if side == _BEFORE:
        return EARLIEST, span[0]
    if side == _UNTIL:
        is_today = moment.shift == 0 and moment.unit == "day"
        end = now if is_today else end_of(moment, span)
        return (now, end) if end > now else (EARLIEST, end)
    start = end_of(moment, span) if side == _AFTER else span[0]
    if start < now:
        return start, now
    return None if side == _SINCE else (start, LATEST)


def _leading(scan: Scan, first: int) -> int:
    while first and scan.plains[first - 1] in _LEADING:
        first -= 1
    return first
