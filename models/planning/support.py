"""Tasks that go along with the work: checks around what is complex, and what the constraints ask for."""

from __future__ import annotations

from models.planning.dag import Edge
from models.planning.drafts import Draft, Work
from models.planning.objectives import shortened
from models.records import Priority, SecurityLevel, TaskType

__all__ = ["is_complex", "split", "with_support"]

_SUPPORT = {
    "pt": ("Verificar permissões e sigilo: {0}", "Auditar o que foi feito: {0}", "Acompanhar a execução: {0}"),
    "en": ("Check permissions and secrecy: {0}", "Audit what was done: {0}", "Watch the execution: {0}"),
}
_SPLIT = {
    "pt": ("Validar antes de: {0}", "Verificar depois de: {0}"),
    "en": ("Validate before: {0}", "Verify after: {0}"),
}
_SECRET = frozenset({SecurityLevel.CONFIDENTIAL, SecurityLevel.RESTRICTED})
_COMPLEX_FROM = 0.6


def is_complex(description: str, *, entities: int, dependencies: int, verbs: int = 1) -> bool:
    """Whether a task is to be split: 0.3 * length / 150 + 0.3 * entities / 2 + 0.2 * deps / 3 + 0.2 * verbs / 3."""
    score = 0.3 * min(1, len(description) / 150) + 0.3 * min(1, entities / 2)
    score += 0.2 * min(1, dependencies / 3) + 0.2 * min(1, verbs / 3)
    return score >= _COMPLEX_FROM


def split(work: Work, drafts: list[Draft], edges: list[Edge]) -> tuple[list[Draft], list[Edge]]:
    """Put a check before and one behind each task that is complex; who waits for the task waits for the latter."""
    before, after = _SPLIT[work.language]
    made: list[Draft] = []
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
            check = Draft(key, TaskType.VALIDATE, text.format(draft.description), duration_ms, ("read",), [])
            check.metadata = {"step": "split", "action": "check", "semantic_domain": "quality"}
            made += [check, draft] if key == first else [check]
    return made, edges


def with_support(work: Work, drafts: list[Draft], edges: list[Edge]) -> tuple[list[Draft], list[Edge]]:
    """Tasks that the constraints ask for: a check before everything, an audit behind everything, a watch."""
    secure, audit, watch = _SUPPORT[work.language]
    about = shortened(work.text)
    made: list[Draft] = []
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


def _supporting(key: str, kind: TaskType, text: str, duration_ms: int, capabilities: tuple[str, ...]) -> Draft:
    metadata = {"support": True, "step": key, "action": key, "semantic_domain": "security"}
    return Draft(key, kind, text, duration_ms, capabilities, [], metadata=metadata)
