"""One event in the life of a plan: the state that follows, and what is to be done.

The same events give the same end in whatever order the results come, and however often each of them does: an event
that does not fit the state changes nothing.
"""

from __future__ import annotations

import msgspec

from models.orchestration.carry import Carrying
from models.orchestration.effects import Outputs, Step
from models.orchestration.state import Cancellation, PlanState, Rules, TaskState
from models.planning.tickets import is_released
from models.records import CognitivePlan, CommandKind, ExecutionResult, PlanCommand, encode

__all__ = ["MOST_EARLY", "MOST_EARLY_BYTES", "apply"]

MOST_EARLY = 256
MOST_EARLY_BYTES = 2 * 1024 * 1024
"""Of one plan: results that come before it. A plan goes out with its first tickets, so that hardly any do."""

Event = CognitivePlan | ExecutionResult | PlanCommand
"""A plan that nothing stands in the way of, what came of a ticket, or what is said to a plan."""

_RULES = Rules()


def apply(
    state: PlanState | None,
    event: Event,
    *,
    now_ms: int,
    outputs: Outputs,
    rules: Rules = _RULES,
    has_ended: bool = False,
) -> Step:
    """Return what follows from an event.

    Args:
        state: Where the plan stands; None when nothing is known of it.
        event: What has happened.
        now_ms: When, in epoch milliseconds.
        outputs: What has been kept of the plan's tasks.
        rules: What its life is measured by.
        has_ended: The plan has ended before. Its state is gone then, so that the plan, coming again, or what comes late
            of its tickets would look like the first of it.
    """
    if has_ended:
        return Step(state)
    if isinstance(event, CognitivePlan):
        return _released(state, event, now_ms, outputs, rules)
    if state is None or state.plan is None:
        after = _early(state, event, now_ms) if isinstance(event, ExecutionResult) else state
        is_old = after is not None and now_ms >= after.began_at + rules.early_ms
        return Step(None if is_old else after)
    carrying = Carrying(state, now_ms, outputs, rules)
    if isinstance(event, ExecutionResult):
        carrying.take(event)
    elif event.kind is CommandKind.CANCEL:
        carrying.cancel(Cancellation(by=event.by, at=event.at, reason=event.reason))
    else:
        carrying.tick()
    return carrying.settle()


def _released(state: PlanState | None, plan: CognitivePlan, now_ms: int, outputs: Outputs, rules: Rules) -> Step:
    running = state is not None and state.plan is not None
    if not is_released(plan):  # an approval was taken back
        if state is None or not running:
            return Step(state)
        carrying = Carrying(state, now_ms, outputs, rules)
        carrying.cancel(_taken_back(plan, now_ms))
        return carrying.settle()
    if running:
        return Step(state)
    began = PlanState(began_at=now_ms, plan=plan, tasks={task.task_id: TaskState() for task in plan.tasks})
    carrying = Carrying(began, now_ms, outputs, rules)
    carrying.begin()
    for result in state.early if state is not None else ():
        carrying.take(result)
    return carrying.settle()


def _taken_back(plan: CognitivePlan, now_ms: int) -> Cancellation:
    said = plan.metadata.get("approval")
    told = said if isinstance(said, dict) else {}
    return Cancellation(by=str(told.get("by") or "unknown"), at=now_ms, reason=str(told.get("reason") or "") or None)


def _early(state: PlanState | None, result: ExecutionResult, now_ms: int) -> PlanState | None:
    before = state or PlanState(began_at=now_ms)
    size = before.early_bytes + len(encode(result))
    known = any((one.ticket_id, one.status) == (result.ticket_id, result.status) for one in before.early)
    if known or len(before.early) >= MOST_EARLY or size > MOST_EARLY_BYTES:
        return state
    return msgspec.structs.replace(before, early=[*before.early, result], early_bytes=size)
