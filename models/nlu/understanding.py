"""A submission to an understanding: domain, confidence, language, keywords, entities."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

from models.nlu.domain import GENERAL, classify
from models.nlu.phrases import find_groups, find_top
from models.nlu.timerange import find_time_range, reference_ms
from models.nlu.words import Word, keywords, language, words
from models.records import Actor, ActorType, Domain, Entity, Intent, IntentEnvelope, Submission

CONFIDENT = 0.5
"""From here on the domain is taken as it is."""

DOUBTFUL = 0.3
"""Below this a person says which domain it is."""


class Understanding(NamedTuple):
    """What a text is taken to mean; confidence is between 0 and 1, language `pt` or `en`."""

    domain: Domain
    subcategory: str
    confidence: float
    language: str
    keywords: list[str]
    entities: list[Entity]


class Route(StrEnum):
    """Where an understood intention goes."""

    DOMAIN = "domain"
    DOMAIN_REQUIRES_VALIDATION = "domain_requires_validation"
    VALIDATION = "validation"


def route(confidence: float) -> Route:
    """Decide by the confidence alone: to the domain, there with a caution, or to validation."""
    if confidence >= CONFIDENT:
        return Route.DOMAIN
    return Route.DOMAIN_REQUIRES_VALIDATION if confidence >= DOUBTFUL else Route.VALIDATION


def understand(submission: Submission, *, now_ms: int) -> Understanding:
    """Read a submission's text.

    A domain that the sender declares is kept, with the confidence they give (or 1).
    """
    found = words(submission.question)
    plain_words = [word.plain for word in found]
    verdict = classify(plain_words)
    domain, subcategory, confidence = verdict
    declared = submission.intent
    if declared is not None and declared.domain is not None:
        domain = declared.domain
        subcategory = verdict.subcategory if verdict.domain is domain else GENERAL
        confidence = 1.0 if submission.confidence is None else submission.confidence
    at_ms = reference_ms(submission.timestamp, now_ms=now_ms)
    return Understanding(
        domain,
        subcategory,
        confidence,
        language(found, submission.asked_language),
        keywords(found),
        _entities(found, plain_words, at_ms),
    )


def to_envelope(
    submission: Submission, understanding: Understanding, *, fallback_id: str, now_ms: int
) -> IntentEnvelope:
    """Make the envelope that travels on: what the sender gave, filled up with what was understood.

    `fallback_id` is the id of a submission without one; derive it from where the record stands in its topic,
    so that a re-delivered record gets the same. Unknown fields of the submission are kept.
    """
    declared = submission.intent
    intention_id = submission.id or fallback_id
    intent = Intent(
        text=submission.question,
        domain=understanding.domain,
        classification=understanding.subcategory,
        original_language=understanding.language,
        processed_text=declared.processed_text if declared else None,
        entities=[*(declared.entities if declared else ()), *understanding.entities],
        keywords=(declared.keywords if declared else None) or understanding.keywords,
        extra=declared.extra if declared else msgspec.UNSET,
    )
    return IntentEnvelope(
        id=intention_id,
        actor=submission.actor or _actor(submission),
        intent=intent,
        confidence=understanding.confidence,
        timestamp=now_ms if submission.timestamp is None else submission.timestamp,
        version=submission.version,
        correlation_id=submission.correlation_id or intention_id,
        trace_id=submission.trace_id,
        span_id=submission.span_id,
        context=submission.context,
        constraints=submission.constraints,
        qos=submission.qos,
        schema_version=submission.schema_version,
        metadata={
            **submission.metadata,
            "received_at": now_ms,
            "route": route(understanding.confidence).value,
        },
        extra=submission.extra,
    )


def _actor(submission: Submission) -> Actor:
    user_id = submission.context.user_id if submission.context else None
    return Actor(id=user_id, actor_type=ActorType.HUMAN) if user_id else Actor(id="anonymous")


def _entities(found: list[Word], plain_words: list[str], at_ms: int) -> list[Entity]:
    """The time range (ISO 8601 interval), the N of "top N", the nouns of "por X", and where they stand."""
    entities = []
    if span := find_time_range(plain_words, at_ms=at_ms):
        interval = f"{span.start:%Y-%m-%dT%H:%M:%SZ}/{span.end:%Y-%m-%dT%H:%M:%SZ}"
        entities.append(_entity("TIME_RANGE", interval, found[span.first], found[span.last]))
    if top := find_top(plain_words):
        entities.append(_entity("TOP_N", str(top.limit), found[top.first], found[top.last]))
    entities += [_entity("GROUP_BY", found[at].text, found[at], found[at]) for at in find_groups(plain_words)]
    return entities


def _entity(entity_type: str, value: str, first: Word, last: Word) -> Entity:
    return Entity(entity_type=entity_type, value=value, confidence=1.0, start=first.start, end=last.end)
