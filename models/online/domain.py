"""How the domain model learns from people: state and feedback in, next state out.

The state is the snapshot alone. A learner reads it, learns, and commits the next one together with the offsets of what
it has learned; one that is killed in between finds the last committed snapshot and the rest of the feedback, and
nothing of what it had in memory is missed or learned twice.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from models.errors import InvalidSnapshot
from models.nlu.model import DomainModel
from models.records import Domain, Feedback, LearningEvent, ModelSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["DOMAIN_MODEL", "LOST", "MAX_SNAPSHOT_BYTES", "Example", "Lesson", "Taught", "teach"]

DOMAIN_MODEL: Final = "nlu.domain"
"""The model's name: its key on `models.snapshots`."""

MAX_SNAPSHOT_BYTES: Final = 3_000_000
"""Of a snapshot's data: written as JSON (base64) it stays below the 4 MiB of a record."""

LOST: Final = ModelSnapshot(model=DOMAIN_MODEL, version="lost", seed="", learned=0, at=0, next_offset=0, data=b"")
"""Stands for a state that can't be read: the model is made anew from the lessons."""


class Lesson(msgspec.Struct, frozen=True, array_like=True):
    """A text and the domain that a person has given it."""

    text: str
    domain: Domain


class Example(NamedTuple):
    """Feedback, and where and when it came in on its topic."""

    offset: int
    timestamp_ms: int
    feedback: Feedback


class Taught(NamedTuple):
    """What came of a step.

    Attributes:
        snapshot: The next state.
        event: What to tell about it.
        lessons: What was learned, with the offset it came from.
        refused: Offset and error of what the model could not learn.
    """

    snapshot: ModelSnapshot
    event: LearningEvent
    lessons: list[tuple[int, Lesson]]
    refused: list[tuple[int, Exception]]


def teach(
    before: ModelSnapshot | None,
    examples: Sequence[Example],
    *,
    kept: Callable[[], Iterable[Lesson]],
    now_ms: int,
) -> Taught | None:
    """Learn from feedback, each text predicted before it is learned (test, then train).

    Args:
        before: The last committed state; none at the very beginning.
        examples: The feedback that follows it, in the order of its offsets.
        kept: Gives the lessons learned before, in their order, for a model that must be made anew: because the seed
            of this version of the program is another one, or because the snapshot can't be read.
        now_ms: The time, in epoch milliseconds.

    Returns:
        The next state, or nothing when all of the feedback is in the state already.

    Raises:
        ValueError: the model has grown beyond what a record takes.
    """
    fresh = [example for example in examples if before is None or not _is_in(before, example)]
    if not fresh:
        return None
    model, rebuilt = _model(before, kept)
    lessons: list[tuple[int, Lesson]] = []
    refused: list[tuple[int, Exception]] = []
    mistaken = 0
    for offset, _, feedback in fresh:
        try:
            mistaken += model.learn(feedback.text, feedback.domain).domain is not feedback.domain
        except Exception as error:  # noqa: BLE001 — one text must not keep the learner from all others
            refused.append((offset, error))
        else:
            lessons.append((offset, Lesson(feedback.text, feedback.domain)))
    data = model.to_bytes()
    if len(data) > MAX_SNAPSHOT_BYTES:
        raise ValueError(f"the model has {len(data):,} bytes, a snapshot may have {MAX_SNAPSHOT_BYTES:,}")
    next_offset = fresh[-1].offset + 1
    snapshot = ModelSnapshot(
        model=DOMAIN_MODEL,
        version=model.version,
        seed=model.seed,
        learned=model.learned,
        at=now_ms,
        next_offset=next_offset,
        data=data,
    )
    event = LearningEvent(
        model=DOMAIN_MODEL,
        version=model.version,
        seed=model.seed,
        at=now_ms,
        examples=len(fresh),
        mistaken=mistaken,
        learned=model.learned,
        accuracy=model.accuracy,
        recent_accuracy=model.recent_accuracy,
        drift=model.drift,
        next_offset=next_offset,
        rebuilt=rebuilt,
        snapshot_bytes=len(data),
    )
    return Taught(snapshot, event, lessons, refused)


def _is_in(before: ModelSnapshot, example: Example) -> bool:
    """Tell whether feedback was learned already: when the group's offsets are lost, all of it is read again.

    An offset below the snapshot's that is younger than the snapshot lies on a topic that was made anew.
    """
    return example.offset < before.next_offset and example.timestamp_ms <= before.at


def _model(before: ModelSnapshot | None, kept: Callable[[], Iterable[Lesson]]) -> tuple[DomainModel, bool]:
    """Return the model to go on with, and whether it had to be made anew."""
    fresh = DomainModel.seeded()
    if before is None:
        return fresh, False
    if before.seed == fresh.seed:
        with suppress(InvalidSnapshot):
            return DomainModel.from_bytes(before.data), False
    for lesson in kept():
        fresh.learn(lesson.text, lesson.domain)
    return fresh, True
