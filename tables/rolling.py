"""Rolling metrics: what the stages did, in buckets of event time.

Key: ``{source}/{level}/{number of the bucket since the epoch}``; the source is the topic whose records are counted.
Value: the cells of all series in that bucket, of this partition's records only: a busy domain's numbers lie on all
partitions, and are added up where they are read. Bound: for each source `models.rolling.LEVELS` says how many final
buckets are kept, 613 in all, and there are as many open ones as the lateness spans; a bucket has a cell for each
combination of a stage's domains, outcomes and specialists or stores, all of which are enumerations.

Beside it is a table of clocks. Key: the source. Value: how far its event time has come on this partition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from models.rolling.cells import Bucket, Cell, Cells, merge_into
from models.rolling.levels import AHEAD_MS, LATENESS_MS, LEVELS, Level
from tables import TableSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from models.rolling.facts import Fact

__all__ = ["ROLLING", "ROLLING_CLOCKS", "Clock", "Closed", "Folded", "fold", "key_of"]

_MINUTE: Final = LEVELS[0]


class Clock(msgspec.Struct, frozen=True, array_like=True):
    """How far a source has come on one partition.

    Attributes:
        newest_ms: The time of its newest event.
        counted: Events that were counted, ever.
        late: Events whose bucket was final when they came: they are counted here only.
        early: Events that were not believed, for they lay ahead of their observer's clock.
    """

    newest_ms: int
    counted: int = 0
    late: int = 0
    early: int = 0

    @property
    def watermark_ms(self) -> int:
        """Return the time before which everything is final."""
        return self.newest_ms - LATENESS_MS


ROLLING: Final = TableSpec("rolling", Bucket)
ROLLING_CLOCKS: Final = TableSpec("rolling-clocks", Clock)


class Closed(NamedTuple):
    """A bucket that has become final."""

    level: Level
    slot: int
    cells: Cells


class Folded(NamedTuple):
    """What came of some events: buckets that have become final, and how many events were late, or early."""

    closed: list[Closed]
    late: int
    early: int


def key_of(source: str, level: Level, slot: int) -> str:
    """Return the key of a bucket."""
    return f"{source}/{level.name}/{slot}"


def fold(
    buckets: MutableMapping[str, Bucket],
    clocks: MutableMapping[str, Clock],
    source: str,
    facts: Iterable[Fact],
    *,
    now_ms: int,
) -> Folded:
    """Count events of one source and partition, in their order; close what becomes final and forget what is too old.

    What comes of it is the same however the events are cut into calls.

    Args:
        buckets: This partition of the table.
        clocks: This partition of the table of clocks.
        source: The topic.
        facts: What its records tell.
        now_ms: The observer's clock.
    """
    before = clocks.get(source)
    fresh, after = _sorted_into(facts, before, before_ms=now_ms + AHEAD_MS)
    if after is None:
        return Folded([], 0, 0)
    for slot, cells in fresh.items():
        _add(buckets, key_of(source, _MINUTE, slot), cells)
    closed = _move_on(buckets, source, set(fresh), before, after)
    clocks[source] = after
    return Folded(closed, after.late - (before.late if before else 0), after.early - (before.early if before else 0))


def _sorted_into(
    facts: Iterable[Fact], before: Clock | None, *, before_ms: int
) -> tuple[dict[int, Cells], Clock | None]:
    fresh: dict[int, Cells] = {}
    newest_ms, counted, late, early = (
        (before.newest_ms, before.counted, before.late, before.early) if before else (-1, 0, 0, 0)
    )
    any_at_all = before is not None
    length_ms = _MINUTE.length_ms
    for at_ms, series, failed, confidence, latency_ms in facts:
        any_at_all = True
        if at_ms > before_ms:
            early += 1
            continue
        slot = at_ms // length_ms
        if (slot + 1) * length_ms <= newest_ms - LATENESS_MS:
            late += 1
            continue
        newest_ms = max(newest_ms, at_ms)
        counted += 1
        cells = fresh.setdefault(slot, {})
        cell = cells.get(series)
        if cell is None:
            cell = cells[series] = Cell()
        cell.add(failed=failed, confidence=confidence, latency_ms=latency_ms)
    return fresh, Clock(newest_ms, counted, late, early) if any_at_all else None


def _move_on(
    buckets: MutableMapping[str, Bucket], source: str, touched: set[int], before: Clock | None, after: Clock
) -> list[Closed]:
    """Close and forget, level by level: what closes is added to the bucket of the next level that it lies in."""
    closed: list[Closed] = []
    for level, coarser in zip(LEVELS, (*LEVELS[1:], None), strict=True):
        reached = level.slot(after.watermark_ms)
        added: set[int] = set()
        for slot in sorted(_slots(level, touched, before, until=reached)):
            key = key_of(source, level, slot)
            if (bucket := buckets.get(key)) is None:
                continue
            closed.append(Closed(level, slot, bucket.cells))
            if coarser is not None:
                wider = slot * level.length_ms // coarser.length_ms
                _add(buckets, key_of(source, coarser, wider), bucket.cells)
                added.add(wider)
        for slot in _slots(level, touched, before, until=reached - level.kept, back=level.kept):
            buckets.pop(key_of(source, level, slot), None)
        touched = added
    return closed


def _slots(level: Level, touched: set[int], before: Clock | None, *, until: int, back: int = 0) -> set[int]:
    """Return the buckets before `until` that may exist: those just touched, and those that there may have been before.

    There were none younger than the newest event, and those `back` before the watermark are done with already.
    """
    found = {slot for slot in touched if slot < until}
    if before is not None:
        found.update(range(level.slot(before.watermark_ms) - back, min(until, level.slot(before.newest_ms) + 1)))
    return found


def _add(buckets: MutableMapping[str, Bucket], key: str, cells: Cells) -> None:
    bucket = buckets.get(key) or Bucket()
    merge_into(bucket.cells, cells)  # copies what is new to it: no two buckets share a cell
    buckets[key] = bucket
