"""The end of an intention: a result, a rejected plan or a doubt, to what the asker reads."""

from __future__ import annotations

from typing import Any

import msgspec

from models.messages import listing, number, say
from models.nlu.timerange import reference_ms
from models.planning.approval import Approval
from models.presentation import SUBMITTED_PARTITION, Asker, Presentation
from models.records import (
    Answer,
    ApprovalStatus,
    CognitivePlan,
    CompletedPlan,
    CompletionStatus,
    ExecutionResult,
    IntentEnvelope,
    ResultStatus,
    Scalar,
)

__all__ = ["complete", "decline", "not_understood", "planned", "refuse"]

PLAN_COLUMNS = ["task", "type", "description", "after"]


class _Output(msgspec.Struct, frozen=True):
    """What a query's executor returns."""

    documents: list[dict[str, Any]] = msgspec.field(default_factory=list[dict[str, Any]])
    count: int = 0
    truncated: bool = False


def complete(result: ExecutionResult, *, now_ms: int) -> CompletedPlan:
    """Make the answer from the result of a one-task plan; the ticket's metadata travel in the result's.

    A result that can't be read ends the intention as failed and says why: there is nobody to try again.
    """
    asker = _asker(result.metadata)
    decision = str(result.metadata.get("decision") or "") or None
    error = result.error_message or "the query failed, and its executor gave no reason"
    if result.status is ResultStatus.COMPLETED and result.result.success:
        try:
            shown = msgspec.convert(result.metadata.get("answer"), Presentation)
            output = msgspec.convert(result.result.output, _Output)
        except msgspec.ValidationError as problem:
            error = f"the result or the metadata of its ticket can't be read: {problem}"
        else:
            answer = _answer(output, shown, asker.language)
            status = CompletionStatus.COMPLETED
            return _completed(asker, result, now_ms=now_ms, status=status, decision=decision, answer=answer)
    return _completed(asker, result, now_ms=now_ms, status=CompletionStatus.FAILED, decision=decision, error=error)


def refuse(plan: CognitivePlan, *, now_ms: int) -> CompletedPlan:
    """Make the answer to an intention whose plan was rejected: the status and error that the plan holds."""
    outcome = plan.metadata.get("outcome")
    told: dict[str, Any] = outcome if isinstance(outcome, dict) else {}
    grounded = told.get("status") != CompletionStatus.NOT_GROUNDED
    return _completed(
        _asker(plan.metadata),
        plan,
        now_ms=now_ms,
        status=CompletionStatus.FAILED if grounded else CompletionStatus.NOT_GROUNDED,
        decision="rejected",
        error=str(told.get("error") or plan.reasoning_summary),
    )


def planned(plan: CognitivePlan, *, now_ms: int) -> CompletedPlan:
    """Make the answer to work that was planned: its tasks in their order, and that none of them was executed here."""
    asker = _asker(plan.metadata)
    tasks = {task.task_id: task for task in plan.tasks}
    rows: list[list[Scalar]] = [
        [task.task_id, task.task_type.value, task.description, listing(task.dependencies)]
        for task in (tasks[task_id] for task_id in plan.execution_order)
    ]
    text = say("planned", asker.language, count=number(len(rows), asker.language))
    return _completed(
        asker,
        plan,
        now_ms=now_ms,
        status=CompletionStatus.PLANNED,
        decision="not_required" if plan.approval_status is None else plan.approval_status.value,
        answer=Answer(columns=PLAN_COLUMNS, rows=rows, text=text, source=f"plan:{plan.plan_id}"),
    )


def decline(plan: CognitivePlan, state: Approval, *, now_ms: int) -> CompletedPlan:
    """Make the answer to a plan that a person has rejected, or that nobody has looked at in time."""
    asker = _asker(plan.metadata)
    if state.status is ApprovalStatus.EXPIRED:
        hours = ((state.expires_at or now_ms) - state.since) / 3_600_000
        error = say("approval-expired", asker.language, hours=f"{hours:g}")
    else:
        error = say("declined", asker.language, by=state.by, reason=state.reason)
    ending = state.status.value
    return _completed(asker, plan, now_ms=now_ms, status=CompletionStatus.FAILED, decision=ending, error=error)


def not_understood(envelope: IntentEnvelope, *, now_ms: int) -> CompletedPlan:
    """Make the answer to an intention that nobody could make out."""
    language = "en" if (envelope.intent.original_language or "").startswith("en") else "pt"
    received = envelope.metadata.get("received_at")
    return CompletedPlan(
        intention_id=envelope.id,
        status=CompletionStatus.NOT_UNDERSTOOD,
        question=envelope.intent.text,
        domain=envelope.intent.domain,
        confidence=envelope.confidence,
        submitted_at=reference_ms(received if isinstance(received, int) else envelope.timestamp, now_ms=now_ms),
        completed_at=now_ms,
        correlation_id=envelope.correlation_id,
        error=say("not-understood", language),
    )


def _asker(metadata: dict[str, Any]) -> Asker:
    try:
        return msgspec.convert(metadata.get("asker", {}), Asker)
    except msgspec.ValidationError:
        return Asker()  # the ids of the record itself still lead back to the intention


def _completed(asker: Asker, origin: ExecutionResult | CognitivePlan, *, now_ms: int, **ending: Any) -> CompletedPlan:
    return CompletedPlan(
        intention_id=asker.intention_id or origin.intent_id or "unknown",
        question=asker.question,
        plan_id=origin.plan_id,
        domain=asker.domain,
        confidence=asker.confidence,
        submitted_at=now_ms if asker.submitted_at is None else asker.submitted_at,
        completed_at=now_ms,
        correlation_id=origin.correlation_id,
        metadata={} if asker.submitted_partition is None else {SUBMITTED_PARTITION: asker.submitted_partition},
        **ending,
    )


def _answer(output: _Output, shown: Presentation, language: str) -> Answer:
    rows: list[list[Scalar]]
    if shown.operation == "count":
        rows = [[output.count]]
    else:
        rows = [[_cell(document.get(name)) for name in shown.columns] for document in output.documents]
    if shown.operation == "aggregate" and not rows and len(shown.columns) == 1:
        rows = [[shown.of_nothing]]  # MongoDB answers a sum over nothing with no document
    cut = not shown.limit_asked and (output.truncated or len(rows) >= shown.limit)
    text = _summary(rows, shown, language, cut=cut)
    return Answer(columns=shown.columns, rows=rows, text=text, source=shown.source)


def _cell(value: object) -> Scalar:
    """A cell: sums of cents are rounded to cents, what is no scalar is written as text."""
    if isinstance(value, float):
        return round(value, 2)
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _summary(rows: list[list[Scalar]], shown: Presentation, language: str, *, cut: bool) -> str:
    unit = f" {shown.unit}" if shown.unit else ""
    if not rows or rows == [[None]]:
        said = say("none", language)
    elif shown.operation == "find":
        said = _counted(len(rows), language)
    elif len(shown.columns) == 1:
        said = _value(rows[0][0], language) + unit
    else:
        head = " / ".join(_value(cell, language) for cell in rows[0][:-1])
        first = f"{say('first', language)}: {head} = {_value(rows[0][-1], language)}{unit}"
        said = f"{_counted(len(rows), language)}; {first}"
    notes = [say("truncated", language)] if cut else []
    if shown.ignored:
        notes.append(say("unshown", language, words=listing(shown.ignored)))
    return f"{shown.title}: {said}" + (f" ({'; '.join(notes)})" if notes else "")


def _counted(count: int, language: str) -> str:
    return say("row", language) if count == 1 else say("rows", language, count=number(count, language))


def _value(value: Scalar, language: str) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value, language)
    return "–" if value is None else str(value)
