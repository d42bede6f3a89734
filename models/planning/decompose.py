"""Work to tasks: by its commands, by a pattern, or by the template of its type, with what has to go along.

Which way is taken (`Decomposition.method`):

* `steps`: several commands, or a deletion: tasks for each command. A deletion is first sized and backed up, and
  checked afterwards; what is created comes before what is configured, deployed and tested; of two commands on the same
  thing the write comes before the read, create before update before delete.
* `pattern`: a pattern fits and the type says no more than that something is made.
* `template`: the template of the type.
* `generic`: none of them.

Then come support tasks: a check of what is secret before everything, an audit after everything, a watch on what is
critical. An edge that would close a cycle is left out and told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import combinations
from typing import Any, Literal, NamedTuple

import msgspec

from models.nlu.words import Word, is_stop_word, plain, stem, word_set
from models.planning.dag import Edge, acyclic
from models.planning.intent_types import IntentType, TypeVerdict
from models.planning.objectives import Command, Objective, is_report, objectives, shortened
from models.planning.templates import PATTERNS, TEMPLATES, Step, best_pattern
from models.records import PlanTask, Priority, SecurityLevel, TaskType

__all__ = ["Conflict", "Decomposition", "Method", "Work", "decompose", "is_complex"]

MOST_COMMANDS = 16
"""Commands of one intention that become tasks; what is beyond is told, and is better asked for by itself."""

_DURATION_MS = {
    TaskType.BUILD: 1000, TaskType.EXECUTE: 800, TaskType.QUERY: 500, TaskType.VALIDATE: 300, TaskType.TRANSFORM: 600,
    TaskType.DEPLOY: 1200, TaskType.TEST: 1000, TaskType.COMPENSATE: 800,
}  # fmt: skip
_CAPABILITIES = {
    TaskType.BUILD: "code write", TaskType.EXECUTE: "write", TaskType.QUERY: "read", TaskType.VALIDATE: "read analyze",
    TaskType.TRANSFORM: "transform", TaskType.DEPLOY: "deploy", TaskType.TEST: "test", TaskType.COMPENSATE: "write",
}  # fmt: skip
_RANK = {
    TaskType.BUILD: 0, TaskType.TRANSFORM: 1, TaskType.EXECUTE: 1, TaskType.COMPENSATE: 1, TaskType.DEPLOY: 2,
    TaskType.TEST: 3, TaskType.VALIDATE: 3,
}  # fmt: skip
_WRITE_RANK = {Objective.CREATE: 0, Objective.UPDATE: 1, Objective.TRANSFORM: 1, Objective.DELETE: 2}
_VERB = {
    "pt": {
        TaskType.BUILD: "Criar {0}", TaskType.EXECUTE: "Executar: {1} {0}", TaskType.QUERY: "Consultar {0}",
        TaskType.VALIDATE: "Validar {0}", TaskType.TRANSFORM: "Transformar: {1} {0}", TaskType.DEPLOY: "Implantar: {0}",
        TaskType.TEST: "Testar: {0}", TaskType.COMPENSATE: "Reverter {0}",
    },
    "en": {
        TaskType.BUILD: "Create {0}", TaskType.EXECUTE: "Carry out: {1} {0}", TaskType.QUERY: "Look up {0}",
        TaskType.VALIDATE: "Validate {0}", TaskType.TRANSFORM: "Transform: {1} {0}", TaskType.DEPLOY: "Deploy: {0}",
        TaskType.TEST: "Test: {0}", TaskType.COMPENSATE: "Undo {0}",
    },
}  # fmt: skip
_DELETION = {
    "pt": ("Medir o que seria apagado: {0}", "Fazer cópia de segurança antes de apagar: {0}", "Executar: {1} {0}",
           "Conferir o que restou: {0}"),
    "en": ("Measure what would be deleted: {0}", "Back up before anything is deleted: {0}", "Carry out: {1} {0}",
           "Check what is left: {0}"),
}  # fmt: skip
_SUPPORT = {
    "pt": ("Verificar permissões e sigilo: {0}", "Auditar o que foi feito: {0}", "Acompanhar a execução: {0}"),
    "en": ("Check permissions and secrecy: {0}", "Audit what was done: {0}", "Watch the execution: {0}"),
}
_SPLIT = {
    "pt": ("Validar antes de: {0}", "Verificar depois de: {0}"),
    "en": ("Validate before: {0}", "Verify after: {0}"),
}
_UNNAMED = {"pt": ("a origem", "o destino", "o pedido"), "en": ("the source", "the target", "the request")}
_GENERAL = frozenset({IntentType.GENERIC, IntentType.FEATURE_IMPLEMENTATION, IntentType.INTEGRATION})
_TWO_SIDED = frozenset({IntentType.MIGRATION, IntentType.INTEGRATION})
_SIDES = re.compile(r"\s+(?:para o|para a|para|com o|com a|com|ao|à|into|to|with)\s+", re.IGNORECASE)
_FROM = re.compile(r"^(?:do|da|de|from)\s+", re.IGNORECASE)
_BACKUP = re.compile(r"\b(?:backup|copia de seguranca|snapshot)\b")
_VAGUE = word_set(
    "novo nova novos novas new old antigo antiga antigos antigas dado dados data todos todas all sistema system usando "
    "using completo completa completamente inativo inativos inativa inativas"
)
_SECRET = frozenset({SecurityLevel.CONFIDENTIAL, SecurityLevel.RESTRICTED})
_READ = 3  # the rank of what writes nothing
_SAME_RATIO = 0.85
_COMPLEX_FROM = 0.6


Method = Literal["steps", "pattern", "template", "generic"]


class Conflict(NamedTuple):
    """Two tasks that write the same thing and may not do so at once: the second waits for the first."""

    first: str
    second: str
    entity: str
    severity: Literal["critical", "high", "medium", "low"]


class Work(NamedTuple):
    """What is asked: the text, its words and commands, its type, and under which constraints."""

    text: str
    found: list[Word]
    commands: list[Command]
    verdict: TypeVerdict
    language: str
    priority: Priority = Priority.NORMAL
    level: SecurityLevel = SecurityLevel.INTERNAL


class Decomposition(NamedTuple):
    """The tasks, in an order in which they can be read, and how they were found."""

    tasks: list[PlanTask]
    method: Method
    name: str
    factor: float
    dropped: list[Edge]
    conflicts: list[Conflict]
    left_out: tuple[str, ...] = ()


class _Draft(msgspec.Struct):
    """A task that is being made; `after` are keys of drafts."""

    key: str
    task_type: TaskType
    description: str
    duration_ms: int
    capabilities: tuple[str, ...]
    after: list[str]
    objective: Objective | None = None
    entities: frozenset[str] = frozenset()
    parameters: dict[str, Any] = {}
    metadata: dict[str, Any] = {}


def decompose(work: Work) -> Decomposition:
    """Find the tasks of a piece of work; there is always at least one."""
    there = frozenset(objectives(work.commands))
    fitting = best_pattern(there, " ".join(word.plain for word in work.found))
    # All of its objectives are there: nothing fits better.
    whole = fitting is not None and bool(PATTERNS[fitting[0]].all_of)
    several = len(work.commands) > 1 and there != {Objective.QUERY}
    if (Objective.DELETE in there or several) and not whole:
        return _by_steps(work, work.commands)
    if fitting is not None and (whole or work.verdict.intent_type in _GENERAL):
        name, score = fitting
        marks = {"from_pattern": True, "pattern_id": name, "pattern_score": round(score, 4)}
        drafts = _of_steps(work, PATTERNS[name].steps, name, marks)
        return _decomposed(work, drafts, _Way("pattern", name, PATTERNS[name].factor))
    kind = work.verdict.intent_type
    drafts = _of_steps(work, TEMPLATES[kind], kind.value.lower(), {})
    return _decomposed(work, drafts, _Way("generic" if kind is IntentType.GENERIC else "template", kind.value.lower()))


def _of_steps(work: Work, steps: tuple[Step, ...], name: str, marks: dict[str, Any]) -> list[_Draft]:
    # The generic steps name no work themselves: they must not lose the verb.
    about_all = work.verdict.intent_type is IntentType.GENERIC and not marks
    subject = shortened(work.text) if about_all else _subject(work)
    source, target = _sides(subject, work.language, split=work.verdict.intent_type in _TWO_SIDED or bool(marks))
    about = {"subject": subject, "source": source, "target": target}
    drafts = []
    for step in steps:
        text = step.pt if work.language == "pt" else step.en
        draft = _Draft(
            step.name,
            step.task_type,
            text.format(**about),
            step.duration_ms,
            step.capabilities,
            list(step.after),
            parameters={"step": step.name, **about},
            metadata={"template_id": name, "step": step.name, "semantic_domain": step.aspect, **marks},
        )
        if not about_all or step.name != "execution":
            draft.metadata["action"] = step.name
        drafts.append(draft)
    return drafts


def _subject(work: Work) -> str:
    """What the work is about: the object of its command, without the words that name the work."""
    command = work.commands[0] if work.commands else None
    text = command.subject if command is not None and command.subject else work.text
    naming = {word for phrase in work.verdict.phrases for word in phrase.split()}
    if work.verdict.intent_type not in _TWO_SIDED and work.verdict.intent_type is not IntentType.GENERIC:
        parts = text.split()
        while len(parts) > 1 and (
            plain(parts[0]) in naming | {"tecnica", "technical", "tecnico"} or is_stop_word(plain(parts[0]))
        ):
            parts = parts[1:]
        text = " ".join(parts)
    return shortened(text.strip(" .,:;!?()")) or _UNNAMED[work.language][2]


def _sides(subject: str, language: str, *, split: bool) -> tuple[str, str]:
    """The two sides of "X para Y", "X com Y": a side that is not named is said to be one."""
    parts = _SIDES.split(subject, maxsplit=1) if split else [subject]
    unnamed = _UNNAMED[language]
    source = _FROM.sub("", parts[0]).strip() or unnamed[0]
    return source, (parts[1].strip() if len(parts) > 1 else "") or unnamed[1]


def _by_steps(work: Work, told: list[Command]) -> Decomposition:
    taken, beyond = told[:MOST_COMMANDS], told[MOST_COMMANDS:]
    drafts: list[_Draft] = []
    backups: list[str] = []
    for number, command in enumerate(taken):
        if command.objective is Objective.DELETE:
            continue
        draft = _of_command(work, command, f"step_{number}")
        if _BACKUP.search(" ".join(map(plain, command.subject.split()))):
            backups.append(draft.key)
            draft.task_type = TaskType.EXECUTE
        drafts.append(draft)
    for number, command in enumerate(taken):
        if command.objective is Objective.DELETE:
            drafts += _deletion(work, command, f"step_{number}", backups)
    edges = [Edge(before, draft.key) for draft in drafts for before in draft.after]
    edges += _ranked(drafts, backups)
    ordered, conflicts = _by_entities(drafts)
    drafts, edges = _split(work, drafts, edges + ordered)
    left_out = tuple(f"{command.said} {command.subject}" for command in beyond)
    return _decomposed(work, drafts, _Way("steps", "commands", conflicts=conflicts, left_out=left_out), edges)


def _of_command(work: Work, command: Command, key: str) -> _Draft:
    subject = command.subject or _UNNAMED[work.language][2]
    kind = TaskType.QUERY if is_report(command) else command.task_type
    description = _VERB[work.language][kind].format(subject, command.said)
    return _Draft(
        key,
        kind,
        description,
        _DURATION_MS[kind],
        tuple(_CAPABILITIES[kind].split()),
        [],
        command.objective,
        _entities(command.subject),
        {"verb": command.verb, "subject": subject},
        {"semantic_domain": "quality" if kind in (TaskType.TEST, TaskType.VALIDATE) else "architecture"},
    )


def _deletion(work: Work, command: Command, key: str, backups: list[str]) -> list[_Draft]:
    """A deletion: sized first, backed up (unless the text makes a backup itself), carried out, checked."""
    subject = command.subject or _UNNAMED[work.language][2]
    size, save, act, check = (text.format(subject, command.said) for text in _DELETION[work.language])
    parameters = {"verb": command.verb, "subject": subject}
    entities = _entities(command.subject)

    def draft(name: str, kind: TaskType, text: str, after: list[str], **more: Any) -> _Draft:
        return _Draft(
            f"{key}_{name}",
            kind,
            text,
            _DURATION_MS[kind],
            tuple(_CAPABILITIES[kind].split()),
            after,
            entities=entities,
            parameters={**parameters, **more.pop("parameters", {})},
            metadata={"step": name, "action": name, "semantic_domain": "security", **more},
        )

    made = [draft("size", TaskType.QUERY, size, [])]
    saved = backups
    if not backups:
        made.append(draft("backup", TaskType.EXECUTE, save, [f"{key}_size"]))
        saved = [f"{key}_backup"]
    undo = {"compensation": {"task_type": TaskType.COMPENSATE.value, "action": "restore", "of": list(saved)}}
    act_draft = draft("delete", TaskType.EXECUTE, act, [f"{key}_size", *saved], parameters=undo)
    act_draft.objective = Objective.DELETE
    return [*made, act_draft, draft("check", TaskType.VALIDATE, check, [act_draft.key])]


def _ranked(drafts: list[_Draft], backups: list[str]) -> list[Edge]:
    """What is made comes before what is configured, that before what is deployed, that before what is tested."""
    ranks: dict[int, list[str]] = {}
    for draft in drafts:
        if draft.key.startswith("step_") and draft.key.count("_") == 1 and draft.key not in backups:
            rank = _RANK.get(draft.task_type)
            if rank is not None:
                ranks.setdefault(rank, []).append(draft.key)
    edges = []
    before: list[str] = []
    for rank in sorted(ranks):
        edges += [Edge(first, then) for then in ranks[rank] for first in before]
        before = ranks[rank]
    return edges


def _by_entities(drafts: list[_Draft]) -> tuple[list[Edge], list[Conflict]]:
    """Order the tasks on the same thing: writes before reads, create before update before delete, else as written.

    Two writes of the same kind, and any write beside a deletion, are a conflict, which the order resolves: it is told.
    """
    edges, conflicts = [], []
    there = [draft for draft in drafts if draft.objective is not None]
    for first, second in combinations(there, 2):
        entity = _shared(first.entities, second.entities)
        if entity is None:
            continue
        one, other = _WRITE_RANK.get(_of(first), _READ), _WRITE_RANK.get(_of(second), _READ)
        if one == other == _READ:
            continue
        edge = Edge(first.key, second.key) if one <= other else Edge(second.key, first.key)
        edges.append(edge)
        if _READ not in (one, other) and (one == other or Objective.DELETE in (_of(first), _of(second))):
            conflicts.append(Conflict(*edge, entity, _conflict_severity(_of(first), _of(second))))
    return edges, conflicts


def _of(draft: _Draft) -> Objective:
    return draft.objective or Objective.QUERY


def _entities(subject: str) -> frozenset[str]:
    named = (plain(word.strip(".,:;!?()\"'")) for word in subject.split())
    return frozenset(stem(word) for word in named if len(word) > 2 and word not in _VAGUE and not is_stop_word(word))


def _shared(first: Iterable[str], second: Iterable[str]) -> str | None:
    """The thing that both name: the same stem, or nearly the same word (difflib ratio from 0.85)."""
    mine, others = sorted(first), frozenset(second)
    for one in mine:
        if one in others:
            return one
    for one in mine:
        for other in sorted(others):
            if abs(len(one) - len(other)) <= 2 and SequenceMatcher(None, one, other).ratio() >= _SAME_RATIO:
                return one
    return None


def is_complex(description: str, *, entities: int, dependencies: int, verbs: int = 1) -> bool:
    """Whether a task is to be split: 0.3 * length / 150 + 0.3 * entities / 2 + 0.2 * deps / 3 + 0.2 * verbs / 3."""
    score = 0.3 * min(1, len(description) / 150) + 0.3 * min(1, entities / 2)
    score += 0.2 * min(1, dependencies / 3) + 0.2 * min(1, verbs / 3)
    return score >= _COMPLEX_FROM


def _split(work: Work, drafts: list[_Draft], edges: list[Edge]) -> tuple[list[_Draft], list[Edge]]:
    """Put a check before and one behind each task that is complex; who waits for the task waits for the latter."""
    before, after = _SPLIT[work.language]
    made: list[_Draft] = []
    for draft in drafts:
        waits = sum(edge.after == draft.key for edge in edges)
        # A deletion has its checks already, and what only looks needs none.
        exempt = "step" in draft.metadata or draft.task_type in (TaskType.QUERY, TaskType.VALIDATE, TaskType.TEST)
        if exempt or not is_complex(draft.description, entities=len(draft.entities), dependencies=waits):
            made.append(draft)
            continue
        first, last = f"{draft.key}_before", f"{draft.key}_after"
        edges = [
            Edge(last if edge.before == draft.key else edge.before, first if edge.after == draft.key else edge.after)
            for edge in edges
        ]
        edges += [Edge(first, draft.key), Edge(draft.key, last)]
        for key, text, duration_ms in ((first, before, 300), (last, after, 200)):
            check = _Draft(key, TaskType.VALIDATE, text.format(draft.description), duration_ms, ("read",), [])
            check.metadata = {"step": "split", "action": "check", "semantic_domain": "quality"}
            made += [check, draft] if key == first else [check]
    return made, edges


def _support(work: Work, drafts: list[_Draft], edges: list[Edge]) -> tuple[list[_Draft], list[Edge]]:
    """Tasks that the constraints ask for: a check before everything, an audit behind everything, a watch."""
    secure, audit, watch = _SUPPORT[work.language]
    about = shortened(work.text)
    made: list[_Draft] = []
    keys = [draft.key for draft in drafts]
    if work.level in _SECRET:
        made.append(_supporting("security_check", TaskType.VALIDATE, secure.format(about), 300, ("security",)))
        waiting = {edge.after for edge in edges}
        edges = [*edges, *(Edge("security_check", key) for key in keys if key not in waiting)]
    if work.priority is Priority.CRITICAL:
        made.append(_supporting("monitoring", TaskType.EXECUTE, watch.format(about), 150, ("read",)))
        if work.level in _SECRET:
            edges = [*edges, Edge("security_check", "monitoring")]
    if work.level is SecurityLevel.RESTRICTED:
        made.append(_supporting("audit_trail", TaskType.VALIDATE, audit.format(about), 200, ("security", "read")))
        waited_for = {edge.before for edge in edges}
        last = [draft.key for draft in (*drafts, *made) if draft.key not in waited_for and draft.key != "audit_trail"]
        edges = [*edges, *(Edge(key, "audit_trail") for key in last)]
    return [*drafts, *made], edges


def _supporting(key: str, kind: TaskType, text: str, duration_ms: int, capabilities: tuple[str, ...]) -> _Draft:
    metadata = {"support": True, "step": key, "action": key, "semantic_domain": "security"}
    return _Draft(key, kind, text, duration_ms, capabilities, [], metadata=metadata)


class _Way(NamedTuple):
    method: Method
    name: str
    factor: float = 1.0
    conflicts: Sequence[Conflict] = ()
    left_out: tuple[str, ...] = ()


def _decomposed(work: Work, drafts: list[_Draft], way: _Way, edges: list[Edge] | None = None) -> Decomposition:
    if edges is None:
        edges = [Edge(before, draft.key) for draft in drafts for before in draft.after]
    drafts, edges = _support(work, drafts, edges)
    graph, dropped = acyclic([draft.key for draft in drafts], edges)
    ids = {draft.key: f"task_{number}" for number, draft in enumerate(drafts)}
    tasks = [
        PlanTask(
            task_id=ids[draft.key],
            task_type=draft.task_type,
            description=draft.description,
            dependencies=[ids[before] for before in graph[draft.key]],
            estimated_duration_ms=draft.duration_ms,
            required_capabilities=list(draft.capabilities),
            parameters=_with_ids(draft.parameters, ids),
            metadata={"handled_by": "outside", "decomposition_method": way.method, **draft.metadata},
        )
        for draft in drafts
    ]
    told = [Edge(ids[edge.before], ids[edge.after]) for edge in dropped]
    conflicts = [
        conflict._replace(first=ids[conflict.first], second=ids[conflict.second]) for conflict in way.conflicts
    ]
    return Decomposition(tasks, way.method, way.name, way.factor, told, conflicts, way.left_out)


def _with_ids(parameters: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """A compensation names tasks: by their ids, once these are known."""
    undo = parameters.get("compensation")
    if not isinstance(undo, dict):
        return parameters
    return {**parameters, "compensation": {**undo, "of": [ids[key] for key in undo["of"]]}}


def _conflict_severity(one: Objective, other: Objective) -> Literal["critical", "high", "medium", "low"]:
    if one is other is Objective.DELETE:
        return "critical"
    if Objective.DELETE in (one, other):
        return "high"
    return "low" if one is other is Objective.CREATE else "medium"
