"""Questions about ways in the graph: what depends on what, who owns it, and how one leads to the other."""

from __future__ import annotations

from models.nlu.phrases import Order
from models.planning.grounding import grammar
from models.planning.grounding.choose import unknown_value
from models.planning.grounding.question import Question, term_of
from models.planning.grounding.spec import Filter, Group, QuerySpec, Ungrounded, Way
from models.planning.lexicon import Mention, Term
from models.planning.sources import Relationship, Source


def relationship_of(question: Question) -> tuple[Mention, Relationship, str] | None:
    """Return the first relationship that the text names, where, and how it is followed."""
    for mention in question.mentions:
        term = mention.term("relationship")
        if term is not None:
            return mention, question.catalog.relationships[term.name], term.value or "verb"
    return None


def path_of(question: Question) -> QuerySpec | Ungrounded | None:
    """Return the query for the way between two nodes that the text names, or None when it asks for none.

    Without a verb it is the one relationship that can be followed over several steps.
    """
    if not question.has(grammar.PATH):
        return None
    ways = [way for way in question.catalog.relationships.values() if way.transitive and way.start == way.end]
    told = relationship_of(question)
    if told is not None:
        ways = [way for way in ways if way.name == told[1].name]
        question.use(told[0])
    ways = [way for way in ways if _Named(question, way).start]
    if len(ways) > 1:
        return Ungrounded("ambiguous", "", tuple(way.label.of(question.language) for way in ways))
    return _path(question, ways[0], _Named(question, ways[0])) if ways else None


class _Named:
    """The nodes that a text names, by their source."""

    def __init__(self, question: Question, way: Relationship) -> None:
        sources = question.catalog.sources
        self.start = _nodes(question, sources[way.start])
        self.end = _nodes(question, sources[way.end])
        self.same = way.start == way.end


def _nodes(question: Question, source: Source) -> list[tuple[Mention, str]]:
    """Return the mentions of single nodes: values of the dimension that is the node's own name."""
    own = source.dimensions[0].name if source.dimensions else ""
    return [
        (mention, term.value)
        for mention in question.mentions
        for term in mention.terms
        if term.source == source.name and term.kind == "value" and term.name == own and term.value is not None
    ]


def read_graph(question: Question, found: tuple[Mention, Relationship, str]) -> QuerySpec | Ungrounded:
    """Return the query that follows a relationship, or what stands in its way."""
    mention, way, manner = found
    others = {term.name: None for one in question.mentions if (term := one.term("relationship"))}
    if len(others) > 1:  # one way after another is more than one query follows
        ways = question.catalog.relationships
        return Ungrounded("ambiguous", "", tuple(ways[name].label.of(question.language) for name in others))
    question.use(mention)
    named = _Named(question, way)
    sources = question.catalog.sources
    if _joins_two(mention, named, manner):
        return _path(question, way, named)
    if not named.start and not named.end:
        return _ranked(question, way, manner, mention)
    forward = _is_forward(mention, manner, named)
    anchor = (named.start if forward else named.end) or named.start or named.end
    asked = sources[way.end if forward else way.start]
    for at in question.facts.groups:  # what is reached is listed or counted, as a whole
        return Ungrounded("no-link", question.found[at].text, (asked.label.of(question.language),))
    names = tuple(dict.fromkeys(value for _, value in anchor))
    for place, _ in anchor:
        question.use(place)
    transitive = way.transitive and (manner == "impact" or question.has(grammar.INDIRECT))
    question.use_words(grammar.HOPS)
    if manner in ("impact", "backward"):
        question.use_words(grammar.FAILING)  # "se o auth cair", "if auth goes down"
    filters = _filters(question, asked, names)
    _account(question, sources[way.start], sources[way.end])
    anchored = sources[way.end] if anchor is named.end and not named.same else sources[way.start]
    followed = Way(way, forward, names, way.max_hops if transitive else 1, anchored.dimensions[0].field)
    return _spec(question, asked, followed, filters)


def _joins_two(mention: Mention, named: _Named, manner: str) -> bool:
    """Say whether the text asks if one named node leads to another: "o checkout depende do auth?"."""
    if not named.same or manner != "verb":
        return False
    before = any(place.end <= mention.start for place, _ in named.start)
    return before and any(place.start >= mention.end for place, _ in named.start)


def _is_forward(mention: Mention, manner: str, named: _Named) -> bool:
    """Say whether the far end is asked for.

    Nodes of different sources tell by what they are. Of the same source, the one after the verb is what others
    lead to ("quais dependem do auth"), the one before it is where the way begins ("what does checkout depend on").
    """
    if not named.same:
        return bool(named.start) and not named.end
    if manner != "verb":
        return manner == "forward"
    return all(place.end <= mention.start for place, _ in named.start)


def _path(question: Question, way: Relationship, named: _Named) -> QuerySpec | Ungrounded:
    names = tuple(dict.fromkeys(value for _, value in named.start))
    asked = question.catalog.sources[way.start]
    if len(names) != 2 or not named.same:
        return Ungrounded("no-link", "", tuple(list(asked.dimensions[0].values)[:5]) if asked.dimensions else ())
    for place, _ in named.start:
        question.use(place)
    question.use_words(grammar.PATH | grammar.HOPS)
    _account(question, asked, asked)
    return _spec(
        question,
        asked,
        Way(way, forward=True, names=names, hops=way.max_hops, key=asked.dimensions[0].field, between=True),
        (),
    )


def _ranked(question: Question, way: Relationship, manner: str, mention: Mention) -> QuerySpec | Ungrounded:
    """Read "which service has the most dependents": one row for each node, with how many others it leads to."""
    asked = question.catalog.sources[way.start]
    own = asked.dimensions[0] if asked.dimensions else None
    superlative = question.has(grammar.SUPERLATIVE)
    counted = (
        question.has(grammar.COUNT) or superlative or question.has(frozenset({"por", "by", "cada", "each", "per"}))
    )
    _account(question, asked, question.catalog.sources[way.end])
    question.use_words(grammar.SUPERLATIVE)
    unknown = _unknown_name(question, mention)
    if own is None or not counted or manner == "verb" or unknown is not None:
        if unknown is None:
            return Ungrounded("unknown-value", "", tuple(list(own.values)[:5]) if own else ())
        return unknown_value(question, unknown, list(own.values) if own else [])
    spec = _spec(question, asked, Way(way, manner == "forward", ()), ())
    less = not question.has(grammar.MORE) and question.has(grammar.LESS)
    one = superlative and question.has(grammar.SINGULAR_WHICH) and not question.has(frozenset({"quais"}))
    return spec._replace(
        operation="aggregate",
        groups=(Group(own.name, own.field),),
        order=Order.SMALLEST if less else Order.LARGEST,
        limit=1 if one else spec.limit,
    )


def _unknown_name(question: Question, mention: Mention) -> int | None:
    """Return where a word stands that should name a node and names none."""
    binding, loose = question.rest()
    places = [at for at in (*binding, *loose) if at not in range(mention.start, mention.end)]
    return min(places, key=lambda at: (at < mention.start, at)) if places else None


def _filters(question: Question, asked: Source, names: tuple[str, ...]) -> tuple[Filter, ...]:
    """What else narrows the asked nodes down: "serviços da equipe de dados que dependem …"."""
    filters: dict[str, list[str]] = {}
    for mention in question.mentions:
        if mention.start in question.used:
            continue
        term = term_of(mention, asked.name, "value")
        if term is not None and term.value is not None and term.value not in names:
            filters.setdefault(term.name, []).append(term.value)
            question.use(mention)
    return tuple(Filter(name, tuple(values)) for name, values in filters.items())


def _account(question: Question, *sources: Source) -> None:
    names = {source.name for source in sources}
    for mention in question.mentions:
        if any(term.source in names and _describes(term) for term in mention.terms):
            question.use(mention)


def _describes(term: Term) -> bool:
    return term.kind in ("source", "dimension", "measure", "relationship")


def _spec(question: Question, asked: Source, way: Way, filters: tuple[Filter, ...]) -> QuerySpec:
    measure = asked.count_measure or asked.measure(asked.default_measure)
    counts = question.has(grammar.COUNT) and not way.between
    return QuerySpec(
        source=asked,
        operation="count" if counts else "find",
        measure=measure,
        groups=(),
        filters=filters,
        time_range=None,
        order=Order.LARGEST,
        limit=1 if way.between else asked.row_limit,
        ignored=(),
        way=way,
    )
