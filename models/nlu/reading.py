"""What a text says, whoever says it: the part of an understanding that may be kept and used again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import msgspec

from models.errors import InvalidReading
from models.nlu.entities import Vocabulary, read_entities
from models.nlu.language import MOST_WORDS as MOST_VOTES
from models.nlu.language import recognise_votes
from models.nlu.model import DomainModel
from models.nlu.pii import PiiSpan, find_pii, mask, mask_with_map
from models.nlu.words import Words, keywords, plain_words
from models.records import Domain, Entity
from models.records.base import Ratio

FORMAT: Final = 3
"""Goes up when a reading's fields change or mean something else; the original's cache was at 2."""

MOST_WORDS: Final = 200
"""Words of a text that are read: half a page. What stands behind is searched for personal data only."""

MOST_PERSONAL: Final = 64
"""Pieces of personal data in a text that is a question; one with more is a list, of which no entities are made."""

NEEDED_VALUES: Final = frozenset({"EMAIL", "IP"})
"""Entities that keep their value although it is personal: a plan filters by it."""

_DAY_MS = 86_400_000
_MIDNIGHT = "T00:00:00Z"


class Reading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a text says by itself.

    Attributes:
        text: the text with personal data masked; entities point into this one.
        domain: what it is about, with its `subcategory`.
        confidence: how often such a reading is right.
        second: the domain that comes next, and by which `margin` the first is more probable.
        probabilities: of each domain in the order of `Domain`, and of belonging to none.
        language: `pt`, `en`, or one that is recognised only (`es`).
        keywords: the first words that carry meaning.
        entities: what is named, in the order of `find_entities`.
        words: how many words there are; at most MOST_WORDS are counted.
        is_personal: whether something was masked; such a reading must not be kept outside of the process, for an
            entity may have the value.
        read_at_ms: the reference time; times in `entities` are relative to it.
        model_version: of the model that read it.
        format: FORMAT, when it was written.
    """

    text: str
    domain: Domain
    subcategory: str
    confidence: Ratio
    second: Domain
    margin: Ratio
    probabilities: list[Ratio]
    language: str
    language_supported: bool
    keywords: list[str]
    entities: list[Entity]
    words: int
    is_personal: bool
    read_at_ms: int
    model_version: str
    format: int = FORMAT

    def holds_at(self, at_ms: int) -> bool:
        """Say whether the text, read at another reference time, would say the same.

        Whole days hold all day long ("yesterday"), what reaches to this very moment ("last 30 days") for a second.
        """
        if at_ms // 1000 == self.read_at_ms // 1000:
            return True
        if at_ms // _DAY_MS != self.read_at_ms // _DAY_MS:
            return not any(entity.entity_type.startswith("TIME") for entity in self.entities)
        return all(
            entity.value.count("T") == entity.value.count(_MIDNIGHT)
            for entity in self.entities
            if entity.entity_type.startswith("TIME")
        )


def read(
    text: str, *, asked: str | None, at_ms: int, model: DomainModel, vocabulary: Vocabulary | None = None
) -> Reading:
    """Read a text.

    Args:
        text: what was written.
        asked: the language that the sender declares, or None.
        at_ms: the reference time in epoch milliseconds: "yesterday" is the day before it.
        model: decides the domain.
        vocabulary: nouns to look for, such as those of a catalog.
    """
    found = Words(text, most=MOST_WORDS)
    text = found.text
    spans = find_pii(text)
    is_list = len(spans) > MOST_PERSONAL
    entities = [] if is_list else read_entities(found, at_ms=at_ms, vocabulary=vocabulary)
    forms = found.forms
    if spans:
        personal = Personal(text, spans)
        text = personal.masked
        entities = [moved for entity in entities if (moved := personal.moved(entity))]
        forms = [
            form for word, form in zip(found.placed, forms, strict=True) if not personal.overlaps(word.start, word.end)
        ]
        # What people teach is masked text: what is classified must be the same words.
        verdict = model.classify_words(plain_words(text, most=MOST_WORDS))
    else:
        verdict = model.classify_words(found.plains, [form.stem for form in forms])
    spoken = recognise_votes([form.votes for form in forms[:MOST_VOTES]], asked)
    return Reading(
        text=text,
        domain=verdict.domain,
        subcategory=verdict.subcategory,
        confidence=verdict.confidence,
        second=verdict.second,
        margin=verdict.margin,
        probabilities=verdict.probabilities,
        language=spoken.code,
        language_supported=spoken.is_supported,
        keywords=keywords(forms),
        entities=entities,
        words=len(forms),
        is_personal=bool(spans),
        read_at_ms=at_ms,
        model_version=model.version,
    )


class Personal:
    """A text with personal data, and how its entities stand in the masked one.

    Attributes:
        masked: the text with "[EMAIL]", "[CPF]", … in their place.
    """

    def __init__(self, text: str, spans: Sequence[PiiSpan]) -> None:
        """Take a text and what `find_pii` found in it."""
        self.masked, self._shift = mask_with_map(text, spans)
        self._starts = [span.start for span in spans]
        self._ends = [span.end for span in spans]

    def overlaps(self, start: int, end: int) -> bool:
        """Say whether something personal reaches into this piece of the text."""
        at = bisect_right(self._ends, start)
        return at < len(self._starts) and self._starts[at] < end

    def moved(self, entity: Entity) -> Entity | None:
        """Return an entity as it stands in the masked text; None where it is but a piece of what was masked.

        E-mail and IP addresses keep their value; that of any other entity is masked.
        """
        start, end, value = entity.start, entity.end, entity.value
        if entity.entity_type not in NEEDED_VALUES:
            if start is not None and end is not None and self.overlaps(start, end):
                return None
            value = mask(value)
        if start is not None and end is not None:
            start, end = self._shift(start, end)
        return msgspec.structs.replace(entity, value=value, start=start, end=end)


def shared_key(text: str, *, asked: str | None, at_ms: int, model_version: str, scope: str = "") -> str:
    """Return the key of a reading in a cache that processes share: of the text alone, not of who wrote it.

    The text itself can't be had back from it. `scope` names what else changes a reading, such as a catalog's version.
    """
    about = repr((text, asked, at_ms // _DAY_MS, model_version, scope)).encode()
    return f"nlu:cache:v{FORMAT}:{blake2b(about, digest_size=16).hexdigest()}"


def pack(reading: Reading) -> bytes:
    """Write a reading for such a cache."""
    return _encoder.encode(reading)


def unpack(kept: object) -> Reading:
    """Read what a cache gave back: bytes or a string of JSON, or the object in it.

    Raises:
        InvalidReading: it is something else, damaged, or of another format.
    """
    try:
        if isinstance(kept, bytes | bytearray | memoryview | str):
            reading = _decoder.decode(kept)
        elif isinstance(kept, dict):
            reading = msgspec.convert(kept, Reading)
        else:
            raise InvalidReading(f"{type(kept).__name__} came back, no bytes, string or object")
    except ValueError as error:  # all of msgspec's errors, and bytes that are no UTF-8
        raise InvalidReading(f"{type(kept).__name__}: {error}") from error
    if reading.format != FORMAT:
        raise InvalidReading(f"{type(kept).__name__}: format {reading.format}, {FORMAT} is understood here")
    return reading


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Reading)
