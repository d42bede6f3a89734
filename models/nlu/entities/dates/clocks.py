"""Times of the day: "às 15h", "14h30", "5 pm", "ao meio-dia", "de manhã", "last night"."""

from __future__ import annotations

import re

from models.nlu.entities.dates.calendars import calendar_span
from models.nlu.entities.dates.moment import SHIFT_BEFORE, Moment
from models.nlu.entities.scan import CERTAIN, USUAL, Scan
from models.nlu.words import word_set

_HOUR = 60
_DAY_MINUTES = 24 * _HOUR

PARTS = {
    "madrugada": (0, 6 * _HOUR),
    **dict.fromkeys(("manha", "morning"), (6 * _HOUR, 12 * _HOUR)),
    **dict.fromkeys(("tarde", "afternoon"), (12 * _HOUR, 18 * _HOUR)),
    **dict.fromkeys(("noite", "evening"), (18 * _HOUR, _DAY_MINUTES)),
    **dict.fromkeys(("night", "tonight"), (18 * _HOUR, _DAY_MINUTES + 6 * _HOUR)),
}
"""The parts of a day in minutes; an English night goes on until the morning, for it has no "madrugada"."""

NOON = (12 * _HOUR, 13 * _HOUR)
NOONS = {"noon": NOON, "midday": NOON, "midnight": (0, _HOUR)}

_CLOCK = re.compile(r"([0-9]{1,2})(?:h(?:s|rs)?([0-9]{2})?(?:min)?|:([0-9]{2})(?::[0-9]{2})?(?:hs?)?)? ?(am|pm)?")
_BARE_BEFORE = word_set("as das")
_BARE_AFTER = word_set("am pm a p da de in")
_HOURS = word_set("hora horas hours")
_HALVES_OF_DAY = {"manha": 0, "madrugada": 0, "tarde": 12, "noite": 12, "morning": 0, "afternoon": 12, "evening": 12}
_GREETING = word_set("boa bom good")
_DAY_LINKS = word_set("de da in the")


def read_part(scan: Scan, at: int, minutes: tuple[int, int]) -> Moment | None:
    """Read "this morning", "tonight", "last night", "hoje de manhã": alone, "tarde" also means late."""
    plains = scan.plains
    if plains[at] == "tonight":
        return Moment("hour", at, at, CERTAIN, calendar_span("day", scan.now, 0), clock=minutes)
    if plains[at - 1] in _GREETING:
        return None
    shift = SHIFT_BEFORE.get(plains[at - 1])
    if shift is not None:
        return Moment("hour", at - 1, at, CERTAIN, calendar_span("day", scan.now, shift), clock=minutes)
    if plains[at] == "noite" and plains[at - 1] == "meia":
        return Moment("hour", at - 1, at, USUAL, clock=(0, _HOUR))
    return Moment("hour", at, at, USUAL, clock=minutes)


def read_noon(_: Scan, at: int, minutes: tuple[int, int]) -> Moment:
    """Read "noon", "midnight"."""
    return Moment("hour", at, at, USUAL, clock=minutes)


def read_clock(scan: Scan, at: int) -> Moment | None:
    """Read a time in digits. A bare number needs "às", "das … às", "horas" or a part of the day to be one."""
    plains = scan.plains
    is_bare = plains[at].isdecimal()
    if is_bare and plains[at - 1] not in _BARE_BEFORE and plains[at + 1] not in _BARE_AFTER:
        return None
    match = _CLOCK.fullmatch(plains[at])
    if match is None or scan.kinds.get(at, "CLOCK") != "CLOCK":
        return None
    hour, minute = int(match[1]), int(match[2] or match[3] or 0)
    last, half = _half_of_day(scan, at, match[4])
    if half is not None and 1 <= hour <= 12:
        hour = hour % 12 + half
    elif is_bare:
        if not _is_hour(scan, at):
            return None
        last = at + (plains[at + 1] in _HOURS)
    begin = hour * _HOUR + minute
    if minute > 59 or begin > _DAY_MINUTES:
        return None
    if match[2] is None and match[3] is None:
        return Moment("hour", at, last, CERTAIN, clock=(begin, begin + _HOUR))
    return Moment("minute", at, last, CERTAIN, clock=(begin, begin + 1))


def _is_hour(scan: Scan, at: int) -> bool:
    """Tell the bare number of "às 8", "das 8 às 12", "às 15 horas" from that of "as 8 maiores"."""
    before, after = scan.plains[at - 1], scan.plains[at + 1]
    if after in _HOURS or (before == "das" and after == "as"):
        return before in _BARE_BEFORE
    return at > 0 and scan.words[at - 1].text == "às" and scan.is_closed_after(at)


def _half_of_day(scan: Scan, at: int, glued: str | None) -> tuple[int, int | None]:
    """Read what tells 5 from 17: "pm", "p.m.", "da tarde", "in the evening"; return where it ends."""
    plains = scan.plains
    if glued:
        return at, 12 if glued == "pm" else 0
    if plains[at + 1] in {"am", "pm"}:
        return at + 1, 12 if plains[at + 1] == "pm" else 0
    if plains[at + 1] in {"a", "p"} and plains[at + 2] == "m" and scan.gap(at + 1) == ".":
        return at + 2, 12 if plains[at + 1] == "p" else 0
    place = at + 1
    while plains[place] in _DAY_LINKS and place < at + 3:
        place += 1
    if place > at + 1 and plains[place] in _HALVES_OF_DAY and scan.gap(at) == "":
        return place, _HALVES_OF_DAY[plains[place]]
    return at, None
