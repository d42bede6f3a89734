"""A plan's execution order is a proof that its graph has no cycle."""

from __future__ import annotations

import pytest

from models.records import PlanTask, TaskType
from models.records.plan import check_order


def task(name: str, *dependencies: str) -> PlanTask:
    return PlanTask(task_id=name, task_type=TaskType.QUERY, description="", dependencies=list(dependencies))


def test_an_order_with_dependencies_first_is_accepted() -> None:
    check_order([task("c", "a", "b"), task("a"), task("b", "a")], ["a", "b", "c"])


@pytest.mark.parametrize(
    ("tasks", "order", "message"),
    [
        ([task("a", "b"), task("b", "a")], ["a", "b"], "comes before"),
        ([task("a", "zzz")], ["a"], "comes before"),
        ([task("a", "a")], ["a"], "comes before"),
        ([task("a")], [], "exactly once"),
        ([task("a")], ["a", "a"], "exactly once"),
        ([task("a")], ["b"], "exactly once"),
        ([task("a"), task("a")], ["a"], "same task_id"),
    ],
)
def test_any_other_order_is_refused(tasks: list[PlanTask], order: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_order(tasks, order)
