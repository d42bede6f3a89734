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
STEEPEST = 40.0
"""The largest slope of a calibration: from 49 % to 51 % all doubt is gone."""

_LEAST_DOUBT = 1e-6
"""Probabilities are kept this far from 0 and 1 where their log-odds are taken."""
_MOST_LOG_ODDS = math.log((1.0 - _LEAST_DOUBT) / _LEAST_DOUBT)


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
    hundredths = 50
    hundredths -= 10 if words > 20 else 5 if words > 10 else 0
    hundredths -= 10 if entities >= 3 else 5 if entities else 0
    hundredths -= 5 if context_fields >= 3 else 0
    return min(max(hundredths / 100, DOUBTFUL), _HIGHEST)


class Calibration(NamedTuple):
    """From what a model says to how often it is right, by Platt's two numbers: 1 / (1 + exp(-(a·log-odds + b)))."""

    slope: float = 1.0
    """At most STEEPEST, so that no power overflows."""
    shift: float = 0.0
    """At most STEEPEST to either side."""

    def confidence(self, probability: float) -> float:
        """Return how often a prediction with this probability is right."""
        return 1.0 / (1.0 + math.exp(-self.slope * log_odds(probability) - self.shift))


def log_odds(probability: float) -> float:
    """Return log(p / (1 - p)), within what a float keeps apart from certainty."""
    if _LEAST_DOUBT < probability < 1.0 - _LEAST_DOUBT:
        return math.log(probability / (1.0 - probability))
    return _MOST_LOG_ODDS if probability > 0.5 else -_MOST_LOG_ODDS


def calibrate(probabilities: Sequence[float], right: Sequence[bool]) -> Calibration:
    """Fit a calibration to predictions that the model made about what it had not learned from.

    Newton's method on the log loss, each step halved until the loss falls, with Platt's softened targets (Platt 1999;
    Lin, Lin, Weng 2007), so that predictions that are all right, or few, don't drive it to certainty.

    Raises:
        ValueError: there are none, or not as many of the one as of the other.
    """
    if not probabilities or len(probabilities) != len(right):
        raise ValueError(f"{len(probabilities)} probabilities and {len(right)} outcomes: as many of both are needed")
    positive = sum(right)
    high, low = (positive + 1.0) / (positive + 2.0), 1.0 / (len(right) - positive + 2.0)
    pairs = [(log_odds(p), high if r else low) for p, r in zip(probabilities, right, strict=True)]
    fit = Calibration()
    loss = _loss(fit, pairs)
    for _ in range(_MOST_STEPS):
        step = _newton(fit, pairs)
        for _ in range(_MOST_HALVINGS):
            tried = Calibration(fit.slope - step.slope, fit.shift - step.shift)
            if (tried_loss := _loss(tried, pairs)) < loss:
                break
            step = Calibration(step.slope / 2.0, step.shift / 2.0)
        else:
            break
        if loss - tried_loss < _ENOUGH:
            fit = tried
            break
        fit, loss = tried, tried_loss
    return Calibration(_within(fit.slope), _within(fit.shift))


_MOST_STEPS = 50
_MOST_HALVINGS = 30
_ENOUGH = 1e-9  # of the loss: what is left to gain changes no digit


def _within(value: float) -> float:
    return min(max(value, -STEEPEST), STEEPEST)


def _logistic(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(z, -30.0), 30.0)))


def _loss(fit: Calibration, pairs: Sequence[tuple[float, float]]) -> float:
    """The log loss, by the log-odds: log(1 + exp(-z)) where the target is 1, that and z where it is 0."""
    total = 0.0
    for x, target in pairs:
        z = fit.slope * x + fit.shift
        total += math.log1p(math.exp(-abs(z))) + max(-z, 0.0) + (1.0 - target) * z
    return total


def _newton(fit: Calibration, pairs: Sequence[tuple[float, float]]) -> Calibration:
    """The step of Newton's method: the inverse of the second derivatives times the first."""
    slope = shift = 0.0
    # A little weight on the diagonal: the matrix stays invertible when all log-odds are one number.
    of_slope, of_both, of_shift = 1e-6, 0.0, 1e-6
    for x, target in pairs:
        p = _logistic(fit.slope * x + fit.shift)
        error, curve = p - target, p * (1.0 - p)
        slope += error * x
        shift += error
        of_slope += curve * x * x
        of_both += curve * x
        of_shift += curve
    determinant = of_slope * of_shift - of_both * of_both
    return Calibration(
        (of_shift * slope - of_both * shift) / determinant, (of_slope * shift - of_both * slope) / determinant
    )
