"""What a question asks of one source: groups, measure, order and operation."""

from __future__ import annotations

from typing import Literal

from models.nlu.entities.dates import UNIT_OF
from models.nlu.entities.numbers import Number, number_before
from models.nlu.phrases import Order, Top
from models.nlu.timerange import TimeRange
from models.planning.grounding import grammar
from models.planning.grounding.narrowing import Narrowing
from models.planning.grounding.question import Question, term_of
from models.planning.grounding.spec import (
    Group,
    Operation,
    QuerySpec,
    Ungrounded,
    Unit,
)
from models.planning.lexicon import Mention
from models.planning.sources import Label, Measure, Source

_PERIODICAL: dict[str, Unit] = {
    "mensal": "month", "mensais": "month", "monthly": "month", "mensalmente": "month",
    "diario": "day", "diaria": "day", "diarias": "day", "daily": "day", "diariamente": "day",
    "trimestral": "quarter", "trimestrais": "quarter", "quarterly": "quarter", "hourly": "hour",
    "semanal": "week", "semanais": "week", "weekly": "week", "anual": "year", "anuais": "year", "yearly": "year",
    "annual": "year",
}  # fmt: skip
_PERIODICALS = frozenset(_PERIODICAL)
_BUCKETS: dict[str, Unit] = {
    "hour": "hour", "day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year",
}  # fmt: skip
_EXTREMES = grammar.BEST | grammar.WORST
_AGGREGATE_LABELS = {
    "avg": Label(pt="média de", en="average of"),
    "max": Label(pt="máximo de", en="maximum of"),
    "min": Label(pt="mínimo de", en="minimum of"),
    "sum": Label(pt="soma de", en="sum of"),
}


class Reader(Narrowing):
    """Reads the mentions of one source into the parts of a query."""

    def __init__(self, question: Question, source: Source, only: set[int] | None = None) -> None:
        super().__init__(question, source, only)
        self.top = question.facts.top or self._counted_list()
        self.places = [place for place in question.facts.groups if question.plains[place] not in _PERIODICAL]
        if self.top:
            question.used.update(range(self.top.first, self.top.last + 1))

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
        if operation == "find" and self.top is None:
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
        )

    # What to group by

    def _groups(self) -> tuple[Group, ...] | Ungrounded:
        groups: dict[str, Group] = {}
        for place in self.places:
            found = self._groups_from(place)
            if self._is_kind(place, "source") and not found and self._aggregation() == "avg":
                continue  # "average pages per session": a record each, which is what an average is over
            if not found and not self._is_kind(place, "measure") and not self._is_kind(place, "value"):
                return self._unknown_group(place)
            groups.update((group.name, group) for group in found)
        groups.update(self._periodical())
        groups.update(self._best_period())
        if self.top and all(self._is_kind(place, "measure") or self._is_kind(place, "value") for place in self.places):
            groups.update((group.name, group) for group in self._groups_from(self.top.last + 1))
        if not groups:
            groups.update((group.name, group) for place in self._head_places() for group in self._groups_from(place))
        if not groups:
            groups.update((group.name, group) for group in self._compared_values())
        if not groups and self.question.has(grammar.WHO):
            people = [item for item in self.source.dimensions if self.source.field(item.field).pii]
            if not people:
                return self._unknown_group(next(at for at, w in enumerate(self.question.plains) if w in grammar.WHO))
            groups[people[0].name] = Group(people[0].name, people[0].field)
        return tuple(sorted(groups.values(), key=lambda group: group.unit is None))  # the course of time first

    def _periodical(self) -> dict[str, Group]:
        """Read "vendas mensais"."""
        groups: dict[str, Group] = {}
        if self.source.time_field and self.question.has(_PERIODICALS):
            for at, word in enumerate(self.question.plains):
                if unit := _PERIODICAL.get(word):
                    groups[unit] = Group(unit, self.source.time_field, unit)
                    self.question.used.add(at)
        return groups

    def _best_period(self) -> dict[str, Group]:
        """Read "pior mês de vendas": one row, the period with the least."""
        question = self.question
        if self.top is not None or self.source.time_field is None or not question.has(_EXTREMES):
            return {}
        for at, word in enumerate(question.plains):
            unit = _BUCKETS.get(UNIT_OF.get(question.word(at + 1), ""))
            if unit and (word in grammar.BEST or word in grammar.WORST) and at + 1 not in question.facts.taken:
                self.top = Top(1, Order.LARGEST if word in grammar.BEST else Order.SMALLEST, at, at + 1)
                question.used.update((at, at + 1))
                return {unit: Group(unit, self.source.time_field, unit)}
        return {}

    def _unknown_group(self, place: int) -> Ungrounded:
        language = self.question.language
        labels = [dimension.label.of(language) for dimension in self.source.dimensions]
        word = self.question.found[place].text
        if word in UNIT_OF or self.question.plains[place] in UNIT_OF:
            return Ungrounded("no-time", word, ())
        return Ungrounded("unknown-group", word, tuple(labels))

    def _head_places(self) -> list[int]:
        """Where the thing stands that an answer is asked for, one row each: "which service", "produtos mais …"."""
        plains = self.question.plains
        places = [at + 1 for at, word in enumerate(plains) if word in grammar.WHICH]
        if self._is_superlative() or self._bound_of_group() is not None:
            head = next((m for m in self.mentions if term_of(m, self.source.name, "dimension")), None)
            if head is not None and not self._is_described(head):
                places.append(head.start)
        return places

    def _is_superlative(self) -> bool:
        """Say whether "mais"/"most"/"fewest" stands before what is counted, or after the verb: "vendeu mais"."""
        if not self.question.has(grammar.SUPERLATIVE):
            return False
        for at, word in enumerate(self.question.plains):
            if word in grammar.SUPERLATIVE and at not in self.question.facts.taken:
                before = any(mention.end == at and mention.term("source") for mention in self.mentions)
                if at + 1 in self.at or before:
                    self.question.used.add(at)
                    return True
        return False

    def _asks_for_least(self, groups: tuple[Group, ...]) -> bool:
        if not groups or self.top or not self.question.has(grammar.LESS):
            return False
        return any(
            word in grammar.LESS and at not in self.question.facts.taken and at + 1 in self.at
            for at, word in enumerate(self.question.plains)
        )

    def _compared_values(self) -> list[Group]:
        """The dimension of which several values are compared: "compare o Sul com o Norte"."""
        if not self.question.has(grammar.COMPARE):
            return []
        names = [term.name for m in self.mentions if (term := term_of(m, self.source.name, "value"))]
        several = next((name for name in names if names.count(name) > 1), None)
        if several is None:
            return []
        return [Group(several, self.source.dimension(several).field)]

    def _groups_from(self, place: int) -> list[Group]:
        """The dimensions and time units that stand in a row from here: "região, produto e mês"."""
        found: list[Group] = []
        plains = self.question.plains
        while place < len(plains):
            if found and plains[place] in grammar.AND:
                place += 1
                continue
            unit = _BUCKETS.get(UNIT_OF.get(plains[place], ""))
            term = self._term(place, "dimension")
            if term is not None and not self._is_described(self.at[place]):
                dimension = self.source.dimension(term.name)
                if found and not self._is_listed(place):
                    found.pop()  # "product category": the last one of a compound is meant
                found.append(Group(dimension.name, dimension.field))
                end = self.at[place].end
            elif unit and self.source.time_field and place not in self.question.facts.taken:
                found.append(Group(unit, self.source.time_field, unit))
                end = place + 1
            else:
                break
            self.question.used.update(range(place, end))
            place = end
        return found

    def _is_listed(self, place: int) -> bool:
        """Say whether a comma or "and" stands before a word."""
        words = self.question.found
        between = self.question.text[words[place - 1].end : words[place].start]
        return bool(between.strip()) or self.question.word(place - 1) in grammar.AND

    # What is computed

    def _measure(self, groups: tuple[Group, ...]) -> tuple[Measure, bool]:
        """The measure, and whether the text names it."""
        source, question = self.source, self.question
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

    def _aggregation(self) -> str | None:
        return next((kind for word in self.question.plains if (kind := grammar.AGGREGATIONS.get(word))), None)

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
        return any(self.question.word(m.start - 1) in grammar.LATEST for m in self.mentions if self._is_source_too(m))

    # Order and length

    def _sort(self) -> tuple[str, Literal["asc", "desc"]] | None:
        """The column after "ordenado por", and its direction: numbers from the largest unless said otherwise."""
        question = self.question
        direction = question.facts.direction
        if direction is not None:
            question.use_words(grammar.DIRECTIONS)
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

    def _counted_list(self) -> Top | None:
        """Read "mostre 5 vendas", "os 3 produtos menos vendidos": a number right before what is listed."""
        ranked = self.question.has(grammar.SUPERLATIVE)
        for mention in self.mentions:
            listed = term_of(mention, self.source.name, "source") is not None
            if mention.start < 2 or not (listed or (ranked and self._is_kind_of(mention))):
                continue
            number = number_before(self.question.plains, mention.start)
            if number is not None and self._counts(number):
                order = Order.LATEST if listed else Order.LARGEST
                if not listed and not self.question.has(grammar.MORE):
                    order = Order.SMALLEST
                return Top(int(number.value), order, number.first, number.last)
        return None

    def _is_kind_of(self, mention: Mention) -> bool:
        return term_of(mention, self.source.name, "dimension") is not None

    def _counts(self, number: Number) -> bool:
        """Say whether a number is a number of rows: whole, no article, and not part of a date or the like."""
        words = range(number.first, number.last + 1)
        said = number.value > 1 or self.question.plains[number.first].isdecimal()
        return said and number.value == int(number.value) > 0 and self.question.facts.taken.isdisjoint(words)

    def _limit(self, groups: tuple[Group, ...], operation: Operation) -> int:
        row_limit = self.source.row_limit
        if self.top:
            return min(self.top.limit, row_limit)
        if operation == "aggregate" and len(groups) == 1 and groups[0].unit is None and self._asks_for_one():
            return 1
        return row_limit

    def _asks_for_one(self) -> bool:
        """Say whether the best one is asked for: "which service had the most …", "qual produto vendeu mais"."""
        plains = self.question.plains
        if not self.question.has(grammar.SUPERLATIVE):
            return False
        superlative = any(
            word in grammar.SUPERLATIVE and at not in self.question.facts.taken for at, word in enumerate(plains)
        )
        for at, word in enumerate(plains[:-1]):
            if word in grammar.SINGULAR_WHICH and at + 1 in self.at:
                mention = self.at[at + 1]
                return superlative and not plains[mention.end - 1].endswith("s")
        return False

    def _account(self) -> None:
        """Account for the words that name the source, and for dimensions that merely describe."""
        for mention in self.mentions:
            meant = mention.meanings[self.source.name]
            if "source" in meant or "dimension" in meant:
                self.question.use(mention)
