"""What the rungs of a ladder say, in numbers: a linear one's weights, a tree's thresholds, its leaves' Gaussians.

These travel (`models.online.served`); arrays are little-endian doubles, row by row.
"""

from __future__ import annotations

from typing import Final

import msgspec

__all__ = ["KIND", "TERM", "Forest", "Leaf", "Linear", "Rung", "Served", "Tree"]

KIND: Final = "served/1"
TERM: Final = 3
"""Numbers of a term: mean, -2 variance, half the variance's logarithm."""


class Linear(msgspec.Struct, frozen=True, kw_only=True, tag="linear"):
    """A `ScaledSoftmax`.

    Attributes:
        labels: In the order of the weights.
        mean: Of each feature (doubles).
        deviation: Of each feature, infinite where it is always the same (doubles).
        weights: Labels x (features and a bias) (doubles).
    """

    labels: list[str]
    mean: bytes
    deviation: bytes
    weights: bytes


class Leaf(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A leaf of a tree.

    Attributes:
        labels: Those that it has seen, as places in the tree's.
        shares: How often, each.
        priors: Their logarithms where the leaf says what naive Bayes says, else nothing; 0 where nothing was counted.
        features: Those that it has Gaussians of, as places in the row.
        terms: Labels x features x (mean, -2 variance, half its logarithm) (doubles); no number where there is none.
        error: How often it errs, where what it says is weighed by that.
    """

    labels: list[int]
    shares: list[float]
    priors: list[float]
    features: list[int]
    terms: bytes
    error: float | None


class Tree(msgspec.Struct, frozen=True, kw_only=True, tag="tree"):
    """A tree whose nodes stand behind their parents, the root first.

    Attributes:
        labels: Those that it knows.
        features: For each node the place of the feature that it asks; -1: it is a leaf.
        thresholds: Up to which it goes left.
        left: The left child; of a leaf, which one.
        right: The right child.
        others: A leaf that speaks as well where this node is passed, -1: none.
        leaves: The leaves.
        sums: Whether what the leaves say is added up and shared out anew, as an adaptive tree does.
    """

    labels: list[str]
    features: list[int]
    thresholds: list[float]
    left: list[int]
    right: list[int]
    others: list[int]
    leaves: list[Leaf]
    sums: bool


class Forest(msgspec.Struct, frozen=True, kw_only=True, tag="forest"):
    """Trees, and what each one's word counts."""

    trees: list[Tree]
    weights: list[float]


Rung = Linear | Tree | Forest


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What travels.

    Attributes:
        kind: `KIND`.
        schema: Of the features.
        names: The features, in the order of the row.
        champion: The kind of the rung that decides.
        champion_name: The name under which the ladder judges it.
        learned: How many labels the ladder had learned.
        slope: Of the calibration.
        shift: Of the calibration.
        rungs: By kind.
        accuracies: Of each rung, the share of its predictions that was right.
    """

    kind: str
    schema: str
    names: list[str]
    champion: str
    champion_name: str
    learned: int
    slope: float
    shift: float
    rungs: dict[str, Rung]
    accuracies: dict[str, float | None]
