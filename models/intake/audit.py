"""The audit of an understanding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.nlu.pii import mask
from models.records import Domain, Guess, IntentAudit, IntentEnvelope, IntentOutcome

if TYPE_CHECKING:
    from models.nlu import Route, Understanding

__all__ = ["audit_of", "guesses"]

GUESSES: Final = 3
_DOMAINS: Final = tuple(Domain)


def guesses(understanding: Understanding) -> list[Guess]:
    """Return the most probable domains, the best first; what is left to 1 is others, or none."""
    probabilities = understanding.probabilities[: len(_DOMAINS)]
    ranked = sorted(zip(probabilities, _DOMAINS, strict=True), reverse=True)[:GUESSES]
    return [Guess(domain=domain, probability=round(probability, 4)) for probability, domain in ranked]


def audit_of(
    envelope: IntentEnvelope, understanding: Understanding, way: Route, *, cached: bool, now_ms: int, arrived_ms: int
) -> IntentAudit:
    """Return what is noted about the understanding of an intention that arrived in Kafka at `arrived_ms`."""
    return IntentAudit(
        intention_id=envelope.id,
        outcome=IntentOutcome(way.value),
        text=understanding.text,
        actor=mask(envelope.actor.id),
        at=now_ms,
        correlation_id=envelope.correlation_id,
        domain=understanding.domain,
        subcategory=understanding.subcategory,
        confidence=understanding.confidence,
        margin=understanding.margin,
        guesses=guesses(understanding),
        language=understanding.language,
        model_version=understanding.model_version,
        cached=cached,
        latency_ms=max(0, now_ms - arrived_ms),
    )
