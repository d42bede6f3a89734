"""One period, two that are compared, or shares of a whole: what a question makes of one query."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from models.messages import say
from models.nlu.entities import find_entities
from models.nlu.entities.dates import UNIT_OF
from models.nlu.timerange import TimeRange
from models.nlu.words import words
from models.planning.grounding import grammar
from models.planning.grounding import steps as step
from models.planning.grounding.describe import describe
from models.planning.grounding.question import Question
from models.planning.grounding.spec import Filter, Grounded, Group, QuerySpec, Ungrounded
from models.planning.grounding.tasks import Builder

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_WEEK_MS = 7 * 86_400_000
_COMPARED_TO = ("comparado com", "compared with")


class Periods(NamedTuple):
    """The period in question, and the one that it is compared with, if it is; `implied` when no words name that."""

    current: TimeRange | None
    before: TimeRange | None = None
    implied: bool = False


def periods_of(question: Question) -> Periods | Ungrounded:
    """Return which periods are asked for; of two that are compared, the earlier one is the one before."""
    found = _in_one_year(question)
    future = next((period for period in found if period.start_ms > question.at_ms), None)
    if future is not None:
        return Ungrounded("future", _text(question, future), ())
    compares = question.has(grammar.COMPARE)
    grows = question.has(grammar.GROWTH)
    if len(found) < 2:
        return _one(question, found[0], compares=compares, grows=grows) if found else Periods(None)
    first, second = found[0], found[1]
    if compares or grows or question.has(grammar.PREVIOUS):
        if not grammar.PREVIOUS.isdisjoint(question.plains[second.first : second.last + 1]):
            second = before(first)._replace(first=second.first, last=second.last)
        current, earlier = (first, second) if first.start_ms >= second.start_ms else (second, first)
        return Periods(current, earlier)
    merged = _merged(found)
    if merged is None:
        return Ungrounded("ambiguous", _text(question, second), tuple(_text(question, period) for period in found))
    return Periods(merged)


def _in_one_year(question: Question) -> tuple[TimeRange, ...]:
    """Return the periods of the text; a year that is written once, at one of two, is the other's as well.

    "Do primeiro semestre contra o segundo semestre de 2024": what is read anew with the year, and is a period then, has
    been without one; "este mês" is not.
    """
    found = question.facts.periods
    if len(found) != 2:
        return found
    years = [_YEAR.search(_text(question, period)) for period in found]
    if (years[0] is None) == (years[1] is None):
        return found
    at = 0 if years[0] is None else 1
    year = years[1 - at]
    bare = found[at]
    phrase = f"{_text(question, bare)} de {year[0]}"  # type: ignore[index]
    read = words(phrase)
    for entity in find_entities(phrase, read, at_ms=question.at_ms):
        if entity.entity_type == "TIME_RANGE" and entity.end == len(phrase) and entity.start == 0:
            start, end = (datetime.fromisoformat(edge) for edge in entity.value.split("/"))
            moved = bare._replace(start_ms=int(start.timestamp() * 1000), end_ms=int(end.timestamp() * 1000))
            nearer = _apart(moved, found[1 - at]) <= _apart(bare, found[1 - at]) + _WEEK_MS
            if (
                not nearer or moved.start_ms == found[1 - at].start_ms
            ):  # "December with January 2025", "Q1 with Q1 2024"
                return found
            return (moved, found[1]) if at == 0 else (found[0], moved)
    return found


def _apart(one: TimeRange, two: TimeRange) -> int:
    return abs(one.start_ms - two.start_ms)


def _one(question: Question, period: TimeRange, *, compares: bool, grows: bool) -> Periods:
    previous = not grammar.PREVIOUS.isdisjoint(question.plains[: period.first] + question.plains[period.last + 1 :])
    for at in range(period.last + 1, len(question.plains) - 1):
        if compares and question.plains[at] in UNIT_OF and question.plains[at + 1] == "before":  # "the month before"
            previous = True
            question.used.update((at, at + 1))
    if grows or (compares and previous):
        return Periods(period, before(period), implied=not previous)
    return Periods(period)


def _merged(found: tuple[TimeRange, ...]) -> TimeRange | None:
    """Make one period of those that follow one another: "janeiro e fevereiro"."""
    ordered = sorted(found, key=lambda period: period.start_ms)
    if any(one.end_ms != two.start_ms for one, two in pairwise(ordered)):
        return None
    return TimeRange(ordered[0].start_ms, ordered[-1].end_ms, found[0].first, found[-1].last)


def before(period: TimeRange) -> TimeRange:
    """Return the period of the same length right before one; whole months are shifted by months."""
    start, end = period.start, period.end
    months = (end.year - start.year) * 12 + end.month - start.month
    whole = all(edge == datetime(edge.year, edge.month, 1, tzinfo=UTC) for edge in (start, end))
    if whole and months > 0:
        number = start.year * 12 + start.month - 1 - months
        start_ms = int(datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000)
    else:
        start_ms = period.start_ms - (period.end_ms - period.start_ms)
    return period._replace(start_ms=start_ms, end_ms=period.start_ms)


def _text(question: Question, period: TimeRange) -> str:
    return " ".join(word.text for word in question.found[period.first : period.last + 1])


def compare(question: Question, spec: QuerySpec, periods: Periods, ignored: tuple[str, ...]) -> Grounded | Ungrounded:
    """Return the tasks that set a query's measure against that of another period."""
    other = periods.before
    if other is None:
        return Ungrounded("no-comparison", "", ())
    language = question.language
    counted = spec.operation if spec.operation in ("aggregate", "count", "count_distinct") else "count"
    if counted == "count" and spec.measure.aggregation != "count":
        counted = "aggregate"
    # Cut before the comparison, the groups of one period would lack those of the other.
    whole = spec._replace(operation=counted, limit=spec.source.row_limit)
    builder = Builder(question.language, question.catalog.sources)
    now = builder.query(whole)
    then = builder.query(whole._replace(time_range=other))
    names = builder.columns_of(now)
    column, on = names[-1], names[:-1]
    missing = 0 if spec.measure.aggregation in ("sum", "count") else None
    steps = [step.compare(then, on, column, missing)]
    if on:
        in_time = any(group.unit for group in spec.groups)
        order = [(name, "asc") for name in on] if in_time else [(column, "desc"), *((name, "asc") for name in on)]
        steps.append(step.sort(order))
        if spec.limit < spec.source.row_limit:
            steps.append(step.limit(spec.limit))
    shown = [*on, column, f"{column}_before", "difference", "change"]
    # A group that was left out on one side would seem to have come or gone.
    builder.transform(now, steps, shown, "compare", of_all=bool(on) or spec.source.kind in _READ_WHOLE)
    span = f"({other.start.date()} {say('to', language)} {other.last_instant.date()})"
    title = f"{describe(whole, language)} {_COMPARED_TO[language != 'pt']} {span}"
    return builder.finish(spec, title, ignored, lists=False, keys=len(on))


_READ_WHOLE = frozenset({"kafka", "redis"})
"""Kinds of stores whose records come here to be counted, so that a number can be of some of them only."""
_SHARE_LABEL = ("participação", "share")


def shares(question: Question, spec: QuerySpec, ignored: tuple[str, ...]) -> Grounded | Ungrounded:
    """Return the tasks that say what part of the whole each group has, or the values that are asked for."""
    wanted = _rate_of(question, spec) if spec.groups else None
    within = [group.name for group in spec.groups]
    if wanted is not None:  # "failure rate by country": of each country's accesses, the part that failed
        spec = _parted(spec, wanted)
    if not spec.groups:
        wanted_or_not = _numerator(question, spec)
        if isinstance(wanted_or_not, Ungrounded):
            return wanted_or_not
        wanted = wanted_or_not
        spec = _parted(spec, wanted)
    whole = spec._replace(operation="aggregate", limit=spec.source.row_limit)
    builder = Builder(question.language, question.catalog.sources)
    rows = builder.query(whole)
    names = builder.columns_of(rows)
    steps = [step.share(names[-1], "share", within if wanted is not None else None)]
    if wanted is not None:
        steps.append(step.where(wanted.dimension, wanted.operator, list(wanted.values)))
        if within:
            ways = [(name, "asc") for name in names[:-1]]
            in_time = any(group.unit for group in spec.groups)
            steps.append(step.sort(ways if in_time else [("share", "desc"), *ways]))
    if (within or wanted is None) and spec.limit < spec.source.row_limit:
        steps.append(step.limit(spec.limit))
    builder.transform(rows, steps, [*names, "share"], "share", of_all=True)
    title = f"{describe(whole, question.language)}, {_SHARE_LABEL[question.language != 'pt']}"
    if wanted is not None:
        title += f" [{', '.join(wanted.values)}]"
    return builder.finish(spec, title, ignored, lists=False, keys=len(names) - 1)


def _parted(spec: QuerySpec, wanted: Filter) -> QuerySpec:
    """Return the query for the whole, by the dimension of which the wanted values are a part."""
    dimension = spec.source.dimension(wanted.dimension)
    return spec._replace(
        groups=(*spec.groups, Group(dimension.name, dimension.field)),
        filters=tuple(item for item in spec.filters if item is not wanted),
    )


def _rate_of(question: Question, spec: QuerySpec) -> Filter | None:
    """The values whose part of each group is asked for: those beside "rate" or "percentual de", or after "are"."""
    grouped = {group.name for group in spec.groups}
    told = [at for at, word in enumerate(question.plains) if word in _COPULA]
    copula = told[-1] if told and not grammar.SHARE.isdisjoint(question.plains[: told[-1]]) else len(question.plains)
    named = [
        item
        for item in spec.filters
        if item.dimension not in grouped
        and not _names_source(question, spec, item)
        and ((at := _first_place(question, spec, item)) > copula or _stands_beside_share(question, at))
    ]
    return named[0] if len(named) == 1 else None


def _numerator(question: Question, spec: QuerySpec) -> Filter | Ungrounded:
    """The values whose part of the whole is asked for: the only ones named, or those after "are"/"foram"."""
    named = [item for item in spec.filters if not _names_source(question, spec, item)]
    if len(named) > 1:
        copula = max((at for at, word in enumerate(question.plains) if word in _COPULA), default=None)
        after = [item for item in named if copula is not None and _first_place(question, spec, item) > copula]
        beside = [item for item in named if _stands_beside_share(question, _first_place(question, spec, item))]
        named = beside if len(beside) == 1 else after if len(after) == 1 else named
    if len(named) == 1:
        return named[0]
    labels = [item.values[0] for item in named] or [
        entry.label.of(question.language) for entry in spec.source.dimensions
    ]
    return Ungrounded("ambiguous" if named else "unknown-group", "", tuple(labels))


_COPULA = grammar.COPULA - {"e"}  # `é` without its accent is also "and"


def _names_source(question: Question, spec: QuerySpec, item: Filter) -> bool:
    """Say whether a value is the very word that names the source ("login")."""
    for mention in question.mentions:
        meant = [term for term in mention.terms if term.source == spec.source.name]
        is_value = any(term.kind == "value" and term.name == item.dimension for term in meant)
        if is_value and any(term.kind == "source" for term in meant):
            return True
    return False


def _stands_beside_share(question: Question, at: int) -> bool:
    """Read "failure rate", "taxa de falha", "percentual de críticos": the value is right beside the word."""
    named = next((mention for mention in question.mentions if mention.end == at and mention.term("source")), None)
    start = at if named is None else named.start  # "percentual de clientes inativos"
    before = start - 1 - (question.word(start - 1) in grammar.OF)
    return question.word(at + 1) in grammar.SHARE or question.word(before) in grammar.SHARE


def _first_place(question: Question, spec: QuerySpec, item: Filter) -> int:
    return min(
        (
            mention.start
            for mention in question.mentions
            for term in mention.terms
            if term.source == spec.source.name and term.name == item.dimension and term.value in item.values
        ),
        default=0,
    )
