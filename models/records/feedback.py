"""What people say about intentions: which domain one has, and what the learner is taught by that."""

from __future__ import annotations

from typing import Annotated

import msgspec

from models.records.base import Domain, EpochMs, Record, RecordId, WireEnum
from models.records.envelope import IntentEnvelope, check_text

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
"""Who said it."""


class FeedbackSource(WireEnum):
    """How a person came to say it; lower case on the wire."""

    VALIDATION = "validation"
    CORRECTION = "correction"


class Feedback(Record, frozen=True, kw_only=True):
    """A person's word on the domain of a text, from which the models learn; the text is masked."""

    intention_id: RecordId
    text: str
    domain: Domain
    at: EpochMs
    previous_domain: Domain | None = None
    by: Name | None = None
    source: FeedbackSource = FeedbackSource.CORRECTION
    language: str | None = None
    schema_version: int = 1

    def __post_init__(self) -> None:
        check_text(self.text)


class Validation(Record, frozen=True, kw_only=True):
    """A person's answer to an intention that waits on `intentions.validation`, or a correction of one that did not.

    With an `envelope` the intention waits, and goes on to the domain; without one, `text` (masked) is learned from,
    and that is all.
    """

    intention_id: RecordId
    domain: Domain
    by: Name
    at: EpochMs
    envelope: IntentEnvelope | None = None
    text: str | None = None
    previous_domain: Domain | None = None
    language: str | None = None
    schema_version: int = 1

    def __post_init__(self) -> None:
        if (self.envelope is None) == (self.text is None):
            raise ValueError("either `envelope` (the intention waits) or `text` (it does not) must be given")
        if self.envelope is not None and self.envelope.id != self.intention_id:
            raise ValueError("envelope.id: must be the intention_id")
        if self.text is not None:
            check_text(self.text)


class Release(Record, frozen=True, kw_only=True):
    """An intention has failed: its correlation id may be used again."""

    intention_id: RecordId
    correlation_id: RecordId
    at: EpochMs
    reason: str = ""
    schema_version: int = 1
