"""PSI and KS, and the windows that they look at."""

from __future__ import annotations

import random

import numpy as np
import pytest
from scipy.stats import ks_2samp  # type: ignore[import-untyped]

from models.online.shift import FeatureWatch, LabelWatch, ShiftSettings, ks, psi

SETTINGS = ShiftSettings(window=200, interval=100)


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.3, 1.0])
def test_ks_agrees_with_scipy(shift: float) -> None:
    chance = np.random.default_rng(1)
    first, second = chance.normal(size=500), chance.normal(shift, size=300)
    distance, p = ks(first, second)
    expected = ks_2samp(first, second, method="asymp")
    assert distance == pytest.approx(expected.statistic)
    assert p == pytest.approx(expected.pvalue, rel=0.2, abs=1e-6)


def test_psi_is_small_for_the_same_and_large_for_another_distribution() -> None:
    chance = np.random.default_rng(1)
    sample = chance.normal(size=1_000)
    assert psi(sample, sample) == 0
    assert psi(sample, chance.normal(size=1_000)) < 0.1
    assert psi(sample, chance.normal(1, size=1_000)) > 0.25
    assert psi([1.0] * 100, [1.0] * 50) == pytest.approx(0, abs=0.01)  # two bins, one of them empty


def test_a_feature_that_moves_is_named_and_then_the_new_normal() -> None:
    chance = random.Random(2)
    watch = FeatureWatch(SETTINGS)
    found = []
    for at in range(1_600):
        moved = watch.update({"a": chance.gauss(0, 1), "b": chance.gauss(3.0 * (at >= 800), 1)})
        if moved:
            found.append((at, [shift.name for shift in moved]))
    [(at, names)] = found
    assert 800 <= at < 1_100
    assert names == ["b"]


def test_a_mix_of_labels_that_moves_is_told_once() -> None:
    chance = random.Random(2)
    watch = LabelWatch(SETTINGS)
    found = [
        at
        for at in range(1_600)
        if watch.update("x" if chance.random() < (0.5 if at < 800 else 0.9) else "y") is not None
    ]
    assert len(found) == 1
    assert 800 <= found[0] < 1_100


def test_steady_windows_tell_nothing() -> None:
    chance = random.Random(4)
    features, labels = FeatureWatch(SETTINGS), LabelWatch(SETTINGS)
    for _ in range(5_000):
        assert not features.update({"a": chance.random(), "b": float(chance.random() < 0.1)})
        assert labels.update(chance.choice("xy")) is None
