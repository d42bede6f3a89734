"""Multinomial logistic regression on scaled features, learned one example at a time."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from river import base

from models.online.served_forms import Linear

__all__ = ["MOST_DEVIATIONS", "ScaledSoftmax", "softmax"]

MOST_DEVIATIONS: Final = 6.0
"""Standard deviations that a feature may lie from its mean; beyond, it counts as if it lay there."""


class ScaledSoftmax(base.Classifier):
    """Softmax over labels that need not be known beforehand, on features scaled to mean 0 and variance 1.

    Each step goes down the gradient of the log loss by `8 rate / (8 + |z|²)` of it, with z the scaled row and a 1
    (normalised least mean squares: Nagumo, Noda 1967): the same rate fits seven features and forty. Means and variances
    are Welford's. A feature that a row lacks counts as its mean.

    Memory: two numbers a feature, and one a feature and label. Deterministic; not thread safe.
    """

    def __init__(self, rate: float = 0.1) -> None:
        """Make a model that knows nothing.

        Args:
            rate: How much of the way to being certain of an example one step goes, roughly; above 0.
        """
        if not rate > 0:
            raise ValueError(f"rate: above 0 was expected, not {rate}")
        self.rate = rate
        self._names: dict[str, int] = {}
        self._labels: dict[str, int] = {}
        self._seen = 0
        self._mean: NDArray[np.float64] = np.zeros(0)
        self._squares: NDArray[np.float64] = np.zeros(0)
        self._weights: NDArray[np.float64] = np.zeros((0, 1))  # labels x (features and a bias)

    @property
    def _multiclass(self) -> bool:
        return True

    def predict_proba_one(self, x: dict[Any, float], **_: Any) -> dict[base.typing.ClfTarget, float]:
        """Return the probability of each label seen so far; none seen, none returned."""
        if not self._labels:
            return {}
        return dict(zip(self._labels, softmax(self._weights @ self._scaled(self._row(x))), strict=True))

    def learn_one(self, x: dict[Any, float], y: base.typing.ClfTarget) -> None:
        """Learn that `x` is a `y`; features and labels not seen before get a column, or a row."""
        for name in x:
            if name not in self._names:
                self._add_feature(name)
        label = str(y)
        if label not in self._labels:
            self._labels[label] = len(self._labels)
            self._weights = np.vstack([self._weights, np.zeros((1, len(self._names) + 1))])
        row = self._row(x)
        self._seen += 1
        off = row - self._mean
        self._mean += off / self._seen
        self._squares += off * (row - self._mean)
        scaled = self._scaled(row)
        error = np.array(softmax(self._weights @ scaled))
        error[self._labels[label]] -= 1.0
        self._weights -= np.outer(error, scaled * (self.rate * 8.0 / (8.0 + float(scaled @ scaled))))

    def _add_feature(self, name: str) -> None:
        at = len(self._names)
        self._names[name] = at
        self._mean, self._squares = np.append(self._mean, 0.0), np.append(self._squares, 0.0)
        self._weights = np.insert(self._weights, at, 0.0, axis=1)  # the bias stays the last

    def _row(self, x: dict[Any, float]) -> NDArray[np.float64]:
        mean = self._mean
        if len(x) == len(self._names):
            try:
                return np.array([x[name] for name in self._names])
            except KeyError:
                pass
        return np.array([x.get(name, mean[at]) for name, at in self._names.items()])

    def _scaled(self, row: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled = np.ones(len(row) + 1)
        np.clip((row - self._mean) / self._deviation(), -MOST_DEVIATIONS, MOST_DEVIATIONS, out=scaled[:-1])
        return scaled

    def _deviation(self) -> NDArray[np.float64]:
        """Return that of each feature; infinite where none is known yet, or it is always the same."""
        if self._seen < 2:
            return np.full(len(self._squares), np.inf)
        deviation = np.sqrt(self._squares / self._seen)
        deviation[deviation < 1e-9] = np.inf
        return deviation

    def served(self, names: Sequence[str]) -> Linear:
        """Return it as scoring needs it, for rows whose features have this order.

        Raises:
            ValueError: it knows features that aren't among them.
        """
        known = {name: at for at, name in enumerate(names)}
        if unknown := self._names.keys() - known:
            raise ValueError(f"names: {min(unknown)} was expected among them")
        at = [known[name] for name in self._names]
        mean, deviation = np.zeros(len(names)), np.full(len(names), np.inf)  # what it doesn't know counts as its mean
        mean[at], deviation[at] = self._mean, self._deviation()
        weights = np.zeros((len(self._labels), len(names) + 1))
        weights[:, at], weights[:, -1] = self._weights[:, :-1], self._weights[:, -1]
        return Linear(
            labels=list(self._labels), mean=mean.tobytes(), deviation=deviation.tobytes(), weights=weights.tobytes()
        )


def softmax(logits: NDArray[np.float64]) -> list[float]:
    """Return the probabilities that logits stand for."""
    values: list[float] = logits.tolist()
    most = max(values)
    powers = [exp(value - most) for value in values]
    total = sum(powers)
    return [power / total for power in powers]
