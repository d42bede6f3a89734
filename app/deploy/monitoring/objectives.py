"""What is promised, and the rules that watch how fast the allowance for failing is used up.

Multi-window, multi-burn-rate alerts as in the Site Reliability Workbook (O'Reilly 2018), chapter 5: one fires where
both a long window and a short one (a twelfth) burn faster than a factor. The factors use up 2 % of a month's budget in
an hour, 5 % in six, 10 % in three days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.deploy.monitoring.queries import RECORDED, promql
from app.observability.flow import ANSWERED_WITHIN_S

__all__ = ["BURNS", "OBJECTIVES", "Burn", "Objective"]


@dataclass(frozen=True, slots=True)
class Objective:
    """One promise.

    Attributes:
        name: In the names of series and alerts, with underscores.
        title: What is promised.
        target: Which share of all must be good.
        bad, every: Queries of the rates of what is bad, and of all; ``%s`` is the window.
        about: The declared metric that says what to do.
    """

    name: str
    title: str
    target: float
    bad: str
    every: str
    about: str

    def ratio(self, window: str) -> str:
        """Return the query of the bad share over a window; nothing where nothing happened."""
        bad, every = (each.replace("%s", window) for each in (self.bad, self.every))
        return promql(f"({bad}) / (({every}) > 0)")

    def recorded(self, window: str) -> str:
        """Return the name of its recorded series."""
        return f"{RECORDED}{self.name}_errors:ratio_rate{window}"


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast a budget may burn over two windows before somebody is told."""

    factor: float
    long: str
    short: str
    severity: str


BURNS: Final = (
    Burn(14.4, "1h", "5m", "critical"),
    Burn(6, "6h", "30m", "critical"),
    Burn(1, "3d", "6h", "warning"),
)

OBJECTIVES: Final = (
    Objective(
        "execution",
        "99 % of the plans that are carried out succeed",
        0.99,
        'sum(rate(@plans_total{outcome=~"failed|partial"}[%s]))',
        "sum(rate(@plans_total[%s]))",
        "plans_total",
    ),
    Objective(
        "answers",
        f"95 % of the answers are there within {ANSWERED_WITHIN_S * 1000:g} ms",
        0.95,
        'sum(rate(@answer_seconds_count{status="completed"}[%s]))'
        f' - sum(rate(@answer_seconds_bucket{{status="completed",le="{ANSWERED_WITHIN_S}"}}[%s]))',
        'sum(rate(@answer_seconds_count{status="completed"}[%s]))',
        "answer_seconds",
    ),
)
