"""approve: ``plans.approval-requests`` and ``plans.approval-responses`` → ``plans.ready`` or an answer.

The state of each approval is a table, written in the transaction that publishes the plan: whatever is killed in
between, a response is applied once. A request that nobody answers is ended by a response of the system, which takes
the same way as a person's, so that of two that come at the same time the log decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents._answers import answer
from agents._facts import tell
from agents._publish import publish, release
from agents._timers import say
from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.main import app, approval_plans, approvals, flow_metrics, metrics
from models.completion import decline
from models.planning.approval import Approval, decided, due, expiry, opened, outcome, respond, said
from models.records import ApprovalDecision, ApprovalRequest, ApprovalResponse, ApprovalStatus
from models.rolling.telling import approved
from tables.approvals import forget

if TYPE_CHECKING:
    from app.engine import Record, Transaction

LOOK_S = 1.0
"""How often it is looked for requests whose time is up."""


@app.agent(app.run_topic(topics.PLANS_APPROVAL_REQUESTS, topics.PLANS_APPROVAL_RESPONSES))
async def approve(stream: Any) -> None:
    """Let plans go, or end them, as people say."""
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            for record in batch:
                with tx.attempt(record):
                    if isinstance(record.value, ApprovalRequest):
                        _open(tx, record, record.value)
                    else:
                        _apply(tx, record, record.value, at_ms=min(record.timestamp_ms, now_ms()))


def _open(tx: Transaction, record: Record, request: ApprovalRequest) -> None:
    states, plans = tx.view(approvals, record), tx.view(approval_plans, record)
    before = states.get(request.plan_id)
    if before is not None and before.is_open:
        metrics.approval("requested", "ignored")  # the same intention once more: its request stands
        return
    forget(states, plans, states.oldest(), size=states.size, now_ms=now_ms())
    states[request.plan_id] = opened(request)
    plans[request.plan_id] = request.plan
    if before is not None and before.early is not None:
        _apply(tx, record, before.early, at_ms=before.since)


def _apply(tx: Transaction, record: Record, response: ApprovalResponse, *, at_ms: int) -> None:
    states = tx.view(approvals, record)
    for each in said(states.get(response.plan_id), response, at_ms=at_ms):
        before = states.get(each.plan_id)
        after, why = respond(before, each, at_ms=at_ms)
        metrics.approval(each.decision.value, "applied" if why is None else "ignored")
        if after is not None and after is not before:
            states[each.plan_id] = after
        told = outcome(each, why=why, intent_id=after.intent_id if after else None)
        tx.send(topics.PLANS_APPROVAL_OUTCOMES, key=each.plan_id, value=told)
        tell(tx, told.intent_id or each.plan_id, now_ms=now_ms(), approval=told)
        if before is not None and before.is_open and why is None:
            flow_metrics.decided(each.decision, before, at_ms=at_ms)
        if after is not None and why is None:
            _conclude(tx, record, each, after, waited_ms=max(0, at_ms - (before or after).since))


def _conclude(tx: Transaction, record: Record, response: ApprovalResponse, state: Approval, *, waited_ms: int) -> None:
    plans, now = tx.view(approval_plans, record), now_ms()
    plan = decided(plans[response.plan_id], state, now_ms=now)
    fact = approved(plan, response.decision, at_ms=now, latency_ms=waited_ms)
    tx.send(topics.METRICS_FACTS, key=plan.plan_id, value=fact)
    if response.decision is ApprovalDecision.APPROVED:
        publish(tx, plan, now_ms=now)
    elif response.decision in (ApprovalDecision.REPUBLISHED, ApprovalDecision.REVERTED):
        release(tx, plan, now_ms=now)  # one that was taken back says so in its status, and has no tickets
    else:
        answer(tx, decline(plan, state, now_ms=now))
    if state.status is not ApprovalStatus.APPROVED:
        del plans[response.plan_id]


@app.timer(interval=LOOK_S, on_leader=False)
async def expire() -> None:
    """Let the requests expire whose time is up, on the partitions of this worker."""
    if not app.ready:
        return
    now = now_ms()
    overdue = [plan_id for plan_id, state in approvals.items() if due(state, now_ms=now)]
    words = ((plan_id, expiry(plan_id, at_ms=now), None) for plan_id in overdue)
    await say("expire", topics.PLANS_APPROVAL_RESPONSES, words)
