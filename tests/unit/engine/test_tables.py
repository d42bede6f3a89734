"""Tables and their views, against a model: a plain dict that is copied at each transaction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.tables import Table

KEYS = st.sampled_from(["a", "b", "ç", "d"])
STEP = st.one_of(
    st.tuples(st.just("set"), KEYS, st.integers(-5, 5)),
    st.tuples(st.just("del"), KEYS, st.just(0)),
)


def _table() -> Table[int]:
    return Table("counts", changelog="counts-changelog", value_type=int, count=2)


@given(st.lists(st.tuples(st.lists(STEP), st.booleans()), max_size=8))
def test_a_view_behaves_as_a_dict_whose_transactions_commit_or_not(
    transactions: list[tuple[list[tuple[str, str, int]], bool]],
) -> None:
    table = _table()
    committed: dict[str, int] = {}
    for steps, commits in transactions:
        view, model = table.view(0), dict(committed)
        for what, key, value in steps:
            if what == "set":
                view[key] = model[key] = value
            elif key in model:
                del view[key], model[key]
            assert model == dict(view)
        changes = view.changes()
        table.hand_over(0, changes)
        assert model == dict(table.view(0)), "the next view reads through what is being committed"
        table.settle(0, changes, committed=commits)
        committed = model if commits else committed
        assert committed == dict(table)
        assert len(committed) == len(table)


def test_what_is_undone_leaves_no_change() -> None:
    view = _table().view(0)
    view["kept"] = 1
    view.mark()
    view["kept"] = 2
    view["new"] = 3
    del view["kept"]
    view.undo()
    assert view.changes() == {b"kept": b"1"}


def test_a_change_in_place_of_a_value_that_was_read_changes_nothing() -> None:
    table: Table[list[int]] = Table("lists", changelog="c", value_type=list[int], count=2)
    table.partitions[0] = {b"k": b"[1]"}
    table.view(0)["k"].append(2)
    assert table["k"] == [1]


def test_none_is_refused_since_it_would_be_a_tombstone() -> None:
    with pytest.raises(ValueError, match="delete the key"):
        _table().view(0)["k"] = None  # type: ignore[assignment]


def test_partitions_are_apart() -> None:
    table = _table()
    table.hand_over(0, {b"k": b"1"})
    table.settle(0, {b"k": b"1"}, committed=True)
    assert "k" not in table.view(1)
    assert table["k"] == 1


def test_what_was_written_first_is_the_oldest_also_while_some_of_it_is_being_written() -> None:
    table = _table()
    table.partitions[0] = {b"a": b"1", b"b": b"2", b"c": b"3", b"d": b"4"}
    table.hand_over(0, {b"a": None, b"b": b"5"})
    view = table.view(0)
    found = []
    for key in view.oldest():
        found.append(key)
        del view[key]
    assert found == ["c", "d"]
    assert list(view.oldest()) == []
    assert view.size == 4, "what is committed"


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), max_size=30))
def test_keys_come_out_in_the_order_of_their_last_write(steps: list[tuple[str, bool]]) -> None:
    table = _table()
    model: dict[str, int] = {}
    for number, (key, written) in enumerate(steps):
        view = table.view(0)
        if not written and key not in view:
            continue
        model.pop(key, None)
        if written:
            view[key] = model[key] = number
        else:
            del view[key]
        changes = view.changes()
        table.hand_over(0, changes)
        table.settle(0, changes, committed=True)
        assert list(table.view(0).oldest()) == list(model)


def test_what_is_in_flight_is_forgotten_once_it_is_settled_though_something_always_is() -> None:
    table: Table[int] = Table("t", changelog="t-changelog", value_type=int, count=1)
    before: dict[bytes, bytes | None] = {b"0": b"0"}
    table.hand_over(0, before)
    for number in range(1, 100):
        changes: dict[bytes, bytes | None] = {str(number).encode(): str(number).encode()}
        table.hand_over(0, changes)
        table.settle(0, before, committed=True)
        before = changes
    assert dict(table.pending(0)) == {b"99": b"99"}
    assert len(table.partitions[0]) == 99
