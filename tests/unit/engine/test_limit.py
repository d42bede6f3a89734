"""The limit of dead letters: in a row, by share, and over a restart."""

from __future__ import annotations

from typing import Any, cast

import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from app.engine.limit import WINDOW, LetterLimit, Tally

PARTITION = TP("plans.ready", 1)


class FakeRecord:
    """A record that has an offset."""

    def __init__(self, offset: int) -> None:
        self.offset = offset


class FakeRaw:
    """A record that could not be decoded."""

    def __init__(self, offset: int) -> None:
        self._offset = offset

    def offset(self) -> int:
        return self._offset


class FakeRun:
    """As much of a run as the limit looks at: `x` could not be decoded, `f` failed, `.` was processed."""

    def __init__(self, what: str, first: int) -> None:
        self.tp = PARTITION
        self.size = len(what)
        places = range(first, first + len(what))
        self.records = [FakeRecord(at) for at, how in zip(places, what, strict=True) if how != "x"]
        self.rejected = [(FakeRaw(at), ValueError()) for at, how in zip(places, what, strict=True) if how == "x"]


class Partition:
    """A partition whose records go by."""

    def __init__(self, limit: LetterLimit) -> None:
        self.limit = limit
        self.offset = 0

    def add(self, what: str) -> str | None:
        """Add a run; a capital letter is one that doesn't count."""
        first, self.offset = self.offset, self.offset + len(what)
        letters = {first + n: how.islower() for n, how in enumerate(what) if how != "."}
        return self.limit.add(cast("Any", FakeRun(what.lower(), first)), letters)


def test_letters_in_a_row_stop_the_worker() -> None:
    partition = Partition(LetterLimit(3, 1.0))
    assert partition.add("xfx") is None
    assert partition.add("x") == "4 records in a row of plans.ready-1 became dead letters, 3 may"


def test_a_record_that_is_processed_ends_a_row() -> None:
    partition = Partition(LetterLimit(3, 1.0))
    for _ in range(100):
        assert partition.add("xfx.") is None
        assert partition.add(".") is None


def test_a_row_within_a_run_counts_although_it_ends_there() -> None:
    assert Partition(LetterLimit(3, 1.0)).add("..xxxx..") is not None


def test_the_share_of_the_last_records_stops_the_worker() -> None:
    partition = Partition(LetterLimit(0, 0.3))
    for _ in range(20):
        assert partition.add("." * 80 + "x" * 20) is None, "a fifth is allowed"
    reasons = [partition.add("." * 50 + "f" * 50) for _ in range(10)]
    assert any(reason and "of plans.ready-1 became dead letters, 300 of 1000 may" in reason for reason in reasons)


def test_what_is_no_fault_of_ours_neither_counts_nor_ends_a_row() -> None:
    partition = Partition(LetterLimit(3, 0.5))
    for _ in range(WINDOW):
        assert partition.add("XF") is None
    assert partition.limit.note(PARTITION) is None
    assert partition.add("xxXXx") is None
    assert partition.add("Xx") is not None


def test_without_limits_everything_may_become_a_letter() -> None:
    partition = Partition(LetterLimit(0, 1.0))
    for _ in range(50):
        assert partition.add("x" * 100) is None


def test_a_worker_that_was_started_again_goes_on_counting() -> None:
    partition = Partition(LetterLimit(3, 1.0))
    assert partition.add("xxx") is None
    note = partition.limit.note(PARTITION)
    restarted = Partition(LetterLimit(3, 1.0))
    restarted.limit.begin({PARTITION: note})
    assert restarted.add("x") is not None
    mended = Partition(LetterLimit(3, 1.0))
    mended.limit.begin({PARTITION: note})
    assert [mended.add(what) for what in (".", "xxx", ".")] == [None, None, None]


def test_a_partition_without_letters_has_nothing_to_note() -> None:
    partition = Partition(LetterLimit(3, 1.0))
    partition.add(".....")
    assert partition.limit.note(PARTITION) is None
    partition.add("x")
    for _ in range(20):
        partition.add("." * WINDOW)
    assert partition.limit.note(PARTITION) is None, "it is forgotten after a while"


@pytest.mark.parametrize("note", [None, "", "letters", "letters 1 2", "letters 1 2 x", "letters 1 2 3 ", "of others"])
def test_a_note_of_others_says_nothing(note: str | None) -> None:
    assert Tally.read(note) == Tally()


@given(st.builds(Tally, *[st.integers(0, 10**8)] * 3))
def test_a_note_is_read_as_it_is_written(tally: Tally) -> None:
    assert Tally.read(tally.note) == tally


@given(st.lists(st.text("x.fXF", min_size=1, max_size=20), max_size=20), st.integers(1, 5))
def test_the_row_is_that_of_all_records_however_they_are_cut_into_runs(runs: list[str], most: int) -> None:
    partition = Partition(LetterLimit(most, 1.0))
    stopped = next((n for n, what in enumerate(runs) if partition.add(what) is not None), None)
    row = longest = 0
    expected = None
    for number, what in enumerate(runs):
        for how in what:
            if not how.isupper():
                row = 0 if how == "." else row + 1
                longest = max(longest, row)
        if longest > most and expected is None:
            expected = number
    assert stopped == expected
