"""Duplicates within a window of event time, against a list of all that ever came."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.engine.tables import Table, TableView
from tables import forget
from tables.correlations import WINDOW_MS, Seen, first_of, release

STEP = st.tuples(st.sampled_from("abc"), st.integers(0, WINDOW_MS // 2), st.booleans())


def _table() -> Table[Seen]:
    return Table("correlations", changelog="c", value_type=Seen, count=1)


def _commit(table: Table[Seen], view: TableView[Seen]) -> None:
    changes = view.changes()
    table.hand_over(0, changes)
    table.settle(0, changes, committed=True)


@given(st.lists(STEP, max_size=40))
def test_the_second_within_the_window_is_a_duplicate_of_the_first_unless_that_has_failed(
    steps: list[tuple[str, int, bool]],
) -> None:
    table = _table()
    model: dict[str, tuple[str, int]] = {}
    now_ms = 0
    for number, (correlation_id, after_ms, fails) in enumerate(steps):
        now_ms += after_ms
        view = table.view(0)
        forget(view, before_ms=now_ms - WINDOW_MS, most=100)
        intention_id = f"i{number}"
        first, at_ms = model.get(correlation_id, ("", -WINDOW_MS))
        duplicate = now_ms - at_ms < WINDOW_MS
        assert first_of(view, correlation_id, intention_id, event_time_ms=now_ms) == (first if duplicate else None)
        if not duplicate:
            model[correlation_id] = (intention_id, now_ms)
        if fails:
            assert release(view, correlation_id, intention_id) is not duplicate
            if not duplicate:
                del model[correlation_id]
        _commit(table, view)
        assert len(table) <= 3


def test_what_is_older_than_the_window_is_forgotten_and_no_more() -> None:
    table = _table()
    view = table.view(0)
    for number in range(10):
        first_of(view, f"c{number}", f"i{number}", event_time_ms=number * 100_000)
    _commit(table, view)
    view = table.view(0)
    assert forget(view, before_ms=900_000 - WINDOW_MS, most=100) == 6
    _commit(table, view)
    assert [f"c{number}" for number in range(6, 10)] == list(table)


def test_the_oldest_go_when_there_are_too_many() -> None:
    table = _table()
    view = table.view(0)
    for number in range(10):
        first_of(view, f"c{number}", f"i{number}", event_time_ms=number)
    _commit(table, view)
    view = table.view(0)
    assert forget(view, before_ms=0, most=4) == 6
    _commit(table, view)
    assert list(table) == ["c6", "c7", "c8", "c9"]


def test_an_id_that_another_intention_has_taken_is_not_released() -> None:
    view = _table().view(0)
    first_of(view, "c", "i1", event_time_ms=0)
    assert not release(view, "c", "i2")
    assert first_of(view, "c", "i3", event_time_ms=1) == "i1"
    assert not release(view, "unknown", "i1")
