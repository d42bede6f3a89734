"""The fact about a stage: what it has decided about one plan, for those who count."""

from __future__ import annotations

from typing import Annotated

import msgspec

from models.records.base import Count, Domain, EpochMs, Ratio, Recommendation, Record, SpecialistType

Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,40}$")]
"""A name of few letters: a part of a series' key."""


class StageFact(Record, frozen=True, kw_only=True):
    """One decision of a stage that no other topic tells of in few bytes; nothing personal is in it.

    Attributes:
        stage: The stage.
        at: When it decided.
        domain: The plan's.
        outcome: What it decided, in one word.
        confidence: How sure it was, where it says so.
        latency_ms: How long the decision has taken, waiting included.
        opinions: What each specialist said of the plan, and how sure it was.
    """

    stage: Word
    at: EpochMs
    domain: Domain
    outcome: Word
    confidence: Ratio | None = None
    latency_ms: Count | None = None
    opinions: dict[SpecialistType, tuple[Recommendation, Ratio]] = msgspec.field(default_factory=dict)
    schema_version: int = 1
