"""What a question says in the words of another source than its own: "receita por segmento", "orders … in Curitiba"."""

from __future__ import annotations

from typing import NamedTuple

from models.nlu.timerange import TimeRange
from models.planning.grounding import grammar
from models.planning.grounding.choose import Choice
from models.planning.grounding.pairs import link_of, read_linked
from models.planning.grounding.question import Question, is_named, term_of
from models.planning.grounding.spec import Grounded, Through, Ungrounded
from models.planning.lexicon import Mention
from models.planning.sources import Source


class Foreign(NamedTuple):
    """The mentions that mean nothing in the source, and the record that they say something about."""

    through: Through
    mentions: tuple[Mention, ...]


def read_beside(question: Question, source: Source, period: TimeRange | None) -> Foreign | Grounded | Ungrounded | None:
    """Return what else the question says, where that is of a record that belongs to each of the source's own.

    Where many records belong to one, it is the records that have such a one that are asked for, if "with" says so and
    the words are of no third source: "sessões com pagamento recusado".
    """
    foreign = _foreign(question, source)
    if not foreign or source.kind == "neo4j":
        return None
    if (found := beside_of(question, source)) is not None:
        return found
    others = {name for mention in foreign for name in mention.meanings}
    if len(others) != 1 or not all(_is_had(question, mention) for mention in foreign):
        return None
    sources = question.catalog.sources
    other = sources[others.pop()]
    link = link_of(source, other, tuple(sources.values()))
    return read_linked(question, (source, other), link, period) if link else None


def _foreign(question: Question, source: Source) -> tuple[Mention, ...]:
    return tuple(mention for mention in question.mentions if source.name not in mention.meanings)


def beside_of(question: Question, source: Source) -> Foreign | None:
    """Return the record that all words that mean nothing in the source say something about."""
    foreign = _foreign(question, source)
    for join in source.joins if foreign else ():
        if join.unique and all(join.to in mention.meanings for mention in foreign):
            other = question.catalog.sources[join.to]
            if not any(is_named(mention, other.name) for mention in question.mentions) and any(
                _is_quality(mention, other) for mention in foreign
            ):
                return None  # "pedidos cancelados" says nothing of customers
            return Foreign(Through(other, join.field, join.to_field), foreign)
    return None


def _is_quality(mention: Mention, source: Source) -> bool:
    """Say whether a word says what something is like, and not where or which it is: the value of a yes or no."""
    term = term_of(mention, source.name, "value")
    return term is not None and source.field(source.dimension(term.name).field).type == "boolean"


def asked_side(question: Question, choice: Choice, source: Source) -> Source:
    """Return the source that a question is about, of two where each record of one leads to one of the other.

    "Receita dos clientes inativos" asks of the sales, which are named first; of customers only which they are.
    """
    foreign = [m for m in question.mentions if source.name not in m.meanings]
    named = next((m.start for m in question.mentions if source.name in choice.named and is_named(m, source.name)), 0)
    for other in question.catalog.sources.values():
        if other.name not in choice.named or not any(j.unique and j.to == source.name for j in other.joins):
            continue
        first = next((m.start for m in question.mentions if is_named(m, other.name)), named)
        if first < named and all(other.name in mention.meanings for mention in foreign):
            return other
    return source


def _is_had(question: Question, mention: Mention) -> bool:
    """Say whether "with" stands before a value."""
    before = mention.start - 1
    while question.word(before) in grammar.ARTICLES:
        before -= 1
    return question.word(before) in grammar.HAVING and mention.term("value") is not None
