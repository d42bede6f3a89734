"""What is known of dead letters: which will be tried again, which have been, and what people did with others.

Key: the letter's id (:class:`~models.deadletters.LetterId`). Value: a :class:`~models.deadletters.LetterState`; the
changelog is the listed topic ``dead-letters.handled``, so that the command line can read it. A letter that isn't in it
is open.

Bound: a letter is forgotten when its topic no longer has it (:data:`KEPT_MS`), and while a partition knows of
:data:`MOST` letters no further one waits to be tried again: those stay open, for a person.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from models.deadletters import LetterState
from tables import TableSpec, forget

if TYPE_CHECKING:
    from tables import OrderedView

__all__ = ["DEAD_LETTERS", "KEPT_MS", "MOST", "forget_old", "has_room"]

DEAD_LETTERS: Final = TableSpec("dead-letters", LetterState)
KEPT_MS: Final = 31 * 86_400_000
"""A day more than the letters themselves: none is open again because it is forgotten that it has been replayed."""
MOST: Final = 20_000


def has_room(view: OrderedView[LetterState]) -> bool:
    """Tell whether one more letter may wait."""
    return view.size < MOST


def forget_old(view: OrderedView[LetterState], *, now_ms: int) -> int:
    """Forget the letters that are no longer there; return how many."""
    return forget(view, before_ms=now_ms - KEPT_MS, most=sys.maxsize)
