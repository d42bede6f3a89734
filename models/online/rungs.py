"""The learners that compete on a ladder, from the cheapest to the dearest; each learns one example at a time.

* `logistic`: scaled logistic regression with a small step: slow to forget.
* `quick`: the same with a large step: it forgets within some dozens of examples, which is best where labels follow each
  other closely and come at once, and worst where they come late.
* `tree`: Hoeffding adaptive tree (Bifet, Gavalda 2009).
* `forest`: adaptive random forest (Gomes et al. 2017): the best as a rule, and ten times as dear as the tree.

Memory is bounded: the linear ones by features and labels, the trees by their depth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from models.online.linear import ScaledSoftmax

__all__ = ["HEAVY", "KINDS", "Learner", "Row", "best_of", "make_learner", "normalised"]

Row = dict[str, float]
"""What is to be classified: features by name."""

HEAVY: Final = frozenset({"forest", "small-forest"})
"""Those that are left out when there is more to learn than there is time."""

_MOST_DEPTH: Final = 10  # of a tree: at most 1,024 leaves
_LOW_DEPTH: Final = 5  # of a small one: at most 32


class Learner(Protocol):
    """What a river classifier does."""

    def predict_proba_one(self, x: Row, /) -> Mapping[Any, float]:
        """Return the probability of each label known."""
        ...

    def learn_one(self, x: Row, y: str, /) -> None:
        """Learn that `x` is a `y`."""
        ...


def _logistic(seed: int) -> Learner:  # noqa: ARG001 — it has no chance in it
    return ScaledSoftmax(rate=0.01)


def _quick(seed: int) -> Learner:  # noqa: ARG001
    return ScaledSoftmax(rate=1.0)


def _tree(seed: int) -> Learner:
    # Imported where it is needed: river's trees bring half a second of imports, and only learners want them.
    from river.tree import HoeffdingAdaptiveTreeClassifier

    learner: Learner = HoeffdingAdaptiveTreeClassifier(seed=seed, grace_period=50, delta=0.01, max_depth=_MOST_DEPTH)
    return learner


def _forest(seed: int) -> Learner:
    from river.forest import ARFClassifier

    share: Any = 0.8  # of the features, at each split: its documentation allows what its types don't
    learner: Learner = ARFClassifier(5, seed=seed, max_features=share, max_depth=_MOST_DEPTH)
    return learner


def _small_tree(seed: int) -> Learner:
    from river.tree import HoeffdingAdaptiveTreeClassifier

    learner: Learner = HoeffdingAdaptiveTreeClassifier(seed=seed, grace_period=50, delta=0.01, max_depth=_LOW_DEPTH)
    return learner


def _small_forest(seed: int) -> Learner:
    from river.forest import ARFClassifier

    share: Any = 0.5
    learner: Learner = ARFClassifier(5, seed=seed, max_features=share, max_depth=_LOW_DEPTH)
    return learner


KINDS: Final[dict[str, Callable[[int], Learner]]] = {
    "logistic": _logistic,
    "quick": _quick,
    "tree": _tree,
    "forest": _forest,
    "small-tree": _small_tree,
    "small-forest": _small_forest,
}


def make_learner(kind: str, seed: int) -> Learner:
    """Make a learner that knows nothing yet; equal seeds learn equally.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of learner; there are: {', '.join(KINDS)}")
    return KINDS[kind](seed)


def normalised(scores: Mapping[Any, float] | None) -> dict[str, float]:
    """Return what a learner says as probabilities: river's may be empty, None, or not add up to 1."""
    if not scores:
        return {}
    total = sum(scores.values())
    if not 0.0 < total < float("inf"):  # a tree whose leaf underflows says 0 of all, or nothing at all
        return dict.fromkeys(map(str, scores), 1.0 / len(scores))
    return {str(label): score / total for label, score in scores.items()}


def best_of(probabilities: Mapping[str, float]) -> str | None:
    """Return the most probable label, of equal ones the first by name: sets and dictionaries must not decide."""
    return min(probabilities, key=lambda label: (-probabilities[label], label), default=None)
