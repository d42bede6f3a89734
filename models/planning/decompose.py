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
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from models.nlu.words import is_stop_word, plain
from models.planning.conflicts import Conflict, entities_of, ordered
from models.planning.dag import Edge, acyclic
from models.planning.drafts import Draft, Work
from models.planning.intent_types import IntentType
from models.planning.objectives import Command, Objective, is_report, objectives, shortened
from models.planning.support import split, with_support
from models.planning.templates import PATTERNS, TEMPLATES, Step, best_pattern
from models.records import PlanTask, TaskType

__all__ = ["Decomposition", "Method", "Work", "decompose"]

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
_UNNAMED = {"pt": ("a origem", "o destino", "o pedido"), "en": ("the source", "the target", "the request")}
_GENERAL = frozenset({IntentType.GENERIC, IntentType.FEATURE_IMPLEMENTATION, IntentType.INTEGRATION})
_TWO_SIDED = frozenset({IntentType.MIGRATION, IntentType.INTEGRATION})
_SIDES = re.compile(r"\s+(?:para o|para a|para|com o|com a|com|ao|à|into|to|with)\s+", re.IGNORECASE)
_FROM = re.compile(r"^(?:do|da|de|from)\s+", re.IGNORECASE)
_BACKUP = re.compile(r"\b(?:backup|copia de seguranca|snapshot)\b")


Method = Literal["steps", "pattern", "template", "generic"]


class Decomposition(NamedTuple):
    """The tasks, in an order in which they can be read, and how they were found."""

    tasks: list[PlanTask]
    method: Method
    name: str
    factor: float
    dropped: list[Edge]
    conflicts: list[Conflict]
    left_out: tuple[str, ...] = ()


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


def _of_steps(work: Work, steps: tuple[Step, ...], name: str, marks: dict[str, Any]) -> list[Draft]:
    # The generic steps name no work themselves: they must not lose the verb.
    about_all = work.verdict.intent_type is IntentType.GENERIC and not marks
    subject = shortened(work.text) if about_all else _subject(work)
    source, target = _sides(subject, work.language, split=work.verdict.intent_type in _TWO_SIDED or bool(marks))
    about = {"subject": subject, "source": source, "target": target}
    drafts = []
    for step in steps:
        text = step.pt if work.language == "pt" else step.en
        draft = Draft(
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
    drafts: list[Draft] = []
    backups: list[str] = []
    for number, command in enumerate(taken):
        if command.objective is Objective.DELETE:
            continue
        draft = _of_command(work, command, number)
        if _BACKUP.search(" ".join(map(plain, command.subject.split()))):
            backups.append(draft.key)
            draft.task_type = TaskType.EXECUTE
        drafts.append(draft)
    for number, command in enumerate(taken):
        if command.objective is Objective.DELETE:
            drafts += _deletion(work, command, number, backups)
    edges = [Edge(before, draft.key) for draft in drafts for before in draft.after]
    edges += _ranked(drafts, backups)
    same = ordered(drafts, edges, work.resolution)
    drafts, edges = split(work, drafts, edges + same.edges)
    left_out = tuple(f"{command.said} {command.subject}" for command in beyond)
    return _decomposed(work, drafts, _Way("steps", "commands", conflicts=same.conflicts, left_out=left_out), edges)


def _of_command(work: Work, command: Command, place: int) -> Draft:
    subject = command.subject or _UNNAMED[work.language][2]
    kind = TaskType.QUERY if is_report(command) else command.task_type
    description = _VERB[work.language][kind].format(subject, command.said)
    return Draft(
        f"step_{place}",
        kind,
        description,
        _DURATION_MS[kind],
        tuple(_CAPABILITIES[kind].split()),
        [],
        command.objective,
        entities_of(command.subject),
        {"verb": command.verb, "subject": subject},
        {"semantic_domain": "quality" if kind in (TaskType.TEST, TaskType.VALIDATE) else "architecture"},
        place,
        command.priority,
    )


def _deletion(work: Work, command: Command, place: int, backups: list[str]) -> list[Draft]:
    """A deletion: sized first, backed up (unless the text makes a backup itself), carried out, checked."""
    subject = command.subject or _UNNAMED[work.language][2]
    size, save, act, check = (text.format(subject, command.said) for text in _DELETION[work.language])
    parameters = {"verb": command.verb, "subject": subject}
    entities = entities_of(command.subject)
    key = f"step_{place}"

    def draft(name: str, kind: TaskType, text: str, after: list[str], **more: Any) -> Draft:
        return Draft(
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
    act_draft.objective, act_draft.place, act_draft.priority = Objective.DELETE, place, command.priority
    return [*made, act_draft, draft("check", TaskType.VALIDATE, check, [act_draft.key])]


def _ranked(drafts: list[Draft], backups: list[str]) -> list[Edge]:
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


class _Way(NamedTuple):
    method: Method
    name: str
    factor: float = 1.0
    conflicts: Sequence[Conflict] = ()
    left_out: tuple[str, ...] = ()


def _decomposed(work: Work, drafts: list[Draft], way: _Way, edges: list[Edge] | None = None) -> Decomposition:
    if edges is None:
        edges = [Edge(before, draft.key) for draft in drafts for before in draft.after]
    drafts, edges = with_support(work, drafts, edges)
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
