"""The risk of a plan: what it comes from, in three parts, and how high it is.

Every factor is computed from the plan, lies between 0 and 1, and raises the score; none is a placeholder:

* business (weight 0.40): 0.30 priority, 0.30 complexity (how many tasks), 0.20 cost (estimated work), 0.20 doubt
  (how sure the understanding was)
* security (0.35): 0.45 security level, 0.30 personal data, 0.15 credentials (authentication or encryption is touched),
  0.10 unattended (an asker that is no person)
* operational (0.25): 0.35 writes (n / (n + 1) for n tasks that change something outside), 0.30 environment (is it
  production), 0.20 coupling (work on the critical path that waits for other tasks), 0.15 history (similar plans failed)

What is destroyed lifts the score to a floor, by priority: 0.7, 0.7, 0.8, 0.9, and by severity: critical 0.9, high 0.8.
Bands: from 0.4 medium, from 0.7 high, from 0.9 critical; approval is asked for from 0.7.
"""

from __future__ import annotations

from typing import NamedTuple

from models.planning.destructive import Severity
from models.records import Priority, RiskBand, SecurityLevel

__all__ = ["APPROVAL_FROM", "Circumstances", "Risk", "assess", "band_of", "floored", "needs_approval", "stricter"]

APPROVAL_FROM = 0.7
"""A plan with this score or more is looked at by a person first."""

_PRIORITY = {Priority.LOW: 0.2, Priority.NORMAL: 0.4, Priority.HIGH: 0.7, Priority.CRITICAL: 0.9}
_LEVEL = {
    SecurityLevel.PUBLIC: 0.1,
    SecurityLevel.INTERNAL: 0.3,
    SecurityLevel.CONFIDENTIAL: 0.6,
    SecurityLevel.RESTRICTED: 0.9,
}
_SIZES = ((15, 0.95), (10, 0.8), (5, 0.5), (0, 0.2))  # from so many tasks on
_BANDS = ((0.9, RiskBand.CRITICAL), (0.7, RiskBand.HIGH), (0.4, RiskBand.MEDIUM), (0.0, RiskBand.LOW))
_PRIORITY_FLOOR = {Priority.LOW: 0.7, Priority.NORMAL: 0.7, Priority.HIGH: 0.8, Priority.CRITICAL: 0.9}
_SEVERITY_FLOOR = {Severity.LOW: 0.7, Severity.MEDIUM: 0.7, Severity.HIGH: 0.8, Severity.CRITICAL: 0.9}
_FULL_COST_MS = 20_000  # the estimate at which the cost is 1: twice the dearest template with its support tasks
_FULL_WAIT_MS = 10_000
_LEAST_HISTORY = 3  # so many similar plans make a history; fewer count for as much less

_WEIGHTS: dict[str, tuple[float, dict[str, float]]] = {
    "business": (0.40, {"priority": 0.3, "complexity": 0.3, "cost": 0.2, "doubt": 0.2}),
    "security": (0.35, {"security_level": 0.45, "pii": 0.3, "credentials": 0.15, "unattended": 0.1}),
    "operational": (0.25, {"writes": 0.35, "environment": 0.3, "coupling": 0.2, "history": 0.15}),
}
_FACTORS = tuple(name for _, shares in _WEIGHTS.values() for name in shares)
_NOTABLE = 0.5  # a factor from here on is a reason worth telling


class Circumstances(NamedTuple):
    """What the risk of a plan depends on.

    Attributes:
        priority: How urgent it is.
        level: Who may see it, the strictest of the intention's and its sources'.
        tasks: How many tasks it has.
        pii: Whether personal data is read or written.
        confidence: How sure the understanding was, 0 to 1.
        work_ms: The estimates of all tasks together.
        waiting_ms: The estimates along the critical path but for its first task: what waits for other work.
        writes: How many tasks change something outside.
        production: Whether it touches production.
        credentials: Whether it touches authentication, keys or encryption.
        unattended: Whether the asker is no person.
        similar: How many similar plans have ended.
        similar_failed: How many of those failed or were rejected.
        severity: How much is destroyed.
    """

    priority: Priority = Priority.NORMAL
    level: SecurityLevel = SecurityLevel.INTERNAL
    tasks: int = 1
    pii: bool = False
    confidence: float = 1.0
    work_ms: int = 0
    waiting_ms: int = 0
    writes: int = 0
    production: bool = False
    credentials: bool = False
    unattended: bool = False
    similar: int = 0
    similar_failed: int = 0
    severity: Severity = Severity.NONE


class Risk(NamedTuple):
    """A score between 0 and 1, its band, the factors that it comes from, the score of each part, and why."""

    score: float
    band: RiskBand
    factors: dict[str, float]
    matrix: dict[str, float]
    reasons: tuple[str, ...]


def assess(about: Circumstances) -> Risk:
    """Weigh the factors."""
    factors = _factors(about)
    matrix: dict[str, float] = {}
    overall = 0.0
    for part, (weight, shares) in _WEIGHTS.items():
        score = 0.0
        for name, share in shares.items():
            score += share * factors[name]
        matrix[part] = round(score, 4)
        overall += weight * score
    score = round(floored(overall, about.priority, about.severity), 4)
    if about.severity is not Severity.NONE:
        factors["destructive"] = about.severity / Severity.CRITICAL
    matrix["overall"] = score
    return Risk(score, band_of(score), factors, matrix, _reasons(about, factors, overall))


def floored(score: float, priority: Priority, severity: Severity) -> float:
    """Lift the score of what destroys to its floor; what destroys nothing keeps its score."""
    if severity is Severity.NONE:
        return score
    return max(score, _PRIORITY_FLOOR[priority], _SEVERITY_FLOOR[severity])


def band_of(score: float) -> RiskBand:
    """Return the band that a score lies in."""
    return next(band for least, band in _BANDS if score >= least)


def needs_approval(risk: Risk, severity: Severity) -> bool:
    """Whether a person has to look at it first: from 0.7, and whatever destroys something."""
    return risk.score >= APPROVAL_FROM or severity is not Severity.NONE


def stricter(first: SecurityLevel, second: SecurityLevel) -> SecurityLevel:
    """Return the level that fewer people may see."""
    return first if _LEVEL[first] >= _LEVEL[second] else second


def _factors(about: Circumstances) -> dict[str, float]:
    ended = max(about.similar, _LEAST_HISTORY)
    return {
        "priority": _PRIORITY[about.priority],
        "complexity": next(value for size, value in _SIZES if about.tasks >= size),
        "cost": round(min(about.work_ms / _FULL_COST_MS, 1.0), 4),
        "doubt": round(1.0 - about.confidence, 4),
        "security_level": _LEVEL[about.level],
        "pii": 0.8 if about.pii else 0.1,
        "credentials": 0.8 if about.credentials else 0.0,
        "unattended": 0.5 if about.unattended else 0.0,
        "writes": round(about.writes / (about.writes + 1), 4),
        "environment": 1.0 if about.production else 0.0,
        "coupling": round(min(about.waiting_ms / _FULL_WAIT_MS, 1.0), 4),
        "history": round(about.similar_failed / ended, 4) if about.similar_failed else 0.0,
    }


def _reasons(about: Circumstances, factors: dict[str, float], overall: float) -> tuple[str, ...]:
    told = []
    if about.severity is not Severity.NONE:
        floor = floored(0.0, about.priority, about.severity)
        told.append(f"destructive ({about.severity.label}): at least {floor:.1f}, {overall:.2f} without")
    notable = [(-factors[name], place, name) for place, name in enumerate(_FACTORS) if factors[name] >= _NOTABLE]
    told += [f"{name} {-value:.2f}" for value, _, name in sorted(notable)]
    if about.similar:
        told.append(f"{about.similar_failed} of {about.similar} similar plans failed or were rejected")
    return tuple(told)
