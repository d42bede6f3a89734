"""Multinomial logistic regression on hashed features, learned one example at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river import base

from models.errors import InvalidSnapshot
from models.online.snapshot import Snapshot

Indices = NDArray[np.uint16]
"""Rows of the weights, one an entry; an entry may come twice and then counts twice."""

Values = NDArray[np.float32]
"""How much each of those rows counts."""

KIND = "hashed-softmax/1"

MOST_LABELS = 1_024
"""Labels that a snapshot may have: each takes 256 KiB, and what is restored must fit the memory."""

_FIRST_COLUMNS = 8


class HashedSoftmax(base.Classifier):
    """Softmax over labels that need not be known beforehand, with a weight per hashed feature and label.

    A feature counts by how rare it was in the examples so far, log((N + 2) / (n + 1)), and the features of one
    example are scaled to length 1. Each example makes `steps` steps down the gradient of its log loss, each weight
    with its own rate (AdaGrad: Duchi, Hazan, Singer 2011): `rate / sqrt(start + sum of its squared gradients)`.
    `start` is what makes it learn well from few examples: without it the first step of every weight is `rate`,
    however small the gradient, and labels that were never in doubt get as large a weight as the right one.

    The memory is fixed by the number of labels C: `2**bits + dense` rows of C weights and C sums, 4 bytes each.
    Everything is deterministic; two processes that learn the same examples in the same order agree. It is no more
    thread safe than other river models.
    """

    def __init__(
        self,
        features: Callable[[Any], Indices],
        *,
        bits: int = 15,
        dense: int = 0,
        rate: float = 0.7,
        start: float = 0.003,
        steps: int = 2,
    ) -> None:
        """Make a model that knows no label.

        Args:
            features: turns what is to be classified into rows below `2**bits`.
            bits: how many rows hashed features share; at most 15, so that rows fit 16 bits with the dense ones.
            dense: rows above those, for features whose values the caller chooses (`logits` and `learn`).
            rate: the step size at a squared gradient of 1.
            start: what the sum of squared gradients begins with.
            steps: how often each example is learned.
        """
        if not (0 < bits <= 15 and 0 <= dense <= 2**15 and rate > 0 and start > 0 and 0 < steps <= 100):
            raise ValueError("bits: 1 to 15, dense: 0 to 32,768; rate and start: above 0; steps: above 0, 100 at most")
        self.features = features
        self.bits = bits
        self.dense = dense
        self.rate = rate
        self.start = start
        self.steps = steps
        self.labels: list[str] = []
        self.seen = 0
        self._columns: dict[str, int] = {}
        rows = 2**bits + dense
        self._log_counts: Values = np.zeros(2**bits, np.float32)  # log(n + 1) of each hashed feature
        self._weights: Values = np.zeros((rows, _FIRST_COLUMNS), np.float32)
        self._squares: Values = np.full((rows, _FIRST_COLUMNS), start, np.float32)

    @property
    def _multiclass(self) -> bool:
        return True

    # -- as river has it

    def predict_proba_one(self, x: Any, **_: Any) -> dict[base.typing.ClfTarget, float]:
        """Return the probability of each label seen so far; none seen, none returned."""
        indices = self.features(x)
        return dict(zip(self.labels, self.proba(indices, self.weigh(indices)).tolist(), strict=True))

    def predict_one(self, x: Any, **_: Any) -> base.typing.ClfTarget | None:
        """Return the most probable label, or None before the first example."""
        if not self.labels:
            return None
        indices = self.features(x)
        return self.labels[int(self.logits(indices, self.weigh(indices)).argmax())]

    def learn_one(self, x: Any, y: base.typing.ClfTarget) -> None:
        """Learn that `x` is a `y`; a label not seen before becomes a new column."""
        indices = self.features(x)
        self.learn(indices, self.weigh(indices), str(y))
        self.count(indices)

    # -- the fast path, on rows and values

    def rarity(self, indices: Indices) -> Values:
        """Return the logarithm of one over the share of examples that had each hashed feature."""
        rarity: Values = math.log(self.seen + 2) - self._log_counts.take(indices)
        return rarity

    def weigh(self, indices: Indices) -> Values:
        """Return the values of hashed features: by rarity, scaled to length 1 (to 0 where there are none)."""
        values = self.rarity(indices)
        length = math.sqrt(values.dot(values))
        if length:
            values /= length
        return values

    def logits(self, indices: Indices, values: Values) -> Values:
        """Return what speaks for each label, in the order of `labels`."""
        logits: Values = values.dot(self.weights(indices))
        return logits

    def proba(self, indices: Indices, values: Values) -> Values:
        """Return the probability of each label, in the order of `labels`."""
        return _softmax(self.logits(indices, values))

    def contributions(self, indices: Indices, values: Values) -> Values:
        """Return what each entry adds to each label's logit: one row an entry, one column a label."""
        contributions: Values = values[:, None] * self.weights(indices)
        return contributions

    def weights(self, indices: Indices) -> Values:
        """Return the weights of these rows: one row an entry, one column a label."""
        return self._weights.take(indices, axis=0)[:, : len(self.labels)]

    def all_weights(self) -> Values:
        """Return a copy of all weights: one row a feature, one column a label."""
        return self._weights[:, : len(self.labels)].copy()

    def add_labels(self, labels: Iterable[str]) -> None:
        """Give these labels a column, where they have none."""
        for label in labels:
            self._column(label)

    def learn(self, indices: Indices, values: Values, label: str) -> None:
        """Learn that these rows with these values are this label."""
        column = self._column(label)
        columns = len(self.labels)
        rows, places = np.unique(indices, return_inverse=True)
        # An entry that comes twice is one row: scattering it twice would lose one of the two steps.
        values = np.bincount(places, values, len(rows)).astype(np.float32)
        weights = self._weights.take(rows, axis=0)
        squares = self._squares.take(rows, axis=0)
        for _ in range(self.steps):
            error = _softmax(values.dot(weights)[:columns])
            error[column] -= 1.0
            gradient = values[:, None] * error
            squares[:, :columns] += gradient * gradient
            weights[:, :columns] -= self.rate * gradient / np.sqrt(squares[:, :columns])
        self._weights[rows] = weights
        self._squares[rows] = squares

    def count(self, indices: Indices) -> None:
        """Take an example into the counts that say how rare each hashed feature is."""
        rows = np.unique(indices)
        self._log_counts[rows] = np.log(np.exp(self._log_counts[rows]) + 1.0)
        self.seen += 1

    # -- snapshots

    def copy(self) -> HashedSoftmax:
        """Return a model that knows the same and learns apart from this one."""
        return self.restored(self.snapshot(), self.features)

    def snapshot(self) -> Snapshot:
        """Return all that was learned; rows that nothing was learned about are left out."""
        columns = len(self.labels)
        rows = np.flatnonzero((self._squares != self.start).any(axis=1))
        counted = np.flatnonzero(self._log_counts)
        return Snapshot(
            {
                "kind": KIND,
                "bits": self.bits,
                "dense": self.dense,
                "rate": self.rate,
                "start": self.start,
                "steps": self.steps,
                "seen": self.seen,
                "labels": self.labels,
            },
            {
                "rows": rows.astype(np.uint16),
                "weights": self._weights[rows, :columns],
                "squares": self._squares[rows, :columns],
                "counted": counted.astype(np.uint16),
                "log_counts": self._log_counts[counted],
            },
        )

    @classmethod
    def restored(cls, snapshot: Snapshot, features: Callable[[Any], Indices]) -> HashedSoftmax:
        """Make the model of a snapshot again.

        Raises:
            InvalidSnapshot: it is none of this class and version, or what it holds doesn't fit together.
        """
        snapshot.expect("kind", KIND)
        labels = snapshot.strings("labels")
        if len(set(labels)) != len(labels) or len(labels) > MOST_LABELS:
            raise InvalidSnapshot(f"labels: one is given twice, or they are more than {MOST_LABELS}")
        try:
            model = cls(
                features,
                bits=snapshot.integer("bits"),
                dense=snapshot.integer("dense"),
                rate=snapshot.number("rate"),
                start=snapshot.number("start"),
                steps=snapshot.integer("steps"),
            )
        except ValueError as error:
            raise InvalidSnapshot(str(error)) from error
        model.seen = snapshot.integer("seen")
        model.add_labels(labels)
        size, known = 2**model.bits, len(labels)
        rows = snapshot.rows("rows", below=size + model.dense)
        counted = snapshot.rows("counted", below=size)
        model._weights[rows, :known] = snapshot.floats("weights", (len(rows), known))
        model._squares[rows, :known] = snapshot.floats("squares", (len(rows), known), least=model.start * 0.999)
        model._log_counts[counted] = snapshot.floats("log_counts", (len(counted),), least=0.0)
        return model

    def _column(self, label: str) -> int:
        column = self._columns.get(label)
        if column is None:
            column = self._columns[label] = len(self.labels)
            self.labels.append(label)
            rows, room = self._weights.shape
            if column == room:  # half as many again: adding labels one by one must not copy all each time
                more = room // 2
                self._weights = np.hstack([self._weights, np.zeros((rows, more), np.float32)])
                self._squares = np.hstack([self._squares, np.full((rows, more), self.start, np.float32)])
        return column


def _softmax(logits: Values) -> Values:
    if not len(logits):
        return logits
    powers: Values = np.exp(logits - logits.max())
    powers /= powers.sum()
    return powers
