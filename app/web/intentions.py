"""An intention's way from its text to its answer, put together from what is kept of the topics."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from app import topics
from app.cli._plans import Book
from app.web.shapes import (
    AnswerShown,
    ApprovalShown,
    Guessed,
    IntentionRow,
    IntentionWay,
    Opinion,
    PlanShown,
    TaskShown,
    Understood,
    Verdict,
)
from models.errors import InvalidRecord
from models.ids import stable_id
from models.nlu.pii import mask
from models.orchestration import PlanState
from models.orchestration.report import running
from models.planning.approval import Approval
from models.records import (
    ApprovalRequest,
    CognitivePlan,
    CompletedPlan,
    Consensus,
    IntentAudit,
    IntentOutcome,
    Record,
    decode,
)

if TYPE_CHECKING:
    from app.stores.kafka import Found
    from app.web.kept import Kept
    from models.records import Answer, TaskReport

__all__ = ["approvals", "plan_id_of", "recent", "request_of", "way"]

ROWS: Final = 100
_AUDIT: Final = topics.INTENTIONS_AUDIT.name
_COMPLETED: Final = topics.PLANS_COMPLETED.name
_READY: Final = topics.PLANS_READY.name
_STATES: Final = topics.PLANS_STATES.name
_REQUESTS: Final = topics.PLANS_APPROVAL_REQUESTS.name
_APPROVALS: Final = topics.PLANS_APPROVALS.name
_CONSENSUS: Final = topics.PLANS_CONSENSUS.name
_APPROVAL: Final = msgspec.json.Decoder(Approval)
"""Made here, since several threads answer: msgspec must not look into a type in two at once."""

R = TypeVar("R", bound=Record)


def plan_id_of(intention_id: str) -> str:
    """Return the id that an intention's plan has, or will have."""
    return stable_id("plan", intention_id)


def recent(kept: Kept, *, limit: int, search: str = "") -> list[IntentionRow]:
    """Return the newest intentions, or those whose text or id holds what is looked for."""
    found: list[IntentionRow] = []
    wanted = search.casefold().strip()
    for record in kept.newest(_AUDIT):
        audit = read(IntentAudit, record)
        if audit is None or (wanted and wanted not in audit.text.casefold() and wanted not in audit.intention_id):
            continue
        found.append(_row(kept, audit))
        if len(found) == limit:
            break
    return sorted(found, key=lambda row: -row.at)  # the partitions are read one after the other


def _row(kept: Kept, audit: IntentAudit) -> IntentionRow:
    plan_id = plan_id_of(audit.intention_id)
    end = newest(CompletedPlan, kept, _COMPLETED, audit.intention_id)
    return IntentionRow(
        id=audit.intention_id,
        text=audit.text,
        at=audit.at if end is None else end.submitted_at,
        status=_status(kept, audit, plan_id, end),
        plan_id=plan_id,
        domain=audit.domain,
        confidence=audit.confidence,
        took_ms=None if end is None else max(0, end.completed_at - end.submitted_at),
    )


def _status(kept: Kept, audit: IntentAudit | None, plan_id: str, end: CompletedPlan | None) -> str:
    """Say in a word how far an intention has come."""
    if audit is not None and audit.outcome is IntentOutcome.VALIDATION:
        return "waits_for_validation"  # its asker has been told that it was not understood; a person may still say more
    if end is not None:
        return str(end.outcome or end.status)
    approval = approval_of(kept, plan_id)
    if approval is not None and approval.is_open:
        return "waits_for_approval"
    if kept.of(_STATES, plan_id):
        return "running"
    if kept.of(_READY, plan_id) or kept.of(_CONSENSUS, plan_id):
        return "planned_now"
    return "understood"


def way(kept: Kept, intention_id: str) -> IntentionWay | None:
    """Return an intention's way as far as it has come; None when nothing is kept of it."""
    plan_id = plan_id_of(intention_id)
    audits = [audit for record in kept.of(_AUDIT, intention_id) if (audit := read(IntentAudit, record)) is not None]
    end = newest(CompletedPlan, kept, _COMPLETED, intention_id)
    if not audits and end is None:
        return None
    approval = approval_of(kept, plan_id)
    plan = _plan(kept, plan_id)
    return IntentionWay(
        id=intention_id,
        text=audits[-1].text if audits else mask(end.question if end else ""),
        status=_status(kept, audits[-1] if audits else None, plan_id, end),
        submitted_at=end.submitted_at if end else _submitted_at(plan),
        ended_at=end.completed_at if end else None,
        understood=[_understood(audit) for audit in audits],
        plan=None if plan is None else shown(plan, _reports(kept, plan, end)),
        verdict=_verdict(newest(Consensus, kept, _CONSENSUS, plan_id)),
        approval=None if approval is None else _approval(plan_id, approval),
        answer=_answer(end.answer) if end is not None and end.answer is not None else None,
        error=end.error if end else None,
        timings=end.timings if end else {},
    )


def _submitted_at(plan: CognitivePlan | None) -> int | None:
    asker = plan.metadata.get("asker") if plan else None
    at = asker.get("submitted_at") if isinstance(asker, dict) else None
    return at if isinstance(at, int) else None


def _understood(audit: IntentAudit) -> Understood:
    return Understood(
        at=audit.at,
        outcome=audit.outcome.value,
        domain=audit.domain,
        subcategory=audit.subcategory,
        confidence=audit.confidence,
        guesses=[Guessed(guess.domain, guess.probability) for guess in audit.guesses],
        by=audit.by,
        model_version=audit.model_version,
    )


def _plan(kept: Kept, plan_id: str) -> CognitivePlan | None:
    """Return a plan as it was let go; else as a person is asked about it."""
    ready = newest(CognitivePlan, kept, _READY, plan_id)
    if ready is not None:
        return ready
    request = request_of(kept, plan_id)
    return None if request is None else request.plan


def request_of(kept: Kept, plan_id: str) -> ApprovalRequest | None:
    """Return what a person is asked about a plan."""
    return newest(ApprovalRequest, kept, _REQUESTS, plan_id)


def _reports(kept: Kept, plan: CognitivePlan, end: CompletedPlan | None) -> list[TaskReport]:
    book = Book()
    for record in kept.of(_STATES, plan.plan_id):
        book.note(record)
    state: PlanState | None = book.states.get(plan.plan_id)
    return end.tasks if end is not None and end.tasks else running(plan, state)


def shown(plan: CognitivePlan, reports: list[TaskReport]) -> PlanShown:
    """Return a plan with how its tasks stand."""
    destructive = set(plan.destructive_tasks)
    return PlanShown(
        plan_id=plan.plan_id,
        created_at=plan.created_at,
        risk_score=plan.risk_score,
        risk_band=str(plan.risk_band),
        reasons=[str(reason) for reason in plan.metadata.get("risk_reasons", [])],
        is_destructive=plan.is_destructive,
        summary=mask(plan.reasoning_summary),
        tasks=[
            TaskShown(
                id=task.id,
                type=task.type.value,
                status=task.status.value,
                description=mask(task.description),
                after=task.after,
                attempts=task.attempts,
                started_at=task.started_at,
                completed_at=task.completed_at,
                duration_ms=task.duration_ms,
                error=task.error,
                source=task.source,
                is_destructive=task.id in destructive,
            )
            for task in reports
        ],
    )


def _verdict(told: Consensus | None) -> Verdict | None:
    if told is None:
        return None
    weights = {vote.specialist_type: vote.weight for vote in told.decision.specialist_votes}
    learned = {forecast.specialist_type: forecast.learned for forecast in told.forecasts}
    return Verdict(
        at=told.at,
        decision=told.decision.final_decision.value,
        confidence=told.decision.aggregated_confidence,
        risk=told.decision.aggregated_risk,
        unanimous=told.decision.consensus_metrics.unanimous,
        summary=told.decision.reasoning_summary,
        opinions=[
            Opinion(
                specialist=opinion.specialist_type.value,
                confidence=opinion.confidence_score,
                risk=opinion.risk_score,
                recommendation=opinion.recommendation.value,
                summary=opinion.reasoning_summary,
                weight=weights.get(opinion.specialist_type),
                learned=learned.get(opinion.specialist_type, 0),
            )
            for opinion in told.opinions
        ],
    )


def _answer(answer: Answer) -> AnswerShown:
    return AnswerShown(
        text=answer.text,
        source=answer.source,
        columns=answer.columns,
        rows=answer.rows[:ROWS],
        units=answer.units,
        rows_in_all=len(answer.rows),
    )


def approvals(kept: Kept, *, limit: int, every: bool = False) -> list[ApprovalShown]:
    """Return the approvals that wait, the oldest first; with `every` also the decided ones, the newest first."""
    states = [
        ((record.key or b"").decode(errors="replace"), state)
        for record in kept.newest(_APPROVALS)
        if (state := _approval_in(record)) is not None and state.expires_at is not None
    ]
    if every:
        states.sort(key=lambda item: -(item[1].decided_at or item[1].since))
    else:
        states = sorted((item for item in states if item[1].is_open), key=lambda item: item[1].since)
    return [_approval(plan_id, state, request_of(kept, plan_id)) for plan_id, state in states[:limit]]


def approval_of(kept: Kept, plan_id: str) -> Approval | None:
    """Return how the approval of a plan stands; None: nobody was asked."""
    found = kept.of(_APPROVALS, plan_id)
    return _approval_in(found[-1]) if found else None


def _approval_in(record: Found) -> Approval | None:
    with suppress(msgspec.MsgspecError):  # another version's
        return _APPROVAL.decode(record.value or b"")
    return None


def _approval(plan_id: str, state: Approval, request: ApprovalRequest | None = None) -> ApprovalShown:
    return ApprovalShown(
        plan_id=plan_id,
        intention_id=state.intent_id,
        status=state.status.value,
        question=mask(state.question),
        since=state.since,
        expires_at=state.expires_at,
        risk_score=state.risk_score,
        risk_band=state.risk_band,
        is_destructive=state.is_destructive,
        by=state.by,
        decided_at=state.decided_at,
        reason=state.reason,
        plan=None if request is None else shown(request.plan, running(request.plan, None)),
    )


def read(kind: type[R], record: Found) -> R | None:
    """Read a record; None: it is none of these, its stage has made a dead letter of it."""
    with suppress(InvalidRecord):
        return decode(kind, record.value)
    return None


def newest(kind: type[R], kept: Kept, topic: str, key: str) -> R | None:
    """Return the newest record of a key; None: none is kept."""
    found = kept.of(topic, key)
    return read(kind, found[-1]) if found else None
