"""What a person says about an intention: the first word counts, and the model learns it."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from models.nlu.pii import mask
from models.records import (
    Domain,
    Feedback,
    FeedbackSource,
    IntentAudit,
    IntentEnvelope,
    IntentOutcome,
    Validation,
)

__all__ = ["Said", "Settled", "settle"]


class Said(NamedTuple):
    """What has been said about an intention before, and whether it waited and was sent on then."""

    domain: Domain
    by: str
    sent_on: bool


class Settled(NamedTuple):
    """What comes of a person's word.

    Attributes:
        envelope: The intention that goes on, if it waited.
        feedback: What is learned, if it is news.
        audit: What is noted.
    """

    envelope: IntentEnvelope | None
    feedback: Feedback | None
    audit: IntentAudit


def settle(validation: Validation, before: Said | None, *, now_ms: int) -> Settled:
    """Decide what a person's word brings about.

    An intention that waits goes on to the domain that is said first; whoever says something later changes nothing.
    A correction of an intention that does not wait is learned, as long as it says something new.
    """
    waits = validation.envelope is not None
    if before is not None and (before.sent_on if waits else before.domain is validation.domain):
        audit = _audit(validation, IntentOutcome.ALREADY_VALIDATED, domain=before.domain, by=before.by, now_ms=now_ms)
        return Settled(None, None, audit)
    outcome = IntentOutcome.VALIDATED if waits else IntentOutcome.CORRECTED
    audit = _audit(validation, outcome, domain=validation.domain, by=validation.by, now_ms=now_ms)
    envelope = _validated(validation, now_ms=now_ms) if waits else None
    if before is not None and before.domain is validation.domain:
        return Settled(envelope, None, audit)
    feedback = Feedback(
        intention_id=validation.intention_id,
        text=audit.text,
        domain=validation.domain,
        previous_domain=before.domain if before else _previous(validation),
        by=validation.by,
        at=now_ms,
        source=FeedbackSource.VALIDATION if waits else FeedbackSource.CORRECTION,
        language=audit.language,
    )
    return Settled(envelope, feedback, audit)


def _validated(validation: Validation, *, now_ms: int) -> IntentEnvelope:
    """Return the envelope as it goes on: the person is sure, so the confidence is 1."""
    envelope = validation.envelope
    assert envelope is not None  # noqa: S101 — the caller has looked
    intent = msgspec.structs.replace(envelope.intent, domain=validation.domain)
    if validation.domain is not envelope.intent.domain:
        intent = msgspec.structs.replace(intent, classification="general")  # the subcategory was one of another domain
    told = {"validated_by": validation.by, "validated_at": now_ms, "requires_validation": False}
    return msgspec.structs.replace(envelope, intent=intent, confidence=1.0, metadata={**envelope.metadata, **told})


def _previous(validation: Validation) -> Domain | None:
    return validation.envelope.intent.domain if validation.envelope else validation.previous_domain


def _audit(validation: Validation, outcome: IntentOutcome, *, domain: Domain, by: str, now_ms: int) -> IntentAudit:
    envelope = validation.envelope
    return IntentAudit(
        intention_id=validation.intention_id,
        outcome=outcome,
        text=mask(envelope.intent.text if envelope else validation.text or ""),
        actor=mask(envelope.actor.id if envelope else validation.by),
        at=now_ms,
        correlation_id=envelope.correlation_id if envelope else None,
        domain=domain,
        confidence=1.0,
        language=envelope.intent.original_language if envelope else validation.language,
        by=by,
    )
