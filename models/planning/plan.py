"""An understood intention to a plan: the queries that answer a question, the tasks of a piece of work, or a refusal.

A question about data that the catalog grounds becomes its query tasks. Work (build, change, delete, migrate, assess …)
becomes the tasks of `decompose`. What is neither is rejected with the nearest choices: nothing is guessed silently.
Whatever destroys something is work, and waits for a person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from models.ids import stable_id
from models.messages import listing, say
from models.nlu.timerange import reference_ms
from models.nlu.words import Word, language, word_set, words
from models.planning import destructive
from models.planning.catalog import Catalog
from models.planning.conflicts import Conflict, Resolution, reason_of
from models.planning.dag import CriticalPath, critical_path, generations
from models.planning.decompose import Decomposition, decompose
from models.planning.destructive import Destruction, Severity
from models.planning.drafts import Work
from models.planning.grounding import Ungrounded
from models.planning.intent_types import IntentType, TypeVerdict, classify_type
from models.planning.memory import FAILED, NOTHING, Recalled, keys_of
from models.planning.objectives import Command, Objective, commands, is_report, objectives
from models.planning.questions import Question, question_of
from models.planning.risk import Circumstances, Risk, assess, needs_approval, stricter
from models.planning.tickets import is_here
from models.presentation import Asker, submitted_partition
from models.records import (
    ActorType,
    ApprovalStatus,
    CognitivePlan,
    CompletionStatus,
    Constraints,
    IntentEnvelope,
    PlanStatus,
    PlanTask,
    SecurityLevel,
    TaskType,
)

__all__ = ["VALID_MS", "is_answered_here", "make_plan"]

VALID_MS = 24 * 60 * 60 * 1000
"""How long a plan may wait to be executed."""

_FULL_COMPLEXITY_TASKS = 10
_SURE_TYPE = 0.65
"""From here on a type, with one of its verbs, makes work of a text: one phrase and a verb."""

_ASSESSING = frozenset({IntentType.VIABILITY_ANALYSIS, IntentType.TECHNICAL_ASSESSMENT, IntentType.SECURITY_AUDIT})
"""What is analysed there is no data of the catalog, even when words of it are."""

_PRODUCTION = word_set("producao production prod")
_CREDENTIALS = re.compile(
    r"^(?:autentic|authentic|autoriz|authoriz|oauth|mfa|ldap|sso|senha|password|credenc|credent|token|chave|criptogr|"
    r"encrypt|certific|permiss|secret)"
)
_PERSONAL = re.compile(
    r"^(?:cpf|cnpj|e?mails?$|telefone|phone|enderec|address|client|customer|usuari|users?$|pacient|patient|pessoa|"
    r"person|funcionari|employee|cartao|cartoes)"
)
_WRITES = frozenset({TaskType.BUILD, TaskType.DEPLOY, TaskType.EXECUTE, TaskType.COMPENSATE})


class _Touched(NamedTuple):
    """What a plan touches: levels of its sources, personal data, production, credentials; and how dear it is."""

    levels: tuple[SecurityLevel, ...] = ()
    pii: bool = False
    production: bool = False
    credentials: bool = False
    factor: float = 1.0


class _Outline(NamedTuple):
    """What a plan is made of: its tasks, what they touch and destroy, and which are in each other's way."""

    tasks: list[PlanTask]
    touched: _Touched = _Touched()
    destruction: Destruction = destructive.SAFE
    conflicts: Sequence[Conflict] = ()


class _Read(NamedTuple):
    """What the text of an intention says, before anything is planned."""

    envelope: IntentEnvelope
    constraints: Constraints
    asker: Asker
    found: list[Word]
    at_ms: int
    now_ms: int
    recalled: Recalled
    resolution: Resolution


def make_plan(
    envelope: IntentEnvelope,
    catalog: Catalog,
    *,
    now_ms: int,
    recalled: Recalled = NOTHING,
    resolution: Resolution = Resolution.SEQUENTIAL,
) -> CognitivePlan:
    """Plan what the intention asks for.

    A plan with status REJECTED has no tasks; `metadata["outcome"]` then holds the status and error to answer with (see
    models.completion.refuse). The ids depend on the intention's id alone, and the same arguments give the same plan.

    Args:
        envelope: The intention.
        catalog: What can be asked about.
        now_ms: The time of planning, epoch milliseconds.
        recalled: Similar intentions: they are shown, and weigh in the risk.
        resolution: What becomes of tasks that are in each other's way.
    """
    read = _read(envelope, now_ms, recalled, resolution)
    text = envelope.intent.text
    destroying = destructive.places(text, read.found)
    asked = commands(text, read.found, destroying)
    verdict = classify_type(read.found)
    if destroying or _is_work(asked, verdict):
        return _work(read, asked, verdict, catalog)
    told, entities = read.asker.language, envelope.intent.entities
    grounded = question_of(text, read.found, catalog, at_ms=read.at_ms, language=told, entities=entities)
    if isinstance(grounded, Question):
        return _answer(read, grounded)
    if _may_be_work(grounded, verdict):
        return _work(read, asked, verdict, catalog)
    error = say(grounded.reason, read.asker.language, word=grounded.word, choices=listing(grounded.choices))
    return _rejected(read, error)


def is_answered_here(plan: CognitivePlan) -> bool:
    """Whether a plan is a question: all that it does is done here, on sources of the catalog."""
    return bool(plan.tasks) and all(is_here(task) for task in plan.tasks)


def _read(envelope: IntentEnvelope, now_ms: int, recalled: Recalled, resolution: Resolution) -> _Read:
    # When it came in: the stamp of the understanding stage, else the sender's, if it is sane.
    received = envelope.metadata.get("received_at")
    received_ms = reference_ms(received if isinstance(received, int) else envelope.timestamp, now_ms=now_ms)
    found = words(envelope.intent.text)
    asker = Asker(
        intention_id=envelope.id,
        actor=stable_id("actor", envelope.actor.id),
        question=envelope.intent.text,
        language=language(found, envelope.intent.original_language),
        domain=envelope.intent.domain,
        confidence=envelope.confidence,
        submitted_at=received_ms,
        submitted_partition=submitted_partition(envelope.metadata),
    )
    at_ms = reference_ms(envelope.timestamp, now_ms=received_ms)
    return _Read(envelope, envelope.constraints or Constraints(), asker, found, at_ms, now_ms, recalled, resolution)


def _is_work(asked: list[Command], verdict: TypeVerdict) -> bool:
    """Whether something is to be done, or to be assessed; whether the catalog knows the thing makes no difference."""
    if any(
        command.objective is not Objective.QUERY and command.subject and not is_report(command) for command in asked
    ):
        return True
    return bool(asked) and verdict.intent_type in _ASSESSING and _is_sure(verdict)


def _may_be_work(why: Ungrounded, verdict: TypeVerdict) -> bool:
    """Whether a text that is no question about known data is work.

    One that names a source but groups it by nothing known, or the like, is a question, to be asked back.
    """
    return why.reason == "work" or (
        why.reason == "no-source" and verdict.intent_type is not IntentType.GENERIC and _is_sure(verdict)
    )


def _is_sure(verdict: TypeVerdict) -> bool:
    return verdict.has_verb and verdict.confidence >= _SURE_TYPE


def _answer(read: _Read, question: Question) -> CognitivePlan:
    touched = _Touched(levels=question.levels, pii=question.holds_pii)
    notes = {"method": "grounded", "objectives": [Objective.QUERY.value]}
    # Grounded tasks only read, whatever their descriptions, made of the catalog's labels, may say.
    return _plan(read, _Outline(question.tasks, touched), {**notes, "summary": question.summary})


def _work(read: _Read, asked: list[Command], verdict: TypeVerdict, catalog: Catalog) -> CognitivePlan:
    text, constraints = read.envelope.intent.text, read.constraints
    priority, level = constraints.priority, constraints.security_level
    work = Work(text, read.found, asked, verdict, read.asker.language, priority, level, read.resolution)
    made = decompose(work)
    tasks = [_grounded(task, read, catalog) for task in made.tasks]
    destruction = destructive.detect(text, tasks, found=read.found)
    told = {word.plain for word in read.found}
    touched = _Touched(
        pii=any(_PERSONAL.match(word) for word in told),
        production=not told.isdisjoint(_PRODUCTION),
        credentials=any(_CREDENTIALS.match(word) for word in told),
        factor=made.factor,
    )
    wanted = [objective.value for objective in objectives(asked)]
    notes = {"method": made.method, "template": made.name, "objectives": wanted, **_notes(made, verdict)}
    summary = f"{verdict.intent_type} ({verdict.confidence:.2f}), {made.method} {made.name}: {', '.join(wanted)}"
    return _plan(read, _Outline(tasks, touched, destruction, made.conflicts), {**notes, "summary": summary})


def _notes(made: Decomposition, verdict: TypeVerdict) -> dict[str, Any]:
    notes: dict[str, Any] = {
        "intent_type": verdict.intent_type.value,
        "intent_type_confidence": verdict.confidence,
        "phrases": list(verdict.phrases),
    }
    if made.dropped:
        notes["dropped_edges"] = [list(edge) for edge in made.dropped]
    if made.conflicts:
        notes["conflicts"] = [{**item._asdict(), "resolution": item.resolution.value} for item in made.conflicts]
    if made.left_out:
        notes["left_out"] = list(made.left_out)
    return notes


def _grounded(task: PlanTask, read: _Read, catalog: Catalog) -> PlanTask:
    """Ground what is looked up on the way, such as the size of a deletion, where the catalog knows it."""
    if task.task_type is not TaskType.QUERY or "template_id" in task.metadata:
        return task
    subject = str(task.parameters["subject"])
    sized = question_of(subject, words(subject), catalog, at_ms=read.at_ms, language=read.asker.language)
    if isinstance(sized, Ungrounded) or len(sized.tasks) != 1:
        return task
    [query] = sized.tasks
    return msgspec.structs.replace(
        task, parameters=query.parameters, metadata={**task.metadata, **query.metadata, "handled_by": "here"}
    )


def _assess(read: _Read, outline: _Outline, path: CriticalPath) -> Risk:
    tasks, touched = outline.tasks, outline.touched
    level = read.constraints.security_level
    for other in touched.levels:
        level = stricter(level, other)
    writes = sum(task.task_type in _WRITES and not task.metadata.get("support") for task in tasks)
    ended = [similar for similar in read.recalled.similar if similar.outcome is not None]
    return assess(
        Circumstances(
            priority=read.constraints.priority,
            level=level,
            tasks=len(tasks),
            pii=touched.pii,
            confidence=read.envelope.confidence,
            work_ms=round(touched.factor * sum(task.estimated_duration_ms or 0 for task in tasks)),
            waiting_ms=path.waiting_ms,
            writes=writes,
            production=touched.production and writes > 0,
            credentials=touched.credentials,
            unattended=read.envelope.actor.actor_type is not ActorType.HUMAN,
            similar=len(ended),
            similar_failed=sum(similar.outcome in FAILED for similar in ended),
            severity=outline.destruction.severity,
        )
    )


def _rejected(read: _Read, error: str) -> CognitivePlan:
    outcome = {"status": CompletionStatus.NOT_GROUNDED.value, "error": error}
    return _plan(read, _Outline([]), {"method": "none", "summary": error}, outcome=outcome)


def _plan(
    read: _Read, outline: _Outline, notes: dict[str, Any], *, outcome: dict[str, str] | None = None
) -> CognitivePlan:
    envelope, constraints = read.envelope, read.constraints
    tasks, destruction, conflicts = outline.tasks, outline.destruction, outline.conflicts
    plan_id = stable_id("plan", envelope.id)
    graph = {task.task_id: task.dependencies for task in tasks}
    groups = generations(graph)
    path = critical_path(graph, {task.task_id: task.estimated_duration_ms or 0 for task in tasks}, groups)
    risk = _assess(read, outline, path)
    summary = notes.pop("summary")
    left_open = any(not conflict.resolved for conflict in conflicts)
    waits = bool(tasks) and (left_open or needs_approval(risk, destruction.severity))
    metadata: dict[str, Any] = {
        "asker": msgspec.to_builtins(read.asker),
        "planning": {**notes, "parallel_groups": groups, "critical_path": list(path.tasks)},
        "risk_reasons": [*risk.reasons, *map(reason_of, conflicts)],
        "keys": list(keys_of(envelope, read.found)),
    }
    if destruction.is_destructive:
        reasons = [reason._asdict() for reason in destruction.reasons]
        metadata["destructive"] = {"severity": destruction.severity.label, "reasons": reasons}
    if read.recalled.similar:
        metadata["similar"] = [
            {**msgspec.to_builtins(similar), "likeness": similar.likeness} for similar in read.recalled.similar
        ]
    if read.recalled.without:
        metadata["without"] = list(read.recalled.without)
    if outcome is not None:
        metadata["outcome"] = outcome
    return CognitivePlan(
        plan_id=plan_id,
        intent_id=envelope.id,
        correlation_id=envelope.correlation_id,
        trace_id=envelope.trace_id,
        span_id=envelope.span_id,
        tasks=tasks,
        execution_order=[task_id for group in groups for task_id in group],
        risk_score=risk.score,
        risk_band=risk.band,
        risk_factors=risk.factors,
        risk_matrix=risk.matrix,
        explainability_token=stable_id("explanation", plan_id),
        reasoning_summary=summary,
        created_at=read.now_ms,
        valid_until=read.now_ms + VALID_MS,
        estimated_total_duration_ms=path.duration_ms,
        complexity_score=min(1.0, len(tasks) / _FULL_COMPLEXITY_TASKS),
        original_domain=envelope.intent.domain,
        original_priority=constraints.priority,
        original_security_level=constraints.security_level,
        status=PlanStatus.VALIDATED if tasks else PlanStatus.REJECTED,
        requires_approval=waits,
        approval_status=ApprovalStatus.PENDING if waits else None,
        is_destructive=destruction.severity is not Severity.NONE,
        destructive_tasks=list(destruction.tasks),
        metadata=metadata,
    )
