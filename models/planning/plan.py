"""An understood intention to a plan: one query, or a rejection that says why."""

from __future__ import annotations

from typing import Any

import msgspec

from models.ids import stable_id
from models.messages import listing, say
from models.nlu.timerange import reference_ms
from models.nlu.words import language as language_of
from models.nlu.words import words
from models.planning.catalog import Catalog, Source
from models.planning.ground import Group, QuerySpec, Ungrounded, Unit, ground
from models.planning.intent import destructive_word
from models.planning.query import columns, mongodb_parameters
from models.planning.risk import APPROVAL_FROM, assess, stricter
from models.presentation import Asker, Presentation, submitted_partition
from models.records import (
    CognitivePlan,
    CompletionStatus,
    Constraints,
    IntentEnvelope,
    PlanStatus,
    PlanTask,
    TaskType,
)

VALID_MS = 24 * 60 * 60 * 1000
"""How long a plan may wait to be executed."""

QUERY_ESTIMATE_MS = 500

_UNITS_PT: dict[Unit, str] = {
    "hour": "hora",
    "day": "dia",
    "week": "semana",
    "month": "mês",
    "quarter": "trimestre",
    "year": "ano",
}


def make_plan(envelope: IntentEnvelope, catalog: Catalog, *, now_ms: int) -> CognitivePlan:
    """Plan what answers the intention, from the catalog alone.

    A plan with status REJECTED has no tasks; `metadata["outcome"]` then holds the status and error to answer
    with (see models.completion.refuse). The ids depend on the intention's id alone.
    """
    received_ms = _received_ms(envelope, now_ms)
    found = words(envelope.intent.text)
    language = language_of(found, envelope.intent.original_language)
    asker = Asker(
        intention_id=envelope.id,
        question=envelope.intent.text,
        language=language,
        domain=envelope.intent.domain,
        confidence=envelope.confidence,
        submitted_at=received_ms,
        submitted_partition=submitted_partition(envelope.metadata),
    )
    if (word := destructive_word([item.plain for item in found])) is not None:
        error = say("destructive", language, word=word)
        return _rejected(envelope, asker, CompletionStatus.FAILED, error, now_ms=now_ms, destructive=True)
    at_ms = reference_ms(envelope.timestamp, now_ms=received_ms)
    spec = ground(found, catalog, at_ms=at_ms, language=language)
    if isinstance(spec, Ungrounded):
        error = say(spec.reason, language, word=spec.word, choices=listing(spec.choices))
        return _rejected(envelope, asker, CompletionStatus.NOT_GROUNDED, error, now_ms=now_ms)
    return _query_plan(envelope, spec, asker, now_ms=now_ms)


def _received_ms(envelope: IntentEnvelope, now_ms: int) -> int:
    """When the intention came in: the stamp of the understanding stage, else the sender's, if it is sane."""
    received = envelope.metadata.get("received_at")
    return reference_ms(received if isinstance(received, int) else envelope.timestamp, now_ms=now_ms)


def _query_plan(envelope: IntentEnvelope, spec: QuerySpec, asker: Asker, *, now_ms: int) -> CognitivePlan:
    summary = describe(spec, "en")
    task = PlanTask(
        task_id="task_0",
        task_type=TaskType.QUERY,
        description=summary,
        estimated_duration_ms=QUERY_ESTIMATE_MS,
        required_capabilities=["read"],
        parameters=mongodb_parameters(spec),
        metadata={"answer": msgspec.to_builtins(_presentation(spec, asker.language))},
    )
    constraints = envelope.constraints or Constraints()
    risk = assess(
        priority=constraints.priority,
        level=stricter(constraints.security_level, spec.source.sensitivity),
        tasks=1,
        pii=spec.source.holds_pii,
    )
    return _plan(
        envelope,
        now_ms=now_ms,
        tasks=[task],
        execution_order=[task.task_id],
        risk_score=risk.score,
        risk_band=risk.band,
        risk_factors=risk.factors,
        reasoning_summary=f"Grounded on {spec.source.name}: {summary}",
        estimated_total_duration_ms=QUERY_ESTIMATE_MS,
        complexity_score=0.1,
        # One read of one source changes nothing, whatever its risk: there is nothing to approve.
        status=PlanStatus.VALIDATED,
        metadata={"asker": msgspec.to_builtins(asker)},
    )


def _rejected(
    envelope: IntentEnvelope,
    asker: Asker,
    status: CompletionStatus,
    error: str,
    *,
    now_ms: int,
    destructive: bool = False,
) -> CognitivePlan:
    constraints = envelope.constraints or Constraints()
    risk = assess(
        priority=constraints.priority,
        level=constraints.security_level,
        tasks=0,
        pii=False,
        destructive=destructive,
    )
    return _plan(
        envelope,
        now_ms=now_ms,
        tasks=[],
        execution_order=[],
        risk_score=risk.score,
        risk_band=risk.band,
        risk_factors=risk.factors,
        reasoning_summary=error,
        complexity_score=0.0,
        status=PlanStatus.REJECTED,
        is_destructive=destructive,
        requires_approval=risk.score >= APPROVAL_FROM,
        metadata={"asker": msgspec.to_builtins(asker), "outcome": {"status": status.value, "error": error}},
    )


def _plan(envelope: IntentEnvelope, *, now_ms: int, **parts: Any) -> CognitivePlan:
    constraints = envelope.constraints or Constraints()
    plan_id = stable_id("plan", envelope.id)
    return CognitivePlan(
        plan_id=plan_id,
        intent_id=envelope.id,
        correlation_id=envelope.correlation_id,
        trace_id=envelope.trace_id,
        span_id=envelope.span_id,
        explainability_token=stable_id("explanation", plan_id),
        created_at=now_ms,
        valid_until=now_ms + VALID_MS,
        original_domain=envelope.intent.domain,
        original_priority=constraints.priority,
        original_security_level=constraints.security_level,
        **parts,
    )


def describe(spec: QuerySpec, language: str) -> str:
    """Say in a phrase what a query computes: measure, groups, filters, period."""
    head = spec.source.label.of(language)
    if spec.operation != "find" and spec.measure.aggregation != "count":
        head = f"{spec.measure.label.of(language)} ({head})"
    parts = [head]
    if spec.groups:
        names = [_group_label(spec.source, group, language) for group in spec.groups]
        parts.append(f"{say('by', language)} {listing(names)}")
    for wanted in spec.filters:
        label = spec.source.dimension(wanted.dimension).label.of(language)
        parts.append(f"[{label}: {listing(wanted.values)}]")
    if spec.time_range is not None:
        first, last = spec.time_range.start, spec.time_range.last_instant
        parts.append(f"({first.date()} {say('to', language)} {last.date()})")
    return " ".join(parts)


def _group_label(source: Source, group: Group, language: str) -> str:
    if group.unit is None:
        return source.dimension(group.name).label.of(language)
    return _UNITS_PT[group.unit] if language == "pt" else group.unit


def _presentation(spec: QuerySpec, language: str) -> Presentation:
    return Presentation(
        columns=columns(spec),
        source=f"{spec.source.kind}:{spec.source.collection}",
        title=describe(spec, language),
        operation=spec.operation,
        unit=spec.measure.unit,
        limit=spec.limit,
        limit_asked=spec.limit < spec.source.row_limit,
        of_nothing=0 if spec.measure.aggregation in ("sum", "count") else None,
        ignored=list(spec.ignored),
    )
