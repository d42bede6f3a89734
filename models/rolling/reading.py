"""A question about rolling metrics, and its answer from the parts that the workers hold.

A window ends now and begins at the start of a bucket: it holds so many whole buckets and the one that runs, and the
answer says how many seconds that is, so that rates need no guess. Of a coarse bucket's time, what is not final yet
stands in finer buckets only: the sum of the coarse ones and of the finer ones that are not final is the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from models.errors import HiveError
from models.rolling.cells import MILLION, Cell, Cells, Series, merge_into, quantile_ms
from models.rolling.levels import LATENESS_MS, LEVELS, Level, level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["WINDOWS", "InvalidQuestion", "Partial", "Question", "ask", "cells_between", "merged", "rows_of", "totals"]

H = TypeVar("H")

DIMENSIONS: Final = Series._fields
_QUANTILES: Final = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


WINDOWS: Final[Mapping[str, tuple[int, tuple[str, ...]]]] = {
    "1m": (60_000, ("1m",)),
    "5m": (300_000, ("1m",)),
    "1h": (3_600_000, ("5m", "1m")),
    "24h": (86_400_000, ("1h", "5m")),
}
"""How long each window is, in milliseconds, and of which buckets it can be put together."""


class InvalidQuestion(HiveError):
    """A question that can't be answered: says what may be asked instead."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked.

    Attributes:
        window: One of :data:`WINDOWS`.
        step: The buckets that it is put together of, and that points are of.
        by: The dimensions that rows are told apart by.
        where: The values that dimensions must have.
        points: Whether each row has its count in each bucket too.
    """

    window: str = "5m"
    step: str = "1m"
    by: tuple[str, ...] = ("stage",)
    where: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    points: bool = False

    @property
    def level(self) -> Level:
        """Return the level of its buckets."""
        return level(self.step)

    def slots(self, now_ms: int) -> range:
        """Return the numbers of its buckets: whole ones, and the one that runs."""
        last = self.level.slot(now_ms)
        return range(last - WINDOWS[self.window][0] // self.level.length_ms, last + 1)

    def asked(self) -> dict[str, str]:
        """Return the query string that :func:`ask` reads as this question."""
        points = str(self.points).lower()
        return {"window": self.window, "step": self.step, "by": ",".join(self.by), "points": points, **self.where}

    def takes(self, series: Series) -> bool:
        """Tell whether a series is asked for."""
        return all(getattr(series, name).casefold() == value.casefold() for name, value in self.where.items())

    def row(self, series: Series) -> str:
        """Return the row that a series belongs to: its other dimensions are left empty."""
        return Series(*(value if name in self.by else "" for name, value in zip(DIMENSIONS, series, strict=True))).key


class Partial(msgspec.Struct, kw_only=True):
    """What one worker holds of an answer.

    Attributes:
        worker: Its name.
        generation: The group membership under which it holds its partitions.
        partitions: Which partitions of the table these are.
        cells: The numbers, by row.
        points: The counts in each bucket of the question, by row; only if asked for.
        late: Events that came after their bucket was final, ever since, and were not counted in any.
        early: Events that were ahead of the clock by so much that they were not counted.
    """

    worker: str = ""
    generation: int = -1
    partitions: list[int] = msgspec.field(default_factory=list[int])
    cells: Cells = msgspec.field(default_factory=dict[str, Cell])
    points: dict[str, list[int]] = msgspec.field(default_factory=dict[str, list[int]])
    late: int = 0
    early: int = 0


def ask(asked: Mapping[str, str]) -> Question:
    """Return the question that a query string asks.

    Raises:
        InvalidQuestion: it can't be answered; the error says what may be asked.
    """
    window = asked.get("window", "5m")
    if window not in WINDOWS:
        raise InvalidQuestion(f"window: one of {', '.join(WINDOWS)}, not {window!r}")
    steps = WINDOWS[window][1]
    step = asked.get("step", steps[0])
    if step not in steps:
        raise InvalidQuestion(f"step: one of {', '.join(steps)} for window={window}, not {step!r}")
    where = {name: asked[name] for name in DIMENSIONS if name in asked}
    by = tuple(name.strip() for name in asked.get("by", "stage").split(",") if name.strip())
    if unknown := [name for name in by if name not in DIMENSIONS]:
        raise InvalidQuestion(f"by: some of {', '.join(DIMENSIONS)}, not {unknown[0]!r}")
    known = {"window", "step", "by", "points", *DIMENSIONS}
    if unknown := sorted(asked.keys() - known):
        raise InvalidQuestion(f"{unknown[0]!r} can't be asked for; there are {', '.join(sorted(known))}")
    points = asked.get("points", "false").casefold()
    if points not in ("true", "false", "1", "0"):
        raise InvalidQuestion(f"points: true or false, not {points!r}")
    return Question(window=window, step=step, by=by, where=where, points=points in ("true", "1"))


def cells_between(
    question: Question, slots: range, watermark_ms: int, held: Callable[[Level, int], H | None]
) -> Iterator[tuple[int, H]]:
    """Yield what is held of one source and partition that makes up a range of buckets, each with its bucket's number.

    Args:
        question: Of which buckets the answer is.
        slots: Their numbers.
        watermark_ms: What the source is final up to.
        held: Returns what the table holds of a level's bucket.
    """
    wanted = question.level
    for each in LEVELS[: LEVELS.index(wanted) + 1]:
        begin, end = (slot * wanted.length_ms // each.length_ms for slot in (slots.start, slots.stop))
        if each is not wanted:  # what is final there has been added to the coarser one
            begin = max(begin, each.slot(watermark_ms))
            end = min(end, each.slot(watermark_ms + LATENESS_MS) + 1)  # nothing is younger than the newest event
        for slot in range(begin, end):
            if (found := held(each, slot)) is not None:
                yield slot * each.length_ms // wanted.length_ms, found


def totals(question: Question, slots: range, found: Iterable[tuple[int, Cells]]) -> Partial:
    """Return the sums by row of cells, each of which belongs to a bucket of the range."""
    partial = Partial()
    for slot, cells in found:
        for key, cell in cells.items():
            series = Series.of(key)
            if not question.takes(series):
                continue
            row = question.row(series)
            merge_into(partial.cells, {row: cell})
            if question.points:
                points = partial.points.setdefault(row, [0] * len(slots))
                points[slot - slots.start] += cell.count
    return partial


def merged(parts: Iterable[Partial]) -> Partial:
    """Return the sums of what several workers hold."""
    whole = Partial()
    for part in parts:
        whole.partitions = sorted({*whole.partitions, *part.partitions})
        merge_into(whole.cells, part.cells)
        for row, points in part.points.items():
            mine = whole.points.get(row)
            whole.points[row] = points if mine is None else [a + b for a, b in zip(mine, points, strict=True)]
        whole.late += part.late
        whole.early += part.early
    return whole


def rows_of(question: Question, whole: Partial, *, now_ms: int) -> dict[str, Any]:
    """Return the answer, ready for JSON: its window, and a row for each combination of the dimensions asked for."""
    slots = question.slots(now_ms)
    begin_ms = slots.start * question.level.length_ms
    seconds = (now_ms - begin_ms) / 1000
    rows = [_row(question, key, cell, whole.points.get(key), seconds) for key, cell in sorted(whole.cells.items())]
    told: dict[str, Any] = {
        "window": question.window,
        "step": question.step,
        "from_ms": begin_ms,
        "to_ms": now_ms,
        "seconds": round(seconds, 3),
        "by": list(question.by),
        "rows": rows,
        "late": whole.late,
        "early": whole.early,
    }
    return told


def _row(question: Question, key: str, cell: Cell, points: list[int] | None, seconds: float) -> dict[str, Any]:
    series = Series.of(key)
    timed = cell.timed
    row: dict[str, Any] = {name: getattr(series, name) for name in question.by}
    row |= {
        "count": cell.count,
        "per_second": round(cell.count / seconds, 4) if seconds else 0.0,
        "failed": cell.failed,
        "error_ratio": round(cell.failed / cell.count, 6) if cell.count else 0.0,
        "confidence": round(cell.confidence_ppm / cell.scored / MILLION, 6) if cell.scored else None,
        "latency_ms": None,
    }
    if timed:
        row["latency_ms"] = {"mean": round(cell.latency_ms / timed, 1)} | {
            name: round(quantile_ms(cell.bins, share) or 0.0, 1) for name, share in _QUANTILES
        }
    if points is not None:
        row["points"] = points
    return row
