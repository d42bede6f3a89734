"""The features of a plan: one module for serving and for training, so that both see the same rows.

Thirty-eight numbers: 26 that the original had, the 11 that it meant to add, and the coefficient of variation. Their
names are the original's but for one: it called two things `critical_path_length`, and one overwrote the other; that of
the graph, in tasks, is `longest_chain_edges` here. Where the original errs the formula is the one that it meant, or,
where that can't work either, one that does; which is said with the feature.

Each takes the tasks as a set: their ids and their order change nothing. The time is linear in tasks, dependencies and
words (sets of tasks are bits of an integer).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import fsum, log1p, sqrt
from typing import Annotated, Final, NamedTuple
from zlib import crc32

import msgspec

from models.nlu.kept import Kept
from models.nlu.words import plain_words, stems
from models.online.plan_patterns import build_of
from models.online.task_graph import TaskGraph, graph_of
from models.records import CognitivePlan, Domain, PlanTask, Priority, TaskType

__all__ = [
    "NAMES",
    "SCHEMA",
    "SEED_NAMES",
    "Outline",
    "PlanFeatures",
    "features_in",
    "features_of",
    "inputs_of",
    "outline_features",
    "row_of",
]

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
"""Without a unit, 0 to 1."""

Number = Annotated[float, msgspec.Meta(ge=0.0)]
"""A number of things, from 0; a whole one unless it is a mean."""

Milliseconds = Annotated[float, msgspec.Meta(ge=0.0)]
"""A duration from 0."""

_PRIORITY: Final = {Priority.LOW: 0.25, Priority.NORMAL: 0.5, Priority.HIGH: 0.75, Priority.CRITICAL: 1.0}
_DOMAIN_RISK: Final = {
    Domain.SECURITY: 0.9, Domain.COMPLIANCE: 0.8, Domain.INFRASTRUCTURE: 0.7, Domain.OPERATIONAL: 0.6,
    Domain.TECHNICAL: 0.5, Domain.BUSINESS: 0.4, Domain.BEHAVIOR: 0.3,
}  # fmt: skip
_COMPLEXITY: Final = {
    TaskType.QUERY: 0.5, TaskType.VALIDATE: 0.6, TaskType.TEST: 0.8, TaskType.TRANSFORM: 1.0, TaskType.EXECUTE: 1.0,
    TaskType.COMPENSATE: 1.2, TaskType.BUILD: 1.3, TaskType.DEPLOY: 1.5,
}  # fmt: skip
_MOST_WORDS: Final = 64
"""Of a description: no text may take long."""

_LONGEST_KEPT: Final = 512
"""Characters of a description whose words are kept: those of templates are shorter."""


class PlanFeatures(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The row of a plan. Without tasks, everything that is counted, measured or shared out among them is 0.

    n is the number of tasks, w the estimated duration of one (0 where there is none), W the sum of all w.
    """

    num_tasks: Number
    """Tasks: n."""
    priority_score: Share
    """Low 0.25, normal 0.5, high 0.75, critical 1 (the original adds noise, even when it serves)."""
    total_duration_ms: Milliseconds
    """The work: W."""
    avg_duration_ms: Milliseconds
    """W / n."""
    risk_score: Share
    """The plan's."""
    complexity_score: Share
    """The plan's."""
    domain_risk_weight: Share
    """How much is at stake in the domain, 0.3 (behavior) to 0.9 (security) (a constant in the original)."""
    avg_task_complexity_factor: Annotated[float, msgspec.Meta(ge=0.0, le=1.5)]
    """The mean over the tasks of their type's factor, from 0.5 (query) to 1.5 (deploy) (a constant in the original)."""
    num_patterns_detected: Annotated[float, msgspec.Meta(ge=0.0, le=6.0)]
    """How many of `plan_patterns.PATTERNS` there are."""
    num_anti_patterns_detected: Annotated[float, msgspec.Meta(ge=0.0, le=8.0)]
    """How many of `plan_patterns.ANTI_PATTERNS` there are."""
    avg_pattern_quality: Share
    """The mean share of the tasks concerned that have the pattern; 0 without patterns."""
    total_anti_pattern_penalty: Share
    """The sum of the faults' penalties, at most 1."""
    num_nodes: Number
    """n again: kept for the schema."""
    num_edges: Number
    """Dependencies on tasks of the plan, each once: e. Those on unknown tasks and on the task itself don't count."""
    density: Share
    """e / (n (n - 1)); at most 0.5 without cycles."""
    avg_in_degree: Share
    """The mean over the tasks of (dependencies / (n - 1)): by definition the density, kept for the schema."""
    max_in_degree: Share
    """The largest (dependencies / (n - 1))."""
    longest_chain_edges: Number
    """Dependencies of the longest chain of tasks: its tasks less 1."""
    max_parallelism: Number
    """Tasks of the widest level."""
    num_levels: Number
    """Levels: tasks on one level don't wait for each other."""
    avg_coupling: Number
    """Dependencies a task: e / n."""
    num_bottlenecks: Number
    """Tasks beside which none can run, with tasks before and behind them.

    The original asks for a betweenness above 0.5, which no task of an acyclic graph has: at most a quarter of all pairs
    run through one, but for n = 3 where it is a half.
    """
    graph_complexity_score: Share
    """0.3 min(1, 2 density) + 0.4 min(1, avg_coupling / 3) + 0.3 min(1, num_levels / 10)."""
    mean_norm: Number
    """The mean length of the descriptions as vectors: how often each word stem occurs (at most 64 words each)."""
    std_norm: Number
    """The standard deviation of these lengths."""
    avg_diversity: Share
    """The mean over all pairs of tasks of 1 less the cosine of their descriptions; 0 for fewer than two."""
    task_depth_max: Number
    """Tasks of the longest chain; a task without dependencies has depth 1."""
    branching_factor_avg: Number
    """How many tasks wait for a task directly, on average: e / n, so avg_coupling seen from the other side."""
    critical_path_length: Milliseconds
    """The duration of the chain that takes longest."""
    has_cyclic_dependencies: Share
    """1 where tasks wait for each other or for themselves, else 0 (a plan's record refuses them)."""
    weak_dependency_ratio: Share
    """The share of the dependencies that only say what comes first: those of and on support tasks (checks, audits), and
    those that the task lists in `metadata.weak_dependencies`. 0 without dependencies."""
    duration_variance: Number
    """The variance of the durations, in square seconds (population)."""
    parallelization_potential: Share
    """1 - critical_path_length / W: the share of the work that can be done beside other work; below 1.

    Where nothing is estimated all tasks count alike. (The original takes the share of tasks without dependencies.)
    """
    capability_diversity: Share
    """The chance that two required capabilities drawn at random (with replacement) differ: 1 - sum of squared shares
    (Gini-Simpson), below 1.

    The original divides the number of distinct ones by n, which may exceed 1 and falls with n.
    """
    workload_distribution_score: Share
    """The Gini coefficient of the durations: 0 where all are alike, below 1.

    (n + 1 - 2 sum_i C_i / C_n) / n with C_i the sum of the i smallest.
    """
    risk_complexity_product: Share
    """risk_score times complexity_score."""
    risk_adjusted_duration_estimate: Milliseconds
    """The plan's estimated_total_duration_ms (where it has none, critical_path_length) times (1 + risk_score)."""
    duration_coefficient_of_variation: Number
    """The standard deviation of the durations over their mean, at most sqrt(n - 1)."""


NAMES: Final = PlanFeatures.__struct_fields__
"""The names of the features, in the order of a row."""

SEED_NAMES: Final = NAMES[-12:-1]
"""Those that the original meant to add."""

SCHEMA: Final = f"plan-features/1.{crc32(','.join(NAMES).encode()):08x}"
"""Goes with every row and every model: what was learned on one schema can't be used on another.

The number is raised by hand when a formula changes; the checksum follows the names and their order.
"""

_LOGARITHMIC: Final = frozenset(
    {"total_duration_ms", "avg_duration_ms", "critical_path_length", "risk_adjusted_duration_estimate",
     "duration_variance"}
)  # fmt: skip


class Outline(NamedTuple):
    """What of a plan is looked at; that of a draft may have cycles, which a CognitivePlan never has."""

    tasks: Sequence[PlanTask]
    risk_score: float
    complexity_score: float
    priority: Priority
    domain: Domain
    estimated_total_duration_ms: int = 0
    destructive_tasks: Sequence[str] = ()

    @classmethod
    def of(cls, plan: CognitivePlan) -> Outline:
        """Take it from a plan."""
        return cls(
            plan.tasks,
            plan.risk_score,
            plan.complexity_score,
            plan.original_priority,
            plan.original_domain,
            plan.estimated_total_duration_ms,
            plan.destructive_tasks,
        )


def features_of(plan: CognitivePlan, graph: TaskGraph | None = None) -> PlanFeatures:
    """Compute the features of a plan; `graph` is that of its tasks, from those who have it."""
    return outline_features(Outline.of(plan), graph)


def inputs_of(features: PlanFeatures) -> dict[str, float]:
    """Return what learners are given: the row, with log(1 + x) of what has no upper bound and spans magnitudes."""
    row: dict[str, float] = msgspec.structs.asdict(features)
    for name in _LOGARITHMIC:
        row[name] = log1p(row[name])
    return row


def row_of(features: PlanFeatures) -> list[float]:
    """Return the numbers in the order of `NAMES`, as they travel."""
    return list(msgspec.structs.astuple(features))


def features_in(row: Sequence[float]) -> PlanFeatures:
    """Return the features of a row that has travelled.

    Raises:
        ValueError: it has not as many numbers as this schema.
    """
    return PlanFeatures(**dict(zip(NAMES, row, strict=True)))


def outline_features(outline: Outline, graph: TaskGraph | None = None) -> PlanFeatures:
    """Compute the features of what may not be a plan yet."""
    tasks = outline.tasks
    size = len(tasks)
    durations_ms = [task.estimated_duration_ms or 0 for task in tasks]
    if graph is None:
        graph = graph_of(tasks)
    build = build_of(tasks, graph, frozenset(outline.destructive_tasks))
    edges = graph.edges
    levels, widest = _levels(graph)
    deepest = max(graph.depth, default=0)
    others = max(size - 1, 1)
    each = max(size, 1)
    density = edges / (each * others)
    work_ms = sum(durations_ms)
    path_ms = graph.path_ms()
    mean_ms = work_ms / each
    variance_ms2 = fsum([(duration - mean_ms) ** 2 for duration in durations_ms]) / each
    lengths, diversity = _descriptions(tasks)
    mean_length = fsum(lengths) / each
    length_variance = fsum([(length - mean_length) ** 2 for length in lengths]) / each
    return PlanFeatures(
        num_tasks=float(size),
        priority_score=_PRIORITY[outline.priority],
        total_duration_ms=float(work_ms),
        avg_duration_ms=mean_ms,
        risk_score=outline.risk_score,
        complexity_score=outline.complexity_score,
        domain_risk_weight=_DOMAIN_RISK[outline.domain],
        avg_task_complexity_factor=fsum([_COMPLEXITY[task.task_type] for task in tasks]) / each,
        num_patterns_detected=float(len(build.patterns)),
        num_anti_patterns_detected=float(len(build.anti_patterns)),
        avg_pattern_quality=build.quality,
        total_anti_pattern_penalty=build.penalty,
        num_nodes=float(size),
        num_edges=float(edges),
        density=density,
        avg_in_degree=density,
        max_in_degree=max(map(len, graph.before), default=0) / others,
        longest_chain_edges=float(max(deepest - 1, 0)),
        max_parallelism=float(widest),
        num_levels=float(levels),
        avg_coupling=edges / each,
        num_bottlenecks=float(_bottlenecks(graph)),
        graph_complexity_score=0.3 * min(1.0, 2.0 * density)
        + 0.4 * min(1.0, edges / each / 3.0)
        + 0.3 * min(1.0, levels / 10.0),
        mean_norm=mean_length,
        std_norm=sqrt(length_variance),
        avg_diversity=diversity,
        task_depth_max=float(deepest),
        branching_factor_avg=edges / each,
        critical_path_length=float(path_ms),
        has_cyclic_dependencies=float(graph.cyclic),
        weak_dependency_ratio=_weak_ratio(tasks, graph),
        duration_variance=variance_ms2 / 1e6,
        parallelization_potential=1.0 - (path_ms / work_ms if work_ms else deepest / each) if size else 0.0,
        capability_diversity=_capability_diversity(tasks),
        workload_distribution_score=_gini(durations_ms, work_ms),
        risk_complexity_product=outline.risk_score * outline.complexity_score,
        risk_adjusted_duration_estimate=(outline.estimated_total_duration_ms or path_ms) * (1.0 + outline.risk_score),
        duration_coefficient_of_variation=sqrt(variance_ms2) / mean_ms if mean_ms else 0.0,
    )


def _levels(graph: TaskGraph) -> tuple[int, int]:
    """Return how many levels there are, and how many tasks the widest has."""
    widths = graph.widths
    return len(widths), max(widths, default=0)


def _bottlenecks(graph: TaskGraph) -> int:
    every = len(graph.before) - 1
    return sum(
        [
            above != 0 and below != 0 and above & below == 0 and above.bit_count() + below.bit_count() == every
            for above, below in zip(graph.ancestors, graph.descendants, strict=True)
        ]
    )


def _weak_ratio(tasks: Sequence[PlanTask], graph: TaskGraph) -> float:
    supports = [bool(task.metadata.get("support")) for task in tasks]
    weak = 0
    for number, before in enumerate(graph.before):
        if supports[number]:
            weak += len(before)
        elif before:
            listed = tasks[number].metadata.get("weak_dependencies")
            named = listed if isinstance(listed, list) else ()
            weak += sum([supports[other] or tasks[other].task_id in named for other in before])
    return weak / graph.edges if weak else 0.0


def _capability_diversity(tasks: Sequence[PlanTask]) -> float:
    counts: dict[str, int] = {}
    total = 0
    for task in tasks:
        for name in task.required_capabilities:
            counts[name] = counts.get(name, 0) + 1
            total += 1
    return 1.0 - sum([count * count for count in counts.values()]) / (total * total) if total else 0.0


def _gini(durations_ms: Sequence[int], work_ms: int) -> float:
    if not work_ms:
        return 0.0
    size, cumulated, summed = len(durations_ms), 0, 0
    for duration in sorted(durations_ms):
        cumulated += duration
        summed += cumulated
    return max(0.0, (size + 1 - 2 * summed / work_ms) / size)


def _descriptions(tasks: Sequence[PlanTask]) -> tuple[list[float], float]:
    """Return the length of each description as a vector of word counts, and the mean distance of two of them.

    The cosines of all pairs follow from the sum of the n vectors of length 1: its square is n and twice their sum.
    """
    lengths = []
    total: dict[str, float] = {}
    there = 0
    for task in tasks:
        text = task.description
        length, shares = _VECTORS[text] if len(text) <= _LONGEST_KEPT else _vector(text)
        lengths.append(length)
        if length:
            there += 1
            for word, share in shares:
                total[word] = total.get(word, 0.0) + share
    pairs = len(tasks) * (len(tasks) - 1)  # each counted twice
    if not pairs:
        return lengths, 0.0
    alike = sum([value * value for value in total.values()]) - there
    return lengths, min(max(1.0 - alike / pairs, 0.0), 1.0)


def _vector(text: str) -> tuple[float, list[tuple[str, float]]]:
    """Return the length of a text as a vector of word counts, and each word's share of it."""
    counts = Counter(stems(plain_words(text, most=_MOST_WORDS)))
    length = sqrt(sum([count * count for count in counts.values()]))
    return length, [(word, count / length) for word, count in counts.items()]


_VECTORS = Kept(_vector, room=4_096)
