"""Test, then train: the share of right answers, and the alarm when it falls."""

from __future__ import annotations

import random

import pytest

from models.errors import InvalidSnapshot
from models.online.prequential import WINDOW, Prequential
from models.online.snapshot import Snapshot
from models.records import Drift


def fed(watch: Prequential, count: int, error: float, seed: int = 1) -> Prequential:
    choices = random.Random(seed)
    for _ in range(count):
        watch.update(right=choices.random() >= error)
    return watch


def test_accuracy_is_of_all_and_recent_accuracy_of_the_newest() -> None:
    watch = Prequential()
    assert (watch.accuracy, watch.recent_accuracy) == (None, None)
    for _ in range(WINDOW):
        watch.update(right=False)
    for _ in range(WINDOW):
        watch.update(right=True)
    assert (watch.count, watch.accuracy, watch.recent_accuracy) == (2 * WINDOW, 0.5, 1.0)


@pytest.mark.parametrize("seed", range(5))
def test_steady_errors_are_no_drift(seed: int) -> None:
    assert fed(Prequential(), 3_000, 0.1, seed).drift is not Drift.DRIFT


@pytest.mark.parametrize("seed", range(5))
def test_errors_that_become_more_are_a_drift(seed: int) -> None:
    watch = fed(Prequential(), 1_500, 0.1, seed)
    assert fed(watch, 400, 0.4, seed + 100).drift is Drift.DRIFT


@pytest.mark.parametrize("seed", range(5))
def test_errors_that_become_fewer_are_none(seed: int) -> None:
    watch = fed(Prequential(), 1_500, 0.4, seed)
    assert fed(watch, 400, 0.05, seed + 100).drift is Drift.NONE


def test_an_alarm_ends_when_the_new_state_has_lasted() -> None:
    watch = fed(fed(Prequential(), 1_500, 0.1), 400, 0.5, 2)
    assert watch.drift is Drift.DRIFT
    assert fed(watch, WINDOW + 400, 0.5, 3).drift is Drift.NONE


def test_a_restored_one_goes_on_where_it_was_and_sees_the_drift() -> None:
    watch = fed(Prequential(), 1_500, 0.1)
    restored = Prequential.restored(Snapshot.from_bytes(watch.snapshot().to_bytes()))
    assert (restored.count, restored.accuracy) == (watch.count, watch.accuracy)
    assert restored.recent_accuracy == watch.recent_accuracy
    assert fed(restored, 400, 0.4, 5).drift is Drift.DRIFT
    again = Prequential.restored(restored.snapshot())
    assert again.drift is Drift.DRIFT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "prequential/0"),
        ("count", -1),
        ("count", 3),
        ("right", 9_999),
        ("recent", "01x"),
        ("recent", "1" * (WINDOW + 1)),
        ("recent", 5),
        ("drift", "storm"),
        ("since", None),
    ],
)
def test_counts_that_contradict_each_other_are_refused(field: str, value: object) -> None:
    snapshot = fed(Prequential(), 50, 0.2).snapshot()
    snapshot.header[field] = value
    with pytest.raises(InvalidSnapshot, match=field if field != "kind" else "prequential"):
        Prequential.restored(snapshot)
