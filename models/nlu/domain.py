"""The domain of a text, by weighted words, with a confidence that knows doubt."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from math import exp
from typing import NamedTuple

from models.nlu.rules import RULES
from models.records import Domain

EVIDENCE_SCALE = 2.4
"""Weight at which the evidence counts 1 - 1/e: one telling word (3) gives 0.71, one leaning word (1) 0.34."""

RIVAL_SHARE = 0.4
"""Share of the confidence that a second domain with as much evidence takes away."""

GENERAL = "general"


class Verdict(NamedTuple):
    """The best domain with its subcategory; confidence 0 when no word of the text is known."""

    domain: Domain
    subcategory: str
    confidence: float


class _Evidence(NamedTuple):
    stem: str
    domain: Domain
    subcategory: str
    weight: int


def _compiled() -> tuple[dict[str, list[_Evidence]], dict[str, list[_Evidence]]]:
    exact: dict[str, list[_Evidence]] = {}
    prefixes: dict[str, list[_Evidence]] = {}
    for domain, subcategories in RULES.items():
        for subcategory, weights in subcategories.items():
            for weight, listed in weights.items():
                for word in listed.split():
                    target, stem = (prefixes, word[:-1]) if word.endswith("*") else (exact, word)
                    target.setdefault(stem, []).append(_Evidence(word, domain, subcategory, weight))
    return exact, prefixes


_EXACT, _PREFIXES = _compiled()
_LENGTHS = range(min(map(len, _PREFIXES)), max(map(len, _PREFIXES)) + 1)
_PHRASES_AT = frozenset(phrase.split("_")[0] for phrase in _EXACT if "_" in phrase)


def classify(plain_words: list[str]) -> Verdict:
    """Weigh the words of a text (plain, in order) and say which domain they speak for, and how surely.

    The confidence rises with the evidence for the best domain and falls as the second comes near; several
    mentions of one word count once. Without evidence the domain is BUSINESS and the confidence 0.
    """
    seen: dict[str, tuple[_Evidence, ...]] = {}
    for word in dict.fromkeys(_with_phrases(plain_words)):
        if evidence := _evidence(word):
            seen.setdefault(evidence[0].stem, evidence)
    scores: dict[Domain, int] = {}
    for evidence in seen.values():
        for item in evidence:
            scores[item.domain] = scores.get(item.domain, 0) + item.weight
    if not scores:
        return Verdict(Domain.BUSINESS, GENERAL, 0.0)
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    domain, best = ranked[0]
    rival = ranked[1][1] if len(ranked) > 1 else 0
    confidence = (1 - exp(-best / EVIDENCE_SCALE)) * (1 - RIVAL_SHARE * rival / best)
    return Verdict(domain, _subcategory(domain, seen), round(confidence, 4))


def _with_phrases(plain_words: list[str]) -> Iterator[str]:
    yield from plain_words
    for position, (first, second) in enumerate(pairwise(plain_words)):
        if first in _PHRASES_AT:
            yield f"{first}_{second}"
            yield "_".join(plain_words[position : position + 3])


@lru_cache(maxsize=16_384)
def _evidence(word: str) -> tuple[_Evidence, ...]:
    found = _EXACT.get(word)
    if found is None and word.endswith("s"):
        found = _EXACT.get(word[:-1]) or (_EXACT.get(word[:-2]) if word.endswith("es") else None)
    if found is not None:
        return tuple(found)
    # The longest prefix speaks: `programador` is no `programa`.
    for length in reversed(_LENGTHS):
        if length <= len(word) and word[:length] in _PREFIXES:
            return tuple(_PREFIXES[word[:length]])
    return ()


def _subcategory(domain: Domain, seen: dict[str, tuple[_Evidence, ...]]) -> str:
    weights: dict[str, int] = {}
    for evidence in seen.values():
        for item in evidence:
            if item.domain is domain:
                weights[item.subcategory] = weights.get(item.subcategory, 0) + item.weight
    return max(weights, key=weights.__getitem__)
