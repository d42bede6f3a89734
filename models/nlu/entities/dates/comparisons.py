"""Ranges that are compared: "outubro com setembro", "this month vs last month", "same period last year"."""

from __future__ import annotations

from collections.abc import Iterable

from models.nlu.entities.dates.calendars import MONTHS_IN, Span, calendar_span, is_sane, shifted, unit_start
from models.nlu.entities.dates.moment import Moment
from models.nlu.entities.dates.ranges import find_ranges
from models.nlu.entities.scan import GUESSED, Scan

Compared = tuple[Span, Span]
"""The range in question, and the one that it is compared with."""


def find_dates(scan: Scan, places: Iterable[int]) -> tuple[list[tuple[Moment, Span]], Compared | None]:
    """Find the ranges of the text with their spans, and the two that it compares, if it does."""
    moments = find_ranges(scan, places)
    found: list[tuple[Moment, Span]] = []
    compared: Compared | None = None
    base: Moment | None = None
    for moment in moments:
        if not moment.same:
            base = moment
            break
    for moment in moments:
        span = moment.span
        if moment.same:
            present = base.span if base is not None and base.span is not None else _present(scan, moment)
            span = _in_place_of(present, base or moment, moment)
            if base is None:
                moment.confidence = GUESSED
            if span is not None and compared is None:
                compared = present, span
        if span is not None:
            found.append((moment, span))
    if compared is None and scan.compares and len(found) > 1:
        compared = found[0][1], found[1][1]
    return found, compared


def _present(scan: Scan, same: Moment) -> Span:
    """Return what nobody names: "same month last year" is compared to this month, "same period" to this year."""
    return same.span or (unit_start(same.by or "month", scan.now), scan.now)


def _in_place_of(present: Span, base: Moment, same: Moment) -> Span | None:
    if same.shift is None:  # "this same month" of nothing
        return None
    try:
        if same.by is not None:
            span = shifted(present[0], same.by, same.shift), shifted(present[1], same.by, same.shift)
        elif base.unit in MONTHS_IN and present == calendar_span(base.unit, present[0], 0):
            span = calendar_span(base.unit, present[0], -1)
        else:
            span = present[0] - (present[1] - present[0]), present[0]
    except (ValueError, OverflowError):
        return None
    return span if is_sane(span) else None
