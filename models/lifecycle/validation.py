"""Is a model good enough, and no worse than the one that it would follow?

All figures come from the test part alone, which neither training nor tuning has seen. The comparison is paired: both
models predict the same samples, and the interval is the percentile bootstrap's over samples (Efron, Tibshirani 1993).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.errors import HiveError
from models.records.base import Ratio

__all__ = ["Comparison", "Figures", "OfClass", "Thresholds", "Verdict", "compare", "figures_of", "judge"]

RESAMPLES: Final = 2_000
_BINS: Final = 10
_ROUNDING: Final = 1e-9
"""A figure that misses a threshold by no more than this lies on the line."""


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """What a model must reach; `margin` is how far below the champion the interval of the difference may reach."""

    confidence_mean: Ratio = 0.70
    f1: Ratio = 0.65
    precision_min: Ratio = 0.60
    recall_min: Ratio = 0.60
    accuracy: Ratio = 0.65
    margin: Ratio = 0.02
    level: Annotated[float, msgspec.Meta(gt=0.5, lt=1.0)] = 0.95


class OfClass(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one label; precision is 0 where it was never predicted, recall 0 where it never occurred."""

    precision: float
    recall: float
    f1: float
    support: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How good a model is.

    Attributes:
        samples: It was tested on so many.
        accuracy: The share that was right.
        f1: The mean over the labels (macro).
        confidence_mean: The mean of the largest probability.
        precision_min, recall_min: Of the label where it is least.
        ece: By how much confidence and accuracy differ (expected calibration error, ten bins).
        log_loss: The mean of -ln of the probability given to what was right.
        classes: By label; labels that neither occur nor were predicted are left out.
        confusion: Rows are what was right, columns what was predicted, in the order of `labels`.
        labels: See there.
        reliability: For each bin of confidence that isn't empty: mean confidence, accuracy, samples.
    """

    samples: int
    accuracy: float
    f1: float
    confidence_mean: float
    precision_min: float
    recall_min: float
    ece: float
    log_loss: float
    classes: dict[str, OfClass]
    confusion: list[list[int]]
    labels: list[str]
    reliability: list[tuple[float, float, int]]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """How much better the challenger is than the champion on the same samples: the difference and its interval."""

    accuracy: float
    accuracy_low: float
    accuracy_high: float
    f1: float
    f1_low: float
    f1_high: float
    level: float


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the model passed; `missed` says in words what it did not reach."""

    passed: bool
    missed: list[str]
    thresholds: Thresholds
    figures: Figures
    champion: Figures | None = None
    comparison: Comparison | None = None


def figures_of(truth: NDArray[np.int64], probabilities: NDArray[np.float64], labels: Sequence[str]) -> Figures:
    """Measure predictions.

    Args:
        truth: For each sample the place of its label in `labels`; (n,).
        probabilities: For each sample those of all labels; (n, labels), each row sums to 1.
        labels: Their names.

    Raises:
        HiveError: there is no sample, or a probability is none.
    """
    if not len(truth):
        raise HiveError("there is no sample to measure a model by")
    if probabilities.shape != (len(truth), len(labels)) or not np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-3):
        raise HiveError(f"a distribution over {len(labels)} labels was expected for each of {len(truth)} samples")
    predicted = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    confusion = _confusion(truth, predicted, len(labels))
    classes = _classes(confusion, labels)
    right = predicted == truth
    reliability = _reliability(confidence, right)
    return Figures(
        samples=len(truth),
        accuracy=float(right.mean()),
        f1=float(_macro_f1s(confusion)),
        confidence_mean=float(confidence.mean()),
        precision_min=min(each.precision for each in classes.values()),
        recall_min=min(each.recall for each in classes.values()),
        ece=sum(abs(sure - true) * n for sure, true, n in reliability) / len(truth),
        log_loss=float(-np.log(np.maximum(probabilities[np.arange(len(truth)), truth], 1e-15)).mean()),
        classes=classes,
        confusion=[[int(count) for count in row] for row in confusion],
        labels=list(labels),
        reliability=reliability,
    )


def compare(
    truth: NDArray[np.int64],
    challenger: NDArray[np.float64],
    champion: NDArray[np.float64],
    *,
    seed: int,
    level: float = 0.95,
) -> Comparison:
    """Set two models against each other by their probabilities for the same samples."""
    size = challenger.shape[1]
    ours, theirs = challenger.argmax(axis=1), champion.argmax(axis=1)
    # A sample is one of few kinds (label, what each said): resampling kinds is the same as resampling samples.
    kinds, counts = np.unique(np.stack([truth, ours, theirs]), axis=1, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(truth), counts / len(truth), size=RESAMPLES)

    spread = np.zeros((2, len(counts), size, size))
    spread[0, np.arange(len(counts)), kinds[0], kinds[1]] = 1.0
    spread[1, np.arange(len(counts)), kinds[0], kinds[2]] = 1.0

    def differences(weights: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the differences in accuracy and F1, (2,) for weights of each kind."""
        first, second = np.tensordot(weights, spread[0], 1), np.tensordot(weights, spread[1], 1)
        return np.stack([_accuracies(first) - _accuracies(second), _macro_f1s(first) - _macro_f1s(second)], axis=-1)

    resampled = differences(drawn)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(resampled, (tail, 1.0 - tail), axis=0)
    accuracy, f1 = differences(counts).tolist()
    return Comparison(
        accuracy=accuracy,
        accuracy_low=float(low[0]),
        accuracy_high=float(high[0]),
        f1=f1,
        f1_low=float(low[1]),
        f1_high=float(high[1]),
        level=level,
    )


def judge(
    figures: Figures,
    thresholds: Thresholds,
    *,
    champion: Figures | None = None,
    comparison: Comparison | None = None,
) -> Verdict:
    """Hold figures against the thresholds; whatever lies on the line passes."""
    missed = [
        f"{name} {value:.4f}, at least {least:.2f} is needed{of}"
        for name, value, least, of in [
            ("confidence_mean", figures.confidence_mean, thresholds.confidence_mean, ""),
            ("f1", figures.f1, thresholds.f1, ""),
            ("accuracy", figures.accuracy, thresholds.accuracy, ""),
            *(("precision", each.precision, thresholds.precision_min, f" ({name})")
              for name, each in figures.classes.items()),
            *(("recall", each.recall, thresholds.recall_min, f" ({name})")
              for name, each in figures.classes.items()),
        ]
        if value < least - _ROUNDING
    ]  # fmt: skip
    if comparison is not None:
        for name, low in (("accuracy", comparison.accuracy_low), ("f1", comparison.f1_low)):
            if low < -thresholds.margin - _ROUNDING:
                missed.append(
                    f"{name} may be {-low:.4f} below the champion's ({comparison.level:.0%} interval), "
                    f"at most {thresholds.margin:.2f} is allowed"
                )
    return Verdict(
        passed=not missed,
        missed=missed,
        thresholds=thresholds,
        figures=figures,
        champion=champion,
        comparison=comparison,
    )


def _confusion(truth: NDArray[np.int64], predicted: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    confusion = np.zeros((size, size))
    np.add.at(confusion, (truth, predicted), 1)
    return confusion


def _classes(confusion: NDArray[np.float64], labels: Sequence[str]) -> dict[str, OfClass]:
    there, predicted, hits = confusion.sum(axis=1), confusion.sum(axis=0), confusion.diagonal()
    return {
        name: OfClass(
            precision=float(hits[at] / predicted[at]) if predicted[at] else 0.0,
            recall=float(hits[at] / there[at]) if there[at] else 0.0,
            f1=float(2.0 * hits[at] / (there[at] + predicted[at])),
            support=int(there[at]),
        )
        for at, name in enumerate(labels)
        if there[at] or predicted[at]
    }


def _accuracies(confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return those of confusion matrices, (…, labels, labels)."""
    found: NDArray[np.float64] = np.trace(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=(-2, -1))
    return found


def _macro_f1s(confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return those of confusion matrices; labels that neither occur nor were predicted don't count."""
    named = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    each = np.divide(2.0 * hits, named, out=np.zeros_like(named), where=named > 0)
    found: NDArray[np.float64] = each.sum(axis=-1) / (named > 0).sum(axis=-1)
    return found


def _reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return [
        (float(confidence[bins == place].mean()), float(right[bins == place].mean()), int((bins == place).sum()))
        for place in range(_BINS)
        if (bins == place).any()
    ]
