"""What travels with a task so that its result can be answered without any other record."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from models.records import Domain
from models.records.base import Count, EpochMs, Ratio

RATIO: Final = "ratio"
"""The unit of a part of a whole, and of a change: 0.25 is 25 %."""

SUBMITTED_PARTITION: Final = "submitted_partition"
"""Where an intention came in, in its metadata: what is remembered about its sender lies on that partition."""


def submitted_partition(metadata: dict[str, Any]) -> int | None:
    """Return the partition of `intentions.submitted` that an intention came in on, from its metadata."""
    found = metadata.get(SUBMITTED_PARTITION)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """The intention that an answer goes back to; `actor` tells askers apart without saying who they are."""

    intention_id: str = ""
    actor: str = ""
    question: str = ""
    language: str = "pt"
    domain: Domain | None = None
    confidence: Ratio | None = None
    submitted_at: EpochMs | None = None
    submitted_partition: Count | None = None


class Presentation(msgspec.Struct, frozen=True, kw_only=True):
    """How documents become an answer: its columns in order, what they are, and what to say about them.

    `types` and `units` are those of the columns as the catalog has them, as many as there are columns, or none; the
    first `keys` columns say what a row is about, the others what is measured (None: all but the last say it).
    """

    columns: Annotated[list[str], msgspec.Meta(min_length=1)]
    source: str
    title: str
    operation: Literal["find", "aggregate", "count"]
    unit: str | None
    limit: Count
    limit_asked: bool
    of_nothing: int | None
    """What the measure of no documents is: a sum or a count is 0, an average is none."""
    ignored: list[str]
    types: list[str] = msgspec.field(default_factory=list[str])
    units: list[str | None] = msgspec.field(default_factory=list[str | None])
    keys: Count | None = None
