"""Where a plan and its tasks stand, and which way a task may go from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from models.errors import HiveError
from models.planning.tickets import is_here
from models.records import CognitivePlan, ExecutionResult, PlanTask, TaskStatus

__all__ = [
    "ENDED",
    "TRANSITIONS",
    "Cancellation",
    "IllegalTransition",
    "PlanState",
    "Rules",
    "TaskState",
    "due_at",
    "moved",
]

_S = TaskStatus
TRANSITIONS: Final[Mapping[TaskStatus, frozenset[TaskStatus]]] = {
    _S.WAITING: frozenset({_S.RELEASED, _S.COMPLETED, _S.FAILED, _S.SKIPPED}),
    _S.RELEASED: frozenset({_S.RUNNING, _S.COMPLETED, _S.FAILED, _S.RETRYING, _S.HANDED_OFF, _S.SKIPPED}),
    _S.RUNNING: frozenset({_S.COMPLETED, _S.FAILED, _S.RETRYING}),
    _S.RETRYING: frozenset({_S.RELEASED, _S.FAILED, _S.SKIPPED}),
    _S.COMPLETED: frozenset({_S.COMPENSATING}),
    _S.COMPENSATING: frozenset({_S.COMPENSATED, _S.UNCOMPENSATED}),
    _S.FAILED: frozenset(),
    _S.SKIPPED: frozenset(),
    _S.HANDED_OFF: frozenset(),
    _S.COMPENSATED: frozenset(),
    _S.UNCOMPENSATED: frozenset(),
}
"""The life of a task. What is computed here goes from WAITING to its end at once."""

ENDED: Final = frozenset({_S.COMPLETED, _S.FAILED, _S.SKIPPED, _S.HANDED_OFF, _S.COMPENSATED, _S.UNCOMPENSATED})
"""Nothing more is awaited of these; a completed task may have to be taken back."""


class IllegalTransition(HiveError):
    """Say that a task can't go from where it stands to there: a defect, for events that don't fit are ignored."""

    def __init__(self, task_id: str, before: TaskStatus, after: TaskStatus) -> None:
        allowed = ", ".join(sorted(TRANSITIONS[before])) or "nothing"
        super().__init__(f"task {task_id}: {before.value} can become {allowed}, not {after.value}")


class Rules(NamedTuple):
    """What the life of a plan is measured by, in milliseconds.

    Attributes:
        handoff_ms: How long an outside ticket waits for somebody to take it up.
        grace_ms: How long after its deadline a ticket's result may still come: it takes its way through the log.
        retry_ms, retry_most_ms: The first back-off and the longest one.
        early_ms: How long a result is kept that has come before its plan.
    """

    handoff_ms: int = 10_000
    grace_ms: int = 5_000
    retry_ms: int = 1_000
    retry_most_ms: int = 60_000
    early_ms: int = 600_000


class TaskState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a task stands; times are epoch milliseconds.

    Attributes:
        attempts: How many tickets of it have been released; those of its compensation count anew.
        ticket_id: The ticket that an answer is awaited for.
        released_at, started_at, completed_at: When its ticket went out, somebody took it up, it ended.
        deadline_at: When its ticket's time is up.
        retry_at: When it is tried again.
        duration_ms: What its executor has measured.
        error: Why it failed or was skipped, in one line.
        source: Which source has answered, where more than one could.
        fallback: It was not the one that was asked first.
        cached_age_s: How old the answer is that was kept and has stood in.
        partial: It completed, but not with all that was asked for.
    """

    status: TaskStatus = TaskStatus.WAITING
    attempts: int = 0
    ticket_id: str | None = None
    released_at: int | None = None
    started_at: int | None = None
    completed_at: int | None = None
    deadline_at: int | None = None
    retry_at: int | None = None
    duration_ms: int | None = None
    error: str | None = None
    source: str | None = None
    fallback: bool = False
    cached_age_s: float | None = None
    partial: bool = False

    @property
    def is_ended(self) -> bool:
        """Whether nothing more is awaited of it."""
        return self.status in ENDED


class Cancellation(msgspec.Struct, frozen=True, kw_only=True):
    """Who has cancelled a plan, when and why."""

    by: str
    at: int
    reason: str | None = None


class PlanState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a plan stands.

    Attributes:
        began_at: When it was taken up, epoch milliseconds.
        plan: The plan; None while only results have come.
        tasks: Where each of its tasks stands.
        early: Results that came before the plan.
        early_bytes: How large they are together.
        cancelled: Who has cancelled it.
    """

    began_at: int
    plan: CognitivePlan | None = None
    tasks: dict[str, TaskState] = {}
    early: list[ExecutionResult] = []
    early_bytes: int = 0
    cancelled: Cancellation | None = None


def moved(task_id: str, state: TaskState, status: TaskStatus, **changes: Any) -> TaskState:
    """Return the state of a task that goes to another status.

    Raises:
        IllegalTransition: it can't, from where it stands.
    """
    if status not in TRANSITIONS[state.status]:
        raise IllegalTransition(task_id, state.status, status)
    return msgspec.structs.replace(state, status=status, **changes)


def due_at(state: PlanState, rules: Rules) -> int:
    """Return when time alone will change something about a plan, in epoch milliseconds."""
    if state.plan is None:
        return state.began_at + rules.early_ms
    times = [_due_at(task, state.tasks[task.task_id], rules) for task in state.plan.tasks]
    if any(task.status not in ENDED and task.status is not TaskStatus.COMPENSATING for task in state.tasks.values()):
        times.append(state.plan.valid_until)
    return min(time for time in times if time is not None)


def _due_at(task: PlanTask, state: TaskState, rules: Rules) -> int | None:
    if state.retry_at is not None:
        return state.retry_at
    if state.ticket_id is None or state.deadline_at is None or state.released_at is None:
        return None
    late = state.deadline_at + rules.grace_ms
    return min(late, state.released_at + rules.handoff_ms) if is_unclaimed(task, state) else late


def is_unclaimed(task: PlanTask, state: TaskState) -> bool:
    """Whether a ticket for outside workers, of the task or of its compensation, waits for one to take it up."""
    if state.status is TaskStatus.COMPENSATING:
        return state.started_at is None
    return state.status is TaskStatus.RELEASED and not is_here(task)
