"""Orchestration: what becomes of a plan, from its first tickets to its end, one event after the other."""

from __future__ import annotations

from models.orchestration.apply import apply
from models.orchestration.effects import Effect, End, Keep, Outputs, Step
from models.orchestration.state import IllegalTransition, PlanState, Rules, TaskState, due_at

__all__ = [
    "Effect",
    "End",
    "IllegalTransition",
    "Keep",
    "Outputs",
    "PlanState",
    "Rules",
    "Step",
    "TaskState",
    "apply",
    "due_at",
]
