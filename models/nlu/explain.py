"""Why a text is taken for what it is: which words, pieces and rules speak for which domain, and how loudly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.nlu.confidence import route
from models.nlu.evidence import SLOTS, find_phrases, word_evidence
from models.nlu.features import names_of, slot_row
from models.nlu.model import DomainModel
from models.nlu.pii import mask
from models.nlu.seeding import LABELS
from models.nlu.words import composed, plain_words
from models.records import Domain

LOUDEST: Final = 20
"""Pieces of evidence that an explanation has, the loudest first."""


class Speaks(msgspec.Struct, frozen=True):
    """Something that speaks for or against labels.

    Attributes:
        what: the word, the piece of a word (`<aut` is a beginning), or the entry of the rules with what it stands for
            (`autentic*: SECURITY/authentication`); empty for what every text has.
        kind: `word`, `piece`, `rules` or `bias`.
        word: the word, or the words of the phrase, that it was found in.
        weight: how much more it adds to the best label's logit than to the mean of all.
        adds: what it adds to each label's logit.
    """

    what: str
    kind: str
    word: str
    weight: float
    adds: dict[str, float]


class Explanation(msgspec.Struct, frozen=True):
    """A verdict with its reasons.

    Attributes:
        text: the text that was classified, personal data masked.
        domain: what it is taken for, with `subcategory`, `confidence`, `second` domain and the `margin` to it.
        route: where that goes.
        best: the most probable label: the domain, or NONE.
        probabilities: of each label.
        logits: what each label comes to: the sum of all `adds`, those left out included.
        words: for each word and phrase, its pieces and rules included, how much more it adds to the best label than
            to the mean of all.
        speaks: the loudest, for and against the best label.
        model_version: of the model.
    """

    text: str
    domain: Domain
    subcategory: str
    confidence: float
    second: Domain
    margin: float
    route: str
    best: str
    probabilities: dict[str, float]
    logits: dict[str, float]
    words: dict[str, float]
    speaks: list[Speaks]
    model_version: str


def explain(text: str, model: DomainModel, *, most: int = LOUDEST) -> Explanation:
    """Classify a text and give the reasons, at most so many."""
    masked = mask(composed(text))
    words = plain_words(masked)
    verdict = model.classify_words(words)
    best = int(np.argmax(verdict.probabilities))
    reasons = [*_reasons(words, model)]
    of_words: dict[str, float] = {}
    speaks = []
    for what, kind, word, adds in reasons:
        weight = float(adds[best] - adds.mean())
        of_words[word] = of_words.get(word, 0.0) + weight
        speaks.append(Speaks(what, kind, word, weight, dict(zip(LABELS, adds.tolist(), strict=True))))
    of_words.pop("")  # the bias is no word
    logits = np.sum([adds for *_, adds in reasons], axis=0)
    return Explanation(
        text=masked,
        domain=verdict.domain,
        subcategory=verdict.subcategory,
        confidence=verdict.confidence,
        second=verdict.second,
        margin=verdict.margin,
        route=route(verdict.confidence).value,
        best=LABELS[best],
        probabilities=dict(zip(LABELS, verdict.probabilities, strict=True)),
        logits=dict(zip(LABELS, logits.tolist(), strict=True)),
        words=of_words,
        speaks=sorted(speaks, key=lambda each: -abs(each.weight))[:most],
        model_version=model.version,
    )


def _reasons(words: Sequence[str], model: DomainModel) -> Iterator[tuple[str, str, str, NDArray[np.float32]]]:
    """All that adds to the logits: what it is, its kind, the word it comes from, and what it adds to each label."""
    words = model.looked_at(words)
    distinct = list(dict.fromkeys(words))
    row = model.row(words)
    contributions = model.contributions(row)
    at = 0
    for word in distinct:
        for number, name in enumerate(names_of(word)):
            yield name, "piece" if number else "word", word, contributions[at]
            at += 1
    of_slot = {int(index): each for index, each in zip(row.indices[at:-1], contributions[at:-1], strict=True)}
    entries = [(word, entry) for word in distinct for entry in word_evidence(word)]
    entries += [(entry.name.replace("_", " "), entry) for entry in find_phrases(words)]
    spoken: dict[int, float] = {}
    for _, entry in entries:
        spoken[entry.slot] = spoken.get(entry.slot, 0.0) + entry.weight
    for word, (name, slot, weight) in entries:
        domain, subcategory = SLOTS[slot]
        share = np.float32(weight / spoken[slot])
        yield f"{name}: {domain.value}/{subcategory}", "rules", word, of_slot[slot_row(slot)] * share
    yield "", "bias", "", contributions[-1]
