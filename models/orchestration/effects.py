"""What follows from an event: tickets go out, outputs are kept, the plan ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from models.orchestration.state import PlanState
from models.records import CompletedPlan, ExecutionTicket

__all__ = ["Effect", "End", "Keep", "Outputs", "Step"]

Output = dict[str, Any]
"""What a task has brought: `documents` (its rows), `count` and `truncated`, or whatever an outside worker says."""

Outputs = Mapping[str, Output]
"""What tasks have brought that ended before, by their ids."""


class Keep(NamedTuple):
    """The output of a task is to be kept: others depend on it."""

    task_id: str
    output: Output


class End(NamedTuple):
    """The plan has ended: its answer goes out, and nothing of it is kept."""

    completed: CompletedPlan


Effect = ExecutionTicket | Keep | End
"""A ticket is to be sent, to whom `models.planning.tickets.store_of` says."""


class Step(NamedTuple):
    """The state after an event (None: there is nothing to remember), and what follows, in its order."""

    state: PlanState | None
    effects: tuple[Effect, ...] = ()
