"""A text made ready for grounding: its words, what they can mean in the catalog, and what has been accounted for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.nlu.words import Word, is_stop_word, stem, words
from models.planning.catalog import Catalog
from models.planning.grounding import grammar
from models.planning.grounding.facts import Facts, read_facts
from models.planning.grounding.grammar import ARTICLES, BINDING, FILLERS, OF
from models.planning.lexicon import Mention, Patterns, Term, find_mentions, mention_of
from models.planning.sources import Source
from models.records import Entity

MAX_WORDS = 200
"""What stands behind is not read: the longest question has 60, and the time for a text stays bounded."""

_NAMES = frozenset(("source", "measure", "relationship"))


class Question:
    """What is asked; `used` are the places of the words that a part of the answer stands for.

    Attributes:
        found: the words, with their places in the text.
        plains: their plain forms.
        facts: periods and comparisons.
        mentions: phrases of the catalog, and values that look like those of a field, in their order.
    """

    def __init__(
        self,
        text: str,
        catalog: Catalog,
        *,
        at_ms: int,
        language: str,
        found: list[Word] | None = None,
        entities: Sequence[Entity] | None = None,
    ) -> None:
        self.text = text
        self.catalog = catalog
        self.language = language
        self.at_ms = at_ms
        self.found = (words(text) if found is None else found)[:MAX_WORDS]
        self.plains = [word.plain for word in self.found]
        self.present = frozenset(self.plains)
        self.facts: Facts = read_facts(text, self.found, at_ms=at_ms, entities=entities)
        identifiers = self._identifiers()
        taken = self.facts.taken | {at for mention in identifiers for at in range(mention.start, mention.end)}
        stems = [word.form.stem if word.form else stem(word.plain) for word in self.found]
        self.mentions = find_mentions(stems, catalog.lexicon, taken)
        if identifiers:
            self.mentions = sorted([*self.mentions, *identifiers])
        self.mentions = [_sober(mention, self) for mention in self.mentions]
        self.at = {mention.start: mention for mention in self.mentions}
        self.used: set[int] = set(self.facts.taken)
        taken = self.facts.taken
        self.free = frozenset(word for at, word in enumerate(self.plains) if at not in taken) if taken else self.present

    def asks(self, listed: frozenset[str]) -> bool:
        """Say whether one of these words stands in the text outside of its periods and numbers."""
        return not listed.isdisjoint(self.free)

    def has(self, listed: frozenset[str]) -> bool:
        """Say whether one of these words stands in the text."""
        return not listed.isdisjoint(self.present)

    def word(self, at: int) -> str:
        """Return the plain word at a place, or an empty one beyond the ends."""
        return self.plains[at] if 0 <= at < len(self.plains) else ""

    def use(self, mention: Mention) -> None:
        """Account for the words of a mention."""
        self.used.update(range(mention.start, mention.end))

    def use_words(self, listed: frozenset[str]) -> None:
        """Account for these words wherever they stand."""
        self.used.update(at for at, word in enumerate(self.plains) if word in listed)

    def term(self, at: int, source: Source, kind: str) -> Term | None:
        """Return what the phrase at a place means in a source, as this kind of thing."""
        mention = self.at.get(at)
        return term_of(mention, source.name, kind) if mention else None

    def _identifiers(self) -> list[Mention]:
        """Values in the text that look like those of a field: `INC-00042`, an IP address, an e-mail address."""
        patterns = self.catalog.patterns
        if patterns is None:
            return []
        found: list[Mention] = [
            mention_of(told.first, told.last + 1, terms)
            for told in self.facts.told
            if (terms := _fitting(told.value, patterns))
        ]
        taken = {at for mention in found for at in range(mention.start, mention.end)}
        for match in patterns.regex.finditer(self.text):
            inside = [at for at, word in enumerate(self.found) if match.start() <= word.start < match.end()]
            places = patterns.places[int((match.lastgroup or "p0")[1:])]
            if inside and taken.isdisjoint(inside):
                value = _as_written(match[0], places[0][2])
                terms = tuple(Term(source, "identifier", field, value) for source, field, _ in places)
                found.append(mention_of(inside[0], inside[-1] + 1, terms))
        return found

    def rest(self) -> tuple[list[int], list[int]]:
        """Return the places of words with a meaning of their own that nothing stands for.

        Returns:
            Those that narrow down what is asked ("vendas premium", "sales in Atlantis", "canceled orders", "clientes
            que cancelaram"), so that an answer without them would be another one; and those that merely stand there:
            what is said before the question begins, and how something was done.
        """
        binding: list[int] = []
        loose: list[int] = []
        begun = False
        dated = bool(self.facts.periods)
        for at, word in enumerate(self.plains):
            if at in self.used:
                begun = True
            elif (
                is_stop_word(word)
                or (len(word) < 2 and not word.isdigit())
                or self._is_neutral(at)
                or (dated and word in grammar.NEW)
            ):
                continue
            elif word.endswith(grammar.ADVERB_ENDINGS) or not (
                begun or word.isdigit() or _is_bound_to(self, at) or self._leads(at)
            ):
                loose.append(at)
            else:
                binding.append(at)
        return binding, loose

    def _is_neutral(self, at: int) -> bool:
        """Say whether a word changes nothing; "max" does in "Painel Max", as other values begin with "Painel"."""
        word = self.plains[at]
        if word not in grammar.NEUTRAL:
            return False
        return word not in grammar.AGGREGATIONS or at == 0 or at - 1 in self.used or not self._begins_value(at - 1)

    def _begins_value(self, at: int) -> bool:
        node = self.catalog.lexicon.get(stem(self.plains[at]))
        return node is not None and any(node)

    def _leads(self, at: int) -> bool:
        """Say whether a word at the beginning stands right before what is named: "gold customers"."""
        after = at + 1
        while self.word(after) and after not in self.used and not is_stop_word(self.plains[after]):
            if self._is_neutral(after):
                return False
            after += 1
        return after in self.used or (self.word(after) in OF and self._named_behind(after))

    def _named_behind(self, at: int) -> bool:
        """Say whether what is named follows an "of": "margem das vendas"."""
        behind = at + 1 + (self.word(at + 1) in ARTICLES)
        return behind in self.used


def _is_bound_to(question: Question, at: int) -> bool:
    before = at - 1
    if question.word(before) in ARTICLES:
        before -= 1
    return question.word(before) in BINDING and before > 0


def is_named(mention: Mention, source: str) -> bool:
    """Say whether a mention names a source: by itself, a measure of it, or a way that leads there."""
    meant = mention.meanings.get(source)
    return meant is not None and not _NAMES.isdisjoint(meant)


def term_of(mention: Mention, source: str, kind: str) -> Term | None:
    """Return what a mention means in a source, as this kind of thing."""
    meant = mention.meanings.get(source)
    return meant.get(kind) if meant else None


def _as_written(value: str, pattern: re.Pattern[str]) -> str:
    """Return an identifier as the store has it: `inc-00042` is `INC-00042`."""
    return next((form for form in (value, value.upper(), value.lower()) if pattern.fullmatch(form)), value)


def _fitting(value: str, patterns: Patterns) -> tuple[Term, ...]:
    """Return the fields that a value looks like one of."""
    places = (place for places in patterns.places for place in places)
    return tuple(Term(source, "identifier", field, value) for source, field, look in places if look.fullmatch(value))


def _sober(mention: Mention, question: Question) -> Mention:
    """Take the meaning of a value from an everyday word, unless the dimension stands beside it.

    "Incident reports" are no incidents of the service `reports`, "clientes" no incidents of the team `clientes`.
    """
    if mention.end - mention.start > 1:
        return mention
    everyday = question.plains[mention.start] in FILLERS
    named = {term.source for term in mention.terms if term.kind == "source"}
    if not everyday and not named:
        return mention
    kept = tuple(
        term
        for term in mention.terms
        if term.kind != "value" or (term.source in named and not everyday) or _beside(mention, term, question)
    )
    return mention if len(kept) == len(mention.terms) else mention_of(mention.start, mention.end, kept)


def _beside(mention: Mention, value: Term, question: Question) -> bool:
    """Say whether the dimension of a value stands beside it: "equipe de dados", "the reports service"."""
    for other in question.mentions:
        before = other.end == mention.start or (
            other.end == mention.start - 1 and question.plains[mention.start - 1] in OF
        )
        if before or other.start == mention.end:
            dimension = term_of(other, value.source, "dimension")
            if dimension is not None and dimension.name == value.name:
                return True
    return False
