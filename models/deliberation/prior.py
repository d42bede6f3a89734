"""The rule prior of a specialist: the quality and the risk that it sees, and what it makes of them.

The rule is the original's: approve from quality 0.8 with risk under 0.3; reject under quality 0.5 or over risk 0.7;
review from risk 0.5; else conditional. Here it is soft (`SOFTNESS`): what lies at a border is less sure than what lies
far from it, and that is the confidence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from models.deliberation.evidence import Evidence
from models.deliberation.factors import FACTORS
from models.records import Recommendation, SpecialistType

__all__ = ["GOOD", "LABELS", "Prior", "prior", "rule", "soft_rule"]

LABELS: Final = (
    Recommendation.REJECT,
    Recommendation.APPROVE,
    Recommendation.REVIEW_REQUIRED,
    Recommendation.CONDITIONAL,
)
"""The classes in the order of their numbers: reject 0, approve 1, review_required 2, conditional 3."""

GOOD: Final = 0.8
BAD: Final = 0.5
SAFE: Final = 0.3
RISKY: Final = 0.5
DANGEROUS: Final = 0.7
SOFTNESS: Final = 0.05
"""Distance from a border, in quality or risk, at which it is crossed with odds of one to e."""

RULE_NOISE: Final = 0.08
"""How often a rule is wrong even far from its borders, by assumption: what is left is all that it may claim."""

_SIDE_RISK: Final = 0.25
_QUESTION_RELIEF: Final = 0.4  # a question that is answered here changes nothing, and leaves the house for nobody


class Prior(NamedTuple):
    """What the rules say: probabilities in the order of `LABELS`, quality, risk, and the score of each factor."""

    probabilities: tuple[float, ...]
    quality: float
    risk: float
    scores: tuple[float, ...]


def prior(specialist: SpecialistType, evidence: Evidence) -> Prior:
    """Weigh a plan as this specialist does."""
    about = FACTORS[specialist]
    quality = good = 0.0
    scores = []
    for _, weight, risk_weight, compute, _ in about.factors:
        score = compute(evidence)
        quality += weight * score
        good += risk_weight * score
        scores.append(score)
    own = 1.0 - good
    seen = _exposure(evidence, relief=about.relief, alarm=about.alarm)
    risk = min(1.0, max(own, seen) + _SIDE_RISK * min(own, seen))
    quality = min(max(quality, 0.0), 1.0)
    return Prior(soft_rule(quality, risk), quality, risk, tuple(scores))


def _exposure(evidence: Evidence, *, relief: float, alarm: float) -> float:
    """Return the part of the plan's risk that a specialist answers for, less what a way back takes off it."""
    off = relief * evidence.reversible if evidence.writes else _QUESTION_RELIEF * (1.0 - evidence.outside)
    return min(1.0, evidence.risk * (1.0 - off) * alarm + 0.2 * evidence.history)


def rule(quality: float, risk: float) -> Recommendation:
    """Apply the rule as it is written."""
    if quality >= GOOD and risk < SAFE:
        return Recommendation.APPROVE
    if quality < BAD or risk > DANGEROUS:
        return Recommendation.REJECT
    return Recommendation.REVIEW_REQUIRED if risk > RISKY else Recommendation.CONDITIONAL


def soft_rule(quality: float, risk: float) -> tuple[float, ...]:
    """Return the probabilities of `LABELS`; far from all borders the one of `rule` has nearly 1 less `RULE_NOISE`."""
    bad, dangerous = _over(BAD, quality), _over(risk, DANGEROUS)
    reject = bad + dangerous - bad * dangerous
    review = (1.0 - reject) * _over(risk, RISKY)
    left = 1.0 - reject - review
    approve = left * _over(quality, GOOD) * _over(SAFE, risk)
    return noisy((reject, approve, review, left - approve), RULE_NOISE)


def noisy(probabilities: Sequence[float], noise: float) -> tuple[float, ...]:
    """Mix probabilities with the even ones."""
    even = noise / len(probabilities)
    left = 1.0 - noise
    return tuple([left * value + even for value in probabilities])


def _over(value: float, border: float) -> float:
    return 1.0 / (1.0 + math.exp((border - value) / SOFTNESS))
