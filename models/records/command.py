"""Commands: what is said to a plan that is being carried out."""

from __future__ import annotations

from models.records.approval import By
from models.records.base import EpochMs, Record, RecordId, WireEnum


class CommandKind(WireEnum):
    """What is to happen; lower case on the wire. TICK is said by the system when a plan's time has come."""

    CANCEL = "cancel"
    TICK = "tick"


class PlanCommand(Record, frozen=True, kw_only=True):
    """A word to a plan; a cancellation may give its reason."""

    plan_id: RecordId
    kind: CommandKind
    by: By
    at: EpochMs
    reason: str | None = None
    schema_version: int = 1
