"""Tasks on the same thing: in which order, and which of them are in each other's way.

What writes comes before what reads, create before update before delete. Two tasks are in conflict when both write the
same thing, nothing else orders them, and the kinds of their writes don't tell which should come first (they are the
same), or one of them deletes. How bad that is: two deletions critical, a deletion and another write high, two updates
medium, two creations low. What becomes of a conflict is a choice (`Resolution`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

from models.nlu.words import is_stop_word, plain, stem, word_set
from models.planning.dag import Edge, acyclic, depends
from models.planning.objectives import Objective
from models.records import Priority

if TYPE_CHECKING:
    from models.planning.drafts import Draft

__all__ = ["Conflict", "Ordered", "Resolution", "entities_of", "ordered", "reason_of"]

ConflictSeverity = Literal["critical", "high", "medium", "low"]

_WRITE_RANK = {Objective.CREATE: 0, Objective.UPDATE: 1, Objective.TRANSFORM: 1, Objective.DELETE: 2}
_READ = 3  # the rank of what writes nothing
_URGENCY = {Priority.CRITICAL: 0, Priority.HIGH: 1, Priority.NORMAL: 2, Priority.LOW: 3}
_SAME_RATIO = 0.85
_JOINTS = str.maketrans("-_/.", "    ")
_VAGUE = word_set(
    "novo nova novos novas new old antigo antiga antigos antigas dado dados data todos todas all sistema system usando "
    "using completo completa completamente inativo inativos inativa inativas primeiro first urgente urgently "
    "urgentemente imediatamente immediately asap ultimo last"
)


class Resolution(StrEnum):
    """What becomes of two tasks that are in conflict."""

    SEQUENTIAL = "sequential"
    """The second waits for the first: create before update before delete, else as written."""
    PRIORITY_BASED = "priority_based"
    """What the text calls more urgent comes first ("urgente", "first", "por último"), else as written."""
    NOTIFY = "notify"
    """Nothing orders them: a person is asked before anything is done."""


class Conflict(NamedTuple):
    """Two tasks that write the same thing; where it is resolved, `second` waits for `first`."""

    first: str
    second: str
    entity: str
    severity: ConflictSeverity
    resolution: Resolution
    resolved: bool


class Ordered(NamedTuple):
    """The edges between tasks on the same thing, and the conflicts among them."""

    edges: list[Edge]
    conflicts: list[Conflict]


def ordered(drafts: Sequence[Draft], edges: Iterable[Edge], resolution: Resolution) -> Ordered:
    """Order the tasks on the same thing; `edges` are those that there are already, and are kept to."""
    acting = [draft for draft in drafts if draft.objective is not None]
    made = Ordered([], [])
    if len(acting) < 2:
        return made
    graph, _ = acyclic([draft.key for draft in drafts], edges)
    for one, other in combinations(acting, 2):
        entity = _shared(one.entities, other.entities)
        if entity is None or depends(graph, one.key, other.key) or depends(graph, other.key, one.key):
            continue
        ranks = _rank(one), _rank(other)
        if ranks == (_READ, _READ):
            continue
        before, after = (one, other) if ranks[0] <= ranks[1] else (other, one)
        severity = _severity(one, other)
        if severity is not None:
            resolved = resolution is not Resolution.NOTIFY
            if resolution is Resolution.PRIORITY_BASED:
                before, after = sorted((one, other), key=_precedence)
            made.conflicts.append(Conflict(before.key, after.key, entity, severity, resolution, resolved))
            if not resolved:
                continue
        made.edges.append(Edge(before.key, after.key))
        graph[after.key].append(before.key)
    return made


def reason_of(conflict: Conflict) -> str:
    """Say what a conflict is, and what became of it, to whoever reads why a plan is as it is."""
    about = f"{conflict.severity} conflict: {conflict.first} and {conflict.second} both write {conflict.entity}"
    if not conflict.resolved:
        return f"{about}, and nothing orders them: look at it before you approve"
    return f"{about}; {conflict.second} waits ({conflict.resolution})"


def entities_of(subject: str) -> frozenset[str]:
    """Return the stems of what a command aims at."""
    named = (plain(word.strip(".,:;!?()\"'")) for word in subject.split())
    return frozenset(stem(word) for word in named if len(word) > 2 and word not in _VAGUE and not is_stop_word(word))


def _rank(draft: Draft) -> int:
    return _READ if draft.objective is None else _WRITE_RANK.get(draft.objective, _READ)


def _precedence(draft: Draft) -> tuple[int, int]:
    return _URGENCY[draft.priority or Priority.NORMAL], draft.place


def _severity(one: Draft, other: Draft) -> ConflictSeverity | None:
    """How bad it is that both write the same thing; None where that is no conflict."""
    deletions = (one.objective, other.objective).count(Objective.DELETE)
    if _READ in (_rank(one), _rank(other)) or (not deletions and _rank(one) != _rank(other)):
        return None
    if deletions:
        return "critical" if deletions == 2 else "high"
    return "low" if one.objective is other.objective is Objective.CREATE else "medium"


def _shared(first: Iterable[str], second: Iterable[str]) -> str | None:
    """The thing that both name: the same stem, nearly the same word (ratio from 0.85), or one a part of the other."""
    mine, others = sorted(first), sorted(second)
    for one in mine:
        if one in others:
            return one
    for one in mine:
        for other in others:
            if abs(len(one) - len(other)) <= 2 and SequenceMatcher(None, one, other).ratio() >= _SAME_RATIO:
                return one
            if _is_part(one, other) or _is_part(other, one):
                return min(one, other, key=len)
    return None


def _is_part(one: str, other: str) -> bool:
    """Whether a name is one of the names that a joined name is made of: "customers" of "customers_table"."""
    parts = other.translate(_JOINTS).split()
    return len(parts) > 1 and one in {part for name in parts for part in (name, stem(name))}
