"""Retraining: what is said to the rounds of a specialist, and what they tell."""

from __future__ import annotations

from typing import Any

import msgspec

from models.records.approval import By
from models.records.base import EpochMs, FreeMap, Record, RecordId, SpecialistType, WireEnum


class RetrainingWord(WireEnum):
    """What can be said; lower case on the wire. People say START, APPROVE and REJECT; the rest is the system's.

    DRIFT: the world has changed; DONE, FAILED: what has come of a step; COMPARED: what has come of the experiment;
    TICK: time has gone by.
    """

    START = "start"
    APPROVE = "approve"
    REJECT = "reject"
    DRIFT = "drift"
    DONE = "done"
    FAILED = "failed"
    COMPARED = "compared"
    TICK = "tick"


OPEN_WORDS = frozenset({RetrainingWord.START, RetrainingWord.APPROVE, RetrainingWord.REJECT})
"""What counts on the open topic."""


class RetrainingCommand(Record, frozen=True, kw_only=True):
    """A word to the retraining of a specialist.

    Attributes:
        specialist: Whose.
        word, by, at, reason: What is said, by whom, when and why.
        round_id: Of which round; APPROVE and REJECT may leave it out, and mean the one that there is.
        step: DONE, FAILED: which one.
        result: DONE: what it has brought, as `models.lifecycle.hands` has it.
        final: FAILED: it will never work.
        score: DRIFT: how much has changed.
        event, status, traffic: COMPARED: what has happened, how the experiment stands, and the share of the treated.
        applied: COMPARED: false when a word to the experiment was refused.
    """

    specialist: SpecialistType
    word: RetrainingWord
    by: By
    at: EpochMs
    reason: str | None = None
    round_id: str | None = None
    step: str | None = None
    result: FreeMap = msgspec.field(default_factory=dict[str, Any])
    final: bool = False
    score: float = 0.0
    event: str | None = None
    status: str | None = None
    traffic: float = 0.0
    applied: bool = True
    schema_version: int = 1

    def __post_init__(self) -> None:
        if self.word is RetrainingWord.REJECT and not (self.reason or "").strip():
            raise ValueError("reason: must be given, since word is reject")


class RetrainingEvent(Record, frozen=True, kw_only=True):
    """One step of a round, or a word that changed nothing (`applied` is false, `why` says what kept it from that).

    `event_id` follows from the round and from the number of the event in it, so that each is kept once.
    """

    event_id: RecordId
    specialist: SpecialistType
    event: str
    at: EpochMs
    by: By
    round_id: str | None = None
    number: int = 0
    step: str | None = None
    applied: bool = True
    why: str | None = None
    details: FreeMap = msgspec.field(default_factory=dict[str, Any])
    schema_version: int = 1
