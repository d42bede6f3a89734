"""The plans that are being carried out.

``plans``: key the plan's id, value where it and its tasks stand; its changelog is the listed topic ``plans.states``, so
that the command line can read it. ``task-outputs``: key the plan's id, a slash and the task's, value what the task has
brought, as long as others need it.

Bound: when a plan ends, all of it is deleted, and every plan ends (deadlines, the time until which it is valid).
Results without a plan are kept for ten minutes, and none beyond :data:`MOST` plans of a partition.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from models.orchestration import PlanState
from tables import TableSpec

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["MOST", "PLANS", "TASK_OUTPUTS", "Alarms", "OutputsOf"]

PLANS: Final = TableSpec("plans", PlanState)
TASK_OUTPUTS: Final = TableSpec("task-outputs", dict[str, Any])
MOST: Final = 50_000


class OutputsOf(Mapping[str, dict[str, Any]]):
    """The outputs of one plan's tasks, by their ids.

    Args:
        view: The table.
        plan_id: The plan.
        task_ids: Its tasks.
    """

    def __init__(self, view: MutableMapping[str, dict[str, Any]], plan_id: str, task_ids: Mapping[str, Any]) -> None:
        self._view = view
        self._plan_id = plan_id
        self._task_ids = task_ids

    def __getitem__(self, task_id: str) -> dict[str, Any]:
        return self._view[self._key(task_id)]

    def __iter__(self) -> Iterator[str]:
        return (task_id for task_id in self._task_ids if self._key(task_id) in self._view)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def keep(self, task_id: str, output: dict[str, Any]) -> None:
        """Keep what a task has brought."""
        self._view[self._key(task_id)] = output

    def forget(self) -> None:
        """Forget all of them: the plan has ended."""
        for task_id in list(self):
            del self._view[self._key(task_id)]

    def _key(self, task_id: str) -> str:
        return f"{self._plan_id}/{task_id}"


class Alarms:
    """When time alone will change something about which plan: an index over the table, made anew when it is lost."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str]] = []
        self._newest: dict[str, int] = {}

    def set(self, plan_id: str, at_ms: int) -> None:
        """Set a plan's alarm; the one before does not count any more."""
        if self._newest.get(plan_id) != at_ms:
            self._newest[plan_id] = at_ms
            heapq.heappush(self._heap, (at_ms, plan_id))

    def unset(self, plan_id: str) -> None:
        """Forget a plan."""
        self._newest.pop(plan_id, None)

    def clear(self) -> None:
        """Forget all plans."""
        self._heap.clear()
        self._newest.clear()

    def due(self, now_ms: int) -> list[str]:
        """Return the plans whose time has come, the longest overdue first; each is told once."""
        found = []
        while self._heap and self._heap[0][0] <= now_ms:
            at_ms, plan_id = heapq.heappop(self._heap)
            if self._newest.get(plan_id) == at_ms:
                del self._newest[plan_id]
                found.append(plan_id)
        return found
