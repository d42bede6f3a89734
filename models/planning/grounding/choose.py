"""Which source a question is about: the one that explains all that is named, or why there is none."""

from __future__ import annotations

from difflib import SequenceMatcher

from models.nlu.entities.dates import UNIT_OF
from models.nlu.words import is_stop_word, plain, stem
from models.planning.catalog import Catalog
from models.planning.grounding import grammar
from models.planning.grounding.question import Question, is_named
from models.planning.grounding.spec import Ungrounded
from models.planning.lexicon import Mention, Term
from models.planning.sources import Source

_NAMED_WEIGHT = 3
_SHAPING_WEIGHT = 2  # of a dimension after "por" or "which": it shapes the answer
_NAMING = frozenset(("source", "measure", "relationship"))

ALIKE = 0.72
"""How alike two words must be to be offered for one another: one letter of four changed, or two of eight."""

MAX_CHOICES = 5
MAX_COMPARED_WORDS = 12


class Choice:
    """How the mentions of a question speak for each source."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.scores: dict[str, int] = {}
        self.covers: dict[str, int] = {}
        self.named: dict[str, None] = {}
        self.own: set[str] = set()
        places = set(question.facts.groups)
        which = places | {at + 1 for at, word in enumerate(question.plains) if word in grammar.WHICH}
        for mention in question.mentions:
            shapes = mention.start in which
            # "By service" says what to group by, not what it is about.
            groups = mention.start in places and mention.term("dimension") is not None
            for name, meant in mention.meanings.items():
                if not groups and is_named(mention, name):
                    self.named[name] = None
                    if "source" in meant:
                        self.own.add(name)
                weight = _weight(meant, shapes=shapes)
                self.scores[name] = self.scores.get(name, 0) + weight
                self.covers[name] = self.covers.get(name, 0) + 1

    def best(self) -> Source | Ungrounded:
        """Return the source that explains most of what is named, or say why none does so alone."""
        question, sources = self.question, self.question.catalog.sources
        ranked = [name for name in sources if name in self.named]
        if not ranked:
            return self._implied()
        ranked.sort(key=lambda name: (-self.covers[name], -self.scores[name], name not in self.own))
        first = ranked[0]
        if len(ranked) > 1:
            second = ranked[1]
            alike = (self.covers[first], self.scores[first]) == (self.covers[second], self.scores[second])
            if alike and self.covers[first] == len(question.mentions):
                preferred = self._head(ranked)
                if preferred is None:
                    tied = [
                        n
                        for n in ranked
                        if (self.covers[n], self.scores[n]) == (self.covers[first], self.scores[first])
                    ]
                    return Ungrounded("ambiguous", "", self._labels(tied))
                return sources[preferred]
        return sources[first]

    def _head(self, ranked: list[str]) -> str | None:
        """The one source whose own name stands in the text, among those that explain it equally well."""
        own = []
        for name in ranked:
            if (self.covers[name], self.scores[name]) == (self.covers[ranked[0]], self.scores[ranked[0]]):
                for mention in self.question.mentions:
                    if any(term.source == name and term.kind == "source" for term in mention.terms):
                        own.append(name)
                        break
        return own[0] if len(own) == 1 else None

    def _implied(self) -> Source | Ungrounded:
        """The one source that has a value that is named ("downloads de ontem"), if all the rest is understood."""
        question, sources = self.question, self.question.catalog.sources
        having = [
            {term.source for term in mention.terms if term.kind in ("value", "identifier")}
            for mention in question.mentions
            if mention.term("value") or mention.term("identifier")
        ]
        if having:
            common = set.intersection(*having)
            fitting = [name for name in sources if name in common and self.covers[name] == len(question.mentions)]
            asks = question.has(grammar.COUNT | grammar.LIST | grammar.SHOW) or bool(question.facts.periods)
            asks = asks or all(mention.term("identifier") for mention in question.mentions)  # "INC-00042"
            question.used.update(at for at in question.facts.groups if question.plains[at] in UNIT_OF)
            for mention in question.mentions:
                question.use(mention)
            binding, loose = question.rest()
            question.used = set(question.facts.taken)
            if len(fitting) == 1 and asks and not binding and not loose:
                return sources[fitting[0]]
            if fitting and not binding and not loose:
                return Ungrounded("ambiguous", "", self._labels(fitting))
        candidates = [
            name for name in sources if self.covers.get(name, 0) == len(question.mentions) and self.scores.get(name)
        ]
        near = near_sources(question)
        return Ungrounded("no-source", "", near or self._labels(candidates) or self._labels(list(sources)))

    def _labels(self, names: list[str]) -> tuple[str, ...]:
        sources = self.question.catalog.sources
        return tuple(dict.fromkeys(sources[name].label.of(self.question.language) for name in names))


def _weight(meant: dict[str, Term], *, shapes: bool) -> int:
    """How much one mention speaks for a source."""
    if not _NAMING.isdisjoint(meant):
        return _NAMED_WEIGHT
    return _SHAPING_WEIGHT if shapes and "dimension" in meant else 1


def uncovered(question: Question, source: Source) -> list[Mention]:
    """Return the mentions that name another source or a measure of one, and mean nothing in this one."""
    return [
        mention
        for mention in question.mentions
        if source.name not in mention.meanings and any(term.kind in _NAMING for term in mention.terms)
    ]


def near_sources(question: Question) -> tuple[str, ...]:
    """Return the labels of sources with a name like one of the text's words: a typo."""
    known = question.catalog.names
    near: dict[str, None] = {}
    known_words = {at for mention in question.mentions for at in range(mention.start, mention.end)}
    for at, word in enumerate(question.plains[:MAX_COMPARED_WORDS]):
        if at not in known_words and len(word) > 3 and not is_stop_word(word) and word not in grammar.FILLERS:
            near.update((known[match], None) for match in nearest(stem(word), list(known)))
    sources = question.catalog.sources
    return tuple(dict.fromkeys(sources[name].label.of(question.language) for name in near))[:MAX_CHOICES]


def nearest(word: str, known: list[str], limit: int = 2) -> list[str]:
    """Return the known words most alike, by Ratcliff and Obershelp's ratio; none that is less than `ALIKE`."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(word)
    found: list[tuple[float, str]] = []
    for name in known:
        matcher.set_seq1(name)
        if (
            matcher.real_quick_ratio() >= ALIKE
            and matcher.quick_ratio() >= ALIKE
            and (ratio := matcher.ratio()) >= ALIKE
        ):
            found.append((-ratio, name))
    return [name for _, name in sorted(found)[:limit]]


def unknown_word(question: Question, at: int, sources: list[Source]) -> Ungrounded:
    """Say that a word narrows the question down in a way that the sources don't know, with what is like it."""
    names: dict[str, str] = {}
    begun: list[str] = []  # "Painel Ultra": those that begin with a "Painel" are near
    beside = {question.word(at - 1), question.plains[at]}
    for source in sources:
        for dimension in source.dimensions:
            names.update((stem_of(value), value) for value in dimension.values)
            begun.extend(value for value in dimension.values if plain(value).split()[0] in beside)
            names.setdefault(stem_of(dimension.label.of(question.language)), dimension.label.of(question.language))
        for measure in source.measures:
            names.setdefault(stem_of(measure.label.of(question.language)), measure.label.of(question.language))
    like = begun[:MAX_CHOICES] or [names[name] for name in nearest(stem(question.plains[at]), list(names))]
    labels = [dimension.label.of(question.language) for source in sources for dimension in source.dimensions]
    return Ungrounded("unknown-word", question.found[at].text, tuple(dict.fromkeys(like or labels)))


def unknown_value(question: Question, at: int, known: list[str]) -> Ungrounded:
    """Say that there is no such thing among the known ones, with those that are like it."""
    by_stem = {stem_of(name): name for name in known}
    like = [by_stem[name] for name in nearest(stem(question.plains[at]), list(by_stem), 3)]
    return Ungrounded("unknown-value", question.found[at].text, tuple(like or known[:MAX_CHOICES]))


def stem_of(phrase: str) -> str:
    """Return a phrase as it is compared with a word: plain, its ending taken off."""
    return stem(plain(phrase))


def all_labels(catalog: Catalog, language: str) -> tuple[str, ...]:
    """Return what can be asked about."""
    return tuple(source.label.of(language) for source in catalog.sources.values() if not source.replica)
