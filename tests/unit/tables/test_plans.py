"""What is kept of the plans that are carried out: alarms, outputs, and no tombstone of what was never there."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.engine.tables import Table
from tables.plans import Alarms, OutputsOf


def _table() -> Table[dict[str, Any]]:
    return Table("task-outputs", changelog="hive-task-outputs-changelog", value_type=dict[str, Any], count=1)


def _commit(table: Table[dict[str, Any]], changes: dict[bytes, bytes | None]) -> None:
    table.hand_over(0, changes)
    table.settle(0, changes, committed=True)


def test_an_alarm_rings_once_and_only_the_newest_counts() -> None:
    alarms = Alarms()
    alarms.set("late", 30)
    alarms.set("early", 10)
    alarms.set("moved", 5)
    alarms.set("moved", 40)
    alarms.set("gone", 1)
    alarms.unset("gone")
    assert alarms.due(9) == []
    assert alarms.due(30) == ["early", "late"]
    assert alarms.due(30) == []
    assert alarms.due(40) == ["moved"]
    alarms.set("moved", 50)
    alarms.clear()
    assert alarms.due(100) == []


_SAYINGS = st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 20)), max_size=30)


@given(sayings=_SAYINGS, now=st.integers(0, 20))
def test_alarms_ring_as_a_mapping_of_the_last_times_says(sayings: list[tuple[str, int | None]], now: int) -> None:
    alarms, last = Alarms(), dict[str, int]()
    for plan_id, at in sayings:
        if at is None:
            alarms.unset(plan_id)
            last.pop(plan_id, None)
        else:
            alarms.set(plan_id, at)
            last[plan_id] = at
    rung = alarms.due(now)
    assert sorted(rung) == sorted(plan_id for plan_id, at in last.items() if at <= now)
    assert [last[plan_id] for plan_id in rung] == sorted(last[plan_id] for plan_id in rung)


def test_outputs_are_those_of_one_plan_and_forgetting_leaves_the_others() -> None:
    table = _table()
    view = table.view(0)
    mine, others = OutputsOf(view, "p1", {"a": None, "b": None}), OutputsOf(view, "p10", {"a": None})
    mine.keep("a", {"count": 1})
    others.keep("a", {"count": 2})
    _commit(table, view.changes())
    view = table.view(0)
    mine, others = OutputsOf(view, "p1", {"a": None, "b": None}), OutputsOf(view, "p10", {"a": None})
    assert (dict(mine), len(others)) == ({"a": {"count": 1}}, 1)
    mine.forget()
    assert dict(mine) == {}
    assert view.changes() == {b"p1/a": None}, "b was never kept: no tombstone of it"
    assert others["a"] == {"count": 2}


def test_what_comes_and_goes_in_one_transaction_leaves_nothing_in_the_changelog() -> None:
    table = _table()
    view = table.view(0)
    outputs = OutputsOf(view, "p1", {"a": None})
    outputs.keep("a", {"count": 1})
    outputs.forget()
    assert view.changes() == {}


def test_what_is_about_to_be_committed_is_taken_back_by_a_tombstone() -> None:
    table = _table()
    first = table.view(0)
    OutputsOf(first, "p1", {"a": None}).keep("a", {"count": 1})
    table.hand_over(0, first.changes())
    second = table.view(0)
    OutputsOf(second, "p1", {"a": None}).forget()
    assert second.changes() == {b"p1/a": None}
    table.hand_over(0, second.changes())
    third = table.view(0)
    assert dict(third) == {}
    OutputsOf(third, "p1", {"a": None}).forget()
    assert third.changes() == {}, "it is taken back already"
