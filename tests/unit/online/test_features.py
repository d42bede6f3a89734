"""The features of a plan: worked by hand, and whatever the plan, within their ranges and blind to names and order."""

from __future__ import annotations

import random
from math import log, sqrt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.online.features import (
    NAMES,
    SCHEMA,
    SEED_NAMES,
    Outline,
    PlanFeatures,
    features_of,
    inputs_of,
    outline_features,
)
from models.records import CognitivePlan, Domain, PlanTask, Priority, TaskType, decode, encode
from tests.unit.planning.catalogs import plan_of

WORDS = st.lists(st.sampled_from(["vendas", "por", "região", "deploy", "the", "test", "serviço"]), max_size=6).map(
    " ".join
)


def task(name: str, duration_ms: int | None, after: str = "", **more: object) -> PlanTask:
    fields = {"task_type": TaskType.QUERY, "description": "", **more}
    return PlanTask(task_id=name, estimated_duration_ms=duration_ms, dependencies=after.split(), **fields)  # type: ignore[arg-type]


def features(*tasks: PlanTask, **more: object) -> PlanFeatures:
    about = {"risk_score": 0.5, "complexity_score": 0.4, "priority": Priority.NORMAL, "domain": Domain.BUSINESS, **more}
    return outline_features(Outline(tasks, **about))  # type: ignore[arg-type]


@st.composite
def outlines(draw: st.DrawFn, *, cyclic: bool = True) -> Outline:
    size = draw(st.integers(0, 9))
    tasks = []
    for number in range(size):
        most = size if cyclic else number
        others = draw(st.lists(st.integers(0, most - 1), max_size=4)) if most else []
        named = [f"t{other}" for other in others] + draw(st.sampled_from([[], ["nobody"]]))
        tasks.append(
            PlanTask(
                task_id=f"t{number}",
                task_type=draw(st.sampled_from(TaskType)),
                description=draw(WORDS),
                dependencies=named,
                estimated_duration_ms=draw(st.none() | st.integers(0, 10**9)),
                required_capabilities=draw(st.lists(st.sampled_from(["read", "write", "test"]), max_size=3)),
                metadata=draw(st.sampled_from([{}, {"support": True}, {"weak_dependencies": ["t0", 7, "nobody"]}])),
            )
        )
    destructive = [each.task_id for each in tasks if draw(st.booleans())]
    score = st.floats(0, 1)
    return Outline(
        tasks,
        draw(score),
        draw(score),
        draw(st.sampled_from(Priority)),
        draw(st.sampled_from(Domain)),
        draw(st.integers(0, 10**9)),
        destructive,
    )


def test_the_schema_has_26_and_11_and_one_under_names_of_their_own() -> None:
    assert len(NAMES) == len(set(NAMES)) == 26 + 11 + 1
    assert SEED_NAMES == (
        "task_depth_max",
        "branching_factor_avg",
        "critical_path_length",
        "has_cyclic_dependencies",
        "weak_dependency_ratio",
        "duration_variance",
        "parallelization_potential",
        "capability_diversity",
        "workload_distribution_score",
        "risk_complexity_product",
        "risk_adjusted_duration_estimate",
    )
    assert SCHEMA == "plan-features/1.c829b018", "raise the version: models of the old schema must not be used"


def test_a_diamond_by_hand() -> None:
    """A (1 s) before b (2 s) and c (3 s), both before d (4 s): the slowest chain is a, c, d."""
    found = features(
        task("a", 1000, required_capabilities=["read"]),
        task("b", 2000, "a", required_capabilities=["read", "write"]),
        task("c", 3000, "a", required_capabilities=["read"]),
        task("d", 4000, "b c b", required_capabilities=[]),
        estimated_total_duration_ms=9000,
    )
    assert found.task_depth_max == 3
    assert found.branching_factor_avg == found.avg_coupling == 4 / 4  # the dependency named twice counts once
    assert found.critical_path_length == 1000 + 3000 + 4000
    assert found.has_cyclic_dependencies == 0
    assert found.duration_variance == pytest.approx((1.5**2 + 0.5**2 + 0.5**2 + 1.5**2) / 4)  # mean 2.5 s
    assert found.parallelization_potential == pytest.approx(1 - 8000 / 10_000)
    assert found.capability_diversity == pytest.approx(1 - (3 / 4) ** 2 - (1 / 4) ** 2)
    assert found.workload_distribution_score == pytest.approx((4 + 1 - 2 * (1 + 3 + 6 + 10) / 10) / 4)
    assert found.risk_complexity_product == pytest.approx(0.2)
    assert found.risk_adjusted_duration_estimate == 9000 * 1.5
    assert found.duration_coefficient_of_variation == pytest.approx(sqrt(1.25) / 2.5)
    assert found.density == pytest.approx(4 / 12)
    assert found.max_in_degree == pytest.approx(2 / 3)
    assert (found.longest_chain_edges, found.num_levels, found.max_parallelism) == (2, 3, 2)
    assert found.num_bottlenecks == 0  # a and d have nothing before, or behind them
    assert found.graph_complexity_score == pytest.approx(0.3 * 2 / 3 + 0.4 / 3 + 0.3 * 0.3)


def test_a_chain_has_bottlenecks_and_nothing_runs_beside_anything() -> None:
    found = features(task("a", 10), task("b", 10, "a"), task("c", 10, "b"), task("d", 10, "c"))
    assert (found.num_bottlenecks, found.parallelization_potential, found.workload_distribution_score) == (2, 0, 0)
    assert (found.risk_adjusted_duration_estimate, found.total_duration_ms) == (40 * 1.5, 40)


def test_without_estimates_tasks_count_alike_and_capabilities_do_not_fall_with_more_tasks() -> None:
    few = features(task("a", None, required_capabilities=["x"]), task("b", None, required_capabilities=["y"]))
    many = features(*(task(f"t{n}", None, required_capabilities=["xy"[n % 2]]) for n in range(8)))
    assert few.capability_diversity == many.capability_diversity == 0.5
    assert (few.parallelization_potential, many.parallelization_potential) == (1 / 2, 7 / 8)


def test_weak_dependencies_are_those_that_only_say_what_comes_first() -> None:
    found = features(
        task("check", 1, metadata={"support": True}),
        task("read", 1, "check"),
        task("write", 1, "check read", metadata={"weak_dependencies": ["read"]}),
        task("tell", 1, "write"),
    )
    assert found.weak_dependency_ratio == 3 / 4


def test_a_cycle_is_told_and_counts_as_one_task_that_takes_as_long_as_all_of_it() -> None:
    found = features(task("a", 5), task("b", 10, "a d"), task("c", 20, "b"), task("d", 40, "c"), task("e", 80, "d"))
    assert found.has_cyclic_dependencies == 1
    assert (found.critical_path_length, found.task_depth_max) == (5 + 70 + 80, 5)
    assert features(task("a", 5, "a")).has_cyclic_dependencies == 1
    assert features(task("a", 5, "unknown")).has_cyclic_dependencies == 0


def test_descriptions_by_hand() -> None:
    """The vectors are (2), (1, 1) and nothing: cosines 1 / sqrt 2, 0, 0."""
    found = features(task("a", 1, description="deploy deploy"), task("b", 1, description="Deploy, test"), task("c", 1))
    assert found.mean_norm == pytest.approx((2 + sqrt(2)) / 3)
    assert found.avg_diversity == pytest.approx((3 - 1 / sqrt(2)) / 3)


def test_a_careful_plan_has_the_patterns_that_a_careless_one_lacks() -> None:
    careful = features(
        task("look", 1),
        task("save", 1, "look", task_type=TaskType.EXECUTE),
        task("erase", 1, "save", task_type=TaskType.EXECUTE, parameters={"compensation": {}}),
        task("check", 1, "erase", task_type=TaskType.VALIDATE),
        destructive_tasks=["erase"],
    )
    careless = features(task("erase", 1, task_type=TaskType.EXECUTE), destructive_tasks=["erase"])
    assert (careful.num_patterns_detected, careful.num_anti_patterns_detected) == (3, 0)
    assert careful.avg_pattern_quality == 1.0  # both writes are looked at before and checked after, and can be undone
    assert (careless.num_patterns_detected, careless.num_anti_patterns_detected) == (0, 2)
    assert careless.total_anti_pattern_penalty == pytest.approx(0.2 + 0.35)


def test_nothing_has_no_features_to_speak_of() -> None:
    found = inputs_of(features(risk_score=0.0, complexity_score=0.0))
    assert {name for name, value in found.items() if value} == {"priority_score", "domain_risk_weight"}


@given(outlines())
def test_every_feature_is_within_its_range_whatever_the_graph(outline: Outline) -> None:
    found = outline_features(outline)
    assert msgspec.convert(msgspec.to_builtins(found), PlanFeatures) == found  # which checks the ranges


@given(outlines(), st.randoms(use_true_random=False))
def test_names_and_order_of_tasks_change_nothing(outline: Outline, chance: random.Random) -> None:
    names = {each.task_id: f"renamed {number * 7 % 11}" for number, each in enumerate(outline.tasks)}
    renamed = []
    for each in outline.tasks:
        weak = each.metadata.get("weak_dependencies")
        metadata = each.metadata if weak is None else {"weak_dependencies": [names.get(n, n) for n in weak]}
        changed = [names.get(other, other) for other in each.dependencies]
        chance.shuffle(changed)
        renamed.append(
            msgspec.structs.replace(each, task_id=names[each.task_id], dependencies=changed, metadata=metadata)
        )
    chance.shuffle(renamed)
    other = outline._replace(tasks=renamed, destructive_tasks=[names[name] for name in outline.destructive_tasks])
    expected, found = outline_features(outline), outline_features(other)
    assert msgspec.structs.asdict(found) == pytest.approx(msgspec.structs.asdict(expected), abs=1e-9)


@given(outlines(cyclic=False))
def test_depth_and_critical_path_are_those_of_their_recursive_definition(outline: Outline) -> None:
    tasks = {each.task_id: each for each in outline.tasks}

    def depth(name: str) -> int:
        return 1 + max((depth(other) for other in tasks[name].dependencies if other in tasks), default=0)

    def path_ms(name: str) -> int:
        before = max((path_ms(other) for other in tasks[name].dependencies if other in tasks), default=0)
        return before + (tasks[name].estimated_duration_ms or 0)

    found = outline_features(outline)
    assert found.task_depth_max == max(map(depth, tasks), default=0)
    assert found.critical_path_length == max(map(path_ms, tasks), default=0)
    assert found.has_cyclic_dependencies == 0


def test_a_long_ladder_takes_no_longer_for_its_many_paths() -> None:
    """Two tasks a level, each after both of the level before: 2**99 paths."""
    ladder = [task(f"{side}{level}", 1, f"a{level - 1} b{level - 1}") for level in range(100) for side in "ab"]
    found = features(*ladder)
    assert (found.critical_path_length, found.task_depth_max, found.max_parallelism) == (100, 100, 2)


@pytest.mark.parametrize(
    "text",
    [
        "Vendas por região no último trimestre",
        "Migrar banco de dados de PostgreSQL para MongoDB",
        "apagar os clientes inativos",
    ],
)
def test_training_computes_the_very_row_that_serving_has_seen(text: str) -> None:
    """Serving has the plan as it was made, training reads it from the wire."""
    plan = plan_of(text)
    assert features_of(plan) == features_of(decode(CognitivePlan, encode(plan)))


def test_learners_get_the_logarithm_of_what_spans_magnitudes() -> None:
    row = inputs_of(features(task("a", 999)))
    assert tuple(row) == NAMES
    assert row["critical_path_length"] == log(1000)
    assert row["num_tasks"] == 1.0
