"""What speaks for and against a plan by its build: patterns that good plans have, and faults that bad ones have.

Found by the types of the tasks and by the graph, so in any language. The original looked for names of types that its
own taxonomy doesn't have, and so never found anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from models.online.task_graph import TaskGraph
from models.records import PlanTask, TaskType

__all__ = ["ANTI_PATTERNS", "PATTERNS", "Build", "build_of"]

_WRITES: Final = frozenset({TaskType.BUILD, TaskType.DEPLOY, TaskType.EXECUTE, TaskType.TRANSFORM, TaskType.COMPENSATE})
_CHECKS: Final = frozenset({TaskType.VALIDATE, TaskType.TEST})
_LOOKS: Final = _CHECKS | {TaskType.QUERY}

PATTERNS: Final = ("checked_writes", "looked_before_writes", "tested_deployments", "can_be_undone", "fork_and_join",
                   "supervised")  # fmt: skip
"""Writes are checked afterwards; something is looked at before; deployments are tested before or after; what is written
can be undone; work is divided and brought together again; tasks watch or audit the others."""

ANTI_PATTERNS: Final = {
    "unchecked_writes": 0.2,
    "untested_deployments": 0.25,
    "destroys_for_good": 0.35,
    "crowded_task": 0.1,
    "detached_tasks": 0.1,
    "single_file": 0.1,
    "unestimated_tasks": 0.1,
    "cycle": 0.5,
}
"""Each with its penalty where all tasks that could have the fault have it.

Writes that nothing checks; deployments that nothing tests; what is destroyed can't be had again; a task with five
neighbours or more; tasks that nothing ties to the others; five tasks or more of which never two can run at once; tasks
without an estimate; tasks that wait for each other.
"""

_CROWD: Final = 5
_LONG: Final = 5


class Build(NamedTuple):
    """How a plan is built.

    Attributes:
        patterns: Those of PATTERNS that were found, each with the share (above 0, to 1) of the tasks concerned that
            have it.
        anti_patterns: Those of ANTI_PATTERNS that were found, likewise.
    """

    patterns: dict[str, float]
    anti_patterns: dict[str, float]

    @property
    def quality(self) -> float:
        """The mean share of the patterns found, 0 to 1; 0 without any."""
        return sum(self.patterns.values()) / len(self.patterns) if self.patterns else 0.0

    @property
    def penalty(self) -> float:
        """The penalties of the faults found, each by its share, 0 to 1."""
        return min(1.0, sum(ANTI_PATTERNS[name] * share for name, share in self.anti_patterns.items()))


def build_of(tasks: Sequence[PlanTask], graph: TaskGraph, destructive: frozenset[str] = frozenset()) -> Build:
    """Look for patterns and faults.

    Args:
        tasks: The tasks, in the order of the graph's numbers.
        graph: Their graph.
        destructive: The ids of the tasks that destroy something.
    """
    size = len(tasks)
    writes, deploys, destroys = [], [], []
    checks = looks = saves = watching = undoes = unestimated = 0
    for number, task in enumerate(tasks):
        kind, bit = task.task_type, 1 << number
        if task.metadata.get("support"):
            watching += 1
        elif kind in _WRITES:
            writes.append(number)
            saves |= bit
        if kind in _LOOKS:
            looks |= bit
            if kind in _CHECKS:
                checks |= bit
        if kind is TaskType.DEPLOY:
            deploys.append(number)
        if kind is TaskType.COMPENSATE or "compensation" in task.parameters:
            undoes |= bit
        if task.task_id in destructive:
            destroys.append(number)
        unestimated += task.estimated_duration_ms is None
    above, below = graph.ancestors, graph.descendants
    joins = forks = detached = 0
    crowd = 0
    for number, before in enumerate(graph.before):
        after = graph.after[number]
        forks |= (len(after) > 1) << number
        joins |= (len(before) > 1) << number
        detached += not before and not after
        crowd = max(crowd, len(before), len(after))
    checked = sum([below[task] & checks != 0 for task in writes])
    tested = sum([(above[task] | below[task]) & checks != 0 for task in deploys])
    good = {
        "checked_writes": _share(checked, len(writes)),
        "looked_before_writes": _share(sum([above[task] & looks != 0 for task in writes]), len(writes)),
        "tested_deployments": _share(tested, len(deploys)),
        "can_be_undone": _share(sum([(1 << task | below[task]) & undoes != 0 for task in writes]), len(writes)),
        "fork_and_join": float(forks != 0 and any(below[task] & joins for task in range(size) if forks >> task & 1)),
        "supervised": float(watching > 0),
    }
    lost = sum([not undoes >> task & 1 and above[task] & saves == 0 for task in destroys])
    bad = {
        "unchecked_writes": _share(len(writes) - checked, len(writes)),
        "untested_deployments": _share(len(deploys) - tested, len(deploys)),
        "destroys_for_good": _share(lost, len(destroys)),
        "crowded_task": float(crowd >= _CROWD),
        "detached_tasks": _share(detached, size) if size > 1 else 0.0,
        "single_file": float(size >= _LONG and max(graph.widths) == 1),
        "unestimated_tasks": _share(unestimated, size),
        "cycle": float(graph.cyclic),
    }
    return Build(
        {name: share for name, share in good.items() if share}, {name: share for name, share in bad.items() if share}
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
