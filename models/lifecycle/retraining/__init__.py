"""Retraining: from a drift to a new champion, with a person's approval in between."""

from __future__ import annotations

from models.lifecycle.retraining.apply import Came, apply
from models.lifecycle.retraining.drift import drift_word
from models.lifecycle.retraining.perform import perform
from models.lifecycle.retraining.state import HANDS_STEPS, End, Retraining, Round, Rules, Step, due_at, work_of

__all__ = [
    "HANDS_STEPS",
    "Came",
    "End",
    "Retraining",
    "Round",
    "Rules",
    "Step",
    "apply",
    "drift_word",
    "due_at",
    "perform",
    "work_of",
]
