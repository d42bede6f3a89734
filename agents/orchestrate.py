"""orchestrate: ``plans.ready``, ``execution.results``, ``plans.commands`` → further tickets, ``plans.completed``.

Where each plan stands is a table, written in the transaction that sends what follows: whatever is killed in between, a
ticket goes out once and a plan ends once. Time takes the same way as everything else: a timer looks whose time has
come, and says so on ``plans.commands``, so that of a result and a deadline the log decides which was first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents._answers import answer
from agents._publish import send_ticket
from agents._timers import say
from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.main import app, metrics, plans, plans_ended, settings, task_outputs
from models.orchestration import End, Keep, Rules, apply, due_at
from models.records import CommandKind, ExecutionResult, ExecutionTicket, PlanCommand
from tables import forget
from tables.plans import MOST, Alarms, OutputsOf
from tables.plans_ended import KEPT_MS, Ended
from tables.plans_ended import MOST as MOST_ENDED

if TYPE_CHECKING:
    from app.engine import Batch, Record, Transaction
    from models.orchestration import PlanState

LOOK_S = 0.5
"""How often it is looked for plans whose time has come."""
AGAIN_MS = 5_000
"""How long it is waited for a word to be heard before it is said again."""
SYSTEM = "system"
RULES = Rules(handoff_ms=round(settings.handoff_s * 1000))

alarms = Alarms()
_indexed: list[Any] = []
"""The generation that the alarms are of."""


@app.agent(app.run_topic(topics.PLANS_READY, topics.EXECUTION_RESULTS, topics.PLANS_COMMANDS))
async def orchestrate(stream: Any) -> None:
    """Carry out each plan, event by event."""
    async for batch in runs(stream):
        _index()
        async with transaction(batch) as tx:
            _forget_old(tx, batch)
            for record in batch:
                with tx.attempt(record):
                    _apply(tx, record)


def _forget_old(tx: Transaction, batch: Batch) -> None:
    """Forget plans that ended too long ago, once for each partition of a batch."""
    for first in batch.firsts:
        forget(tx.view(plans_ended, first), before_ms=now_ms() - KEPT_MS, most=MOST_ENDED)


def _apply(tx: Transaction, record: Record) -> None:
    event = record.value
    plan_id = event.plan_id
    if not plan_id:
        return  # an outside worker's word on nobody's ticket
    states = tx.view(plans, record)
    before, ended = states.get(plan_id), tx.view(plans_ended, record)
    if before is None and isinstance(event, ExecutionResult) and states.size >= MOST:
        return
    outputs = OutputsOf(tx.view(task_outputs, record), plan_id, before.tasks if before else {})
    now = min(record.timestamp_ms, now_ms()) if isinstance(event, PlanCommand) else now_ms()
    has_ended = before is None and plan_id in ended
    step = apply(before, event, now_ms=now, outputs=outputs, rules=RULES, has_ended=has_ended)
    for effect in step.effects:
        if isinstance(effect, ExecutionTicket):
            send_ticket(tx, effect)
        elif isinstance(effect, Keep):
            outputs.keep(effect.task_id, effect.output)
        elif isinstance(effect, End):
            answer(tx, effect.completed)
            metrics.plan(effect.completed)
            ended[plan_id] = Ended(now)
    _remember(states, plan_id, before, step.state)
    if step.state is None:
        outputs.forget()


def _remember(states: Any, plan_id: str, before: PlanState | None, after: PlanState | None) -> None:
    if after is None:
        states.pop(plan_id, None)
        alarms.unset(plan_id)
    elif after is not before:
        states[plan_id] = after
        alarms.set(plan_id, due_at(after, RULES))


@app.timer(interval=LOOK_S, on_leader=False)
async def tick() -> None:
    """Say whose time has come, of the plans on the partitions of this worker."""
    if not app.ready:
        return
    _index()
    now = now_ms()
    words = []
    for plan_id in alarms.due(now):
        alarms.set(plan_id, now + AGAIN_MS)
        if plan_id in plans:  # it may be about to be committed
            words.append((plan_id, PlanCommand(plan_id=plan_id, kind=CommandKind.TICK, by=SYSTEM, at=now), None))
    await say("tick", topics.PLANS_COMMANDS, words)


def _index() -> None:
    """Set the alarms of the plans that came with the partitions."""
    if _indexed != [app.generation]:
        _indexed[:] = [app.generation]
        alarms.clear()
        for plan_id, state in plans.items():
            alarms.set(plan_id, due_at(state, RULES))
