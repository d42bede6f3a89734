"""What a specialist's own learner must offer: the Protocol between opinions and whatever learns.

Learners live elsewhere (`models.online`); an opinion is joined from the rule prior and from one of these, scored from a
snapshot. There may be none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from models.deliberation.prior import LABELS
from models.records import SpecialistType

__all__ = ["MATURE", "NOTHING_LEARNED", "LearnedModel", "Learners", "Unusable", "probabilities_of", "trust_in"]

MATURE: Final = 150
"""Labels after which a learner counts for as much as the rules; before that the opinion says that rules speak."""


class LearnedModel(Protocol):
    """A classifier over a plan's features, as it stands."""

    @property
    def version(self) -> str:
        """The version of these very weights."""
        ...

    @property
    def model_type(self) -> str:
        """What it is, for people: `softmax`, `adaptive random forest`."""
        ...

    @property
    def learned(self) -> int:
        """How many labels it has learned."""
        ...

    def probabilities(self, row: Mapping[str, float], /) -> Sequence[float]:
        """Return calibrated probabilities in the order of `LABELS` for a row of `models.online.features.inputs_of`."""
        ...

    def contributions(self, row: Mapping[str, float], label: int, /) -> Mapping[str, float]:
        """Return how much features speak for a label (above 0) or against it; empty where that is not known."""
        ...


Learners = Mapping[SpecialistType, LearnedModel]

NOTHING_LEARNED: Final[Learners] = {}


class Unusable(ValueError):
    """A learner's answer is no distribution over the four labels; the rules speak alone, and the opinion says so."""


def trust_in(learned: int) -> float:
    """Return the learner's share of the opinion: 0 before the first label, a half at `MATURE`, towards 1."""
    return learned / (learned + MATURE) if learned > 0 else 0.0


def probabilities_of(model: LearnedModel, row: Mapping[str, float]) -> tuple[float, ...]:
    """Ask a learner.

    Raises:
        Unusable: what it says is no distribution, or it fails.
    """
    try:
        told = tuple([float(value) for value in model.probabilities(row)])
    except Exception as error:  # whatever a learner fails on, the plan must not
        raise Unusable(f"{type(error).__name__}: {error}") from error
    if len(told) != len(LABELS) or not all(math.isfinite(value) and value >= 0.0 for value in told):
        raise Unusable(f"{len(LABELS)} probabilities from 0 were expected, not {told}")
    total = sum(told)
    if not 0.99 < total < 1.01:
        raise Unusable(f"the probabilities sum to {total:g}")
    return tuple([value / total for value in told])
