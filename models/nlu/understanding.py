"""A submission to an understanding: domain, confidence, language, keywords, entities; and on to the envelope."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import msgspec

from models.nlu.cache import ReadingCache
from models.nlu.confidence import CONFIDENT, Route, adaptive_threshold, route
from models.nlu.entities import Vocabulary
from models.nlu.model import DomainModel
from models.nlu.pii import find_pii, mask
from models.nlu.reading import Personal, Reading, read
from models.nlu.seeding import GENERAL
from models.nlu.timerange import reference_ms
from models.nlu.words import composed
from models.records import Actor, ActorType, Context, Domain, Entity, Intent, IntentEnvelope, Submission

__all__ = ["Route", "Understanding", "route", "to_envelope", "understand", "understood"]


class Understanding(NamedTuple):
    """What a submission is taken to mean.

    Attributes:
        domain: what it is about: as the sender declares, or else as the text says.
        subcategory: what it is within the domain; `general` where none is known.
        confidence: how often such an understanding is right, 0 to 1.
        language: `pt`, `en`, or `es`, which is recognised and not supported.
        keywords: the first words that carry meaning.
        entities: what is named, pointing into `text`.
        text: the text as it travels on, personal data masked.
        second: the domain that comes next.
        margin: by how much the first is more probable than the second.
        probabilities: of each domain in the order of `Domain`, and of belonging to none, as the text says.
        threshold: the adaptive one, see `confidence.adaptive_threshold`.
        requires_validation: the confidence is below 0.5: it is acted on with a caution, or not at all.
        requires_manual_validation: it is below the adaptive threshold: a person should look first.
        language_supported: whether intentions in this language are understood.
        model_version: of the model that decided.
    """

    domain: Domain
    subcategory: str
    confidence: float
    language: str
    keywords: list[str]
    entities: list[Entity]
    text: str
    second: Domain
    margin: float
    probabilities: list[float]
    threshold: float
    requires_validation: bool
    requires_manual_validation: bool
    language_supported: bool
    model_version: str


def understand(
    submission: Submission,
    *,
    now_ms: int,
    model: DomainModel | None = None,
    vocabulary: Vocabulary | None = None,
    cache: ReadingCache | None = None,
) -> Understanding:
    """Read a submission's text.

    A domain that the sender declares is kept, with the confidence they give (or 1).

    Args:
        submission: what came in.
        now_ms: the time, in epoch milliseconds; the reference time where the submission has no sane one.
        model: decides the domain; the one that is shipped where none is given.
        vocabulary: nouns to look for, such as those of a catalog; a cache brings its own.
        cache: readings that are kept, where the same texts come again.
    """
    text, asked = submission.question, submission.asked_language
    at_ms = reference_ms(submission.timestamp, now_ms=now_ms)
    model = model or _shipped()
    if cache is None:
        reading = read(text, asked=asked, at_ms=at_ms, model=model, vocabulary=vocabulary)
    else:
        reading = cache.read(text, asked=asked, at_ms=at_ms, model=model)
    return understood(submission, reading)


def understood(submission: Submission, reading: Reading) -> Understanding:
    """Return what a submission means whose text has been read."""
    domain, subcategory, confidence = reading.domain, reading.subcategory, reading.confidence
    declared = submission.intent
    if declared is not None and declared.domain is not None:
        if domain is not declared.domain:
            domain, subcategory = declared.domain, GENERAL
        confidence = 1.0 if submission.confidence is None else submission.confidence
    threshold = adaptive_threshold(
        words=reading.words,
        entities=len(reading.entities),
        context_fields=_given(submission.context) if submission.context else 0,
    )
    return Understanding(
        domain,
        subcategory,
        confidence,
        reading.language,
        reading.keywords,
        reading.entities,
        reading.text,
        reading.second,
        reading.margin,
        reading.probabilities,
        threshold,
        confidence < CONFIDENT,
        confidence < threshold,
        reading.language_supported,
        reading.model_version,
    )


def to_envelope(
    submission: Submission, understanding: Understanding, *, fallback_id: str, now_ms: int
) -> IntentEnvelope:
    """Make the envelope that travels on: what the sender gave, filled up with what was understood.

    `fallback_id` is the id of a submission without one; derive it from where the record stands in its topic,
    so that a re-delivered record gets the same. Unknown fields of the submission are kept. Personal data in the text,
    and in what the sender says of it, is masked.
    """
    declared = submission.intent
    intention_id = submission.id or fallback_id
    processed = declared.processed_text if declared else None
    intent = Intent(
        text=understanding.text,
        domain=understanding.domain,
        classification=understanding.subcategory,
        original_language=understanding.language,
        processed_text=mask(processed) if processed else processed,
        entities=[*_declared_entities(submission), *understanding.entities],
        keywords=[mask(word) for word in declared.keywords]
        if declared and declared.keywords
        else understanding.keywords,
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
            "requires_validation": understanding.requires_validation,
            "requires_manual_validation": understanding.requires_manual_validation,
            "threshold": understanding.threshold,
            "language_supported": understanding.language_supported,
            "model_version": understanding.model_version,
        },
        extra=submission.extra,
    )


def _declared_entities(submission: Submission) -> list[Entity]:
    """The entities that the sender gives, as they stand in the masked text."""
    if submission.intent is None or not submission.intent.entities:
        return []
    text = composed(submission.question)
    personal = Personal(text, find_pii(text))
    return [moved for entity in submission.intent.entities if (moved := personal.moved(entity))]


def _actor(submission: Submission) -> Actor:
    user_id = submission.context.user_id if submission.context else None
    return Actor(id=user_id, actor_type=ActorType.HUMAN) if user_id else Actor(id="anonymous")


def _given(context: Context) -> int:
    """How many fields of a context are given."""
    return sum(getattr(context, name) is not None for name in context.__struct_fields__ if name != "extra")


@cache
def _shipped() -> DomainModel:
    return DomainModel.seeded()
