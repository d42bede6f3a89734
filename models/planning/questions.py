"""A grounded question to the tasks of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from models.nlu.words import Word
from models.planning.catalog import Catalog
from models.planning.grounding import Grounded, GroundedTask, Ungrounded, describe, ground_question
from models.records import Entity, PlanTask, SecurityLevel, TaskType

__all__ = ["Question", "describe", "question_of"]

QUERY_ESTIMATE_MS = 500
TRANSFORM_ESTIMATE_MS = 50


class Question(NamedTuple):
    """What answers a question: the tasks, what it is called, and how secret its sources are."""

    tasks: list[PlanTask]
    summary: str
    levels: tuple[SecurityLevel, ...]
    holds_pii: bool


def question_of(
    text: str,
    found: list[Word],
    catalog: Catalog,
    *,
    at_ms: int,
    language: str,
    entities: Sequence[Entity] | None = None,
) -> Question | Ungrounded:
    """Ground a text on the catalog; `found` are its words, `entities` what understanding has found in it."""
    grounded = ground_question(text, catalog, at_ms=at_ms, language=language, found=found, entities=entities)
    if isinstance(grounded, Ungrounded):
        return grounded
    names = " + ".join(source.name for source in grounded.sources)
    read = " & ".join(task.description for task in grounded.tasks if task.task_type is TaskType.QUERY)
    summary = f"Grounded on {names}: {read}"
    return Question(_tasks(grounded), summary, grounded.levels, grounded.holds_pii)


def _tasks(grounded: Grounded) -> list[PlanTask]:
    """The tasks of a plan; the last one carries how the answer is shown."""
    tasks = [_task(task) for task in grounded.tasks]
    shown = tasks[-1].metadata | {"answer": msgspec.to_builtins(grounded.presentation)}
    return [*tasks[:-1], msgspec.structs.replace(tasks[-1], metadata=shown)]


def _task(task: GroundedTask) -> PlanTask:
    reads = task.task_type is TaskType.QUERY
    return PlanTask(
        task_id=task.task_id,
        task_type=task.task_type,
        description=task.description,
        dependencies=list(dict.fromkeys(task.depends_on)),
        estimated_duration_ms=QUERY_ESTIMATE_MS if reads else TRANSFORM_ESTIMATE_MS,
        required_capabilities=["read"] if reads else ["compute"],
        parameters=task.parameters,
        metadata={"handled_by": "here"},
    )
