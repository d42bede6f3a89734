"""The shape of a graph of tasks, in one pass, whatever it looks like: cycles are told, and cost no more.

Tasks are numbers here, so that nothing can depend on what they are called. Sets of tasks are bits of an integer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from models.records import PlanTask

__all__ = ["TaskGraph", "graph_of", "task_graph"]


class TaskGraph(NamedTuple):
    """What is known of each task from where it stands.

    Tasks that wait for each other in a circle count as one that takes as long as all of them: everything else is then
    as in a graph without cycles.

    Attributes:
        before: For each task those it depends on, each once.
        after: For each task those that depend on it.
        depth: How many tasks the longest chain that ends here has, this one included: from 1.
        end_ms: How long the slowest chain that ends here takes, this task included.
        ancestors: The tasks that it waits for, directly or not, as bits.
        descendants: The tasks that wait for it, directly or not, as bits.
        cyclic: Whether some tasks wait for each other.
    """

    before: list[list[int]]
    after: list[list[int]]
    depth: list[int]
    end_ms: list[int]
    ancestors: list[int]
    descendants: list[int]
    cyclic: bool

    @property
    def edges(self) -> int:
        """How many dependencies there are, those of a task on itself left out."""
        return sum(map(len, self.before))

    @property
    def widths(self) -> list[int]:
        """How many tasks there are of each depth: those that could run at the same time."""
        widths = [0] * max(self.depth, default=0)
        for depth in self.depth:
            widths[depth - 1] += 1
        return [width for width in widths if width]  # tasks in a circle leave depths that nobody has

    def path_ms(self) -> int:
        """Return how long the slowest chain takes."""
        return max(self.end_ms, default=0)


def graph_of(tasks: Sequence[PlanTask]) -> TaskGraph:
    """Look at the graph of a plan's tasks, numbered as they stand; dependencies on unknown tasks don't count."""
    numbers = {task.task_id: number for number, task in enumerate(tasks)}
    return task_graph(
        [[numbers[other] for other in task.dependencies if other in numbers] for task in tasks],
        [task.estimated_duration_ms or 0 for task in tasks],
    )


def task_graph(dependencies: Sequence[Sequence[int]], durations_ms: Sequence[int]) -> TaskGraph:
    """Look at a graph.

    Args:
        dependencies: For each task the numbers of those it depends on; one that is named twice counts once.
        durations_ms: How long each task takes.
    """
    size = len(dependencies)
    before: list[list[int]] = []
    after: list[list[int]] = [[] for _ in range(size)]
    turning = 0  # tasks that depend on themselves
    for task, named in enumerate(dependencies):
        distinct = list(dict.fromkeys(named)) if len(named) > 1 else list(named)
        if task in distinct:
            distinct.remove(task)
            turning += 1
        before.append(distinct)
        for other in distinct:
            after[other].append(task)
    order = _order(before, after)
    if len(order) < size:
        return _with_cycles(before, after, durations_ms)
    depth, end_ms, ancestors, descendants = [1] * size, list(durations_ms), [0] * size, [0] * size
    for task in order:
        above = 0
        deepest = latest = 0
        for other in before[task]:
            above |= ancestors[other] | 1 << other
            deepest = max(deepest, depth[other])
            latest = max(latest, end_ms[other])
        ancestors[task] = above
        depth[task] += deepest
        end_ms[task] += latest
    for task in reversed(order):
        below = 0
        for other in after[task]:
            below |= descendants[other] | 1 << other
        descendants[task] = below
    return TaskGraph(before, after, depth, end_ms, ancestors, descendants, turning > 0)


def _order(before: list[list[int]], after: list[list[int]]) -> list[int]:
    """Sort tasks so that each stands behind those it depends on; those in or behind a cycle are left out."""
    waits = [len(others) for others in before]
    order = [task for task, waiting in enumerate(waits) if not waiting]
    for task in order:  # which grows meanwhile
        for other in after[task]:
            waits[other] -= 1
            if not waits[other]:
                order.append(other)
    return order


def _with_cycles(before: list[list[int]], after: list[list[int]], durations_ms: Sequence[int]) -> TaskGraph:
    """Take tasks that wait for each other as one, look at that graph, and give each of them what their one has."""
    ancestors, descendants = _closure(before), _closure(after)
    size = len(before)
    circle = [ancestors[task] & descendants[task] | 1 << task for task in range(size)]
    first = [(bits & -bits).bit_length() - 1 for bits in circle]  # the circle's lowest number stands for it
    number = {task: place for place, task in enumerate(sorted(set(first)))}
    part_of = [number[task] for task in first]
    parts: list[list[int]] = [[] for _ in number]
    part_ms = [0] * len(number)
    part_size = [0] * len(number)
    for task in range(size):
        part = part_of[task]
        parts[part] += [part_of[other] for other in before[task] if part_of[other] != part]
        part_ms[part] += durations_ms[task]
        part_size[part] += 1
    condensed = task_graph(parts, part_ms)
    return TaskGraph(
        before,
        after,
        _chains(condensed, part_size, part_of),
        [condensed.end_ms[part] for part in part_of],
        [ancestors[task] & ~(1 << task) for task in range(size)],
        [descendants[task] & ~(1 << task) for task in range(size)],
        cyclic=True,
    )


def _chains(condensed: TaskGraph, part_size: Sequence[int], part_of: Sequence[int]) -> list[int]:
    """The length of the longest chain that ends with each task, all tasks of a circle counted."""
    length = list(part_size)
    for part in sorted(range(len(length)), key=condensed.depth.__getitem__):
        length[part] += max((length[other] for other in condensed.before[part]), default=0)
    return [length[part] for part in part_of]


def _closure(direct: list[list[int]]) -> list[int]:
    """For each task all that can be reached, as bits; itself only if it lies on a cycle."""
    reached = [0] * len(direct)
    changed = True
    while changed:
        changed = False
        for task, others in enumerate(direct):
            found = reached[task]
            for other in others:
                found |= reached[other] | 1 << other
            if found != reached[task]:
                reached[task], changed = found, True
    return reached
