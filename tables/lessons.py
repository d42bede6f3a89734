"""What people have taught the domain model, the newest of it: a model whose seed changes is made anew from that.

Key: the offset of the feedback on its topic, in sixteen digits, so that the keys' order is that of the lessons. Value:
the masked text and its domain. Bound: :data:`MOST` lessons, the oldest go first. One partition, as the feedback has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.online.domain import Lesson
from tables import OrderedView, TableSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LESSONS", "MOST", "add", "in_order"]

LESSONS: Final = TableSpec("lessons", Lesson, partitions=1)
MOST: Final = 5_000


def add(view: OrderedView[Lesson], lessons: Iterable[tuple[int, Lesson]], *, most: int = MOST) -> None:
    """Add lessons by their offsets, and forget the oldest."""
    size = view.size
    for offset, lesson in lessons:
        view[f"{offset:016d}"] = lesson
        size += 1
    for key in view.oldest():
        if size <= most:
            return
        del view[key]
        size -= 1


def in_order(view: OrderedView[Lesson]) -> list[Lesson]:
    """Return all lessons, the oldest first."""
    return [view[key] for key in sorted(view)]
