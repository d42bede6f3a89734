"""The words that a time is read from, and the one pass over a text that finds its moments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from models.nlu.entities.dates.calendars import UNIT_OF
from models.nlu.entities.dates.clocks import NOONS, PARTS, read_clock, read_noon, read_part
from models.nlu.entities.dates.moment import YEARS, Moment
from models.nlu.entities.dates.named import (
    MONTH_OF,
    WEEKDAY_OF,
    read_day_of_month,
    read_half_code,
    read_month,
    read_numeric,
    read_quarter,
    read_weekday,
    read_year,
)
from models.nlu.entities.dates.relative import (
    DAY_SHIFTS,
    read_abbreviated_quarter,
    read_day,
    read_half,
    read_period,
    read_to_date,
    read_turn,
    read_unit,
    read_weekend,
)
from models.nlu.entities.numbers import NUMBER_WORDS
from models.nlu.entities.scan import Scan

MAX_MOMENTS = 32
"""More of them are not read: nobody asks for so many."""

Reader = Callable[[Scan, int, Any], Moment | None]


def _read_dia(scan: Scan, at: int, unit: Any) -> Moment | None:
    """Read "dia 12", or "dia" as the unit: "há 3 dias" has its number in front."""
    before = scan.plains[at - 1]
    if not before.isdecimal() and before not in NUMBER_WORDS and (day := read_day_of_month(scan, at, None)) is not None:
        return day
    return read_unit(scan, at, unit)


HEADS: dict[str, tuple[Reader, Any]] = {
    **{word: (read_unit, unit) for word, unit in UNIT_OF.items()},
    **dict.fromkeys(("dia", "dias"), (_read_dia, "day")),
    **{word: (read_month, month) for word, month in MONTH_OF.items()},
    **{word: (read_weekday, weekday) for word, weekday in WEEKDAY_OF.items()},
    **{word: (read_day, shift) for word, shift in DAY_SHIFTS.items()},
    **{word: (read_year, year) for word, year in YEARS.items()},
    **{word: (read_part, minutes) for word, minutes in PARTS.items()},
    **{word: (read_noon, minutes) for word, minutes in NOONS.items()},
    **{f"q{quarter}": (read_quarter, quarter) for quarter in (1, 2, 3, 4)},
    **{f"h{half}": (read_half_code, half) for half in (1, 2)},
    **dict.fromkeys(("weekend", "weekends"), (read_weekend, None)),
    **dict.fromkeys(("periodo", "period", "epoca", "time"), (read_period, None)),
    **dict.fromkeys(("virada", "turn"), (read_turn, None)),
    "half": (read_half, None),
    "tri": (read_abbreviated_quarter, "quarter"),
    "ytd": (read_to_date, "year"),
    "qtd": (read_to_date, "quarter"),
    "mtd": (read_to_date, "month"),
    "wtd": (read_to_date, "week"),
}
"""A word to the reader of what stands around it; digits have no entry, their notation tells."""


def find_moments(scan: Scan, places: Iterable[int]) -> list[Moment]:
    """Find the moments whose head, or digits, stand at one of these places, in order, none overlapping."""
    moments: list[Moment] = []
    done = -1
    for at in places:
        if at <= done:
            continue
        word = scan.plains[at]
        head = HEADS.get(word)
        if head is not None:
            moment = head[0](scan, at, head[1])
        elif word[:1].isdecimal():
            moment = read_numeric(scan, at) or read_clock(scan, at)
        else:
            continue
        if moment is not None and moment.first > done:
            moments.append(moment)
            done = moment.last
            if len(moments) == MAX_MOMENTS:
                break
    return moments
