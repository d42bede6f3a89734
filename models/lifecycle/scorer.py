"""What a trained classifier comes to, as plain arrays: trees or layers, and the temperature that calibrates them.

Whoever scores needs numpy alone: no scikit-learn, which would cost a worker seconds and a hundred megabytes, and of
which each version reads only its own files; and nothing that is read can run. All trees are walked at once, a level at
a time, so that one row takes a twentieth of scikit-learn's time.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import InvalidSnapshot
from models.online.snapshot import Snapshot

__all__ = ["Scorer", "scorer_of"]

_DEEPEST: Final = 64
_AT_ONCE: Final = 64
"""Rows that are walked together: more don't fit into the processor's cache."""
_TINY: Final = 1e-12
"""Added to probabilities before their logarithm is taken, as scikit-learn's temperature scaling does."""

Floats = NDArray[np.float64]


class _Raw(Protocol):
    """What a family says before it is calibrated."""

    def logits(self, rows: Floats) -> Floats: ...

    def snapshot(self) -> Snapshot: ...


class Scorer:
    """A calibrated classifier, ready to score; `classes_` and `predict_proba` are as scikit-learn has them.

    Args:
        raw: The classifier.
        temperature: What its logits are multiplied by (the inverse temperature; Guo et al. 2017).
        classes: What its columns are.
    """

    def __init__(self, raw: _Raw, temperature: float, classes: NDArray[np.int64]) -> None:
        self._raw, self._temperature, self.classes_ = raw, temperature, classes

    def predict_proba(self, rows: Floats) -> Floats:
        """Return probabilities; (n, features) gives (n, classes)."""
        return _softmax(self._temperature * self._raw.logits(rows))

    def snapshot(self) -> Snapshot:
        """Return what :meth:`restored` makes it from again."""
        part = self._raw.snapshot()
        more = {"temperature": self._temperature, "classes": self.classes_.tolist()}
        return Snapshot({**part.header, **more}, part.arrays)

    @classmethod
    def restored(cls, packed: Snapshot, *, features: int) -> Scorer:
        """Make it from its snapshot.

        Raises:
            InvalidSnapshot: it is none of a classifier on so many features.
        """
        classes = packed.header.get("classes")
        if not isinstance(classes, list) or len(classes) < 2 or not all(isinstance(each, int) for each in classes):
            raise InvalidSnapshot(f"classes: at least two whole numbers were expected, not {classes!r:.40}")
        kind = packed.string("kind")
        raw: _Raw
        if kind == _Trees.KIND:
            raw = _Trees.restored(packed, features=features, classes=len(classes))
        elif kind == _Net.KIND:
            raw = _Net.restored(packed, features=features, classes=len(classes))
        else:
            raise InvalidSnapshot(f"kind: {kind!r} is none of {_Trees.KIND}, {_Net.KIND}")
        return cls(raw, packed.number("temperature"), np.array(classes, dtype=np.int64))


class _Forest(NamedTuple):
    """The nodes of all trees, one after the other.

    Attributes:
        roots: The place of each tree's root; (trees,).
        feature, threshold: What is looked at in a node, and up to where the left child is next; (nodes,).
        children: The left and the right child; a leaf's are itself; (nodes, 2).
        values: What a node says; (nodes, outputs).
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: Floats
    children: NDArray[np.int32]
    values: Floats


class _Trees:
    """Trees whose leaves hold distributions, which are averaged, or scores, which are added to a baseline."""

    KIND: Final = "trees"

    def __init__(self, forest: _Forest, *, depth: int, baseline: Floats | None) -> None:
        self._forest, self._depth, self._baseline = forest, depth, baseline
        self._both = np.ascontiguousarray(forest.children.reshape(-1))

    def logits(self, rows: Floats) -> Floats:
        """Walk all trees with all rows."""
        said = np.concatenate([self._walked(rows[at : at + _AT_ONCE]) for at in range(0, len(rows), _AT_ONCE)])
        if self._baseline is None:
            return _logs(said.mean(axis=1))
        width = len(self._baseline)
        return _two_sided(said.reshape(len(rows), -1, width).sum(axis=1) + self._baseline)

    def _walked(self, rows: Floats) -> Floats:
        """Return what the leaves say that rows come to; (n, trees, outputs)."""
        forest = self._forest
        # scikit-learn's forests compare in 32 bits.
        flat = np.ravel(rows if self._baseline is not None else rows.astype(np.float32))
        begins = np.arange(len(rows))[:, None] * rows.shape[1]
        nodes = np.broadcast_to(forest.roots, (len(rows), len(forest.roots)))
        for _ in range(self._depth):
            right = flat[begins + forest.feature[nodes]] > forest.threshold[nodes]
            nodes = self._both[2 * nodes + right]
        found: Floats = forest.values[nodes]
        return found

    def snapshot(self) -> Snapshot:
        """Return what it is restored from."""
        arrays: dict[str, NDArray[Any]] = dict(self._forest._asdict())
        if self._baseline is not None:
            arrays["baseline"] = self._baseline
        return Snapshot({"kind": self.KIND, "depth": self._depth}, arrays)

    @classmethod
    def restored(cls, packed: Snapshot, *, features: int, classes: int) -> _Trees:
        """Check the arrays: each index is in range, and no walk is longer than the deepest tree."""
        forest = _Forest(
            roots=_whole(packed, "roots", 1),
            feature=_whole(packed, "feature", 1),
            threshold=_numbers(packed, "threshold", 1),
            children=_whole(packed, "children", 2),
            values=_numbers(packed, "values", 2),
        )
        baseline = _numbers(packed, "baseline", 1) if "baseline" in packed.arrays else None
        nodes, depth = len(forest.feature), packed.integer("depth")
        width = classes if baseline is None else 1
        scores = 0 if baseline is None else len(baseline)
        right = (
            len(forest.roots) > 0
            and 0 <= depth <= _DEEPEST
            and forest.threshold.shape == (nodes,)
            and forest.children.shape == (nodes, 2)
            and forest.values.shape == (nodes, width)
            and (baseline is None or (scores in _widths(classes) and len(forest.roots) % scores == 0))
            and _within(forest.roots, nodes)
            and _within(forest.children, nodes)
            and _within(forest.feature, features)
        )
        if not right:
            raise InvalidSnapshot("trees: their arrays don't fit each other")
        return cls(forest, depth=depth, baseline=baseline)


class _Net:
    """Layers after a scaling; rectified in between, and a distribution at the end."""

    KIND: Final = "net"

    def __init__(self, mean: Floats, scale: Floats, layers: list[tuple[Floats, Floats]]) -> None:
        self._mean, self._scale, self._layers = mean, scale, layers

    def logits(self, rows: Floats) -> Floats:
        """Go through the layers."""
        at = (rows - self._mean) / self._scale
        for weights, bias in self._layers[:-1]:
            at = np.maximum(at @ weights + bias, 0.0)
        weights, bias = self._layers[-1]
        at = at @ weights + bias
        if at.shape[1] == 1:
            at = np.concatenate([np.zeros_like(at), at], axis=1)  # a sigmoid is the softmax of (0, x)
        return _logs(_softmax(at))

    def snapshot(self) -> Snapshot:
        """Return what it is restored from."""
        arrays = {"mean": self._mean, "scale": self._scale}
        for place, (weights, bias) in enumerate(self._layers):
            arrays |= {f"weights{place}": weights, f"bias{place}": bias}
        return Snapshot({"kind": self.KIND, "layers": len(self._layers)}, arrays)

    @classmethod
    def restored(cls, packed: Snapshot, *, features: int, classes: int) -> _Net:
        """Check that each layer takes what the one before gives."""
        layers = [
            (_numbers(packed, f"weights{place}", 2), _numbers(packed, f"bias{place}", 1))
            for place in range(min(packed.integer("layers"), _DEEPEST))
        ]
        mean, scale = _numbers(packed, "mean", 1), _numbers(packed, "scale", 1)
        sizes = [features, *(len(bias) for _, bias in layers)]
        right = (
            bool(layers)
            and mean.shape == scale.shape == (features,)
            and bool((scale != 0.0).all())
            and all(weights.shape == size for (weights, _), size in zip(layers, pairwise(sizes), strict=True))
            and sizes[-1] in _widths(classes)
        )
        if not right:
            raise InvalidSnapshot("net: its layers don't fit each other")
        return cls(mean, scale, layers)


def scorer_of(calibrated: Any, *, classes: NDArray[np.int64] | None = None) -> Scorer:
    """Return what scikit-learn's calibrated classifier of one of our families comes to.

    Args:
        calibrated: The classifier.
        classes: What its classes stand for, in their order; by default for themselves.

    Raises:
        TypeError: it is of another family.
    """
    (inner,) = calibrated.calibrated_classifiers_
    estimator = inner.estimator.estimator  # in a FrozenEstimator
    kind = type(estimator).__name__
    raw: _Raw
    if kind == "RandomForestClassifier":
        raw = _of_forest([each.tree_ for each in estimator.estimators_])
    elif kind == "HistGradientBoostingClassifier":
        raw = _of_boosting(estimator)
    elif kind == "Pipeline":
        raw = _of_net(estimator[0], estimator[1])
    else:
        raise TypeError(f"{kind} is none of the families that are trained here")
    return Scorer(
        raw,
        float(inner.calibrators[0].beta_),
        np.asarray(calibrated.classes_ if classes is None else classes, dtype=np.int64),
    )


def _of_forest(trees: list[Any]) -> _Trees:
    parts = [(t.feature, t.threshold, t.children_left, t.children_right, t.value[:, 0, :]) for t in trees]
    return _Trees(_joined(parts), depth=max(t.max_depth for t in trees), baseline=None)


def _of_boosting(estimator: Any) -> _Trees:
    trees = [tree for iteration in estimator._predictors for tree in iteration]  # noqa: SLF001 — nothing public has them
    parts = []
    for tree in trees:
        nodes = tree.nodes
        leaf = nodes["is_leaf"].astype(bool)
        left, right = (np.where(leaf, -1, nodes[side].astype(np.int64)) for side in ("left", "right"))
        parts.append((nodes["feature_idx"], nodes["num_threshold"], left, right, nodes["value"][:, None]))
    baseline = np.asarray(estimator._baseline_prediction, dtype=np.float64).reshape(-1)  # noqa: SLF001
    return _Trees(_joined(parts), depth=max(tree.get_max_depth() for tree in trees), baseline=baseline)


def _of_net(scaler: Any, net: Any) -> _Net:
    layers = list(zip(net.coefs_, net.intercepts_, strict=True))
    return _Net(scaler.mean_, scaler.scale_, [(np.ascontiguousarray(w), np.asarray(b)) for w, b in layers])


def _joined(parts: list[tuple[Any, ...]]) -> _Forest:
    """Put trees one after the other; their leaves have the child -1."""
    begins = [0, *accumulate(len(part[0]) for part in parts)]
    children = []
    for (_, _, left, right, _), begin in zip(parts, begins, strict=False):
        both = np.stack([left, right], axis=1).astype(np.int64)
        own = np.arange(begin, begin + len(left))[:, None]
        children.append(np.where(both < 0, own, both + begin))
    leaf = np.concatenate([np.asarray(part[2]) < 0 for part in parts])
    return _Forest(
        roots=np.array(begins[:-1], dtype=np.int32),
        feature=np.where(leaf, 0, np.concatenate([part[0] for part in parts])).astype(np.int32),
        threshold=np.where(leaf, 0.0, np.concatenate([part[1] for part in parts])).astype(np.float64),
        children=np.concatenate(children).astype(np.int32),
        values=np.ascontiguousarray(np.concatenate([part[4] for part in parts]), dtype=np.float64),
    )


def _softmax(logits: Floats) -> Floats:
    raised: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    raised /= raised.sum(axis=1, keepdims=True)
    return raised


def _logs(probabilities: Floats) -> Floats:
    found: Floats = np.log(probabilities + _TINY)
    return found


def _two_sided(scores: Floats) -> Floats:
    return np.concatenate([-scores, scores], axis=1) if scores.shape[1] == 1 else scores


def _widths(classes: int) -> tuple[int, ...]:
    """Return how many numbers may stand for so many classes: of two, one is enough."""
    return (1,) if classes == 2 else (classes,)


def _within(indices: NDArray[np.int32], bound: int) -> bool:
    return indices.size > 0 and int(indices.min()) >= 0 and int(indices.max()) < bound


def _whole(packed: Snapshot, name: str, dimensions: int) -> NDArray[np.int32]:
    return _array(packed, name, np.dtype(np.int32), dimensions)


def _numbers(packed: Snapshot, name: str, dimensions: int) -> Floats:
    array = _array(packed, name, np.dtype(np.float64), dimensions)
    if not np.isfinite(array).all():
        raise InvalidSnapshot(f"{name}: a value is not finite")
    return array


def _array(packed: Snapshot, name: str, dtype: np.dtype[Any], dimensions: int) -> NDArray[Any]:
    array = packed.arrays.get(name)
    if array is None or array.dtype != dtype or array.ndim != dimensions:
        raise InvalidSnapshot(f"{name}: an array of {dtype} with {dimensions} dimensions was expected")
    return array
