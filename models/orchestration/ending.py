"""The end of a plan that was carried out: what the asker reads, and what is told of each task."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from models.completion import PLAN_COLUMNS, Drawn, complete, planned
from models.messages import listing, number, say
from models.orchestration.effects import Output
from models.orchestration.report import running
from models.orchestration.state import PlanState
from models.planning.plan import is_answered_here
from models.planning.tickets import metadata_of
from models.presentation import Asker
from models.records import (
    Answer,
    CognitivePlan,
    CompletedPlan,
    CompletionStatus,
    ExecutionResult,
    PlanOutcome,
    ResultStatus,
    Scalar,
    TaskOutcome,
    TaskStatus,
    encode,
)

__all__ = ["MOST_ANSWER_BYTES", "ended"]

MOST_ANSWER_BYTES = 4_000_000
"""What its topic takes, with its headers."""

_MANY_CELLS = 10_000
AGENT = "orchestrate"


class _Tally(NamedTuple):
    """Tasks by how they ended."""

    completed: int
    failed: list[str]
    handed_off: list[str]
    is_partial: bool


def ended(state: PlanState, plan: CognitivePlan, answer: Output | None, *, now_ms: int) -> CompletedPlan:
    """Return the end of a plan all of whose tasks have ended.

    Args:
        state: Where it stands.
        plan: The plan.
        answer: What the task has brought whose rows are the answer; None when it did not complete.
        now_ms: The time, in epoch milliseconds.
    """
    tally = _tally(state, plan)
    outcome = _outcome(state, plan, tally, answered=answer is not None)
    if is_answered_here(plan) and outcome in (PlanOutcome.ANSWERED, PlanOutcome.PARTIAL):
        completed = _completed(plan, answer, None, now_ms, state)
        if completed.status is CompletionStatus.FAILED:  # what was brought can't be read
            outcome = PlanOutcome.FAILED
    elif outcome is PlanOutcome.HANDED_OFF:
        completed = _handed_off(plan, tally, now_ms)
    elif outcome is PlanOutcome.DONE:
        completed = _done(state, plan, now_ms)
    else:
        completed = _completed(plan, None, _why(state, plan, outcome, tally), now_ms, state)
    tasks = running(plan, state)
    timings = _timings(state, plan, now_ms)
    return _bounded(msgspec.structs.replace(completed, outcome=outcome, tasks=tasks, timings=timings))


def _tally(state: PlanState, plan: CognitivePlan) -> _Tally:
    by_status: dict[TaskStatus, list[str]] = {}
    for task_id in plan.execution_order:
        by_status.setdefault(state.tasks[task_id].status, []).append(task_id)
    return _Tally(
        completed=len(by_status.get(TaskStatus.COMPLETED, ())),
        failed=by_status.get(TaskStatus.FAILED, []),
        handed_off=by_status.get(TaskStatus.HANDED_OFF, []),
        is_partial=any(task.partial for task in state.tasks.values()),
    )


def _outcome(state: PlanState, plan: CognitivePlan, tally: _Tally, *, answered: bool) -> PlanOutcome:
    if state.cancelled is not None:
        return PlanOutcome.CANCELLED
    if is_answered_here(plan):
        if not answered:
            return PlanOutcome.FAILED
        return PlanOutcome.PARTIAL if tally.failed or tally.is_partial else PlanOutcome.ANSWERED
    if tally.failed or not plan.tasks:
        return PlanOutcome.PARTIAL if tally.completed else PlanOutcome.FAILED
    return PlanOutcome.HANDED_OFF if tally.handed_off else PlanOutcome.DONE


def _language(plan: CognitivePlan) -> str:
    asker = plan.metadata.get("asker")
    return str(asker.get("language", Asker().language)) if isinstance(asker, dict) else Asker().language


def _why(state: PlanState, plan: CognitivePlan, outcome: PlanOutcome, tally: _Tally) -> str:
    language = _language(plan)
    if state.cancelled is not None:
        said = state.cancelled
        return say("cancelled", language, by=said.by, reason=f": {said.reason}" if said.reason else "")
    if not plan.tasks:
        return say("no-tasks", language)
    if not tally.failed:
        return say("unanswered", language)
    task_id = tally.failed[0]
    error = state.tasks[task_id].error or "?"
    if len(plan.tasks) == 1:
        return error
    key = "partly-failed" if outcome is PlanOutcome.PARTIAL else "task-failed"
    count = f"{tally.completed}/{len(plan.tasks)}"
    return say(key, language, task=listing(tally.failed), error=error, count=count)


def _completed(
    plan: CognitivePlan, output: Output | None, error: str | None, now_ms: int, state: PlanState
) -> CompletedPlan:
    """Make the answer as of a result of the task that gives it: the last one."""
    metadata = metadata_of(plan, plan.tasks[-1]) if plan.tasks else plan.metadata
    result = ExecutionResult(
        ticket_id=plan.plan_id,
        status=ResultStatus.COMPLETED if output is not None else ResultStatus.FAILED,
        result=TaskOutcome(success=output is not None, output=output or {}),
        agent_id=AGENT,
        timestamp=now_ms,
        plan_id=plan.plan_id,
        intent_id=plan.intent_id,
        correlation_id=plan.correlation_id,
        error_message=error,
        metadata=metadata,
    )
    drawn = [
        Drawn(source=task.source, fallback=task.fallback, partial=task.partial, cached_age_s=task.cached_age_s)
        for task in state.tasks.values()
    ]
    return complete(result, now_ms=now_ms, drawn=drawn)


def _handed_off(plan: CognitivePlan, tally: _Tally, now_ms: int) -> CompletedPlan:
    completed = planned(plan, now_ms=now_ms)
    if not tally.completed or completed.answer is None:
        return completed
    language = _language(plan)
    count, done = number(len(plan.tasks), language), number(tally.completed, language)
    text = say("partly-handed-off", language, count=count, done=done)
    return msgspec.structs.replace(completed, answer=msgspec.structs.replace(completed.answer, text=text))


def _done(state: PlanState, plan: CognitivePlan, now_ms: int) -> CompletedPlan:
    completed = planned(plan, now_ms=now_ms)
    assert completed.answer is not None  # noqa: S101 — the tasks
    rows: list[list[Scalar]] = [[*row, state.tasks[str(row[0])].status.value] for row in completed.answer.rows]
    text = say("done", _language(plan), count=number(len(rows), _language(plan)))
    answer = Answer(columns=[*PLAN_COLUMNS, "status"], rows=rows, text=text, source=completed.answer.source)
    return msgspec.structs.replace(completed, status=CompletionStatus.COMPLETED, answer=answer)


def _timings(state: PlanState, plan: CognitivePlan, now_ms: int) -> dict[str, int]:
    """Milliseconds from the end of one stage to the end of the next one, and all of them together."""
    asker: Any = plan.metadata.get("asker")
    submitted_at = asker.get("submitted_at") if isinstance(asker, dict) else None
    ends = [task.completed_at for task in state.tasks.values() if task.completed_at is not None]
    marks: list[tuple[str, int | None]] = [
        ("submitted", submitted_at if isinstance(submitted_at, int) else None),
        ("plan", plan.created_at),
        ("approve", plan.approved_at),
        ("execute", max(ends, default=None)),
        ("orchestrate", now_ms),
    ]
    known = [(name, at) for name, at in marks if at is not None]
    timings = {name: max(0, at - before) for (_, before), (name, at) in pairwise(known)}
    return timings | {"total": max(0, now_ms - known[0][1])}


def _bounded(completed: CompletedPlan) -> CompletedPlan:
    """Return the end, or one without its rows where the topic would not take them."""
    answer = completed.answer
    if answer is None or len(answer.rows) * len(answer.columns) < _MANY_CELLS:
        return completed
    size = len(encode(completed))
    if size <= MOST_ANSWER_BYTES:
        return completed
    error = f"the answer has {size:,} bytes, {MOST_ANSWER_BYTES:,} can be sent: ask for less, or for a summary"
    return msgspec.structs.replace(
        completed, status=CompletionStatus.FAILED, outcome=PlanOutcome.FAILED, answer=None, error=error
    )
