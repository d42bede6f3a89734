"""The prequential measures, beside river's and by hand."""

from __future__ import annotations

from math import log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from river import metrics

from models.online.measures import Measures, Outcome, Prequential

LABELS = st.sampled_from("abc")
OUTCOMES = st.lists(
    st.builds(Outcome, LABELS, LABELS, st.none() | LABELS, st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=60
)


@given(OUTCOMES)
def test_they_agree_with_rivers(outcomes: list[Outcome]) -> None:
    ours = Prequential()
    theirs = {
        "accuracy": metrics.Accuracy(),  # type: ignore[no-untyped-call]
        "macro_f1": metrics.MacroF1(),  # type: ignore[no-untyped-call]
        "kappa": metrics.CohenKappa(),  # type: ignore[no-untyped-call]
        "geometric_mean": metrics.GeometricMean(),  # type: ignore[no-untyped-call]
    }
    for outcome in outcomes:
        ours.update(outcome)
        for metric in theirs.values():
            metric.update(outcome.label, outcome.predicted)
    found = ours.since_start()
    for name, metric in theirs.items():
        value = getattr(found, name)
        if name == "geometric_mean" and len({outcome.label for outcome in outcomes}) < 3:
            continue  # river counts labels that are only predicted
        if value is not None:
            assert value == pytest.approx(metric.get(), abs=1e-9), name


@given(OUTCOMES, st.integers(1, 20))
def test_the_rolling_figures_are_those_of_the_newest_alone(outcomes: list[Outcome], window: int) -> None:
    rolling, fresh = Prequential(window=window), Prequential()
    for outcome in outcomes:
        rolling.update(outcome)
    for outcome in outcomes[-window:]:
        fresh.update(outcome)
    found, expected = rolling.rolling(), fresh.since_start()
    for name in Measures.__struct_fields__:
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-9), name
    assert rolling.rolling_accuracy == pytest.approx(expected.accuracy)


def test_by_hand() -> None:
    """Right three times of four; always the newest label is right once."""
    measured = Prequential()
    for label, predicted, newest, confidence, of_label in (
        ("a", "a", None, 0.95, 0.9),
        ("b", "b", "a", 0.95, 0.9),
        ("b", "b", "b", 0.55, 0.5),
        ("a", "b", "b", 0.55, 0.0),
    ):
        measured.update(Outcome(label, predicted, newest, confidence, of_label))
    found = measured.since_start()
    assert (found.n, found.accuracy, found.no_change, found.majority) == (4, 0.75, 0.25, 0.5)
    assert found.kappa == pytest.approx((0.75 - 0.5) / 0.5)
    assert found.kappa_temporal == pytest.approx((0.75 - 0.25) / 0.75)
    assert found.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert found.geometric_mean == pytest.approx(sqrt(0.5 * 1.0))
    assert found.log_loss == pytest.approx(-(2 * log(0.9) + log(0.5) + log(1e-6)) / 4)
    assert found.ece == pytest.approx((2 * 0.05 + 2 * 0.05) / 4)


def test_nothing_has_no_figures_and_a_window_of_nothing_is_refused() -> None:
    assert Prequential().since_start().accuracy is None
    with pytest.raises(ValueError, match="window"):
        Prequential(window=0)
