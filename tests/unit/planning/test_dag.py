"""Order, cycles, groups, the critical path and the picture of a graph of tasks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.planning.dag import Edge, acyclic, critical_path, generations, mermaid
from tests.unit.planning.catalogs import plan_of

NAMES = st.sampled_from("abcdefgh")
EDGES = st.lists(st.builds(Edge, NAMES, NAMES), max_size=40)


@given(EDGES)
def test_any_edges_give_an_acyclic_graph_and_an_edge_is_only_left_out_for_a_cycle(edges: list[Edge]) -> None:
    graph, dropped = acyclic("abcdefgh", edges)
    order = [task for group in generations(graph) for task in group]
    assert sorted(order) == list("abcdefgh")
    assert all(order.index(before) < order.index(task) for task in graph for before in graph[task])
    for edge in dropped:
        closed = {task: [*before, edge.before] if task == edge.after else before for task, before in graph.items()}
        with pytest.raises(ValueError, match="wait for each other"):
            generations(closed)
    assert {edge for edge in edges if edge.before != edge.after} == {
        Edge(before, task) for task in graph for before in graph[task]
    } | set(dropped)


def test_the_last_edge_of_a_cycle_is_the_one_that_goes() -> None:
    edges = [Edge("a", "b"), Edge("b", "c"), Edge("c", "a")]
    assert acyclic("abc", edges)[1] == [Edge("c", "a")]


def test_groups_hold_what_may_run_at_the_same_time() -> None:
    graph = {"report": ["a", "b"], "a": [], "b": ["a"], "c": []}
    assert generations(graph) == [["a", "c"], ["b"], ["report"]]


def test_an_unknown_dependency_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown"):
        generations({"a": ["nobody"]})


@given(EDGES, st.lists(st.integers(0, 100), min_size=8, max_size=8))
def test_no_chain_takes_longer_than_the_critical_path(edges: list[Edge], durations: list[int]) -> None:
    graph, _ = acyclic("abcdefgh", edges)
    durations_ms = dict(zip("abcdefgh", durations, strict=True))
    path = critical_path(graph, durations_ms, generations(graph))
    assert path.duration_ms == sum(durations_ms[task] for task in path.tasks)
    assert all(before in graph[task] for before, task in pairwise(path.tasks))
    longest: dict[str, int] = {}
    for group in generations(graph):
        for task in group:
            longest[task] = durations_ms[task] + max((longest[before] for before in graph[task]), default=0)
    assert path.duration_ms == max(longest.values())


def test_the_picture_has_every_task_edge_and_mark_and_no_markup_of_the_asker() -> None:
    plan = plan_of('apagar os clientes "]; click x [inativos')
    drawn = mermaid(plan)
    assert drawn.startswith("flowchart TD\n")
    assert drawn.count("-->") == sum(len(task.dependencies) for task in plan.tasks)
    assert drawn.count('["') == drawn.count('"]') == len(plan.tasks)
    assert "class t2 destructive" in drawn
