"""A plan while it is carried out: one event is taken in, then what follows from it is settled."""

from __future__ import annotations

from typing import Any

import msgspec

from models.completion import drawn_of
from models.errors import HiveError
from models.orchestration.backoff import backoff_ms
from models.orchestration.compensation import compensation_of, to_compensate
from models.orchestration.compute import compute
from models.orchestration.effects import Effect, End, Keep, Output, Outputs, Step
from models.orchestration.ending import ended
from models.orchestration.state import Cancellation, PlanState, Rules, TaskState, is_unclaimed, moved
from models.planning.tickets import RETRIES, is_computed, is_here, ticket_of
from models.records import CognitivePlan, ExecutionResult, ExecutionTicket, PlanTask, ResultStatus, TaskStatus

__all__ = ["Carrying"]

_S = TaskStatus
_MOST_ERROR_CHARS = 500
_MOST_INPUT_BYTES = 256 * 1024
"""Of what an outside worker is told of the tasks before its own."""


class Carrying:
    """One event's changes to a plan's state; `settle` ends it.

    Args:
        state: Where the plan stands; it is not changed.
        now_ms: When the event has happened, epoch milliseconds.
        outputs: What has been kept of the plan's tasks.
        rules: What the plan's life is measured by.
    """

    def __init__(self, state: PlanState, now_ms: int, outputs: Outputs, rules: Rules) -> None:
        assert state.plan is not None  # noqa: S101 — whoever calls has looked
        self._state = state
        self._plan: CognitivePlan = state.plan
        self._now_ms = now_ms
        self._rules = rules
        self._kept = outputs
        self._new: dict[str, Output] = {}
        self._by_id = {task.task_id: task for task in self._plan.tasks}
        self._tasks = dict(state.tasks)
        self._cancelled = state.cancelled
        self._effects: list[Effect] = []

    def begin(self) -> None:
        """Take up the plan: the tickets of its first tasks have gone out with it."""
        for task in self._plan.tasks:
            if not task.dependencies and not is_computed(task):
                self._note(task, ticket_of(self._plan, task, now_ms=self._now_ms))

    def take(self, result: ExecutionResult) -> None:
        """Take in what came of a ticket; of one that is not awaited (any longer), nothing."""
        task_id = next((key for key, one in self._tasks.items() if one.ticket_id == result.ticket_id), None)
        if task_id is None:
            return
        task, before = self._by_id[task_id], self._tasks[task_id]
        if result.status is ResultStatus.RUNNING:
            self._claimed(task, before)
        elif before.status is _S.COMPENSATING:
            self._taken_back(task, before, result)
        elif result.status is ResultStatus.COMPLETED and result.result.success:
            self._completed(task, result)
        else:
            self._failed(task, before, result)

    def cancel(self, cancellation: Cancellation) -> None:
        """Begin nothing more. What an outside worker is at may end, for it may have to be taken back."""
        if self._cancelled is not None:
            return
        self._cancelled = cancellation
        for task_id, state in self._tasks.items():
            if state.status in (_S.RELEASED, _S.RETRYING):
                self._end(task_id, _S.SKIPPED, error="cancelled")

    def tick(self) -> None:
        """Do what time has brought."""
        for task in self._plan.tasks:
            state, now = self._tasks[task.task_id], self._now_ms
            if state.retry_at is not None and now >= state.retry_at:
                self._try_again(task, state)
            elif state.ticket_id is not None and state.released_at is not None and state.deadline_at is not None:
                unclaimed = is_unclaimed(task, state)
                if unclaimed and now >= state.released_at + self._rules.handoff_ms:
                    self._given_up(task.task_id, state, _S.HANDED_OFF, "no outside worker has taken it up")
                elif now >= state.deadline_at + self._rules.grace_ms:
                    self._given_up(task.task_id, state, _S.FAILED, "no result came before its deadline")
        if self._plan.valid_until is not None and self._now_ms >= self._plan.valid_until:
            self._expire()

    def settle(self) -> Step:
        """Return the state and what follows: tickets, outputs to keep, and the end when there is one."""
        for task_id in self._plan.execution_order:
            if self._tasks[task_id].status is _S.WAITING:
                self._look_at(self._by_id[task_id])
        if all(state.is_ended for state in self._tasks.values()):
            back = to_compensate(self._plan, self._tasks, is_cancelled=self._cancelled is not None)
            if back is None:
                return Step(None, (*self._effects, End(self._answer())))
            self._take_back(self._by_id[back], retry=0)
        self._effects[:0] = [Keep(key, value) for key, value in self._new.items() if self._is_needed(key)]
        return Step(self._after(), tuple(self._effects))

    # -- what came of a ticket

    def _claimed(self, task: PlanTask, before: TaskState) -> None:
        if before.status is _S.RELEASED:
            self._tasks[task.task_id] = moved(task.task_id, before, _S.RUNNING, started_at=self._now_ms)
        elif before.status is _S.COMPENSATING and before.started_at is None:
            self._tasks[task.task_id] = msgspec.structs.replace(before, started_at=self._now_ms)

    def _completed(self, task: PlanTask, result: ExecutionResult) -> None:
        drawn = drawn_of(result.result.metadata)
        self._end(task.task_id, _S.COMPLETED, duration_ms=result.actual_duration_ms, **msgspec.structs.asdict(drawn))
        self._new[task.task_id] = result.result.output

    def _failed(self, task: PlanTask, before: TaskState, result: ExecutionResult) -> None:
        error = _line(result.error_message or "it failed, and its executor gave no reason")
        if self._may_try_again(before, result):
            self._tasks[task.task_id] = moved(
                task.task_id, before, _S.RETRYING, ticket_id=None, error=error, retry_at=self._retry_at(before)
            )
        else:
            self._end(task.task_id, _S.FAILED, error=error, duration_ms=result.actual_duration_ms)

    def _may_try_again(self, before: TaskState, result: ExecutionResult) -> bool:
        retryable = result.result.metadata.get("retryable") is True
        return retryable and self._cancelled is None and before.attempts <= RETRIES[self._plan.risk_band]

    def _retry_at(self, before: TaskState) -> int:
        return self._now_ms + backoff_ms(before.ticket_id or "", before.attempts, self._rules)

    # -- what goes out

    def _look_at(self, task: PlanTask) -> None:
        """Begin a task that waits once all that it depends on is completed; leave it out when that can't be."""
        if self._cancelled is not None:
            self._end(task.task_id, _S.SKIPPED, error="cancelled")
            return
        for name in task.dependencies:
            status = self._tasks[name].status
            if status is not _S.COMPLETED:
                if self._tasks[name].is_ended:
                    self._end(task.task_id, _S.SKIPPED, error=f"depends on {name}, which is {status.value}")
                return
        if is_computed(task):
            self._compute(task)
        else:
            self._release(task, retry=0)

    def _compute(self, task: PlanTask) -> None:
        inputs = {name: self._output(name) for name in task.dependencies}
        self._tasks[task.task_id] = msgspec.structs.replace(
            self._tasks[task.task_id], attempts=1, started_at=self._now_ms
        )
        try:
            output = compute(task, inputs, now_ms=self._now_ms)
        except HiveError as error:
            self._end(task.task_id, _S.FAILED, error=_line(str(error)))
            return
        partial = any(self._tasks[name].partial for name in task.dependencies)
        self._end(task.task_id, _S.COMPLETED, partial=partial)
        self._new[task.task_id] = output

    def _release(self, task: PlanTask, *, retry: int) -> None:
        ticket = ticket_of(self._plan, task, now_ms=self._now_ms, retry=retry)
        if not is_here(task) and task.dependencies:
            ticket = msgspec.structs.replace(ticket, parameters={**ticket.parameters, **self._told(task)})
        self._note(task, ticket)
        self._effects.append(ticket)

    def _told(self, task: PlanTask) -> dict[str, Any]:
        """What an outside worker is told of the tasks before its own: what they have brought, if it is not large."""
        inputs = {name: self._output(name) for name in task.dependencies}
        if len(msgspec.json.encode(inputs)) > _MOST_INPUT_BYTES:
            return {"inputs_left_out": list(inputs)}
        return {"inputs": inputs}

    def _note(self, task: PlanTask, ticket: ExecutionTicket) -> None:
        before = self._tasks[task.task_id]
        self._tasks[task.task_id] = moved(
            task.task_id,
            before,
            _S.RELEASED,
            attempts=before.attempts + 1,
            ticket_id=ticket.ticket_id,
            released_at=self._now_ms,
            deadline_at=ticket.sla.deadline,
            retry_at=None,
        )

    def _try_again(self, task: PlanTask, state: TaskState) -> None:
        if state.status is _S.COMPENSATING:
            self._take_back(task, retry=state.attempts)
        else:
            self._release(task, retry=state.attempts)

    # -- what is taken back

    def _take_back(self, task: PlanTask, *, retry: int) -> None:
        before = self._tasks[task.task_id]
        output = self._output(task.task_id)
        ticket = compensation_of(self._plan, task, output, now_ms=self._now_ms, retry=retry)
        changes = {
            "attempts": retry + 1,
            "ticket_id": ticket.ticket_id,
            "released_at": self._now_ms,
            "started_at": None,
            "deadline_at": ticket.sla.deadline,
            "retry_at": None,
        }
        if before.status is _S.COMPENSATING:
            self._tasks[task.task_id] = msgspec.structs.replace(before, **changes)
        else:
            self._tasks[task.task_id] = moved(task.task_id, before, _S.COMPENSATING, **changes)
        self._effects.append(ticket)

    def _taken_back(self, task: PlanTask, before: TaskState, result: ExecutionResult) -> None:
        if result.status is ResultStatus.COMPLETED and result.result.success:
            self._end(task.task_id, _S.COMPENSATED)
        elif result.result.metadata.get("retryable") is True and before.attempts <= RETRIES[self._plan.risk_band]:
            self._tasks[task.task_id] = msgspec.structs.replace(before, ticket_id=None, retry_at=self._retry_at(before))
        else:
            error = _line(result.error_message or "it could not be taken back, and nobody says why")
            self._end(task.task_id, _S.UNCOMPENSATED, error=error)

    # -- ends

    def _given_up(self, task_id: str, state: TaskState, status: TaskStatus, error: str) -> None:
        self._end(task_id, _S.UNCOMPENSATED if state.status is _S.COMPENSATING else status, error=error)

    def _expire(self) -> None:
        for task_id, state in self._tasks.items():
            if state.status in (_S.WAITING, _S.RETRYING):
                self._end(task_id, _S.SKIPPED, error="the plan is no longer valid")
            elif state.status in (_S.RELEASED, _S.RUNNING):
                self._end(task_id, _S.FAILED, error="the plan is no longer valid")

    def _end(self, task_id: str, status: TaskStatus, **changes: Any) -> None:
        ending = {"completed_at": self._now_ms, "ticket_id": None, "retry_at": None, "error": None, **changes}
        self._tasks[task_id] = moved(task_id, self._tasks[task_id], status, **ending)

    def _answer(self) -> Any:
        last = self._plan.tasks[-1].task_id if self._plan.tasks else None
        done = last is not None and self._tasks[last].status is _S.COMPLETED
        output = self._output(last) if done and last is not None else None
        return ended(self._after(), self._plan, output, now_ms=self._now_ms)

    def _after(self) -> PlanState:
        return msgspec.structs.replace(
            self._state, tasks=self._tasks, cancelled=self._cancelled, early=[], early_bytes=0
        )

    def _output(self, task_id: str) -> Output:
        return self._new[task_id] if task_id in self._new else self._kept.get(task_id, {})

    def _is_needed(self, task_id: str) -> bool:
        """Whether an output may be asked for later: by a task that waits, as the answer, or to take the task back."""
        if task_id == self._plan.tasks[-1].task_id or not is_here(self._by_id[task_id]):
            return True
        return any(task_id in task.dependencies and not self._tasks[task.task_id].is_ended for task in self._plan.tasks)


def _line(text: str) -> str:
    """Return text as one line, and no longer than it is read."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST_ERROR_CHARS else line[: _MOST_ERROR_CHARS - 1] + "…"
