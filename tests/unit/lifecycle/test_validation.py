from __future__ import annotations

import msgspec
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from models.errors import HiveError
from models.lifecycle.validation import Comparison, Figures, OfClass, Thresholds, compare, figures_of, judge

LABELS = ("reject", "approve", "review_required", "conditional")
LINE = Thresholds()


def _probabilities(predicted: np.ndarray, sure: float = 0.85) -> np.ndarray:
    out = np.full((len(predicted), 4), (1 - sure) / 3)
    out[np.arange(len(predicted)), predicted] = sure
    return out


def _at_the_line(**changes: float) -> Figures:
    precision, recall = changes.pop("precision_min", 0.60), changes.pop("recall_min", 0.60)
    good = OfClass(precision=0.9, recall=0.9, f1=0.9, support=10)
    figures = Figures(
        samples=40, accuracy=0.65, f1=0.65, confidence_mean=0.70, precision_min=precision, recall_min=recall, ece=0.0,
        log_loss=0.0, classes={"reject": good, "approve": msgspec.structs.replace(good, precision=precision),
                               "conditional": msgspec.structs.replace(good, recall=recall)},
        confusion=[], labels=list(LABELS), reliability=[],
    )  # fmt: skip
    return msgspec.structs.replace(figures, **changes)


def test_on_the_line_it_passes() -> None:
    assert judge(_at_the_line(), LINE).missed == []
    assert judge(_at_the_line(accuracy=0.1 + 0.2 + 0.35 - 1e-12), LINE).passed


@pytest.mark.parametrize("name", ["confidence_mean", "f1", "precision_min", "recall_min", "accuracy"])
def test_each_threshold_refuses_what_misses_it_by_a_hundredth(name: str) -> None:
    verdict = judge(_at_the_line(**{name: getattr(LINE, name) - 0.01}), LINE)
    assert not verdict.passed
    (missed,) = verdict.missed
    assert missed.startswith(name.removesuffix("_min"))


def test_figures_of_four_classes_are_those_of_scikit_learn() -> None:
    dice = np.random.default_rng(5)
    truth = dice.choice(4, 700, p=(0.4, 0.3, 0.2, 0.1))
    predicted = np.where(dice.random(700) < 0.6, truth, dice.integers(0, 4, 700))
    figures = figures_of(truth, _probabilities(predicted), LABELS)
    for name, ours in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        theirs = ours(truth, predicted, average=None, labels=range(4), zero_division=0)
        assert [getattr(figures.classes[label], name) for label in LABELS] == pytest.approx(list(theirs), abs=1e-12)
    assert figures.accuracy == pytest.approx(accuracy_score(truth, predicted))
    assert figures.f1 == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert figures.confidence_mean == pytest.approx(0.85)
    assert figures.ece == pytest.approx(abs(0.85 - figures.accuracy))


def test_a_label_that_is_never_found_has_recall_0() -> None:
    truth = np.array([0, 1, 2, 3] * 25)
    figures = figures_of(truth, _probabilities(np.where(truth == 3, 2, truth)), LABELS)
    assert figures.recall_min == 0.0
    assert figures.precision_min == 0.0
    assert [line for line in judge(figures, LINE).missed if "conditional" in line] == [
        "precision 0.0000, at least 0.60 is needed (conditional)",
        "recall 0.0000, at least 0.60 is needed (conditional)",
    ]


@pytest.mark.parametrize("probabilities", [np.zeros((0, 4)), np.ones((2, 4)), np.ones((2, 3)) / 3])
def test_what_is_no_prediction_is_refused(probabilities: np.ndarray) -> None:
    with pytest.raises(HiveError):
        figures_of(np.zeros(len(probabilities), dtype=np.int64), probabilities, LABELS)


def test_a_worse_challenger_is_a_regression_and_an_equal_one_none() -> None:
    dice = np.random.default_rng(7)
    truth = dice.integers(0, 4, 4_000)
    champion = _probabilities(np.where(dice.random(4_000) < 0.85, truth, (truth + 1) % 4))
    worse = _probabilities(np.where(dice.random(4_000) < 0.75, truth, (truth + 1) % 4))
    lost = compare(truth, worse, champion, seed=1)
    assert lost.accuracy_low < lost.accuracy < lost.accuracy_high < 0.0
    verdict = judge(figures_of(truth, worse, LABELS), LINE, comparison=lost)
    assert [missed.split()[0] for missed in verdict.missed] == ["accuracy", "f1"]
    same = compare(truth, champion, champion, seed=1)
    assert same == Comparison(
        accuracy=0.0, accuracy_low=0.0, accuracy_high=0.0, f1=0.0, f1_low=0.0, f1_high=0.0, level=0.95
    )
    assert judge(figures_of(truth, champion, LABELS), LINE, comparison=same).passed


def test_the_interval_holds_the_true_difference_as_often_as_it_says() -> None:
    dice = np.random.default_rng(11)
    held = 0
    for seed in range(120):
        truth = dice.integers(0, 4, 400)
        champion = _probabilities(np.where(dice.random(400) < 0.7, truth, (truth + 1) % 4))
        challenger = _probabilities(np.where(dice.random(400) < 0.75, truth, (truth + 1) % 4))
        found = compare(truth, challenger, champion, seed=seed)
        held += found.accuracy_low <= 0.05 <= found.accuracy_high
    assert 106 <= held <= 120  # 114 expected; four standard deviations
