"""Neighbouring moments that are one: "ontem às 15h", "the first week of March", "sexta, 12 de dezembro"."""

from __future__ import annotations

from dataclasses import replace

from models.nlu.entities.dates.calendars import Monthly, Span, Weekly, nth_of, nth_weekday_of, weekday_of
from models.nlu.entities.dates.clocks import PARTS
from models.nlu.entities.dates.moment import ARTICLES, OF, Moment
from models.nlu.entities.dates.resolve import resolved
from models.nlu.entities.scan import USUAL, Scan
from models.nlu.words import word_set

_MAX_GAP = 4
_OF_THE = OF | ARTICLES
_OF_THE_MONTH = _OF_THE | word_set("mes month ano year")
_CLOCK_LINKS = word_set("as a at das de da do pelas por volta das around on of no na em in the ao entre between from")
_CLOCK_RANGES = word_set("as a ate to until till and e ao")
_CLOCK_BEFORE = word_set("as at das pelas by since until till desde ate before after ao from between entre apos partir")
_DATE_LINKS = ARTICLES | {"dia"}


def joined(scan: Scan, moments: list[Moment]) -> list[Moment]:
    """Join what belongs together, and drop what has no meaning alone."""
    if len(moments) == 1 and moments[0].span is not None:
        return moments
    kept = moments[:1]
    for moment in moments[1:]:
        both = _join(scan, kept[-1], moment)
        if both is None:
            kept.append(moment)
        else:
            kept[-1] = both
    return [moment for moment in kept if moment.span is not None or _stands_alone(scan, moment)]


def _stands_alone(scan: Scan, moment: Moment) -> bool:
    if moment.same or (moment.recurring is not None and moment.ordinal is None):
        return True
    # A time of day without a day is one of today, if a preposition says that it is a time of day at all.
    if moment.clock is None or scan.plains[moment.last] in PARTS:
        return False
    return scan.plains[moment.first - 1] in _CLOCK_BEFORE


def _join(scan: Scan, one: Moment, two: Moment) -> Moment | None:
    if two.first - one.last - 1 > _MAX_GAP:
        return None
    gap = frozenset(scan.plains[one.last + 1 : two.first])
    both: Moment | None = None
    if one.clock is not None or two.clock is not None:
        both = _join_clock(scan, one, two, gap)
    elif one.same:
        if two.shift is not None and gap <= _OF_THE:
            both = replace(one, last=two.last, shift=two.shift, by=two.unit)
    elif one.ordinal is not None:
        both = _nth(scan, one, two) if gap and gap <= _OF_THE_MONTH else None
    elif isinstance(one.recurring, Monthly | Weekly):
        both = _day_in(one, two, gap, scan.now)
    return both


def _join_clock(scan: Scan, one: Moment, two: Moment, gap: frozenset[str]) -> Moment | None:
    """Join a day and a time of day, in either order, or two times to a span of time."""
    if one.clock is not None and two.clock is not None:
        is_range = gap <= _CLOCK_RANGES and (gap or scan.gap(one.last) == "-")
        if not is_range or two.span is not None or two.recurring is not None or two.clock[0] <= one.clock[0]:
            return None
        return replace(one, last=two.last, clock=(one.clock[0], two.clock[0]))
    if not gap <= _CLOCK_LINKS:
        return None
    day, time = (two, one) if one.clock is not None else (one, two)
    if day.unit != "day" or time.span is not None or time.recurring is not None:
        return None
    return replace(day, first=one.first, last=two.last, clock=time.clock, unit=time.unit)


def _nth(scan: Scan, one: Moment, two: Moment) -> Moment | None:
    base = resolved(two, scan.now, ahead=scan.looks_ahead)
    if base is None or one.ordinal is None:
        return None
    if isinstance(one.recurring, Weekly):
        span = nth_weekday_of(one.recurring, one.ordinal, base)
    else:
        span = nth_of(one.unit, one.ordinal, base, several=one.several)
    if span is None:
        return None
    return Moment(one.unit, one.first, two.last, min(two.confidence, USUAL), span)


def _day_in(one: Moment, two: Moment, gap: frozenset[str], now: int) -> Moment | None:
    """Join "dia 12" and "do mês passado", "Monday" and "of last week"; or "sexta" and its date."""
    is_monthly = isinstance(one.recurring, Monthly)
    span: Span | None
    if two.unit == ("month" if is_monthly else "week") and two.shift is not None and two.span is not None:
        span = one.recurring.nth(two.span[0], 0) if one.recurring is not None and gap <= _OF_THE else None
        return Moment("day", one.first, two.last, USUAL, span) if span is not None else None
    if two.unit == "day" and not is_monthly and gap <= _DATE_LINKS and not isinstance(two.recurring, Weekly):
        return replace(two, first=one.first, span=two.span or _on_weekday(one, two, now))
    return None


def _on_weekday(one: Moment, two: Moment, now: int) -> Span | None:
    """Return the day of the year next to now that is this weekday: "sexta, 12 de dezembro" leaves few years."""
    if not isinstance(one.recurring, Weekly) or two.recurring is None:
        return None
    spans = (two.recurring.nth(now, turn) for turn in (0, 1, -1, -2))
    return next((span for span in spans if span and weekday_of(span[0]) == one.recurring.weekday), None)
