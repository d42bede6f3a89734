"""The markers of ended plans outlive the plans themselves, and there are never too many."""

from __future__ import annotations

from app import topics
from app.engine.tables import Table
from tables import forget
from tables.plans_ended import KEPT_MS, PLANS_ENDED, Ended


def test_a_plan_is_remembered_for_longer_than_its_topic_keeps_it() -> None:
    assert topics.PLANS_READY.retention_ms is not None
    assert topics.PLANS_READY.retention_ms < KEPT_MS


def test_the_markers_of_the_longest_ended_plans_go_first() -> None:
    table = Table(PLANS_ENDED.name, changelog="c", value_type=PLANS_ENDED.value_type, count=1)
    for number in range(20):
        view = table.view(0)
        forget(view, before_ms=number * 1000 - KEPT_MS, most=8)
        view[f"p{number}"] = Ended(number * 1000)
        changes = view.changes()
        table.hand_over(0, changes)
        table.settle(0, changes, committed=True)
        assert len(table) <= 9, "what one run brings is over the bound until the next"
    assert list(table) == [f"p{number}" for number in range(11, 20)]
    view = table.view(0)
    assert forget(view, before_ms=15_000, most=100) == 4
