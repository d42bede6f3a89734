"""What workers wrote down before each attempt to commit (benchmarks/apps/count.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from benchmarks.faults.watch import Watcher


class Attempt(NamedTuple):
    """One partition's part of one attempt."""

    pid: int
    at_s: float
    partition: int
    first: int
    last: int
    records: int


class Hit(NamedTuple):
    """A fault that struck a process."""

    pid: int
    at_s: float


def read(paths: Iterable[Path]) -> list[Attempt]:
    """Read trace files; a line that a kill has cut is left out."""
    attempts = []
    for path in paths:
        for line in path.read_text().splitlines():
            fields = line.split()
            if len(fields) == len(Attempt._fields):
                pid, at_s, *rest = fields
                attempts.append(Attempt(int(pid), float(at_s), *map(int, rest)))
    return attempts


def recovery_s(hit: Hit, attempts: Iterable[Attempt], watcher: Watcher) -> float | None:
    """Return how long the partitions of a struck worker stood still, the slowest of them.

    Its partitions are those that it was the last to work on. Moving on means: a committed output of a record that
    nobody had taken before the hit. `None` where it had no partition.
    """
    latest: dict[int, Attempt] = {}
    for attempt in sorted(attempts, key=lambda each: each.at_s):
        if attempt.at_s <= hit.at_s:
            latest[attempt.partition] = attempt
    held = [attempt for attempt in latest.values() if attempt.pid == hit.pid]
    moved = [watcher.first_beyond(attempt.partition, attempt.last) for attempt in held]
    return max((at_s - hit.at_s for at_s in moved if at_s is not None), default=None)
