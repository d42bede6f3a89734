"""What a ladder (`models.online.ladder`) is made of: its settings, its rungs, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from models.online.paired import Comparison
from models.online.rungs import Learner
from models.online.shift import ShiftSettings
from models.online.watches import ErrorSettings
from models.records import DriftSource

__all__ = ["DEFAULT_KINDS", "Forecast", "LadderSettings", "Rung"]

DEFAULT_KINDS: Final = ("logistic", "quick", "tree", "forest")


class LadderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a ladder is made of, and when it acts.

    Attributes:
        kinds: The rungs (`rungs.KINDS`); the first one is the champion to begin with, and watched as
            the one that forgets most slowly.
        seed: Of all chance.
        error: When errors count as more frequent.
        shift: When features and labels count as moved.
        cool_down: Examples after a drift in which no other is declared, and after which a warning has passed.
        alpha: Of the paired comparisons: how seldom equally good ones are told apart. Mistakes that come in clusters
            count as more evidence than they are: with 0.001, late labels made the champion change every few hundred
            examples.
        challenged_by: The warnings that start challengers; the others are told only.
    """

    kinds: tuple[str, ...] = DEFAULT_KINDS
    seed: int = 0
    error: ErrorSettings = ErrorSettings()
    shift: ShiftSettings = ShiftSettings()
    cool_down: int = 500
    alpha: float = 0.00001
    challenged_by: tuple[DriftSource, ...] = (DriftSource.ERROR, DriftSource.EXPECTED_ACCURACY)


class Forecast(NamedTuple):
    """What was said of an example when it arrived.

    Attributes:
        label: The champion's; None before anything was learned.
        probabilities: The champion's, by label.
        confidence: How often a prediction like this one is right: calibrated, 0 to 1.
        said: What each rung and challenger said, by its name.
    """

    label: str | None
    probabilities: Mapping[str, float]
    confidence: float
    said: Mapping[str, str | None]


class Rung:
    """A learner, its challenger, and how both compare."""

    def __init__(self, kind: str, name: str, learner: Learner, alpha: float) -> None:
        """Put a learner on a rung; `alpha` is that of the comparisons."""
        self.kind, self.name, self.learner = kind, name, learner
        self.with_champion = Comparison(alpha=alpha)
        self.challenger: Learner | None = None
        self.challenger_name = ""
        self.with_challenger = Comparison(alpha=alpha)
        self.n = self.right = 0

    def drop_challenger(self) -> None:
        """Go on without a challenger."""
        self.challenger, self.challenger_name = None, ""
