"""What is watched one number at a time, the paired comparison, and the encoder of rows."""

from __future__ import annotations

import random

import pytest

from models.online.encoding import RowEncoder
from models.online.linear import ScaledSoftmax
from models.online.paired import Comparison
from models.online.rungs import best_of, normalised
from models.online.watches import ConfidenceWatch, ErrorSettings, ErrorWatch, ExpectedAccuracy, OnlineCalibration
from models.records import Drift


def alarms(
    *rates: tuple[int, float], seed: int = 1, settings: ErrorSettings | None = None
) -> list[tuple[int, Drift, str]]:
    chance, watch = random.Random(seed), ErrorWatch(settings or ErrorSettings())
    found = []
    at = 0
    for n, rate in rates:
        for _ in range(n):
            alarm = watch.update(wrong=chance.random() < rate)
            if alarm is not None:
                found.append((at, alarm.level, alarm.detector))
            at += 1
    return found


def first_drift(found: list[tuple[int, Drift, str]]) -> int:
    return next(at for at, level, _ in found if level is Drift.DRIFT)


@pytest.mark.parametrize(("before", "after"), [(0.02, 0.2), (0.1, 0.4), (0.3, 0.7)])
def test_more_errors_are_a_warning_and_soon_a_drift(before: float, after: float) -> None:
    for seed in range(5):
        found = alarms((2_000, before), (400, after), seed=seed)
        assert 2_000 <= first_drift(found) < 2_200
        assert found[0][0] <= first_drift(found)


def test_fewer_errors_are_none_and_steady_ones_seldom() -> None:
    assert not [at for at, level, _ in alarms((1_000, 0.4), (2_000, 0.1)) if level is Drift.DRIFT]
    drifts = [at for seed in range(5) for at, level, _ in alarms((4_000, 0.2), seed=seed) if level is Drift.DRIFT]
    assert not drifts


def test_thresholds_are_settings() -> None:
    steps = ((1_000, 0.1), (300, 0.4))
    ready, slow = ErrorSettings(page_drift=3.0), ErrorSettings(page_drift=40.0, adwin_drift=1e-9)
    assert first_drift(alarms(*steps, settings=ready)) < first_drift(alarms(*steps, settings=slow))


def test_a_fall_of_confidence_is_a_warning_and_a_rise_is_none() -> None:
    chance = random.Random(1)
    fall, rise = ConfidenceWatch(), ConfidenceWatch()
    high, low = ([chance.gauss(mean, 0.05) for _ in range(500)] for mean in (0.9, 0.6))
    assert [alarm for value in high + low if (alarm := fall.update(value))]
    assert not [alarm for value in low + high if (alarm := rise.update(value))]


def test_expected_accuracy_falls_with_the_confidence() -> None:
    chance = random.Random(1)
    watch = ExpectedAccuracy(window=200)
    assert not [alarm for _ in range(1_000) if (alarm := watch.update(chance.gauss(0.9, 0.05)))]
    assert watch.accuracy == pytest.approx(0.9, abs=0.02)
    [alarm] = [alarm for _ in range(400) if (alarm := watch.update(chance.gauss(0.7, 0.05)))]
    assert (alarm.before > 0.85, alarm.after < 0.75) == (True, True)


def test_calibration_learns_that_who_is_always_sure_is_not_always_right() -> None:
    chance, calibration = random.Random(1), OnlineCalibration()
    for _ in range(2_000):
        calibration.learn(0.99, right=chance.random() < 0.7)
    assert calibration.confidence(0.99) == pytest.approx(0.7, abs=0.05)


def test_a_better_challenger_is_seen_and_equals_seldom_are() -> None:
    chance = random.Random(1)
    better = Comparison()
    for _ in range(400):
        better.update(champion_right=chance.random() < 0.7, challenger_right=chance.random() < 0.9)
    assert better.challenger_is_better
    for _ in range(10):
        equal = Comparison()
        for _ in range(500):
            equal.update(champion_right=chance.random() < 0.8, challenger_right=chance.random() < 0.8)
            assert not equal.challenger_is_better
    with pytest.raises(ValueError, match="alpha"):
        Comparison(alpha=0)


def test_cells_become_numbers_categories_and_gaps() -> None:
    encoder = RowEncoder()
    assert encoder.encode({"n": "2", "c": "red"}) == {"n": 2.0, "c=red": 1.0}
    assert encoder.encode({"n": "4", "c": "blue"}) == {"n": 4.0, "c=red": 0.0, "c=blue": 1.0}
    assert encoder.encode({"n": "?", "c": ""}) == {"n": 3.0, "n?": 1.0, "c=red": 0.0, "c=blue": 0.0, "c?": 1.0}
    assert encoder.encode({"n": "1", "c": "red"})["n?"] == 0.0
    assert encoder.categorical == {"c"}


def test_a_column_that_turns_out_to_be_categories_and_one_with_too_many() -> None:
    encoder = RowEncoder()
    encoder.encode({"c": "1"})
    assert encoder.encode({"c": "x"}) == {"c": 1.0, "c=x": 1.0}
    for number in range(200):
        row = encoder.encode({"c": f"name {number}"})
    assert row["c=other"] == 1.0
    assert len(row) < 40
    assert sum(value for name, value in row.items() if "=" in name) == 1.0


def test_the_linear_model_takes_new_features_and_labels_and_lacks_none() -> None:
    model = ScaledSoftmax(rate=0.5)
    assert model.predict_proba_one({"x": 1.0}) == {}
    for at in range(300):
        x = float(at % 7)
        model.learn_one({"x": x} if at < 100 else {"x": x, "z": x * x}, "low" if x < 3 else "high")
    assert best_of(normalised(model.predict_proba_one({"x": 0.0, "z": 0.0}))) == "low"
    assert best_of(normalised(model.predict_proba_one({"x": 6.0}))) == "high"
    assert sum(model.predict_proba_one({}).values()) == pytest.approx(1)
    with pytest.raises(ValueError, match="rate"):
        ScaledSoftmax(rate=0)


def test_probabilities_are_made_of_whatever_a_learner_says() -> None:
    assert normalised(None) == normalised({}) == {}
    assert normalised({"a": 0.0, "b": 0.0}) == {"a": 0.5, "b": 0.5}
    assert normalised({True: 3.0, False: 1.0}) == {"True": 0.75, "False": 0.25}
    assert best_of({"b": 0.5, "a": 0.5}) == "a"
    assert best_of({}) is None
