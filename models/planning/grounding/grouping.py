"""What a question groups by, and how many rows it asks for."""

from __future__ import annotations

from collections.abc import Sequence

from models.nlu.entities.dates import UNIT_OF
from models.nlu.entities.numbers import Number, number_before
from models.nlu.phrases import Order, Top
from models.planning.grounding import grammar
from models.planning.grounding.narrowing import Narrowing
from models.planning.grounding.pace import pace_of
from models.planning.grounding.question import Question, term_of
from models.planning.grounding.spec import Group, Through, Ungrounded, Unit
from models.planning.lexicon import Mention
from models.planning.sources import Source

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


class Grouping(Narrowing):
    """Reads what the mentions of one source say about groups, and numbers of rows."""

    def __init__(
        self,
        question: Question,
        source: Source,
        only: set[int] | None = None,
        *,
        through: Through | None = None,
        foreign: Sequence[Mention] = (),
    ) -> None:
        super().__init__(question, source, only, through=through, foreign=foreign)
        self.top = self._latest(question.facts.top) or self._counted_list()
        self.pace = None if self.top else pace_of(question, source)
        self.places = [place for place in question.facts.groups if question.plains[place] not in _PERIODICAL]
        if self.top:
            question.used.update(range(self.top.first, self.top.last + 1))

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
        if not groups and self._asks_who() and not self._is_of_one():
            people = [item for item in self.source.dimensions if self.source.field(item.field).pii]
            if not people:
                return self._unknown_group(next(at for at, w in enumerate(self.question.plains) if w in grammar.WHO))
            groups[people[0].name] = Group(people[0].name, people[0].field)
        return tuple(sorted(groups.values(), key=lambda group: group.unit is None))  # the course of time first

    def _asks_who(self) -> bool:
        """Say whether people are asked for; "customers who …" only goes on about what is named."""
        told = {at for mention in self.mentions for at in range(mention.start, mention.end + 1)}
        return any(word in grammar.WHO and at not in told for at, word in enumerate(self.question.plains))

    def _is_of_one(self) -> bool:
        """Say whether the newest of what the source holds is meant: "who made the last deployment"."""
        return any(
            term_of(mention, self.source.name, "source") and self.question.word(mention.start - 1) in grammar.LAST
            for mention in self.mentions
        )

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
        # "Which services are …" lists services where they are what the source holds, and groups by them elsewhere.
        places = [
            at + 1 for at, word in enumerate(plains) if word in grammar.WHICH and not self._is_kind(at + 1, "source")
        ]
        first = self.mentions[0] if self.mentions else None
        if first is not None and self._is_had_by(first):
            places.append(first.start)
        if self._is_superlative() or self._bound_of_group() is not None:
            head = next((m for m in self.mentions if term_of(m, self.source.name, "dimension")), None)
            if head is not None and not self._is_described(head):
                places.append(head.start)
        return places

    def _is_had_by(self, mention: Mention) -> bool:
        """Say whether things of another source are asked for by what they have here: "clientes com pedidos acima …"."""
        is_other = mention.term("source") is not None and not self._is_kind(mention.start, "source")
        has = self.question.word(mention.end) in grammar.HAVING
        return is_other and has and self._is_kind(mention.start, "dimension")

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
        ranked = self.top is not None and self.top.order is not Order.LARGEST  # "top 3 com menos" turns a top round
        if not groups or ranked or not self.question.has(grammar.LESS):
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
            unit, width = self._unit_at(place)
            term = self._term(place, "dimension")
            if term is not None and not self._is_described(self.at[place]):
                dimension = self.source.dimension(term.name)
                if found and not self._is_listed(place):
                    found.pop()  # "product category": the last one of a compound is meant
                found.append(Group(dimension.name, dimension.field))
                end = self.at[place].end
            elif (joined := self._joined_group(place)) is not None:
                if found and not self._is_listed(place):
                    found.pop()  # "customer segment"
                found.append(joined)
                end = self.foreign[place].end
            elif unit and self.source.time_field and place not in self.question.facts.taken:
                found.append(Group(unit, self.source.time_field, unit))
                end = place + width
            else:
                break
            self.question.used.update(range(place, end))
            place = end
        return found

    def _unit_at(self, place: int) -> tuple[Unit | None, int]:
        """The unit of time that stands at a place, and how many words it takes: "dia da semana" is one."""
        plains, word = self.question.plains, self.question.word
        if plains[place] in grammar.WEEKDAYS:
            return "weekday", 1
        unit = _BUCKETS.get(UNIT_OF.get(plains[place], ""))
        if unit == "day" and word(place + 1) in grammar.OF:
            behind = place + 2 + (word(place + 2) in grammar.ARTICLES)
            if UNIT_OF.get(word(behind)) == "week" and behind not in self.question.facts.taken:
                return "weekday", behind + 1 - place
        return unit, 1

    def _joined_group(self, place: int) -> Group | None:
        """A dimension of the record that each leads through to: "receita por segmento"."""
        mention = self.foreign.get(place)
        term = term_of(mention, self.through.source.name, "dimension") if mention and self.through else None
        if term is None or self.through is None:
            return None
        dimension = self.through.source.dimension(term.name)
        return Group(dimension.name, dimension.field, joined=True)

    def _is_listed(self, place: int) -> bool:
        """Say whether a comma or "and" stands before a word."""
        words = self.question.found
        between = self.question.text[words[place - 1].end : words[place].start]
        return bool(between.strip()) or self.question.word(place - 1) in grammar.AND

    def _aggregation(self) -> str | None:
        return next((kind for word in self.question.plains if (kind := grammar.AGGREGATIONS.get(word))), None)

    def _latest(self, top: Top | None) -> Top | None:
        """Read "five most recent sales": the word right behind "most" says of what."""
        if top is not None and self.question.word(top.last + 1) in grammar.LATEST:
            return top._replace(order=Order.LATEST, last=top.last + 1)
        return top

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
