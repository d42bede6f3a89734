"""What the specialists look at: read once from a plan, then shared by all five.

Everything comes from fields that the schema has (`dependencies`, `estimated_duration_ms`, `parameters`, …) and from the
words of descriptions and of the question. A plan that came from elsewhere may lack risk factors: they are then taken
from the plan's own score, level and priority.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from models.deliberation.lexicon import Concept, concepts_of, concepts_of_name
from models.nlu.words import plain_words
from models.records import CognitivePlan, PlanTask, Priority, RiskBand, SecurityLevel, TaskType

__all__ = ["Evidence", "read"]

_WRITING = frozenset({TaskType.BUILD, TaskType.DEPLOY, TaskType.EXECUTE, TaskType.COMPENSATE})
_CHECKING = frozenset({TaskType.VALIDATE, TaskType.TEST})
_LOOKING = frozenset({TaskType.QUERY, TaskType.VALIDATE, TaskType.TEST})
_PRIORITY = {Priority.LOW: 0.3, Priority.NORMAL: 0.6, Priority.HIGH: 0.8, Priority.CRITICAL: 1.0}
_LEVEL = {
    SecurityLevel.PUBLIC: 0.1,
    SecurityLevel.INTERNAL: 0.3,
    SecurityLevel.CONFIDENTIAL: 0.6,
    SecurityLevel.RESTRICTED: 0.9,
}
_FULL_COST_MS = 20_000  # as models.planning.risk has it: twice the dearest template
_FULL_PATH_MS = 10_000
_NO_WAY_BACK = re.compile(
    r"\b(?:sem|without|no|nem) (?:qualquer |nenhum |nenhuma |any |a |fazer |making )?"
    r"(?:backups?|copias?|snapshots?|rollbacks?|retorno|recuperacao|recovery|undo|way back|volta)\b"
    r"|\birrevers|\birrecuper|\bunrecoverabl|\bpermanentemente\b|\bpermanently\b|\bdefinitivamente\b"
)


class Evidence(NamedTuple):
    """What a plan is like; everything but counts and flags lies between 0 and 1.

    Attributes:
        tasks, edges: Of the graph.
        levels: Tasks on its longest chain.
        waiting: Share of tasks that wait for others.
        busiest: The most tasks that one task waits for.
        writes: Tasks that change something outside (watching and auditing do not).
        change: `writes / (writes + 1)`: 0 for a plan that only reads.
        guarded: Share of the writes that a check comes after, at any distance; 1 without writes.
        prepared: Share of the writes that a look or a check comes before; 1 without writes.
        reversible: Share of the writes that can be undone: by a compensation of their own, or by a backup or a
            return that the plan has; 1 without writes, 0 where the asker forbids it.
        no_way_back: Whether the asker forbids it, or says that it is for good.
        overloaded: Share of tasks that need three capabilities or more.
        outside: Share of tasks that somebody else does.
        generic: Whether nothing but the general template fitted.
        cost: Estimated work, 1 from 20 s.
        path: Length of the critical path, 1 from 10 s.
        serial: Share of the work that lies on it.
        priority, level: As scores.
        doubt: How unsure the understanding was.
        security, environment, history: As planning assessed them.
        risk: The plan's own risk score.
        destructive, critical: Whether it destroys; whether its risk is in the highest band.
        said: Concepts of the question (bits of `Concept`).
        shares: Concept (bit) to the share of tasks that speak of it.
        portuguese: Whether the asker speaks Portuguese.
    """

    tasks: int
    edges: int
    levels: int
    waiting: float
    busiest: int
    writes: int
    change: float
    guarded: float
    prepared: float
    reversible: float
    no_way_back: bool
    overloaded: float
    outside: float
    generic: bool
    cost: float
    path: float
    serial: float
    priority: float
    level: float
    doubt: float
    security: float
    environment: float
    history: float
    risk: float
    destructive: bool
    critical: bool
    said: int
    shares: dict[int, float]
    portuguese: bool

    def asks_for(self, concepts: Concept) -> bool:
        """Whether the question speaks of one of these."""
        return bool(self.said & concepts.value)

    def care(self, *concepts: Concept) -> float:
        """How far the tasks take care of the concepts: 0 when none does, from 0.6 when one, 1 from a quarter on."""
        share = 0.0
        for concept in concepts:
            share = max(share, self.shares.get(concept.value, 0.0))
        return 0.6 + 0.4 * min(1.0, 4.0 * share) if share else 0.0


class _Graph(NamedTuple):
    edges: int
    levels: int
    waiting: int
    busiest: int
    path_ms: int
    writes: int
    guarded: int
    prepared: int


def read(plan: CognitivePlan) -> Evidence:
    """Look at a plan."""
    tasks, about, factors = plan.tasks, plan.metadata, plan.risk_factors
    count = len(tasks) or 1
    graph = _walk(plan)
    asker = about.get("asker")
    asker = asker if isinstance(asker, dict) else {}
    question = str(asker.get("question") or plan.reasoning_summary)
    shares, undone = _spoken_of(tasks, count)
    no_way_back = graph.writes > 0 and _NO_WAY_BACK.search(" ".join(plain_words(question))) is not None
    work_ms = sum([task.estimated_duration_ms or 0 for task in tasks])
    planning = about.get("planning")
    method = planning.get("method") if isinstance(planning, dict) else None
    level = _LEVEL[plan.original_security_level]
    return Evidence(
        tasks=len(tasks),
        edges=graph.edges,
        levels=graph.levels,
        waiting=graph.waiting / count,
        busiest=graph.busiest,
        writes=graph.writes,
        change=graph.writes / (graph.writes + 1),
        guarded=graph.guarded / graph.writes if graph.writes else 1.0,
        prepared=graph.prepared / graph.writes if graph.writes else 1.0,
        reversible=_reversible(graph.writes, undone, shares, no_way_back=no_way_back),
        no_way_back=no_way_back,
        overloaded=sum([len(task.required_capabilities) >= 3 for task in tasks]) / count,
        outside=sum([task.metadata.get("handled_by") != "here" for task in tasks]) / count,
        generic=method == "generic",
        cost=_factor(factors, "cost", min(work_ms / _FULL_COST_MS, 1.0)),
        path=min(graph.path_ms / _FULL_PATH_MS, 1.0),
        serial=graph.path_ms / work_ms if work_ms else 1.0,
        priority=_PRIORITY[plan.original_priority],
        level=level,
        doubt=_factor(factors, "doubt", 0.0),
        security=_factor(plan.risk_matrix or {}, "security", level),
        environment=_factor(factors, "environment", 0.0),
        history=_factor(factors, "history", 0.0),
        risk=plan.risk_score,
        destructive=plan.is_destructive,
        critical=plan.risk_band is RiskBand.CRITICAL,
        said=concepts_of(question),
        shares=shares,
        portuguese=asker.get("language", "pt") != "en",
    )


def _factor(given: dict[str, float], name: str, otherwise: float) -> float:
    value = given.get(name, otherwise)
    return min(max(value, 0.0), 1.0)


def _walk(plan: CognitivePlan) -> _Graph:
    """Walk the graph once in its order: dependencies come first, whatever the order of `tasks` is."""
    by_id = {task.task_id: task for task in plan.tasks}
    level: dict[str, int] = {}
    end_ms: dict[str, int] = {}
    looked: set[str] = set()  # a look or a check comes before, or is it itself
    edges = waiting = busiest = writes = prepared = 0
    for task_id in plan.execution_order:
        task = by_id[task_id]
        after = task.dependencies
        edges += len(after)
        waiting += bool(after)
        busiest = max(busiest, len(after))
        level[task_id] = 1 + max([level[before] for before in after], default=0)
        end_ms[task_id] = (task.estimated_duration_ms or 0) + max([end_ms[before] for before in after], default=0)
        has_looked = not looked.isdisjoint(after)
        if has_looked or task.task_type in _LOOKING:
            looked.add(task_id)
        if _changes(task):
            writes += 1
            prepared += has_looked
    return _Graph(
        edges=edges,
        levels=max(level.values(), default=0),
        waiting=waiting,
        busiest=busiest,
        path_ms=max(end_ms.values(), default=0),
        writes=writes,
        guarded=_guarded(plan, by_id) if writes else 0,
        prepared=prepared,
    )


def _guarded(plan: CognitivePlan, by_id: dict[str, PlanTask]) -> int:
    """How many of the writes a check comes after: walked backwards, so that every task is looked at once."""
    checked: set[str] = set()
    for task_id in reversed(plan.execution_order):
        task = by_id[task_id]
        if task_id in checked or task.task_type in _CHECKING:
            checked.update(task.dependencies)
    return sum([_changes(task) and task.task_id in checked for task in plan.tasks])


def _changes(task: PlanTask) -> bool:
    return task.task_type in _WRITING and not task.metadata.get("support")


def _spoken_of(tasks: list[PlanTask], count: int) -> tuple[dict[int, float], int]:
    """Return the share of tasks that speak of each concept, and how many writes name their own compensation.

    A task speaks by its description, and by the name of its step, which is English whatever the language is.
    """
    numbers: dict[int, int] = {}
    undone = 0
    for task in tasks:
        about = task.metadata
        step = about.get("action") or about.get("step")
        left = concepts_of(task.description)
        if isinstance(step, str):
            left |= concepts_of_name(step)
        for capability in task.required_capabilities:
            left |= concepts_of_name(capability)
        while left:
            bit = left & -left
            numbers[bit] = numbers.get(bit, 0) + 1
            left ^= bit
        undone += bool(task.parameters.get("compensation")) and _changes(task)
    return {bit: number / count for bit, number in numbers.items()}, undone


def _reversible(writes: int, undone: int, shares: dict[int, float], *, no_way_back: bool) -> float:
    if writes == 0:
        return 1.0
    if no_way_back:
        return 0.0
    return 1.0 if Concept.REVERT.value in shares else undone / writes
