"""Grounding: the words of an intention to queries on the catalog's sources, or to the reason why there are none.

Nothing is guessed: what can't be matched is either said to be ungrounded, with the nearest choices, or listed in
`Presentation.ignored`, so that the answer can say what it has not taken into account. What the question leaves open
and the answer takes for granted is said in `Grounded.assumed`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from models.nlu.entities.shapes import TOP_TRIGGERS
from models.nlu.timerange import TimeRange
from models.nlu.words import Word
from models.planning.catalog import Catalog
from models.planning.grounding import grammar
from models.planning.grounding.beside import Foreign, asked_side, beside_of, read_beside
from models.planning.grounding.choose import Choice, all_labels, uncovered
from models.planning.grounding.describe import describe
from models.planning.grounding.graph import path_of, read_graph, relationship_of
from models.planning.grounding.pairs import leftover, read_pair
from models.planning.grounding.periods import Periods, compare, periods_of, shares
from models.planning.grounding.question import Question, term_of
from models.planning.grounding.reader import Reader
from models.planning.grounding.spec import (
    Comparison,
    Filter,
    Grounded,
    GroundedTask,
    Group,
    QuerySpec,
    Ungrounded,
    Way,
)
from models.planning.grounding.tasks import Builder
from models.planning.intent import work_word
from models.planning.lexicon import Mention
from models.planning.sources import Relationship, Source
from models.records import Entity

__all__ = [
    "Comparison",
    "Filter",
    "Grounded",
    "GroundedTask",
    "Group",
    "QuerySpec",
    "Ungrounded",
    "Way",
    "describe",
    "ground_question",
]


def ground_question(
    text: str,
    catalog: Catalog,
    *,
    at_ms: int,
    language: str = "pt",
    found: list[Word] | None = None,
    entities: Sequence[Entity] | None = None,
) -> Grounded | Ungrounded:
    """Find what answers a question: the queries, and the tasks that carry them out.

    Args:
        text: The question.
        catalog: The sources that there are.
        at_ms: The instant that "yesterday" is relative to, in milliseconds since 1970.
        language: `pt` or `en`, of titles and choices.
        found: The words of the text, if they have been read already (`models.nlu.words.words`).
        entities: Its entities, if they have been found already (`models.nlu.entities.find_entities`); of a masked text
            they have the e-mail and IP addresses that a query needs.
    """
    question = Question(text, catalog, at_ms=at_ms, language=language, found=found, entities=entities)
    if (work := work_word(question.plains)) is not None:
        return Ungrounded("work", work, all_labels(catalog, language))
    if (number := _no_number(question)) is not None:
        return Ungrounded("no-number", number, ())
    if (path := path_of(question)) is not None:
        return path if isinstance(path, Ungrounded) else _alone(question, path)
    return _on_sources(question)


_BELOW_ZERO = re.compile(r"(?<![\w.,)])[-\u2212]\d[\d.,]*")


def _no_number(question: Question) -> str | None:
    """Return a number that nothing can be counted with: "top -5", "top 0"."""
    for match in _BELOW_ZERO.finditer(question.text):
        if not any(bound_at == match.start() + 1 for bound_at in _compared_at(question)):
            return match[0]
    for at, word in enumerate(question.plains[1:], 1):
        if word == "0" and question.plains[at - 1] in TOP_TRIGGERS:
            return word
    return None


def _compared_at(question: Question) -> set[int]:
    """Where the words of periods and comparisons begin in the text: "2025-10-01" has no number below zero."""
    return {question.found[at].start for at in question.facts.taken if at < len(question.found)}


def _on_sources(question: Question) -> Grounded | Ungrounded:
    """Ground a question on the source that explains it, or on the two that do so together."""
    choice = Choice(question)
    source = choice.best()
    if isinstance(source, Ungrounded):
        return source
    source = asked_side(question, choice, source)
    periods = periods_of(question)
    if isinstance(periods, Ungrounded):
        return periods
    if uncovered(question, source) and not beside_of(question, source):
        return _left_out(question, source) or read_pair(question, choice, periods.current)
    return _on_one(question, source, periods)


def _on_one(question: Question, source: Source, periods: Periods) -> Grounded | Ungrounded:
    """Ground a question on one source, and on what its records lead to."""
    beside = read_beside(question, source, periods.current)
    if beside is not None and not isinstance(beside, Foreign):
        return beside
    spec = _spec(question, source, periods.current, beside)
    if isinstance(spec, Ungrounded):
        return spec
    if periods.before is not None or question.has(_SEVERAL):
        return _several(question, spec, periods)
    return _alone(question, spec)


def _left_out(question: Question, source: Source) -> Ungrounded | None:
    """Refuse what has none of something ("customers without purchases"): no query here looks for what isn't there."""
    if not question.has(grammar.NOT):
        return None
    for mention in question.mentions:
        named = mention.term("relationship") or (mention.term("source") and not mention.term("value"))
        if question.word(mention.start - 1) in grammar.NOT and named:
            word = " ".join(word.text for word in question.found[mention.start - 1 : mention.end])
            return Ungrounded("no-link", word, (source.label.of(question.language),))
    return None


def _both(question: Question, source: Source) -> Ungrounded | None:
    """Refuse to answer one of two questions: "vendas e clientes por região" names two sources side by side."""
    for one, two in pairwise(question.mentions):
        if (
            two.start == one.end + 1
            and question.word(one.end) in grammar.AND
            and one.start - 1 not in question.facts.groups
        ):
            named = [term for mention in (one, two) if (term := mention.term("source"))]
            own = [term_of(mention, source.name, "source") for mention in (one, two)]
            if len(named) == 2 and own.count(None) == 1 and not {one.start, two.start} & set(question.facts.groups):
                labels = [question.catalog.sources[term.source].label.of(question.language) for term in named]
                return Ungrounded("ambiguous", "", tuple(labels))
    return None


def _spec(
    question: Question, source: Source, period: TimeRange | None, foreign: Foreign | None
) -> QuerySpec | Ungrounded:
    """Return the query on one source."""
    refused = _left_out(question, source) or _both(question, source)
    if refused is not None:
        return refused
    relation = relationship_of(question)
    if relation is not None and source.kind == "neo4j":
        spec = _not_at_an_end(question, relation) or read_graph(question, relation)
    else:
        led = (foreign.through, foreign.mentions) if foreign else (None, ())
        spec = Reader(question, source, through=led[0], foreign=led[1]).spec(period)
    if isinstance(spec, QuerySpec) and spec.source.time_field is None and period is not None:
        return Ungrounded("no-time", question.found[period.first].text, ())
    return spec


def _not_at_an_end(question: Question, relation: tuple[Mention, Relationship, str]) -> Ungrounded | None:
    """Refuse "which teams depend on auth": the way leads from services to services."""
    mention, way, _ = relation
    ends = {way.start, way.end}
    for other in question.mentions:
        named = {term.source for term in other.terms if term.kind == "source"}
        if other.start >= mention.start or named & ends:
            return None  # what is asked for is named first: "quais serviços da equipe de dados dependem do auth"
        if named:
            word = " ".join(word.text for word in question.found[other.start : other.end])
            sources = question.catalog.sources
            return Ungrounded("no-link", word, tuple(sources[name].label.of(question.language) for name in ends))
    return None


_SEVERAL = grammar.COMPARING | grammar.SHARE


def _several(question: Question, spec: QuerySpec, periods: Periods) -> Grounded | Ungrounded:
    """Return the tasks of a comparison, or of the parts of a whole."""
    ignored = leftover(question, _names(spec))
    if isinstance(ignored, Ungrounded):
        return ignored
    if periods.before is not None:
        return compare(question, spec, periods, ignored)
    if question.has(grammar.COMPARING) and not spec.groups and spec.way is None:
        return Ungrounded("no-comparison", "", ())
    return shares(question, spec, ignored) if question.has(grammar.SHARE) else _alone(question, spec)


def _alone(question: Question, spec: QuerySpec) -> Grounded | Ungrounded:
    """Return the tasks of one query."""
    ignored = leftover(question, _names(spec))
    if isinstance(ignored, Ungrounded):
        return ignored
    builder = Builder(question.language, question.catalog.sources)
    builder.query(spec, alone=True)
    return builder.finish(spec, builder.tasks[0].description, ignored)


def _names(spec: QuerySpec) -> set[str]:
    if spec.way is None:
        return {spec.source.name}
    return {spec.way.relationship.start, spec.way.relationship.end}
