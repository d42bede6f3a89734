"""The oracle: rolling metrics recomputed from a whole log at once, by the definition and nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from models.rolling.levels import AHEAD_MS, LATENESS_MS, LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.rolling.cells import Cells
    from models.rolling.facts import Fact

Numbers = tuple[int, int, int, int, int, int]
"""count, failed, scored, confidence in millionths, latencies, and their sum in ms: what a cell must add up to."""
Counted = dict[tuple[str, int], dict[str, Numbers]]
"""By level and number of the bucket; by series."""


def recompute(facts: Iterable[Fact], *, now_ms: int) -> tuple[Counted, int, int, int]:
    """Return all buckets of all levels of one source and partition, its newest time, and the late and early ones."""
    newest, late, early = -1, 0, 0
    found: defaultdict[tuple[str, int], defaultdict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for fact in facts:
        if fact.at_ms > now_ms + AHEAD_MS:
            early += 1
        elif (fact.at_ms // 60_000 + 1) * 60_000 <= newest - LATENESS_MS:
            late += 1
        else:
            newest = max(newest, fact.at_ms)
            for level in LEVELS:
                numbers = found[level.name, fact.at_ms // level.length_ms][fact.series]
                numbers["count"] += 1
                numbers["failed"] += fact.failed
                if fact.confidence is not None:
                    numbers["scored"] += 1
                    numbers["ppm"] += round(fact.confidence * 1_000_000)
                if fact.latency_ms is not None:
                    numbers["timed"] += 1
                    numbers["ms"] += fact.latency_ms
    names = ("count", "failed", "scored", "ppm", "timed", "ms")
    counted = {
        slot: {series: tuple(numbers[name] for name in names) for series, numbers in cells.items()}
        for slot, cells in found.items()
    }
    return counted, newest, late, early  # type: ignore[return-value]


def numbers_of(cells: Cells) -> dict[str, Numbers]:
    """Return what cells add up to, to be compared."""
    return {
        series: (cell.count, cell.failed, cell.scored, cell.confidence_ppm, cell.timed, cell.latency_ms)
        for series, cell in cells.items()
    }
