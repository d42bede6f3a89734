"""What a question asks of one source: groups, measure, order and operation."""

from __future__ import annotations

from typing import Literal

from models.nlu.phrases import Order
from models.nlu.timerange import TimeRange
from models.planning.grounding import grammar
from models.planning.grounding.grouping import Grouping
from models.planning.grounding.question import term_of
from models.planning.grounding.spec import (
    Group,
    Operation,
    QuerySpec,
    Ungrounded,
)
from models.planning.lexicon import Mention
from models.planning.sources import Label, Measure

_AGGREGATE_LABELS = {
    "avg": Label(pt="média de", en="average of"),
    "max": Label(pt="máximo de", en="maximum of"),
    "min": Label(pt="mínimo de", en="minimum of"),
    "sum": Label(pt="soma de", en="sum of"),
}


class Reader(Grouping):
    """Reads the mentions of one source into the parts of a query."""

    def spec(self, period: TimeRange | None) -> QuerySpec | Ungrounded:
        """Return the query, or what stands in its way."""
        source = self.source
        sort = self._sort()
        groups = self._groups()
        if isinstance(groups, Ungrounded):
            return groups
        filters = self._filters()
        if isinstance(filters, Ungrounded):
            return filters
        self._account()
        measure, named = self._measure(groups)
        comparisons = self._comparisons(groups, measure, named=named)
        if isinstance(comparisons, Ungrounded):
            return comparisons
        identified = self._identifiers()
        operation = self._operation(groups, measure, named=named, unique=self._is_unique(identified))
        distinct = self._distinct(groups)
        if distinct is not None:
            groups, operation = (distinct,), "count_distinct" if self.question.has(grammar.COUNT) else "distinct"
        order = self.top.order if self.top else Order.LARGEST
        if self._asks_for_least(groups) or (groups and self.question.facts.direction == "asc" and not self.top):
            order = Order.SMALLEST
        if self.pace is not None:
            order = self.pace.order
        elif operation == "find" and self.top is None:
            order = Order.LATEST
        return QuerySpec(
            source=source,
            operation=operation,
            measure=measure,
            groups=groups,
            filters=filters,
            time_range=period,
            order=order,
            limit=self._limit(groups, operation),
            ignored=(),
            comparisons=(*identified, *comparisons),
            sort=sort,
            through=self._led_through(groups),
        )

    # What is computed

    def _measure(self, groups: tuple[Group, ...]) -> tuple[Measure, bool]:
        """The measure, and whether the text names it."""
        source, question = self.source, self.question
        if self.pace is not None:
            return self.pace.measure, True
        named = None
        for mention in self.mentions:
            term = term_of(mention, source.name, "measure")
            # "Incidents" is first of all the source, and only then the name of their count.
            if term and term_of(mention, source.name, "source") is None:
                question.use(mention)
                bounded = not groups and any(bound.last + 1 == mention.start for bound in question.facts.bounds)
                named = named if bounded else named or source.measure(term.name)
        aggregation = self._aggregation()
        if aggregation:
            base = named or source.measure(source.default_measure)
            derived = self._derived(base, aggregation)
            if derived is not None:
                return derived, True
        if named is not None and not (question.has(grammar.COUNT) and self._is_bounded(named)):
            return named, True
        counted = source.count_measure
        if counted is not None and (question.has(grammar.COUNT) or self._counts_groups(groups)):
            return counted, True
        return source.measure(source.default_measure), False

    def _is_bounded(self, measure: Measure) -> bool:
        """Say whether a measure only says what is compared: "how many took longer than 2 hours to resolve"."""
        return any(bound.unit and self._measured(bound, measure)[0] == measure for bound in self.question.facts.bounds)

    def _counts_groups(self, groups: tuple[Group, ...]) -> bool:
        return bool(groups) and self._bound_of_group() is not None

    def _derived(self, base: Measure, aggregation: str) -> Measure | None:
        """The same field aggregated otherwise: "maximum sale amount"; None when there is nothing to change."""
        if base.field is None or base.aggregation == aggregation:
            return None
        known = next((m for m in self.source.measures if (m.field, m.aggregation) == (base.field, aggregation)), None)
        if known is not None:
            return known
        head = _AGGREGATE_LABELS[aggregation]
        label = Label(pt=f"{head.pt} {base.label.pt}", en=f"{head.en} {base.label.en}")
        name = f"{aggregation}_{base.field}"
        return Measure(name=name, aggregation=aggregation, field=base.field, unit=base.unit, label=label)  # type: ignore[arg-type]

    def _distinct(self, groups: tuple[Group, ...]) -> Group | None:
        """The dimension whose different values are asked for, or how many there are: "quantos usuários distintos"."""
        plains = self.question.plains
        says_so = self.question.has(grammar.DISTINCT)
        for mention in self.mentions:
            term = term_of(mention, self.source.name, "dimension")
            if term is None or term_of(mention, self.source.name, "source") is not None:
                continue
            before = mention.start - 1
            while before >= 0 and plains[before] in grammar.DISTINCT:
                before -= 1
            counted = before >= 0 and plains[before] in grammar.COUNT
            if plains[before] in grammar.OF and before > 0 and plains[before - 1] in grammar.COUNT:
                counted = True
            near = before < mention.start - 1 or self.question.word(mention.end) in grammar.DISTINCT
            if counted or (says_so and near):
                self.question.use(mention)
                others = [group for group in groups if group.name != term.name]
                if others:
                    return None
                return Group(term.name, self.source.dimension(term.name).field)
        return None

    def _operation(self, groups: tuple[Group, ...], measure: Measure, *, named: bool, unique: bool) -> Operation:
        question = self.question
        if groups:
            return "aggregate"
        counts = question.has(grammar.COUNT)
        if unique and not counts and not named:
            return "find"
        lists = (question.asks(grammar.LIST) or self.top is not None) and not counts
        if question.has(grammar.WHICH) and named and measure.aggregation != "count":
            lists = False
        shows = question.asks(grammar.SHOW) and measure.aggregation == "count"
        if lists or (shows and not named) or (not named and self._asks_for_latest()):
            return "find"
        return "count" if measure.aggregation == "count" else "aggregate"

    def _asks_for_latest(self) -> bool:
        """Read "últimas vendas": those that came last, with no number."""
        question = self.question
        for mention in self.mentions:
            after = mention.end + (question.word(mention.end) in grammar.MORE)  # "vendas mais recentes"
            if self._is_source_too(mention) and (
                question.word(mention.start - 1) in grammar.LATEST or question.word(after) in grammar.LATEST
            ):
                return True
        return False

    # Order and length

    def _sort(self) -> tuple[str, Literal["asc", "desc"]] | None:
        """The column after "ordenado por", and its direction: numbers from the largest unless said otherwise."""
        question = self.question
        direction = question.facts.direction
        if direction is not None:
            question.use_words(grammar.DIRECTIONS)
            ends = grammar.BEST | grammar.WORST  # "lowest first"
            firsts = [at for at, word in enumerate(question.plains) if word in grammar.FIRST]
            question.used.update(place for at in firsts if question.word(at - 1) in ends for place in (at - 1, at))
        for place in question.facts.sorted_by:
            mention = self.at.get(place)
            column = self._column(mention) if mention else None
            if column is None and question.word(place) in {"data", "date", "time", "dia", "day"}:
                column, mention = self.source.time_field, None
                question.used.add(place)
            if column is not None:
                if mention:
                    question.use(mention)
                measured = any(column in (item.field, item.name) for item in self.source.measures)
                descending = direction == "desc" or (measured and direction != "asc")
                return column, "desc" if descending else "asc"
        if direction == "oldest" and self.source.time_field:
            return self.source.time_field, "asc"
        return None

    def _column(self, mention: Mention) -> str | None:
        if term := term_of(mention, self.source.name, "dimension"):
            return self.source.dimension(term.name).field
        if term := term_of(mention, self.source.name, "measure"):
            return self.source.measure(term.name).field or term.name
        return None

    def _limit(self, groups: tuple[Group, ...], operation: Operation) -> int:
        row_limit = self.source.row_limit
        if self.top:
            return min(self.top.limit, row_limit)
        if operation == "aggregate" and len(groups) == 1 and self._asks_for_one():
            return 1
        return row_limit

    def _asks_for_one(self) -> bool:
        """Say whether the best one is asked for: "which service had the most …", "qual produto vendeu mais"."""
        plains = self.question.plains
        if not self.question.has(grammar.SUPERLATIVE) and self.pace is None:
            return False
        superlative = self.pace is not None or any(
            word in grammar.SUPERLATIVE and at not in self.question.facts.taken for at, word in enumerate(plains)
        )
        for at, word in enumerate(plains[:-1]):
            if word in grammar.SINGULAR_WHICH and at + 1 in self.at:
                mention = self.at[at + 1]
                return superlative and not plains[mention.end - 1].endswith("s")
            if word in grammar.SINGULAR_WHICH and self._unit_at(at + 1)[0]:
                return superlative and not (plains[at + 1].endswith("s") and plains[at + 1] != "mes")
        return False

    def _account(self) -> None:
        """Account for the words that name the source, and for dimensions that merely describe."""
        for mention in self.mentions:
            meant = mention.meanings[self.source.name]
            if "source" in meant or "dimension" in meant:
                self.question.use(mention)
