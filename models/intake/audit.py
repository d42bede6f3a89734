"""The audit of an understanding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.nlu.pii import mask
from models.records import IntentAudit, IntentEnvelope, IntentOutcome

if TYPE_CHECKING:
    from models.nlu import Route, Understanding

__all__ = ["audit_of"]


def audit_of(envelope: IntentEnvelope, understanding: Understanding, way: Route, *, now_ms: int) -> IntentAudit:
    """Return what is noted about the understanding of an intention."""
    return IntentAudit(
        intention_id=envelope.id,
        outcome=IntentOutcome(way.value),
        text=mask(envelope.intent.text),
        actor=mask(envelope.actor.id),
        at=now_ms,
        correlation_id=envelope.correlation_id,
        domain=understanding.domain,
        subcategory=understanding.subcategory,
        confidence=understanding.confidence,
        language=understanding.language,
    )
