"""What is counted of one series in one bucket.

All of it are whole numbers, so that adding them up gives the same in any order and grouping, to the last bit.
Latencies go into the bins of a DDSketch (Masson, Rim and Lee, VLDB 2019; the package `ddsketch` has the mapping and the
ranks): bins of the same mapping are merged by adding, without any loss beyond the stated accuracy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Self

import msgspec
from ddsketch.ddsketch import BaseDDSketch
from ddsketch.mapping import LogarithmicMapping
from ddsketch.store import DenseStore

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ACCURACY", "MILLION", "Bucket", "Cell", "Cells", "Series", "merge_into", "quantile_ms"]

ACCURACY: Final = 0.02
"""A quantile of latencies is at most so far off, relative to itself."""
MILLION: Final = 1_000_000
_MOST_MS: Final = 31 * 86_400_000  # longer ones count as this: it bounds the bins to 546
_ZERO: Final = -1  # the bin of 0 ms; that of 1 ms has the key 0
_MAPPING: Final = LogarithmicMapping(ACCURACY)


class Series(NamedTuple):
    """What is told apart; empty where it does not apply."""

    stage: str
    domain: str = ""
    specialist: str = ""
    query_type: str = ""
    outcome: str = ""

    @property
    def key(self) -> str:
        """Return the series as a key within a bucket."""
        return "/".join(self)

    @classmethod
    def of(cls, key: str) -> Self:
        """Return the series of a key."""
        return cls(*key.split("/"))


class Cell(msgspec.Struct, array_like=True):
    """Numbers of one series in one bucket.

    Attributes:
        count: Events.
        failed: Those of them that ended badly (`models.rolling.facts.FAILURES`).
        scored: Those that have a confidence.
        confidence_ppm: The sum of the confidences, in millionths.
        latency_ms: The sum of the latencies, in milliseconds.
        bins: How many latencies fall into each bin of the sketch.
    """

    count: int = 0
    failed: int = 0
    scored: int = 0
    confidence_ppm: int = 0
    latency_ms: int = 0
    bins: dict[int, int] = msgspec.field(default_factory=dict[int, int])

    def add(self, *, failed: bool, confidence: float | None, latency_ms: int | None) -> None:
        """Count one event."""
        self.count += 1
        self.failed += failed
        if confidence is not None:
            self.scored += 1
            self.confidence_ppm += round(confidence * MILLION)
        if latency_ms is not None:
            capped = min(max(latency_ms, 0), _MOST_MS)
            self.latency_ms += capped
            key = _MAPPING.key(capped) if capped else _ZERO
            self.bins[key] = self.bins.get(key, 0) + 1

    def merge(self, other: Cell) -> None:
        """Add the numbers of another one."""
        self.count += other.count
        self.failed += other.failed
        self.scored += other.scored
        self.confidence_ppm += other.confidence_ppm
        self.latency_ms += other.latency_ms
        bins = self.bins
        for key, count in other.bins.items():
            bins[key] = bins.get(key, 0) + count

    @property
    def timed(self) -> int:
        """Return how many events have a latency."""
        return sum(self.bins.values())


Cells = dict[str, Cell]
"""By the key of their series."""


class Bucket(msgspec.Struct, array_like=True):
    """What a table holds of one source, length and time, on one partition."""

    cells: Cells = msgspec.field(default_factory=dict[str, Cell])


def merge_into(cells: Cells, others: Mapping[str, Cell]) -> None:
    """Add other cells to these; the others stay as they are."""
    for key, other in others.items():
        mine = cells.get(key)
        if mine is None:
            mine = cells[key] = Cell()
        mine.merge(other)


def quantile_ms(bins: Mapping[int, int], share: float) -> float | None:
    """Return the latency that this share of the events is not above, within :data:`ACCURACY`; None without any."""
    store = DenseStore()
    for key, count in bins.items():
        if key != _ZERO:
            store.add(key, count)
    sketch = BaseDDSketch(
        mapping=_MAPPING, store=store, negative_store=DenseStore(), zero_count=float(bins.get(_ZERO, 0))
    )
    found = sketch.get_quantile_value(share)
    return None if found is None else float(found)
