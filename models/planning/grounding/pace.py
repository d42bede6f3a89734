"""Superlatives of speed: "which teams resolve incidents fastest" asks for a duration that the source measures."""

from __future__ import annotations

from typing import NamedTuple

from models.nlu.phrases import Order
from models.nlu.words import plain
from models.planning.grounding import grammar
from models.planning.grounding.facts import SECONDS
from models.planning.grounding.question import Question
from models.planning.sources import Measure, Source

LEAST_SHARED = 5
"""Letters that a verb must share with a name of the measure to be what takes so long: "resolve", "resolver"."""


class Pace(NamedTuple):
    """A duration, and which end of it is asked for."""

    measure: Measure
    order: Order


def pace_of(question: Question, source: Source) -> Pace | None:
    """Return what "fastest" or "mais devagar" asks for, and account for the words that say it."""
    if not question.has(grammar.FAST | grammar.SLOW):
        return None
    at = _place(question)
    measures = [item for item in source.measures if item.field and item.unit in SECONDS]
    if at is None or not measures:
        return None
    measure = next((item for item in measures if item.aggregation == "avg"), measures[0])
    around = {question.word(at - 1), question.word(at + 1)}
    fast = (question.plains[at] in grammar.FAST) != (not around.isdisjoint(grammar.LESS))
    question.used.add(at)
    names = {part for name in _names(measure) for part in plain(name).split()}
    for place, word in enumerate(question.plains):
        if len(word) >= LEAST_SHARED and any(name.startswith(word[:LEAST_SHARED]) for name in names):
            question.used.add(place)
    return Pace(measure, Order.SMALLEST if fast else Order.LARGEST)


def _place(question: Question) -> int | None:
    for at, word in enumerate(question.plains):
        if word in grammar.SUPERLATIVE_PACE:
            return at
        if word in grammar.FAST or word in grammar.SLOW:
            beside = {question.word(at - 1), question.word(at + 1)}
            if not beside.isdisjoint(grammar.SUPERLATIVE) and at not in question.facts.taken:
                return at
    return None


def _names(measure: Measure) -> list[str]:
    synonyms = [phrase for phrases in measure.synonyms.values() for phrase in phrases]
    return [measure.label.pt, measure.label.en, *synonyms]
