"""Dead letters: what their headers say, and what becomes of each."""

from __future__ import annotations

from models.deadletters.fate import (
    SYSTEM,
    LetterState,
    LetterStatus,
    Rules,
    decide,
    due,
    given_up,
    may_pass,
    scheduled,
)
from models.deadletters.headers import PREFIX, attempt_of, describe, headers_again, is_again
from models.deadletters.letter_id import LetterId

__all__ = [
    "PREFIX",
    "SYSTEM",
    "LetterId",
    "LetterState",
    "LetterStatus",
    "Rules",
    "attempt_of",
    "decide",
    "describe",
    "due",
    "given_up",
    "headers_again",
    "is_again",
    "may_pass",
    "scheduled",
]
