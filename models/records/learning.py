"""What a learner publishes: its model, and how the learning goes."""

from __future__ import annotations

import msgspec

from models.records.base import Count, EpochMs, Ratio, Record, WireEnum


class Drift(WireEnum):
    """What the drift detector sees in the learner's errors; lower case on the wire."""

    NONE = "none"
    WARNING = "warning"
    DRIFT = "drift"


class ModelSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A model as it stands once everything up to `next_offset` of its examples has been learned.

    No `Record`: it is the value of a table, and fields that a newer writer has put in are passed over.

    Attributes:
        model: The model's name, the key of the record.
        version: Of these very weights.
        seed: The version of the untaught model that this one has grown from.
        learned: How many examples people have given it.
        at: When it was written.
        next_offset: The offset of the next example on its topic.
        data: The model, as it writes itself.
    """

    model: str
    version: str
    seed: str
    learned: int
    at: int
    next_offset: int
    data: bytes


class LearningEvent(Record, frozen=True, kw_only=True):
    """One step of a learner: what it was given, and how good it was before it learned it (test, then train).

    `accuracy` is that of all examples so far, each one predicted before it was learned, `recent_accuracy` that of the
    newest; `mistaken` is how many of this step's were predicted wrong; `rebuilt` says that the model was made anew from
    its seed and all kept lessons.
    """

    model: str
    version: str
    seed: str
    at: EpochMs
    examples: Count
    mistaken: Count
    learned: Count
    accuracy: Ratio | None = None
    recent_accuracy: Ratio | None = None
    drift: Drift = Drift.NONE
    next_offset: Count = 0
    rebuilt: bool = False
    snapshot_bytes: Count = 0
    schema_version: int = 1
