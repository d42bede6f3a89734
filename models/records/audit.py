"""The audit of an intention: one record for each decision about it, without anything personal."""

from __future__ import annotations

import msgspec

from models.records.base import Count, Domain, EpochMs, Ratio, Record, RecordId, WireEnum


class IntentOutcome(WireEnum):
    """What was decided about an intention; lower case on the wire."""

    DOMAIN = "domain"
    DOMAIN_REQUIRES_VALIDATION = "domain_requires_validation"
    VALIDATION = "validation"
    DUPLICATE = "duplicate"
    RATE_LIMITED = "rate_limited"
    VALIDATED = "validated"
    CORRECTED = "corrected"
    ALREADY_VALIDATED = "already_validated"


class Guess(Record, frozen=True, kw_only=True):
    """A domain that an intention may be about, with its probability."""

    domain: Domain
    probability: Ratio


class IntentAudit(Record, frozen=True, kw_only=True):
    """One decision: text and actor are masked, and what was not looked at (a duplicate's domain) is None.

    `margin` is how far the best domain's probability lies above the second's; `model_version` is that of the model
    that decided; `cached` says whether an earlier reading of the same text was used; `duplicate_of` is the id of the
    intention that came first; `by` is the person who decided; `latency_ms` is how long
    it took from the intention's arrival in Kafka, where that is known.
    """

    intention_id: RecordId
    outcome: IntentOutcome
    text: str
    actor: str
    at: EpochMs
    correlation_id: str | None = None
    domain: Domain | None = None
    subcategory: str | None = None
    confidence: Ratio | None = None
    margin: Ratio | None = None
    guesses: list[Guess] = msgspec.field(default_factory=list[Guess])
    language: str | None = None
    model_version: str | None = None
    cached: bool = False
    duplicate_of: str | None = None
    by: str | None = None
    latency_ms: Count | None = None
    schema_version: int = 1
