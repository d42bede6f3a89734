"""What decomposition works on: the work that is asked for, and tasks that are being made."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from models.nlu.words import Word
from models.planning.conflicts import Resolution
from models.planning.intent_types import TypeVerdict
from models.planning.objectives import Command, Objective
from models.records import Priority, SecurityLevel, TaskType

__all__ = ["Draft", "Work"]


class Work(NamedTuple):
    """What is asked: the text, its words and commands, its type, under which constraints, and what conflicts become."""

    text: str
    found: list[Word]
    commands: list[Command]
    verdict: TypeVerdict
    language: str
    priority: Priority = Priority.NORMAL
    level: SecurityLevel = SecurityLevel.INTERNAL
    resolution: Resolution = Resolution.SEQUENTIAL


class Draft(msgspec.Struct):
    """A task that is being made.

    Attributes:
        key: Its name among the drafts.
        after: Keys of the drafts that it waits for.
        objective: That of the command that it carries out; None for what only goes along with one.
        entities: Stems of what it reads or writes.
        place: Where its command stands among the commands of the text.
        priority: How urgent the text says that it is; None when it does not say.
    """

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
    place: int = 0
    priority: Priority | None = None
