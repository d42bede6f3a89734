"""What has to be taken back when a plan fails or is cancelled, in the reverse of the order in which it was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from models.ids import stable_id
from models.orchestration.effects import Output
from models.orchestration.state import TaskState
from models.planning.tickets import is_here, ticket_id, ticket_of
from models.records import CognitivePlan, ExecutionTicket, PlanTask, TaskStatus, TaskType

__all__ = ["compensation_of", "has_effect", "to_compensate"]

_CHANGES: Final = frozenset({TaskType.BUILD, TaskType.DEPLOY, TaskType.EXECUTE})


def has_effect(task: PlanTask) -> bool:
    """Whether a task leaves something behind that can be taken back: it says so, or its type does."""
    said = task.metadata.get("side_effect")
    if isinstance(said, bool):
        return said
    return not is_here(task) and task.task_type in _CHANGES and not task.metadata.get("support")


def to_compensate(plan: CognitivePlan, tasks: Mapping[str, TaskState], *, is_cancelled: bool) -> str | None:
    """Return the task that is to be taken back next, or None.

    When a plan is cancelled, that is all it has done. When a task has failed, it is what was done for nothing: what no
    task that completed and ends a branch of the plan depends on.
    """
    failed = any(state.status is TaskStatus.FAILED for state in tasks.values())
    if not (failed or is_cancelled):
        return None
    by_id = {task.task_id: task for task in plan.tasks}
    useful = set() if is_cancelled else _useful(plan, tasks)
    for task_id in reversed(plan.execution_order):
        if tasks[task_id].status is TaskStatus.COMPLETED and has_effect(by_id[task_id]) and task_id not in useful:
            return task_id
    return None


def _useful(plan: CognitivePlan, tasks: Mapping[str, TaskState]) -> set[str]:
    needed = {name for task in plan.tasks for name in task.dependencies}
    by_id = {task.task_id: task for task in plan.tasks}
    useful = {key for key in by_id if key not in needed and tasks[key].status is TaskStatus.COMPLETED}
    for task_id in reversed(plan.execution_order):
        if task_id in useful:
            useful.update(by_id[task_id].dependencies)
    return useful


def compensation_of(plan: CognitivePlan, task: PlanTask, output: Output, *, now_ms: int, retry: int) -> ExecutionTicket:
    """Return the ticket that takes a task back: what it was told, and what it has brought."""
    parameters: dict[str, Any] = {
        "compensates": ticket_id(plan, task.task_id),
        "task_type": task.task_type.value,
        "parameters": task.parameters,
        "output": output,
    }
    ticket = ticket_of(plan, task, now_ms=now_ms, retry=retry)
    return msgspec.structs.replace(
        ticket,
        ticket_id=stable_id("compensation", plan.plan_id, task.task_id, retry),
        task_type=TaskType.COMPENSATE,
        parameters=parameters,
        dependencies=[],
        metadata={**ticket.metadata, "handled_by": "outside"},
    )
