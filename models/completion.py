"""The end of an intention: a result, a rejected plan or a doubt, to what the asker reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from models.messages import age, listing, number, percent, say
from models.nlu.timerange import reference_ms
from models.planning.approval import Approval
from models.presentation import RATIO, SUBMITTED_PARTITION, Asker, Presentation
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
from models.transform.checks import is_of

__all__ = ["Drawn", "complete", "decline", "drawn_of", "not_understood", "planned", "refuse"]

PLAN_COLUMNS = ["task", "type", "description", "after"]


class _Output(msgspec.Struct, frozen=True):
    """What a query's executor returns."""

    documents: list[dict[str, Any]] = msgspec.field(default_factory=list[dict[str, Any]])
    count: int = 0
    truncated: bool = False


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """Where the rows of a query came from: which source has answered, and what there is to say about it."""

    source: str | None = None
    fallback: bool = False
    partial: bool = False
    cached_age_s: float | None = None


def drawn_of(told: dict[str, Any]) -> Drawn:
    """Return where rows came from, as their executor tells it in the metadata of the outcome."""
    try:
        return msgspec.convert(told, Drawn)
    except msgspec.ValidationError:
        return Drawn()


def complete(result: ExecutionResult, *, now_ms: int, drawn: Sequence[Drawn] | None = None) -> CompletedPlan:
    """Make the answer from the result of the task that gives it; the ticket's metadata travel in the result's.

    A result that can't be read ends the intention as failed and says why: there is nobody to try again.

    Args:
        result: What came of the last task of the plan.
        now_ms: The time, in epoch milliseconds.
        drawn: Where the rows of each query of the plan came from; None when the result is the only one, and tells it.
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
            sources = [drawn_of(result.result.metadata)] if drawn is None else drawn
            answer = _answer(output, shown, asker.language, sources)
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


def _answer(output: _Output, shown: Presentation, language: str, drawn: Sequence[Drawn]) -> Answer:
    unknown: list[str | None] = [None] * len(shown.columns)
    units = shown.units if len(shown.units) == len(shown.columns) else unknown
    rows: list[list[Scalar]]
    if shown.operation == "count" and not output.documents:
        rows = [[output.count]]
    else:
        named = list(zip(shown.columns, units, strict=True))
        rows = [[_cell(document.get(name), unit) for name, unit in named] for document in output.documents]
    if shown.operation == "aggregate" and not rows and len(shown.columns) == 1:
        rows = [[shown.of_nothing]]  # MongoDB answers a sum over nothing with no document
    cut = not shown.limit_asked and (output.truncated or len(rows) >= shown.limit)
    text = _summary(rows, shown, language, [*([say("truncated", language)] if cut else []), *_told(drawn, language)])
    types = _types(rows, shown)
    return Answer(columns=shown.columns, rows=rows, text=text, source=shown.source, types=types, units=units)


def _cell(value: object, unit: str | None) -> Scalar:
    """A cell: sums of cents are rounded to cents, parts to hundredths of a percent, what is no scalar is text."""
    if isinstance(value, float):
        return round(value, 4 if unit == RATIO else 2)
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _types(rows: list[list[Scalar]], shown: Presentation) -> list[str]:
    """The types of the columns: what the catalog says, where the cells are so; else what the cells are."""
    declared: list[str | None] = (
        [*shown.types] if len(shown.types) == len(shown.columns) else [None] * len(shown.columns)
    )
    return [_type([cell for row in rows if (cell := row[at]) is not None], kind) for at, kind in enumerate(declared)]


_BY_CELL = ("boolean", "integer", "number", "date", "string")


def _type(cells: list[Scalar], declared: str | None) -> str:
    if declared is not None and all(is_of(declared, cell) for cell in cells):
        return declared
    found = (kind for kind in _BY_CELL if cells and all(is_of(kind, cell) for cell in cells))
    return next(found, "any")


def _told(drawn: Sequence[Drawn], language: str) -> list[str]:
    """What there is to say about where the rows came from: another source, an answer that was kept, a part of it."""
    ages = [one.cached_age_s for one in drawn if one.cached_age_s is not None]
    told = [say("cached", language, age=age(max(ages)))] if ages else []
    others = dict.fromkeys(one.source for one in drawn if one.fallback and one.cached_age_s is None and one.source)
    if others:
        told.append(say("stood-in", language, source=listing(others)))
    return [*told, say("partial", language)] if any(one.partial for one in drawn) else told


def _summary(rows: list[list[Scalar]], shown: Presentation, language: str, notes: list[str]) -> str:
    if not rows or rows == [[None]]:
        said = say("none", language)
    elif shown.operation == "find":
        said = _counted(len(rows), language)
    else:
        keys = len(shown.columns) - 1 if shown.keys is None else shown.keys
        first = _measured(rows[0][keys:], shown, keys, language)
        head = " / ".join(_value(cell, language) for cell in rows[0][:keys])
        said = f"{_counted(len(rows), language)}; {say('first', language)}: {head} = {first}" if keys else first
    if shown.ignored:
        notes = [*notes, say("unshown", language, words=listing(shown.ignored))]
    return f"{shown.title}: {said}" + (f" ({'; '.join(notes)})" if notes else "")


def _measured(cells: list[Scalar], shown: Presentation, keys: int, language: str) -> str:
    """What a row says, as part of a sentence: 120 BRL; 120 BRL (25.0 %); 120 BRL (before: 100 BRL; +20.0 %)."""
    names = shown.columns[keys:]
    units: list[str | None] = [*shown.units[keys:]] if shown.units else [shown.unit] * len(names)
    values = [
        percent(cell, language, signed=name == "change")
        if unit == RATIO and isinstance(cell, int | float)
        else _value(cell, language) + (f" {unit}" if unit and unit != RATIO else "")
        for cell, name, unit in zip(cells, names, units, strict=True)
    ]
    if names[1:] == [f"{names[0]}_before", "difference", "change"]:
        return f"{values[0]} ({say('before', language, value=values[1])}; {values[3]})"
    if names[1:] == ["share"]:
        return f"{values[0]} ({values[1]})"
    if len(names) == 1:
        return values[0]
    return ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))


def _counted(count: int, language: str) -> str:
    return say("row", language) if count == 1 else say("rows", language, count=number(count, language))


def _value(value: Scalar, language: str) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value, language)
    return "–" if value is None else str(value)
