"""The risk of a plan: monotone in how urgent, how large, how secret and how personal it is."""

from __future__ import annotations

from typing import NamedTuple

from models.records import Priority, RiskBand, SecurityLevel

_PRIORITY = {Priority.LOW: 0.2, Priority.NORMAL: 0.4, Priority.HIGH: 0.7, Priority.CRITICAL: 0.9}
_LEVEL = {
    SecurityLevel.PUBLIC: 0.1,
    SecurityLevel.INTERNAL: 0.3,
    SecurityLevel.CONFIDENTIAL: 0.5,
    SecurityLevel.RESTRICTED: 0.9,
}
_SIZES = ((15, 0.95), (10, 0.8), (5, 0.5), (0, 0.2))  # from so many tasks on
_BANDS = ((0.9, RiskBand.CRITICAL), (0.7, RiskBand.HIGH), (0.4, RiskBand.MEDIUM), (0.0, RiskBand.LOW))
_DESTRUCTIVE_FLOOR = {Priority.LOW: 0.7, Priority.NORMAL: 0.7, Priority.HIGH: 0.8, Priority.CRITICAL: 0.9}

APPROVAL_FROM = 0.7


class Risk(NamedTuple):
    """A score between 0 and 1, its band, and the factors that it comes from."""

    score: float
    band: RiskBand
    factors: dict[str, float]


def assess(*, priority: Priority, level: SecurityLevel, tasks: int, pii: bool, destructive: bool = False) -> Risk:
    """Weigh the factors; destruction is never below the approval threshold."""
    factors = {
        "priority": _PRIORITY[priority],
        "complexity": next(value for size, value in _SIZES if tasks >= size),
        "security_level": _LEVEL[level],
        "pii": 0.8 if pii else 0.2,
    }
    business = (factors["priority"] + factors["complexity"]) / 2
    security = (0.4 * factors["security_level"] + 0.3 * factors["pii"]) / 0.7
    score = (0.4 * business + 0.35 * security) / 0.75
    if destructive:
        score = max(score, _DESTRUCTIVE_FLOOR[priority])
    score = round(score, 4)
    return Risk(score, next(band for least, band in _BANDS if score >= least), factors)


def stricter(first: SecurityLevel, second: SecurityLevel) -> SecurityLevel:
    """Return the level that fewer people may see."""
    return max(first, second, key=_LEVEL.__getitem__)
