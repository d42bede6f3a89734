"""Graphs of tasks: order, cycles, what may run at the same time, the critical path, and a picture.

A graph is a mapping of each task to those it depends on; everything keeps to the mapping's order where there is a
choice, so that the same graph gives the same result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from models.records import CognitivePlan

__all__ = ["CriticalPath", "Edge", "acyclic", "critical_path", "depends", "generations", "mermaid"]

Graph = Mapping[str, Sequence[str]]
_MOST_LABEL_CHARS = 60


class Edge(NamedTuple):
    """`after` depends on `before`."""

    before: str
    after: str


class CriticalPath(NamedTuple):
    """The chain of tasks that takes longest, how long it takes, and how long without its first task."""

    tasks: tuple[str, ...]
    duration_ms: int
    waiting_ms: int


def acyclic(tasks: Iterable[str], edges: Iterable[Edge]) -> tuple[dict[str, list[str]], list[Edge]]:
    """Make a graph of edges, one after the other; an edge that would close a cycle is left out.

    Returns:
        The graph, and the edges that were left out. Edges of unknown tasks, to themselves and repeated ones are not
        taken either, and not told.
    """
    graph: dict[str, list[str]] = {task: [] for task in tasks}
    dropped: list[Edge] = []
    for edge in edges:
        before, after = edge
        if before == after or before not in graph or after not in graph or before in graph[after]:
            continue
        if depends(graph, before, after):
            dropped.append(edge)
        else:
            graph[after].append(before)
    return graph, dropped


def depends(graph: Graph, task: str, on: str) -> bool:
    """Whether a task depends on another, directly or not."""
    waiting, seen = [task], {task}
    while waiting:
        for before in graph[waiting.pop()]:
            if before == on:
                return True
            if before not in seen:
                seen.add(before)
                waiting.append(before)
    return False


def generations(graph: Graph) -> list[list[str]]:
    """Return the groups of tasks that may run at the same time: each group depends only on those before it.

    Raises:
        ValueError: the graph has a cycle, or depends on a task that it has not.
    """
    level: dict[str, int] = {}
    left = list(graph)
    while left:  # one round is enough where each task stands behind those that it depends on
        waiting: list[str] = []
        for task in left:
            own = 0
            for before in graph[task]:
                if before not in level:
                    waiting.append(task)
                    break
                own = max(own, level[before] + 1)
            else:
                level[task] = own
        if len(waiting) == len(left):
            raise ValueError(f"tasks wait for each other or for unknown ones: {', '.join(waiting)}")
        left = waiting
    groups: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for task in graph:
        groups[level[task]].append(task)
    return groups


def critical_path(graph: Graph, durations_ms: Mapping[str, int], groups: list[list[str]]) -> CriticalPath:
    """Return the longest chain by duration, given the graph's generations; of equal ones the first."""
    end_ms: dict[str, int] = {}
    via: dict[str, str | None] = {}
    for group in groups:
        for task in group:
            last = max(graph[task], key=end_ms.__getitem__, default=None)
            via[task] = last
            end_ms[task] = (0 if last is None else end_ms[last]) + durations_ms[task]
    at = max(end_ms, key=end_ms.__getitem__, default=None)
    duration_ms = 0 if at is None else end_ms[at]
    path: list[str] = []
    while at is not None:
        path.append(at)
        at = via[at]
    first_ms = durations_ms[path[-1]] if path else 0
    return CriticalPath(tuple(reversed(path)), duration_ms, duration_ms - first_ms)


def mermaid(plan: CognitivePlan) -> str:
    """Draw a plan as a Mermaid flow chart; tasks that destroy are marked, and so are conflicts that are left open."""
    names = {task.task_id: f"t{number}" for number, task in enumerate(plan.tasks)}
    lines = ["flowchart TD"]
    for task in plan.tasks:
        label = f"{task.task_id} · {task.task_type.value}<br/>{_escaped(task.description)}"
        lines.append(f'    {names[task.task_id]}["{label}"]')
    lines += [f"    {names[before]} --> {names[task.task_id]}" for task in plan.tasks for before in task.dependencies]
    for conflict in plan.metadata.get("planning", {}).get("conflicts", ()):
        if not conflict["resolved"]:
            lines.append(
                f"    {names[conflict['first']]} -. {conflict['severity']} conflict .- {names[conflict['second']]}"
            )
    if plan.destructive_tasks:
        marked = ",".join(names[task_id] for task_id in plan.destructive_tasks if task_id in names)
        lines += ["    classDef destructive stroke:#c00,stroke-width:3px", f"    class {marked} destructive"]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Write what Mermaid would read as its own signs as entities."""
    line = " ".join(text.split())
    short = line if len(line) <= _MOST_LABEL_CHARS else line[: _MOST_LABEL_CHARS - 1] + "…"
    return "".join(char if char.isalnum() or char in " .,:/()+-–…'_áéíóúâêôãõç" else f"#{ord(char)};" for char in short)
