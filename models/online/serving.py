"""From a ladder's learners to what scoring needs of them (`models.online.served`); the inner parts are river's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from models.online.linear import ScaledSoftmax
from models.online.served_forms import KIND, TERM, Forest, Leaf, Rung, Served, Tree

if TYPE_CHECKING:
    from models.online.ladder import Ladder
    from models.online.rungs import Learner

__all__ = ["served_of"]


def served_of(ladder: Ladder, *, schema: str, names: Sequence[str]) -> Served:
    """Return what a ladder says, for rows of these features in this order.

    Raises:
        ValueError: a rung was taught other features than these, or is of a kind that can't be served.
    """
    return Served(
        kind=KIND,
        schema=schema,
        names=list(names),
        champion=ladder.champion,
        champion_name=ladder.champion_name,
        learned=ladder.learned,
        slope=ladder.calibration.slope,
        shift=ladder.calibration.shift,
        rungs={kind: _rung(learner, names) for kind, learner in ladder.learners.items()},
        accuracies=ladder.accuracies,
    )


def _rung(learner: Learner, names: Sequence[str]) -> Rung:
    # Imported where they are needed: river's trees bring half a second of imports, and only learners want them.
    from river.forest import ARFClassifier
    from river.tree import HoeffdingAdaptiveTreeClassifier

    if isinstance(learner, ScaledSoftmax):
        return learner.served(names)
    places = {name: at for at, name in enumerate(names)}
    if isinstance(learner, HoeffdingAdaptiveTreeClassifier):
        return _Nodes(learner, places).tree(sums=True)
    if isinstance(learner, ARFClassifier):
        return Forest(
            trees=[_Nodes(tree, places).tree(sums=False) for tree in learner],
            # river has no other way in; there are no trees before the first example, but their measures are.
            weights=[float(metric.get()) for metric in learner._metrics[: len(learner)]],  # noqa: SLF001
        )
    raise ValueError(f"{type(learner).__name__}: it can't be served")


class _Nodes:
    """Writes a tree's nodes down, parents before children."""

    def __init__(self, tree: Any, places: Mapping[str, int]) -> None:
        self._places = places
        self._labels = sorted(tree.classes)
        self._at = {label: at for at, label in enumerate(self._labels)}
        self._features: list[int] = []
        self._thresholds: list[float] = []
        self._left: list[int] = []
        self._right: list[int] = []
        self._others: list[int] = []
        self._leaves: list[Leaf] = []
        if tree._root is not None:  # noqa: SLF001 — as above
            self._node(tree._root)  # noqa: SLF001

    def tree(self, *, sums: bool) -> Tree:
        return Tree(
            labels=self._labels,
            features=self._features,
            thresholds=self._thresholds,
            left=self._left,
            right=self._right,
            others=self._others,
            leaves=self._leaves,
            sums=sums,
        )

    def _node(self, node: Any) -> int:
        at = len(self._features)
        self._features.append(-1)
        self._thresholds.append(0.0)
        self._left.append(-1)
        self._right.append(-1)
        self._others.append(-1)
        if not hasattr(node, "children"):
            self._left[at] = self._leaf(node)
            return at
        if not hasattr(node, "threshold") or node.feature not in self._places:
            raise ValueError(f"a split on {node.feature!r}: numbers of the schema can be served only")
        self._features[at], self._thresholds[at] = self._places[node.feature], float(node.threshold)
        other = getattr(node, "_alternate_tree", None)
        if other is not None:
            self._others[at] = self._leaf(other)
        self._left[at], self._right[at] = (self._node(child) for child in node.children)
        return at

    def _leaf(self, leaf: Any) -> int:
        stats: dict[str, float] = leaf.stats
        total = sum(stats.values())
        bayes = bool(
            total and leaf.is_active() and leaf._nb_correct_weight >= leaf._mc_correct_weight  # noqa: SLF001
        )
        splitters = {self._places[name]: each for name, each in leaf.splitters.items()} if bayes else {}
        terms = [
            [_term(splitter, label, counted=weight > 0) for splitter in splitters.values()]
            for label, weight in stats.items()
        ]
        error = getattr(leaf, "_mean_error", None)
        self._leaves.append(
            Leaf(
                [self._at[label] for label in stats],
                [weight * (1 / total) if total else weight for weight in stats.values()],
                [log(weight / total) if weight > 0 else 0.0 for weight in stats.values()] if bayes else [],
                list(splitters),
                np.array(terms, np.float64).tobytes(),
                None if error is None else float(error.get()),
            )
        )
        return len(self._leaves) - 1


def _term(splitter: Any, label: str, *, counted: bool) -> tuple[float, float, float]:
    """Return what a feature's Gaussian adds to a label's vote, as numbers; none where river adds nothing."""
    nothing = (nan,) * TERM
    gaussian = splitter._att_dist_per_class.get(label)  # noqa: SLF001
    if gaussian is None or not counted:
        return nothing
    var = gaussian._var  # noqa: SLF001
    if not var.mean.n > var.ddof:
        return nothing
    variance = var._S / (var.mean.n - var.ddof)  # noqa: SLF001
    if not variance > 0.0:
        return nothing
    return var.mean._mean, -2.0 * variance, 0.5 * log(variance)  # noqa: SLF001
