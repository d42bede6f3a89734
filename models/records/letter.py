"""What is to be done with a dead letter."""

from __future__ import annotations

from models.records.approval import By
from models.records.base import EpochMs, Record, RecordId, WireEnum

__all__ = ["LetterAction", "LetterCommand"]


class LetterAction(WireEnum):
    """What can be done; lower case on the wire. RETRY is said by the system when a letter's time has come."""

    RETRY = "retry"
    REPLAY = "replay"
    DROP = "drop"


class LetterCommand(Record, frozen=True, kw_only=True):
    """What is to be done with a dead letter, and who says so; to drop one needs a reason.

    `letter` is its id (``plans/2/17``). `again`: also if it has been replayed or dropped before.
    """

    letter: RecordId
    action: LetterAction
    by: By
    at: EpochMs
    reason: str | None = None
    again: bool = False
    schema_version: int = 1

    def __post_init__(self) -> None:
        if self.action is LetterAction.DROP and not (self.reason or "").strip():
            raise ValueError("reason: must be given, since action is drop")
