"""What a confidence means and what is done with it: calibration, routing, the adaptive threshold.

Two thresholds stand side by side. The fixed ones route: from CONFIDENT on to the domain, from DOUBTFUL on to the domain
with `requires_validation`, below that to a person. The adaptive one routes nothing (nor does it in the original): it
moves within the doubtful band, lower for texts that say more, and an understanding below it is marked
`requires_manual_validation`: of the doubtful ones, those that a person should see first. As it never leaves
[DOUBTFUL, CONFIDENT], what is confident is never marked, and what goes to a person always is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

CONFIDENT = 0.5
"""From here on the domain is taken as it is."""

DOUBTFUL = 0.3
"""Below this a person says which domain it is."""

_HIGHEST = 0.8
_LEAST_DOUBT = 1e-6
"""Probabilities are kept this far from 0 and 1 where their log-odds are taken."""


class Route(StrEnum):
    """Where an understood intention goes."""

    DOMAIN = "domain"
    DOMAIN_REQUIRES_VALIDATION = "domain_requires_validation"
    VALIDATION = "validation"


def route(confidence: float) -> Route:
    """Decide by the confidence alone: to the domain, there with a caution, or to validation."""
    if confidence >= CONFIDENT:
        return Route.DOMAIN
    return Route.DOMAIN_REQUIRES_VALIDATION if confidence >= DOUBTFUL else Route.VALIDATION


def adaptive_threshold(*, words: int, entities: int, context_fields: int) -> float:
    """Return the confidence below which a person should look (domain.md 3.2).

    0.5, less 0.10 from 21 words and 0.05 from 11, less 0.10 from 3 entities and 0.05 from 1, less 0.05 from 3 fields of
    context; within 0.3 and 0.8.
    """
    threshold = CONFIDENT
    threshold -= 0.10 if words > 20 else 0.05 if words > 10 else 0.0
    threshold -= 0.10 if entities >= 3 else 0.05 if entities >= 1 else 0.0
    threshold -= 0.05 if context_fields >= 3 else 0.0
    return round(min(max(threshold, DOUBTFUL), _HIGHEST), 2)


class Calibration(NamedTuple):
    """From what a model says to how often it is right, by Platt's two numbers: 1 / (1 + exp(-(a·log-odds + b)))."""

    slope: float = 1.0
    shift: float = 0.0

    def confidence(self, probability: float) -> float:
        """Return how often a prediction with this probability is right."""
        # exp(-(a·log(p / (1 - p)) + b)), with one power instead of a logarithm and a power.
        p = min(max(probability, _LEAST_DOUBT), 1.0 - _LEAST_DOUBT)
        odds_against: float = ((1.0 - p) / p) ** self.slope * math.exp(-self.shift)
        return 1.0 / (1.0 + odds_against)


def log_odds(probability: float) -> float:
    """Return log(p / (1 - p)), within what a float keeps apart from certainty."""
    p = min(max(probability, _LEAST_DOUBT), 1.0 - _LEAST_DOUBT)
    return math.log(p / (1.0 - p))


def calibrate(probabilities: Sequence[float], right: Sequence[bool]) -> Calibration:
    """Fit a calibration to predictions that the model made about what it had not learned from.

    Newton's method on the log loss, with Platt's softened targets (Platt 1999; Lin, Lin, Weng 2007), so that
    predictions that are all right, or few, don't drive it to certainty.

    Raises:
        ValueError: there are none, or not as many of the one as of the other.
    """
    if not probabilities or len(probabilities) != len(right):
        raise ValueError(f"{len(probabilities)} probabilities and {len(right)} outcomes: as many of both are needed")
    positive = sum(right)
    high, low = (positive + 1.0) / (positive + 2.0), 1.0 / (len(right) - positive + 2.0)
    odds = [log_odds(p) for p in probabilities]
    targets = [high if r else low for r in right]
    slope, shift = 1.0, 0.0
    for _ in range(50):
        gradient_slope = gradient_shift = 0.0
        # A little weight on the diagonal: the matrix stays invertible when all log-odds are one number.
        curve_slope, curve_both, curve_shift = 1e-6, 0.0, 1e-6
        for x, target in zip(odds, targets, strict=True):
            p = 1.0 / (1.0 + math.exp(-min(max(slope * x + shift, -30.0), 30.0)))
            error, curve = p - target, p * (1.0 - p)
            gradient_slope += error * x
            gradient_shift += error
            curve_slope += curve * x * x
            curve_both += curve * x
            curve_shift += curve
        determinant = curve_slope * curve_shift - curve_both * curve_both
        step_slope = (curve_shift * gradient_slope - curve_both * gradient_shift) / determinant
        step_shift = (curve_slope * gradient_shift - curve_both * gradient_slope) / determinant
        slope, shift = slope - step_slope, shift - step_shift
        if abs(step_slope) + abs(step_shift) < 1e-7:
            break
    return Calibration(slope, shift)
