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
from models.online.task_graph import TaskGraph, graph_of
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

    def asks_for(self, concepts: int) -> bool:
        """Whether the question speaks of one of these."""
        return bool(self.said & concepts)

    def care(self, *concepts: int) -> float:
        """How far the tasks take care of the concepts: 0 when none does, from 0.6 when one, 1 from a quarter on."""
        share = 0.0
        for concept in concepts:
            spoken = self.shares.get(concept, 0.0)
            share = max(share, spoken)
        if share >= 0.25:
            return 1.0
        return 0.6 + 1.6 * share if share else 0.0


class _Writes(NamedTuple):
    """What of the tasks changes something: how many, and of these those guarded, prepared and undone."""

    number: int
    guarded: int
    prepared: int
    undone: int


def read(plan: CognitivePlan, graph: TaskGraph | None = None) -> Evidence:
    """Look at a plan; `graph` is that of its tasks, from those who have it."""
    tasks, about, factors = plan.tasks, plan.metadata, plan.risk_factors
    count = len(tasks) or 1
    if graph is None:
        graph = graph_of(tasks)
    writes = _writes(tasks, graph)
    asker = about.get("asker")
    asker = asker if isinstance(asker, dict) else {}
    question = str(asker.get("question") or plan.reasoning_summary)
    shares = _spoken_of(tasks, count)
    no_way_back = writes.number > 0 and _NO_WAY_BACK.search(" ".join(plain_words(question))) is not None
    durations_ms = [task.estimated_duration_ms or 0 for task in tasks]
    work_ms, path_ms = sum(durations_ms), graph.path_ms()
    waited_for = [len(others) for others in graph.before]
    planning = about.get("planning")
    method = planning.get("method") if isinstance(planning, dict) else None
    level = _LEVEL[plan.original_security_level]
    return Evidence(
        tasks=len(tasks),
        edges=sum(waited_for),
        levels=max(graph.depth, default=0),
        waiting=(len(tasks) - waited_for.count(0)) / count,
        busiest=max(waited_for, default=0),
        writes=writes.number,
        change=writes.number / (writes.number + 1),
        guarded=writes.guarded / writes.number if writes.number else 1.0,
        prepared=writes.prepared / writes.number if writes.number else 1.0,
        reversible=_reversible(writes, shares, no_way_back=no_way_back),
        no_way_back=no_way_back,
        overloaded=sum([len(task.required_capabilities) >= 3 for task in tasks]) / count,
        outside=sum([task.metadata.get("handled_by") != "here" for task in tasks]) / count,
        generic=method == "generic",
        cost=_factor(factors, "cost", min(work_ms / _FULL_COST_MS, 1.0)),
        path=min(path_ms / _FULL_PATH_MS, 1.0),
        serial=path_ms / work_ms if work_ms else 1.0,
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


def _writes(tasks: list[PlanTask], graph: TaskGraph) -> _Writes:
    """Look which tasks change something, and what stands before and behind them, at any distance."""
    writes = []
    looks = checks = undone = 0
    for number, task in enumerate(tasks):
        kind = task.task_type
        if kind in _LOOKING:
            looks |= 1 << number
            if kind in _CHECKING:
                checks |= 1 << number
        elif kind in _WRITING and not task.metadata.get("support"):
            writes.append(number)
            undone += bool(task.parameters.get("compensation"))
    return _Writes(
        len(writes),
        sum([graph.descendants[number] & checks != 0 for number in writes]),
        sum([graph.ancestors[number] & looks != 0 for number in writes]),
        undone,
    )


def _spoken_of(tasks: list[PlanTask], count: int) -> dict[int, float]:
    """Return the share of tasks that speak of each concept.

    A task speaks by its description, and by the name of its step, which is English whatever the language is.
    """
    numbers: dict[int, int] = {}
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
    return {bit: number / count for bit, number in numbers.items()}


def _reversible(writes: _Writes, shares: dict[int, float], *, no_way_back: bool) -> float:
    if writes.number == 0:
        return 1.0
    if no_way_back:
        return 0.0
    return 1.0 if Concept.REVERT in shares else writes.undone / writes.number
