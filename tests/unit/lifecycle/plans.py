"""Generated rows, labels and audit records for tests of the lifecycle."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.online.features import NAMES
from models.records import CognitivePlan

Rows = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]
DAY_MS = 86_400_000


def learnable(n: int, *, seed: int = 1, noise: float = 0.05) -> Rows:
    """Return rows, labels that follow from two of their columns but for noise, and times a minute apart."""
    dice = np.random.default_rng(seed)
    rows = dice.random((n, len(NAMES)))
    labels = (rows[:, 3] > 0.5) * 2 + (rows[:, 4] > 0.5)
    wrong = dice.random(n) < noise
    labels[wrong] = dice.integers(0, 4, wrong.sum())
    return rows, labels.astype(np.int64), np.arange(n, dtype=np.int64) * 60_000


def plan(number: int, *, at_ms: int, risk: float = 0.3) -> CognitivePlan:
    """Return a plan with one task."""
    return msgspec.convert(
        {
            "plan_id": f"plan-{number}",
            "intent_id": f"intent-{number}",
            "tasks": [{"task_id": "a", "task_type": "QUERY", "description": "count", "estimated_duration_ms": 10}],
            "execution_order": ["a"],
            "risk_score": risk,
            "risk_band": "low",
            "risk_factors": {},
            "explainability_token": f"token-{number}",
            "reasoning_summary": "one query",
            "created_at": at_ms,
            "complexity_score": 0.1,
            "original_domain": "BUSINESS",
            "original_priority": "normal",
            "original_security_level": "internal",
        },
        CognitivePlan,
    )
