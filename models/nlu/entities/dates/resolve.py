"""A moment to its span: what it leaves open is filled in by the side of the reference time it is on."""

from __future__ import annotations

from models.nlu.entities.dates.calendars import Span, calendar_span, coming, newest
from models.nlu.entities.dates.moment import Moment

_FINE = frozenset(("second", "minute", "hour"))


def resolved(moment: Moment, now: int, *, ahead: bool) -> Span | None:
    """Return the span of a moment: the newest one that has begun, or the coming one when it lies ahead."""
    span = moment.span
    if span is None and moment.recurring is not None:
        span = coming(moment.recurring, now) if ahead else newest(moment.recurring, now)
    if span is None and moment.clock is not None:
        span = calendar_span("day", now, 0)
    return on_the_clock(moment, span)


def on_the_clock(moment: Moment, day: Span | None) -> Span | None:
    """Return the part of the day that the moment's clock says, or all of it when it says none."""
    if day is None or moment.clock is None:
        return day
    begin, end = moment.clock
    return day[0] + 60 * begin, day[0] + 60 * end


def end_of(moment: Moment, span: Span) -> int:
    """Return where a range up to this moment ends: with a day, but at the beginning of an hour or a minute."""
    return span[0] if moment.unit in _FINE else span[1]
