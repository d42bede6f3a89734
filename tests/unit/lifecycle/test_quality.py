from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.lifecycle.quality import (
    LeakingColumn,
    NotEnough,
    check_leaks,
    check_size,
    quality_of,
    split_by_time,
)
from tests.unit.lifecycle.plans import learnable

NAMES = ("first", "second", "third")


def test_too_few_samples_are_told_with_their_number() -> None:
    with pytest.raises(NotEnough, match="9,999 of 10,000"):
        check_size(9_999, 10_000, whose="business")
    check_size(10_000, 10_000, whose="business")


@given(st.lists(st.integers(0, 50), min_size=0, max_size=200))
def test_no_part_holds_what_is_younger_than_the_next(times: list[int]) -> None:
    at_ms = np.sort(np.array(times, dtype=np.int64))
    try:
        split = split_by_time(at_ms)
    except NotEnough:
        return
    assert np.concatenate(split).tolist() == list(range(len(times)))
    assert at_ms[split.train].max() < at_ms[split.tune].min() <= at_ms[split.tune].max() < at_ms[split.test].min()


def test_parts_have_their_shares() -> None:
    split = split_by_time(np.arange(1000))
    assert [len(part) for part in split] == [700, 150, 150]


def test_a_column_that_gives_the_label_away_is_named() -> None:
    rows, labels, _ = learnable(2_000)
    names = tuple(f"f{place}" for place in range(rows.shape[1]))
    check_leaks(rows, labels, names)
    rows[:, 7] = np.where(np.arange(len(labels)) % 200 == 0, 9.0, labels * 0.37)  # nearly the label, in disguise
    with pytest.raises(LeakingColumn, match="f7"):
        check_leaks(rows, labels, names)


def test_one_label_alone_gives_nothing_away() -> None:
    check_leaks(np.random.default_rng(1).random((100, 3)), np.zeros(100, dtype=np.int64), NAMES)


def test_the_report_names_what_is_out_of_bounds() -> None:
    dice = np.random.default_rng(2)
    rows = np.stack([dice.random(1_000), np.linspace(0, 5, 1_000), np.full(1_000, 4.0)], axis=1)
    rows[::9, 0] = 50.0
    labels = ["approve"] * 980 + ["reject"] * 20
    quality = quality_of(rows, labels, NAMES)
    assert quality.constant == ["third"]
    assert quality.outlying["first"] == pytest.approx(0.112)
    assert set(quality.shifted) == {"second"}
    assert quality.classes == {"approve": 0.98, "reject": 0.02}
    assert [warning.split(":")[0] for warning in quality.warnings] == ["reject", "first", "second"]


def test_columns_that_say_the_same_are_paired() -> None:
    column = np.random.default_rng(3).random(500)
    quality = quality_of(np.stack([column, 2 * column + 1, column[::-1]], axis=1), ["a"] * 500, NAMES)
    assert [pair[:2] for pair in quality.correlated] == [("first", "second")]
