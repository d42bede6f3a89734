"""Questions about two sources that share something: "which deployments came before yesterday's incidents?"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from models.nlu.phrases import Order
from models.nlu.timerange import TimeRange
from models.planning.grounding import grammar
from models.planning.grounding import steps as step
from models.planning.grounding.choose import Choice, unknown_word
from models.planning.grounding.describe import describe
from models.planning.grounding.graph import read_graph, relationship_of
from models.planning.grounding.question import Question, term_of
from models.planning.grounding.reader import Reader
from models.planning.grounding.spec import Grounded, Group, QuerySpec, Ungrounded
from models.planning.grounding.tasks import Builder
from models.planning.lexicon import Mention, mention_of
from models.planning.sources import Source

LOOK_BACK_DAYS = 7
"""How far from an event what came before or after it is looked for: a cause is rarely older, and a list stays short."""

_DAY_MS = 86_400_000
_NAMING = ("source", "measure", "relationship")


class Link(NamedTuple):
    """The fields by which two sources belong together."""

    left: str
    right: str


def link_of(one: Source, two: Source, all_sources: Sequence[Source] = ()) -> Link | None:
    """Return how two sources are joined: directly, or because both are joined to the same field of a third.

    Of all sources there may also be one whose field both have.
    """
    direct = [Link(join.field, join.to_field) for join in one.joins if join.to == two.name]
    direct += [Link(join.to_field, join.field) for join in two.joins if join.to == one.name]
    if direct:
        return direct[0]
    for join in one.joins:
        for other in two.joins:
            if (join.to, join.to_field) == (other.to, other.to_field):
                return Link(join.field, other.field)
    return next((link for third in all_sources if (link := _by_third(one, two, third)) is not None), None)


def _by_third(one: Source, two: Source, third: Source) -> Link | None:
    for join in third.joins:
        for other in third.joins:
            if (join.to, other.to) == (one.name, two.name) and join.field == other.field:
                return Link(join.to_field, other.to_field)
    return None


def read_pair(question: Question, choice: Choice, period: TimeRange | None) -> Grounded | Ungrounded:
    """Return the tasks that answer a question about two sources, or say why they don't belong together."""
    pair = _pair(question, choice)
    if isinstance(pair, Ungrounded):
        return pair
    one, two, link = pair
    relation = relationship_of(question)
    if relation is not None:
        return _along_graph(question, one, two, link, period)
    parts = _divided(question, one, two)
    word = next((at for at, w in enumerate(question.plains) if w in grammar.BEFORE or w in grammar.AFTER), None)
    if word is not None and one.time_field and two.time_field:
        return _in_time(question, (one, two), parts, link, period, word)
    return _joined(question, (one, two), parts, link, period)


def _pair(question: Question, choice: Choice) -> tuple[Source, Source, Link] | Ungrounded:
    """The two sources that explain everything together and share a field; the first one is named first."""
    sources = question.catalog.sources
    naming = [mention for mention in question.mentions if any(term.kind in _NAMING for term in mention.terms)]
    best: tuple[int, Source, Source, Link] | None = None
    names = list(choice.named)
    for number, one in enumerate(names):
        for two in names[number + 1 :]:
            link = link_of(sources[one], sources[two])
            explained = all(any(term.source in (one, two) for term in mention.terms) for mention in naming)
            if link is None or not explained:
                continue
            score = choice.scores[one] + choice.scores[two]
            if best is None or score > best[0]:
                best = (score, sources[one], sources[two], link)
    if best is not None:
        return best[1:]
    primary = choice.best()
    if isinstance(primary, Ungrounded):
        return primary
    foreign = [m for m in naming if all(term.source != primary.name for term in m.terms)]
    mention = foreign[0]
    word = " ".join(word.text for word in question.found[mention.start : mention.end])
    language = question.language
    if mention.term("measure") and not mention.term("source"):
        return Ungrounded("no-measure", word, tuple(item.label.of(language) for item in primary.measures))
    others = [sources[term.source].label.of(language) for term in mention.terms if term.kind in _NAMING]
    return Ungrounded("no-link", word, tuple(dict.fromkeys([primary.label.of(language), *others])))


def _divided(question: Question, one: Source, two: Source) -> tuple[set[int], set[int]]:
    """Divide the mentions between two sources: what both know goes to the one whose name is nearer."""
    anchors = [_anchor(question, one, two), _anchor(question, two, one)]
    parts: tuple[set[int], set[int]] = (set(), set())
    for mention in question.mentions:
        known = [any(term.source == source.name for term in mention.terms) for source in (one, two)]
        if all(known):
            known = [False, False]
            known[_nearer(question, mention, anchors)] = True
        for part, is_known in zip(parts, known, strict=True):
            if is_known:
                part.add(mention.start)
    return parts


def _anchor(question: Question, source: Source, other: Source) -> Mention | None:
    """Where a source is named, by words that don't also name the other one."""
    named = [
        mention
        for mention in question.mentions
        if any(term.source == source.name and term.kind in _NAMING for term in mention.terms)
    ]
    own = [m for m in named if not any(t.source == other.name and t.kind in _NAMING for t in m.terms)]
    return own[0] if own else named[0] if named else None


def _nearer(question: Question, mention: Mention, anchors: list[Mention | None]) -> int:
    def distance(anchor: Mention | None) -> int:
        if anchor is None:
            return len(question.plains)
        return anchor.start - mention.end if anchor.start >= mention.end else mention.start - anchor.end

    first, second = map(distance, anchors)
    if first == second:  # a word between two names describes the one before it in Portuguese, after it in English
        before = 0 if (anchors[0] and anchors[0].start < mention.start) else 1
        return before if question.language == "pt" else 1 - before
    return 0 if first < second else 1


def _rows(question: Question, source: Source, part: set[int], period: TimeRange | None) -> QuerySpec | Ungrounded:
    return Reader(question, source, part).spec(period)


def _in_time(
    question: Question,
    pair: tuple[Source, Source],
    parts: tuple[set[int], set[int]],
    link: Link,
    period: TimeRange | None,
    word: int,
) -> Grounded | Ungrounded:
    """Read "which X came before Y": for each Y the last X before it, of the same thing."""
    one, two = pair
    anchors = _anchor(question, one, two), _anchor(question, two, one)
    # What stands after "before" is what it is measured from.
    reference = 1 if anchors[1] is not None and anchors[1].start > word else 0
    if anchors[0] is not None and anchors[1] is not None and anchors[0].start > word and anchors[1].start > word:
        reference = 1 if anchors[1].start > anchors[0].start else 0
    from_spec = _rows(question, pair[reference], parts[reference], period)
    if isinstance(from_spec, Ungrounded):
        return from_spec
    is_before = question.plains[word] in grammar.BEFORE
    sought_spec = _rows(question, pair[1 - reference], parts[1 - reference], _around(period, before=is_before))
    if isinstance(sought_spec, Ungrounded):
        return sought_spec
    question.used.add(word)
    from_spec, sought_spec = _as_list(from_spec), _as_list(sought_spec)
    asked, reference_spec = sought_spec, from_spec
    on = (link.right, link.left) if reference else (link.left, link.right)
    if not is_before:  # "incidents after a deployment": each incident that is asked for, with what it came after
        from_spec, sought_spec, on = sought_spec, from_spec, (on[1], on[0])
    base, sought = from_spec.source, sought_spec.source
    builder = Builder(question.language, question.catalog.sources)
    left, right = builder.query(from_spec), builder.query(sought_spec)
    prefix = f"{sought.name}_"
    times = (str(base.time_field), str(sought.time_field))
    steps = [step.join_asof(right, on, times, before=True, prefix=prefix)]
    names = [*base.list_fields, *(f"{prefix}{name}" for name in sought.list_fields if name != on[1])]
    builder.transform(left, steps, names, "nearest in time")
    language = question.language
    ignored = leftover(question, {one.name, two.name})
    if isinstance(ignored, Ungrounded):
        return ignored
    return builder.finish(
        from_spec,
        " ".join((describe(asked, language), _THEN[is_before][language != "pt"], describe(reference_spec, language))),
        ignored,
        assumed=(_same(base, on[0], language, is_before=is_before, bounded=period is not None),),
        lists=True,
    )


_THEN = {True: ("antes de", "before"), False: ("depois de", "after")}


def _same(source: Source, field: str, language: str, *, is_before: bool, bounded: bool) -> str:
    dimension = source.dimension_of(field)
    label = dimension.label.of(language) if dimension else field
    said = f"mesmo {label}, o mais próximo" if language == "pt" else f"same {label}, the nearest one"
    if not bounded:
        return said
    days = LOOK_BACK_DAYS
    side = ("antes", "before") if is_before else ("depois", "after")
    limit = f"até {days} dias {side[0]}" if language == "pt" else f"up to {days} days {side[1]}"
    return f"{said}, {limit}"


def _around(period: TimeRange | None, *, before: bool) -> TimeRange | None:
    if period is None:
        return None
    days_ms = LOOK_BACK_DAYS * _DAY_MS
    if before:
        return period._replace(start_ms=period.start_ms - days_ms)
    return period._replace(end_ms=period.end_ms + days_ms)


def _as_list(spec: QuerySpec) -> QuerySpec:
    return spec._replace(operation="find", groups=())


def read_linked(
    question: Question, pair: tuple[Source, Source], link: Link, period: TimeRange | None
) -> Grounded | Ungrounded:
    """Return the tasks for the records of one source that have some of the other, which is not named itself."""
    return _joined(question, pair, _divided(question, *pair), link, period)


def _joined(
    question: Question,
    pair: tuple[Source, Source],
    parts: tuple[set[int], set[int]],
    link: Link,
    period: TimeRange | None,
) -> Grounded | Ungrounded:
    """Read "which services had X and Y", one row each, or "X of users with Y", the X that have such a Y."""
    one, two = pair
    anchors = [_anchor(question, one, two), _anchor(question, two, one)]
    first = 0 if (anchors[0] is None or anchors[1] is None or anchors[0].start <= anchors[1].start) else 1
    head, other = pair[first], pair[1 - first]
    on = (link.left, link.right) if first == 0 else (link.right, link.left)
    shared = question.mentions[0]
    dimension = head.dimension_of(on[0])
    asks_shared = dimension is not None and any(
        term == (head.name, "dimension", dimension.name, None) for term in shared.terms
    )
    asks_shared = asks_shared and anchors[first] is not None and shared.start < anchors[first].start  # type: ignore[union-attr]
    near = 0 if period is None else _nearer(question, mention_of(period.first, period.last + 1, ()), anchors)
    if pair[near].time_field is None:
        near = 1 - near
    spans = [period if (asks_shared or index == near) and pair[index].time_field else None for index in (0, 1)]
    specs = [_rows(question, pair[index], parts[index], spans[index]) for index in (0, 1)]
    head_spec, other_spec = specs[first], specs[1 - first]
    if isinstance(head_spec, Ungrounded):
        return head_spec
    if isinstance(other_spec, Ungrounded):
        return other_spec
    if not asks_shared and (refused := _apart(question, head_spec, on[0])) is not None:
        return refused
    builder = Builder(question.language, question.catalog.sources)
    by_other = _grouped(other_spec, on[1])
    if asks_shared and dimension is not None:
        by_head = _grouped(head_spec, on[0])
        left, right = builder.query(by_head), builder.query(by_other)
        keys = (by_head.groups[0].name, by_other.groups[0].name)
        measure = by_other.measure.name
        column = f"{other.name}_{measure}" if measure == by_head.measure.name else measure
        prefix = f"{other.name}_" if column != measure else ""
        steps = [
            step.join(right, [keys], "inner", prefix),
            step.sort([(by_head.measure.name, "desc"), (keys[0], "asc")]),
        ]
        builder.transform(left, steps, [keys[0], by_head.measure.name, column], "join")
        shown, lists, number = by_head, False, 1
    else:
        left, right = builder.query(_with_column(head_spec, on[0])), builder.query(by_other)
        shown, lists = _semi(builder, head_spec, (left, right), (on[0], by_other.groups[0].name))
        number = None
    ignored = leftover(question, {one.name, two.name})
    if isinstance(ignored, Ungrounded):
        return ignored
    title = f"{describe(head_spec, question.language)} & {describe(other_spec, question.language)}"
    return builder.finish(shown, title, ignored, lists=lists, keys=number)


def _apart(question: Question, spec: QuerySpec, field: str) -> Ungrounded | None:
    """Refuse a total that can't be put together again from its parts: the average of averages is none."""
    whole = spec.measure.aggregation in ("sum", "count", "min", "max")
    if whole or spec.operation == "find" or _with_column(spec, field) is spec:
        return None
    return Ungrounded("no-link", spec.measure.label.of(question.language), (spec.source.label.of(question.language),))


def _semi(builder: Builder, head: QuerySpec, tasks: tuple[str, str], on: tuple[str, str]) -> tuple[QuerySpec, bool]:
    """Keep the rows of one task whose key is among the other's, and make of them what the question asks for."""
    left, right = tasks
    grouped = _with_column(head, on[0])
    key = next((group.name for group in grouped.groups if group.field == on[0]), on[0])
    steps = [step.join(right, [(key, on[1])], "semi")]
    names = builder.columns_of(left)
    if grouped is not head:  # a total, taken apart by the key to be joined: put together again
        names = [*(group.name for group in head.groups), head.measure.name]
        function = "sum" if head.measure.aggregation in ("sum", "count") else head.measure.aggregation
        groups = tuple(group._replace(field=group.name) for group in head.groups)
        steps.append(step.group(groups, [step.measured(head.measure.name, function, head.measure.name)]))
        if head.groups:
            steps.append(step.sort(step.group_order(head)))
    builder.transform(left, steps, names, "restrict", of_all=grouped is not head)
    return head, head.operation == "find"


def _with_column(spec: QuerySpec, field: str) -> QuerySpec:
    """Group by the field to be joined as well, so that the rows have it."""
    if spec.operation == "find" or any(group.field == field for group in spec.groups):
        return spec
    dimension = spec.source.dimension_of(field)
    name = dimension.name if dimension else field
    return spec._replace(operation="aggregate", groups=(*spec.groups, Group(name, field)), limit=spec.source.row_limit)


def _grouped(spec: QuerySpec, field: str) -> QuerySpec:
    """One row for each value of the field to be joined, with the measure."""
    dimension = spec.source.dimension_of(field)
    name = dimension.name if dimension else field
    measure = spec.measure
    having = tuple(item for item in spec.comparisons if not item.of_group or item.field == measure.name)
    return spec._replace(
        operation="aggregate",
        groups=(Group(name, field),),
        comparisons=having,
        order=Order.LARGEST,
        limit=spec.source.row_limit,
        sort=None,
    )


def _along_graph(  # noqa: PLR0911 — a reason each
    question: Question, one: Source, two: Source, link: Link, period: TimeRange | None
) -> Grounded | Ungrounded:
    """Read "incidents of the services that depend on auth": a way in the graph, then what belongs to its nodes."""
    graph, measured = (one, two) if one.kind == "neo4j" else (two, one)
    relation = relationship_of(question)
    if graph.kind != "neo4j" or measured.kind == "neo4j" or relation is None:
        return Ungrounded("no-link", "", (one.label.of(question.language), two.label.of(question.language)))
    own = {m.start for m in question.mentions if any(t.source == measured.name for t in m.terms)}
    nodes = read_graph(question, relation)
    if isinstance(nodes, Ungrounded):
        return nodes
    if nodes.source.name != graph.name or nodes.way is None or nodes.way.between:
        return Ungrounded("no-link", "", (graph.label.of(question.language), measured.label.of(question.language)))
    nodes = nodes._replace(operation="find", limit=nodes.source.row_limit)
    taken = {
        mention.start
        for mention in question.mentions
        if any(term.source == graph.name for term in mention.terms)
        and term_of(mention, measured.name, "source") is None
        and term_of(mention, measured.name, "measure") is None
    }
    spec = _rows(question, measured, own - taken, period)
    if isinstance(spec, Ungrounded):
        return spec
    on = (link.right, link.left) if measured is two else (link.left, link.right)
    if (refused := _apart(question, spec, on[0])) is not None:
        return refused
    builder = Builder(question.language, question.catalog.sources)
    right = builder.query(nodes)
    left = builder.query(_with_column(spec, on[0]))
    shown, lists = _semi(builder, spec, (left, right), on)
    ignored = leftover(question, {one.name, two.name})
    if isinstance(ignored, Ungrounded):
        return ignored
    title = f"{describe(spec, question.language)} & {describe(nodes, question.language)}"
    return builder.finish(shown, title, ignored, lists=lists)


def leftover(question: Question, names: set[str]) -> tuple[str, ...] | Ungrounded:
    """Return the words that the answer doesn't take into account, or refuse when one of them would change it."""
    binding, loose = question.rest()
    sources = [source for source in question.catalog.sources.values() if source.name in names]
    if binding:
        return unknown_word(question, binding[0], sources)
    return tuple(dict.fromkeys(question.found[at].text for at in loose))
