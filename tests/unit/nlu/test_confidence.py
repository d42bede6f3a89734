"""Calibration and thresholds."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.nlu.confidence import (
    CONFIDENT,
    DOUBTFUL,
    Calibration,
    adaptive_threshold,
    calibrate,
    log_odds,
)

PROBABILITIES = st.floats(min_value=0.0, max_value=1.0)


@pytest.mark.parametrize(
    ("words", "entities", "context_fields", "expected"),
    [
        (1, 0, 0, 0.5),
        (10, 0, 0, 0.5),
        (11, 0, 0, 0.45),
        (20, 0, 0, 0.45),
        (21, 0, 0, 0.4),
        (1, 1, 0, 0.45),
        (1, 2, 2, 0.45),
        (1, 3, 0, 0.4),
        (1, 0, 3, 0.45),
        (11, 1, 3, 0.35),
        (21, 3, 0, 0.3),
        (500, 50, 9, 0.3),
    ],
)
def test_the_adaptive_threshold_falls_with_what_is_known(
    words: int, entities: int, context_fields: int, expected: float
) -> None:
    assert adaptive_threshold(words=words, entities=entities, context_fields=context_fields) == expected


@given(words=st.integers(0, 9999), entities=st.integers(0, 99), context_fields=st.integers(0, 9))
def test_the_adaptive_threshold_stays_within_doubt(words: int, entities: int, context_fields: int) -> None:
    """So what is confident is never marked for a person, and what goes to one always is."""
    threshold = adaptive_threshold(words=words, entities=entities, context_fields=context_fields)
    assert DOUBTFUL <= threshold <= CONFIDENT


@given(low=PROBABILITIES, high=PROBABILITIES, slope=st.floats(0.1, 5), shift=st.floats(-3, 3))
def test_a_calibration_keeps_the_order_and_stays_a_probability(
    low: float, high: float, slope: float, shift: float
) -> None:
    calibration = Calibration(slope, shift)
    first, second = sorted([low, high])
    assert 0.0 <= calibration.confidence(first) <= calibration.confidence(second) <= 1.0


@given(probability=st.floats(0.001, 0.999))
def test_the_identity_changes_nothing(probability: float) -> None:
    assert Calibration().confidence(probability) == pytest.approx(probability)


def test_overconfidence_is_found_and_taken_back() -> None:
    """A model that says log-odds twice as large as the truth is: the fit is a slope of a half."""
    choices = random.Random(3)
    said, right = [], []
    for _ in range(20_000):
        truth = choices.random()
        right.append(choices.random() < truth)
        said.append(1.0 / (1.0 + ((1.0 - truth) / max(truth, 1e-9)) ** 2))
    found = calibrate(said, right)
    assert found.slope == pytest.approx(0.5, abs=0.03)
    assert found.shift == pytest.approx(0.0, abs=0.05)


def test_few_predictions_that_are_all_right_do_not_make_certainty() -> None:
    found = calibrate([0.6, 0.7, 0.8], [True, True, True])
    assert 0.5 < found.confidence(0.7) < 0.95


@given(st.lists(st.tuples(PROBABILITIES, st.booleans()), min_size=1, max_size=30))
def test_any_predictions_can_be_fitted(outcomes: list[tuple[float, bool]]) -> None:
    found = calibrate([p for p, _ in outcomes], [right for _, right in outcomes])
    assert 0.0 <= found.confidence(0.5) <= 1.0


@pytest.mark.parametrize(("probabilities", "right"), [([], []), ([0.5], []), ([0.5], [True, False])])
def test_predictions_and_outcomes_must_match(probabilities: list[float], right: list[bool]) -> None:
    with pytest.raises(ValueError, match="as many of both"):
        calibrate(probabilities, right)


def test_log_odds_of_certainty_are_finite() -> None:
    assert log_odds(0.0) == pytest.approx(-log_odds(1.0))
    assert log_odds(0.0) < -10
    assert log_odds(0.5) == 0.0
