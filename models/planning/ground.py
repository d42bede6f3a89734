"""Grounding: the words of an intention to a query on one source of the catalog.

Nothing is guessed: what can't be matched is either said to be ungrounded, with the nearest choices, or listed
in `QuerySpec.ignored`, so that the answer can say what it has not taken into account.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Literal, NamedTuple

from models.nlu.phrases import Order, Top, find_groups, find_top
from models.nlu.timerange import UNIT_OF, TimeRange, find_time_range
from models.nlu.words import Word, is_stop_word, stem, word_set
from models.planning.catalog import Catalog, Measure, Source
from models.planning.intent import SMALL_TALK, work_word
from models.planning.lexicon import Mention as _Mention
from models.planning.lexicon import Term, find_mentions

Unit = Literal["hour", "day", "week", "month", "quarter", "year"]

_PERIODICAL: dict[str, Unit] = {
    "mensal": "month", "mensais": "month", "monthly": "month",
    "diario": "day", "diaria": "day", "daily": "day",
    "trimestral": "quarter", "trimestrais": "quarter", "quarterly": "quarter",
    "semanal": "week", "weekly": "week", "anual": "year", "yearly": "year", "annual": "year",
}  # fmt: skip
_BUCKETS: dict[str, Unit] = {
    "hour": "hour", "day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year",
}  # fmt: skip
_COUNT_WORDS = word_set("quantos quantas contagem count number numero quantidade many")
_LIST_WORDS = word_set("listar liste lista list quais which investigar investigue investigate")
_SHOW_WORDS = word_set("mostrar mostre mostra exibir exiba show display ver latest ultimos ultimas recentes")
_WHICH_WORDS = word_set("qual quais which what")
_AND_WORDS = word_set("e and")

_WEIGHTS = {"source": 3, "measure": 3, "dimension": 1, "value": 1}
_SHAPING_WEIGHT = 2  # of a dimension after "por" or "top 5": it shapes the answer


class Group(NamedTuple):
    """One column to group by; a time field has a unit, another dimension has none."""

    name: str
    field: str
    unit: Unit | None = None


class Filter(NamedTuple):
    """Documents whose dimension has one of these known values."""

    dimension: str
    values: tuple[str, ...]


class QuerySpec(NamedTuple):
    """A query in the catalog's terms; `ignored` are the words that it doesn't take into account."""

    source: Source
    operation: Literal["find", "aggregate", "count"]
    measure: Measure
    groups: tuple[Group, ...]
    filters: tuple[Filter, ...]
    time_range: TimeRange | None
    order: Order
    limit: int
    ignored: tuple[str, ...]


class Ungrounded(NamedTuple):
    """Why there is no query: a short code, the word it hangs on, and what would be understood instead."""

    reason: Literal["work", "no-source", "no-time", "unknown-group"]
    word: str
    choices: tuple[str, ...]


def ground(found: list[Word], catalog: Catalog, *, at_ms: int, language: str = "pt") -> QuerySpec | Ungrounded:
    """Find the source, measure, groups, filters, period and order that the words ask for."""
    plain_words = [word.plain for word in found]
    if (work := work_word(plain_words)) is not None:
        return Ungrounded("work", work, _source_names(catalog, language))
    span = find_time_range(plain_words, at_ms=at_ms)
    top = find_top(plain_words)
    places = find_groups(plain_words)
    taken = set(range(span.first, span.last + 1)) if span else set()
    mentions = _mentions(plain_words, catalog, taken)
    source = _source(mentions, catalog, _shaping(plain_words, places, top))
    if source is None:
        return Ungrounded("no-source", "", _nearest(plain_words, catalog, language))
    if source.time_field is None and span is not None:
        return Ungrounded("no-time", found[span.first].text, ())
    reader = _Reader(found, source, _only(mentions, source), places, top)
    groups = reader.groups()
    if isinstance(groups, str):
        labels = [dimension.label.of(language) for dimension in source.dimensions]
        return Ungrounded("unknown-group", groups, tuple(labels))
    return reader.spec(groups, span, taken)


def _mentions(plain_words: list[str], catalog: Catalog, taken: set[int]) -> list[_Mention]:
    """The catalog's phrases in the text, longest first, none overlapping."""
    return find_mentions([stem(word) for word in plain_words], catalog.lexicon, taken)


def _shaping(plain_words: list[str], places: list[int], top: Top | None) -> set[int]:
    """The words where a dimension shapes the answer: after "por", "top 5", "which"."""
    which = {at + 1 for at, word in enumerate(plain_words) if word in _WHICH_WORDS}
    return {*places, *which, *([top.last + 1] if top else [])}


def _source(mentions: list[_Mention], catalog: Catalog, shaping: set[int]) -> Source | None:
    """The source that most of the words speak of; one must name it or a measure of it."""
    scores: dict[str, int] = {}
    named: set[str] = set()
    for mention in mentions:
        weights: dict[str, int] = {}
        for term in mention.terms:
            shapes = term.kind == "dimension" and mention.start in shaping
            weight = _SHAPING_WEIGHT if shapes else _WEIGHTS[term.kind]
            weights[term.source] = max(weight, weights.get(term.source, 0))
            if term.kind in ("source", "measure"):
                named.add(term.source)
        for name, weight in weights.items():
            scores[name] = scores.get(name, 0) + weight
    ranked = [name for name in catalog.sources if name in named]
    return catalog.sources[max(ranked, key=scores.__getitem__)] if ranked else None


def _only(mentions: list[_Mention], source: Source) -> list[_Mention]:
    mine = [_Mention(m.start, m.end, tuple(term for term in m.terms if term.source == source.name)) for m in mentions]
    return [mention for mention in mine if mention.terms]


class _Reader:
    """Reads the mentions of one source into the parts of a query."""

    def __init__(
        self, found: list[Word], source: Source, mentions: list[_Mention], places: list[int], top: Top | None
    ) -> None:
        self.words = [word.plain for word in found]
        self.found = found
        self.source = source
        self.places = places
        self.top = top
        self.at = {mention.start: mention for mention in mentions}
        self.used: set[int] = set(range(top.first, top.last + 1)) if top else set()

    def groups(self) -> tuple[Group, ...] | str:
        """What to group by, or the word after "por" that nothing is known about."""
        groups: dict[str, Group] = {}
        for place in self.places:
            found = self._groups_from(place)
            if not found and not self._is_kind(place, "measure"):
                return self.found[place].text
            groups.update((group.name, group) for group in found)
        for at, word in enumerate(self.words):
            unit = _PERIODICAL.get(word)
            if unit and self.source.time_field:
                groups[unit] = Group(unit, self.source.time_field, unit)
                self.used.add(at)
        if self.top and all(self._is_kind(place, "measure") for place in self.places):
            groups.update((group.name, group) for group in self._groups_from(self.top.last + 1))
        if not groups:
            for at, word in enumerate(self.words):
                if word in _WHICH_WORDS:
                    groups.update((group.name, group) for group in self._groups_from(at + 1))
        return tuple(sorted(groups.values(), key=lambda group: group.unit is None))  # the course of time first

    def _groups_from(self, place: int) -> list[Group]:
        """The dimensions and time units that stand in a row from here: "região, produto e mês"."""
        found: list[Group] = []
        while place < len(self.words):
            if found and self.words[place] in _AND_WORDS:
                place += 1
                continue
            unit = _BUCKETS.get(UNIT_OF.get(self.words[place], ""))
            term = self._term(place, "dimension")
            if term is not None:
                dimension = self.source.dimension(term.name)
                found.append(Group(dimension.name, dimension.field))
                end = self.at[place].end
            elif unit and self.source.time_field:
                found.append(Group(unit, self.source.time_field, unit))
                end = place + 1
            else:
                break
            self.used.update(range(place, end))
            place = end
        return found

    def _term(self, place: int, kind: str) -> Term | None:
        mention = self.at.get(place)
        return next((term for term in mention.terms if term.kind == kind), None) if mention else None

    def _is_kind(self, place: int, kind: str) -> bool:
        return self._term(place, kind) is not None

    def spec(self, groups: tuple[Group, ...], span: TimeRange | None, taken: set[int]) -> QuerySpec:
        measure, named = self._measure()
        filters = self._filters()
        operation = self._operation(groups, measure, named=named)
        order = self.top.order if self.top else Order.LARGEST
        if operation == "find" and self.top is None:
            order = Order.LATEST
        limit = min(self.top.limit if self.top else self.source.row_limit, self.source.row_limit)
        return QuerySpec(self.source, operation, measure, groups, filters, span, order, limit, self._ignored(taken))

    def _measure(self) -> tuple[Measure, bool]:
        """The measure, and whether the text names it."""
        for mention in self.at.values():
            kinds = {term.kind: term for term in mention.terms}
            # "Incidents" is first of all the source, and only then the name of their count.
            if "measure" in kinds and "source" not in kinds:
                self.used.update(range(mention.start, mention.end))
                return self.source.measure(kinds["measure"].name), True
        counted = next((item for item in self.source.measures if item.aggregation == "count"), None)
        if counted is not None and not _COUNT_WORDS.isdisjoint(self.words):
            return counted, True
        return self.source.measure(self.source.default_measure), False

    def _filters(self) -> tuple[Filter, ...]:
        values: dict[str, dict[str, None]] = {}
        for mention in self.at.values():
            meant = [term for term in mention.terms if term.value is not None]
            if not meant or mention.start in self.used:
                continue
            # A word may stand for several values of one dimension ("suspicious": failed or denied).
            listed = values.setdefault(meant[0].name, {})
            listed.update((term.value, None) for term in meant if term.name == meant[0].name and term.value)
            self.used.update(range(mention.start, mention.end))
        return tuple(Filter(name, tuple(listed)) for name, listed in values.items())

    def _operation(
        self, groups: tuple[Group, ...], measure: Measure, *, named: bool
    ) -> Literal["find", "aggregate", "count"]:
        if groups:
            return "aggregate"
        lists = not _LIST_WORDS.isdisjoint(self.words) or self.top is not None
        shows = not _SHOW_WORDS.isdisjoint(self.words) and measure.aggregation == "count"
        if lists or (shows and not named):
            return "find"
        return "count" if measure.aggregation == "count" else "aggregate"

    def _ignored(self, taken: set[int]) -> tuple[str, ...]:
        """Words with a meaning of their own that no part of the query stands for."""
        covered = set(taken) | self.used
        for mention in self.at.values():
            if any(term.kind == "source" for term in mention.terms):
                covered.update(range(mention.start, mention.end))
        left = (
            word.text
            for at, word in enumerate(self.found)
            if at not in covered and not is_stop_word(word.plain) and word.plain not in SMALL_TALK
        )
        return tuple(dict.fromkeys(word for word in left if len(word) > 1))


def _source_names(catalog: Catalog, language: str) -> tuple[str, ...]:
    return tuple(source.label.of(language) for source in catalog.sources.values())


def _nearest(plain_words: list[str], catalog: Catalog, language: str) -> tuple[str, ...]:
    """The sources with a word like one of the text's (a typo), else all of them."""
    known: dict[str, str] = {}
    for stems, terms in catalog.terms.items():
        for term in terms:
            if len(stems) == 1 and term.kind in ("source", "measure"):
                known.setdefault(stems[0], term.source)
    near: dict[str, None] = {}
    for word in plain_words[:50]:
        if len(word) > 3 and not is_stop_word(word):
            near.update((known[match], None) for match in get_close_matches(stem(word), known, 2, 0.75))
    return tuple(catalog.sources[name].label.of(language) for name in near) or _source_names(catalog, language)
