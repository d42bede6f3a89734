"""What is told of the tasks of a plan, while it is carried out and when it has ended."""

from __future__ import annotations

from models.orchestration.state import PlanState, TaskState
from models.planning.tickets import store_of
from models.records import CognitivePlan, PlanTask, TaskReport, TaskType

__all__ = ["report", "running"]

_UNTOUCHED = TaskState()


def report(task: PlanTask, state: TaskState) -> TaskReport:
    """Return what is told of a task."""
    return TaskReport(
        id=task.task_id,
        type=task.task_type,
        status=state.status,
        description=task.description,
        after=task.dependencies,
        attempts=state.attempts,
        started_at=state.started_at or state.released_at,
        completed_at=state.completed_at,
        duration_ms=state.duration_ms,
        error=state.error,
        source=state.source,
        query_type=store_of(task) if task.task_type is TaskType.QUERY else None,
    )


def running(plan: CognitivePlan, state: PlanState | None) -> list[TaskReport]:
    """Return what is told of the tasks of a plan; without a state nobody has taken it up yet."""
    tasks = state.tasks if state is not None else {}
    return [report(task, tasks.get(task.task_id, _UNTOUCHED)) for task in plan.tasks]
