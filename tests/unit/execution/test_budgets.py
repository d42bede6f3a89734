"""What one asker may have in a minute, whatever is measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import QueryRefused
from app.execution.budgets import AnswerBudget


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("what", ["bytes", "rows", "seconds"])
def test_who_has_had_enough_of_anything_is_told_what_and_how_long_to_wait(what: str) -> None:
    clock = Clock()
    budget = AnswerBudget({"bytes": 0, what: 100}, clock=clock)
    budget.check("a")
    budget.spend("a", {what: 250, "other": 1})
    with pytest.raises(QueryRefused, match=rf"100 {what}: wait 91 s") as refused:
        budget.check("a")
    assert refused.value.reason == "limit"
    budget.check("b")
    clock.now += 91
    budget.check("a")


def test_each_is_measured_for_itself_and_nothing_by_default() -> None:
    clock = Clock()
    budget = AnswerBudget({"bytes": 1_000, "rows": 10}, clock=clock)
    budget.spend("a", {"bytes": 1, "rows": 10})
    with pytest.raises(QueryRefused, match="rows"):
        budget.check("a")
    free = AnswerBudget({}, clock=clock)
    free.spend("a", {"rows": 1e9})
    free.check("a")
    assert not free.measures
    with pytest.raises(ValueError, match="bytes, rows, seconds can be measured"):
        AnswerBudget({"joules": 1}, clock=clock)


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 50)), max_size=50))
def test_nobody_has_more_than_its_share_and_one_query_over_it(steps: list[tuple[float, float]]) -> None:
    clock, had = Clock(), 0.0
    budget = AnswerBudget({"seconds": 60}, clock=clock)
    for passed, cost in steps:
        clock.now += passed
        try:
            budget.check("a")
        except QueryRefused:
            continue
        budget.spend("a", {"seconds": cost})
        had += cost
    assert had <= 60 + clock.now + 50 + 1e-6
