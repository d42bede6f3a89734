"""Which records of one source a question is about: values, identifiers, comparisons with numbers."""

from __future__ import annotations

from collections.abc import Sequence

from models.planning.grounding import grammar
from models.planning.grounding.facts import Bound
from models.planning.grounding.question import Question, term_of
from models.planning.grounding.spec import Comparison, Filter, Group, Number, Through, Ungrounded
from models.planning.lexicon import Mention, Term
from models.planning.sources import Measure, Source


class Narrowing:
    """What the mentions of one source say about which of its records are meant.

    Args:
        question: The text.
        source: The source that it is about.
        only: Places of the mentions to read, or None for all that mean something in the source.
        through: What each record leads through to, and `foreign`, the mentions that mean something only there.
    """

    def __init__(
        self,
        question: Question,
        source: Source,
        only: set[int] | None = None,
        *,
        through: Through | None = None,
        foreign: Sequence[Mention] = (),
    ) -> None:
        self.through = through
        self.foreign = {mention.start: mention for mention in foreign}
        self.question = question
        self.source = source
        self.mentions = [
            mention
            for mention in question.mentions
            if source.name in mention.meanings and (only is None or mention.start in only)
        ]
        self.at = {mention.start: mention for mention in self.mentions}

    def _led_through(self, groups: tuple[Group, ...]) -> Through | None:
        """What is asked of the record that each leads through to."""
        way = self.through
        if way is None or not (way.narrows or self.foreign):
            return None
        there = Narrowing(self.question, way.source, set(self.foreign))
        filters = there._filters()
        if isinstance(filters, Ungrounded):
            return None
        for mention in self.foreign.values():
            if there._is_described(mention):
                self.question.use(mention)
        led = way._replace(
            filters=(*way.filters, *filters),
            comparisons=(*way.comparisons, *there._identifiers()),
        )
        return led if led.narrows or any(group.joined for group in groups) else None

    def _is_described(self, mention: Mention) -> bool:
        """Say whether a dimension stands beside a value of it, and so names it rather than asking for it."""
        term = term_of(mention, self.source.name, "dimension")
        return term is not None and any(self._describes(other, mention, term) for other in self.mentions)

    def _describes(self, other: Mention, mention: Mention, dimension: Term) -> bool:
        identifier = term_of(other, self.source.name, "identifier")
        if identifier is not None:
            field = self.source.dimension(dimension.name).field
            return identifier.name == field and other.start == mention.end
        value = term_of(other, self.source.name, "value")
        if value is None or value.name != dimension.name:
            return False
        between = self.question.plains[mention.end : other.start]
        after = other.start == mention.end or (len(between) == 1 and between[0] in grammar.OF)
        return after or other.end == mention.start

    def _term(self, place: int, kind: str) -> Term | None:
        mention = self.at.get(place)
        return term_of(mention, self.source.name, kind) if mention else None

    def _is_kind(self, place: int, kind: str) -> bool:
        return self._term(place, kind) is not None

    def _filters(self) -> tuple[Filter, ...] | Ungrounded:
        values: dict[tuple[str, bool], dict[str, None]] = {}
        for mention in self.mentions:
            meant = [term for term in mention.terms if term.kind == "value" and term.source == self.source.name]
            if not meant or (mention.start in self.question.used and not self._is_source_too(mention)):
                continue
            names = {term.name for term in meant}
            if len(names) > 1:
                labels = tuple(self.source.dimension(name).label.of(self.question.language) for name in sorted(names))
                return Ungrounded("ambiguous", self._text(mention), labels)
            # A word may stand for several values of one dimension ("suspicious": failed or denied).
            listed = values.setdefault((meant[0].name, self._is_negated(mention)), {})
            listed.update((term.value, None) for term in meant if term.value)
            self.question.use(mention)
        return tuple(
            Filter(name, tuple(listed), "nin" if negated else "in") for (name, negated), listed in values.items()
        )

    def _is_source_too(self, mention: Mention) -> bool:
        return term_of(mention, self.source.name, "source") is not None

    def _is_negated(self, mention: Mention) -> bool:
        """Say whether the words just before a value leave it out: "exceto o Sul", "not resolved", "que não estão"."""
        described = next((other for other in self.mentions if other.end == mention.start), None)
        start = mention.start
        if described is not None and term_of(described, self.source.name, "dimension"):
            start = described.start  # "except rack r2"
        for at in range(start - 1, max(-1, start - 4), -1):
            word = self.question.plains[at]
            if word in grammar.NOT:
                self.question.used.add(at)
                return True
            if word not in grammar.ARTICLES and word not in grammar.COPULA and word not in {"que", "da", "do", "de"}:
                return False
        return False

    def _identifiers(self) -> tuple[Comparison, ...]:
        found: dict[str, list[str]] = {}
        for mention in self.mentions:
            term = term_of(mention, self.source.name, "identifier")
            if term is not None and term.value is not None:
                found.setdefault(term.name, []).append(term.value)
                self.question.use(mention)
        return tuple(
            Comparison(field, "eq" if len(values) == 1 else "in", tuple(values)) for field, values in found.items()
        )

    def _is_unique(self, identified: tuple[Comparison, ...]) -> bool:
        """Say whether a record is asked for by its own number, which no dimension groups by."""
        return any(self.source.dimension_of(item.field) is None for item in identified)

    def _comparisons(
        self, groups: tuple[Group, ...], measure: Measure, *, named: bool
    ) -> tuple[Comparison, ...] | Ungrounded:
        found: list[Comparison] = []
        for bound in self.question.facts.bounds:
            if bound is self._bound_of_group() and groups:
                found.append(Comparison(measure.name, bound.operator, bound.values, of_group=True))
                continue
            # "Abertos há mais de 24 horas" says how old they are, not what is measured of them.
            is_age = self.question.word(bound.first - 1) in grammar.AGED
            measured, values = (None, ()) if is_age else self._measured(bound, measure)
            if measured is None or measured.field is None:
                word = " ".join(word.text for word in self.question.found[bound.first : bound.last + 1])
                labels = tuple(item.label.of(self.question.language) for item in self.source.measures if item.field)
                return Ungrounded("no-measure", word, labels)
            whole = bool(groups) and named and measured.name == measure.name
            name = measure.name if whole else measured.field
            found.append(Comparison(name, bound.operator, values, of_group=whole))
        return tuple(found)

    def _bound_of_group(self) -> Bound | None:
        """The number of records that each group must have: "serviços com mais de 3 incidentes"."""
        for bound in self.question.facts.bounds:
            mention = self.at.get(bound.last + 1)
            while mention and term_of(mention, self.source.name, "value") and not self._is_source_too(mention):
                mention = self.at.get(mention.end)  # "more than 5 failed logins"
            if mention and not bound.unit and term_of(mention, self.source.name, "source"):
                return bound
        return None

    def _measured(self, bound: Bound, measure: Measure) -> tuple[Measure | None, tuple[Number, ...]]:
        """The measure whose field a number is compared with: by its unit, else the one asked for."""
        with_field = [item for item in self.source.measures if item.field]
        after = self._term(bound.last + 1, "measure")
        if after is not None and not bound.unit and self.source.measure(after.name).field:  # "more than 30 pages"
            return self.source.measure(after.name), bound.values
        if bound.unit:
            for item in with_field:
                values = bound.in_unit(item.unit)
                if item.unit and values is not None:
                    return item, values
            return None, ()
        if measure.field:
            return measure, bound.values
        default = self.source.measure(self.source.default_measure)
        if default.field:
            return default, bound.values
        return (with_field[0], bound.values) if len({item.field for item in with_field}) == 1 else (None, ())

    def _text(self, mention: Mention) -> str:
        return " ".join(word.text for word in self.question.found[mention.start : mention.end])
