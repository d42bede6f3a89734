"""A submission: what anybody may put on `intentions.submitted`."""

from __future__ import annotations

from typing import Any

import msgspec

from models.errors import InvalidRecord
from models.records.base import Domain, EpochMs, FreeMap, Qos, Ratio, Record, RecordId
from models.records.envelope import Actor, Constraints, Context, Entity, check_restricted, check_text


class SubmittedIntent(Record, frozen=True, kw_only=True):
    """An intent of which only the text must be there."""

    text: str | None = None
    domain: Domain | None = None
    classification: str | None = None
    original_language: str | None = None
    processed_text: str | None = None
    entities: list[Entity] = msgspec.field(default_factory=list)
    keywords: list[str] = msgspec.field(default_factory=list)


class Submission(Record, frozen=True, kw_only=True):
    """An envelope whose id, domain, confidence, timestamp and actor may be absent, or the flat request form.

    The flat form is `{"text": …, "language"?, "correlation_id"?, "constraints"?, "qos"?, "context"?}`. A text
    is given in exactly one of the two places; anything else raises InvalidRecord.
    """

    text: str | None = None
    language: str | None = None
    id: RecordId | None = None
    version: str = "1.0.0"
    correlation_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    actor: Actor | None = None
    intent: SubmittedIntent | None = None
    confidence: Ratio | None = None
    context: Context | None = None
    constraints: Constraints | None = None
    qos: Qos | None = None
    timestamp: EpochMs | None = None
    schema_version: int = 1
    metadata: FreeMap = msgspec.field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        if self.intent is None and self.text is None:
            raise InvalidRecord("not-an-envelope", "there is neither `intent` (envelope) nor `text` (request)")
        if self.intent is not None and self.text is not None:
            raise InvalidRecord("invalid-field", "text: given twice, in `text` and in `intent`; send one of them")
        check_text(self.question)
        check_restricted(self.constraints, self.qos)

    @property
    def question(self) -> str:
        """The text of the intention, without blanks at its ends."""
        text = self.text if self.intent is None else self.intent.text
        return (text or "").strip()

    @property
    def asked_language(self) -> str | None:
        """The language that the sender declares, such as `pt-BR`, or None."""
        return self.language or (self.intent.original_language if self.intent else None)
