"""The words of a catalog, compiled once: a trie of stems, walked once for each word of a text."""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

from models.nlu.words import is_stop_word, plain, stem

MAX_PHRASE_WORDS = 6

Lexicon = dict[str, Any]
"""A node of the trie: the stem that follows to its node; the key `_TERMS` to the terms of the phrase that
ends here, and their meanings."""

_TERMS = ""
_WORD = re.compile(r"[^\W_]+")
_GROUP = re.compile(r"(?<!\\)\((?!\?)")


class Term(NamedTuple):
    """What a phrase can mean in one source.

    `value` is, for kind `value`, the value of the dimension `name`; for kind `identifier` that of the field `name`; and
    for kind `relationship` the way it is followed: `forward`, `backward`, `impact` (backward, over all steps) or `verb`
    when the words around it decide.
    """

    source: str
    kind: Literal["source", "measure", "dimension", "value", "relationship", "identifier"]
    name: str
    value: str | None = None


Meanings = dict[str, dict[str, Term]]
"""Source to kind to the first term of that kind: what a phrase means there, found without a search."""


class Mention(NamedTuple):
    """A phrase of the catalog in a text, from word `start` up to, not including, `end`."""

    start: int
    end: int
    terms: tuple[Term, ...]
    meanings: Meanings

    def term(self, kind: str) -> Term | None:
        """Return its first meaning of this kind."""
        for term in self.terms:
            if term.kind == kind:
                return term
        return None


def mention_of(start: int, end: int, terms: tuple[Term, ...]) -> Mention:
    """Make a mention of terms that are not in a lexicon."""
    return Mention(start, end, terms, meanings_of(terms))


def meanings_of(terms: tuple[Term, ...]) -> Meanings:
    """Sort terms by source and kind."""
    meanings: Meanings = {}
    for term in terms:
        meanings.setdefault(term.source, {}).setdefault(term.kind, term)
    return meanings


class Phrases:
    """Collects what each phrase means, each meaning once and in the order given."""

    def __init__(self) -> None:
        self._terms: dict[tuple[str, ...], dict[Term, None]] = {}

    def add(self, phrases: list[str], term: Term) -> None:
        """Let each of these phrases mean the term."""
        for phrase in phrases:
            stems = phrase_stems(phrase)
            # A lone small word is never a name: the country code "DE" would swallow every "de".
            if 0 < len(stems) <= MAX_PHRASE_WORDS and not (len(stems) == 1 and is_stop_word(phrase)):
                self._terms.setdefault(stems, {})[term] = None

    def terms(self) -> dict[tuple[str, ...], tuple[Term, ...]]:
        """Return each phrase, as stems, with its meanings."""
        return {stems: tuple(found) for stems, found in self._terms.items()}


def phrase_stems(phrase: str) -> tuple[str, ...]:
    """Return the stems of a phrase's words, as they are looked up in a catalog."""
    return tuple(stem(plain(word)) for word in _WORD.findall(phrase))


def compile_lexicon(terms: dict[tuple[str, ...], tuple[Term, ...]]) -> Lexicon:
    """Make the trie of all phrases."""
    root: Lexicon = {}
    for stems, meant in terms.items():
        node = root
        for part in stems:
            node = node.setdefault(part, {})
        node[_TERMS] = (meant, meanings_of(meant))
    return root


def find_mentions(stems: list[str], lexicon: Lexicon, taken: set[int]) -> list[Mention]:
    """Find the phrases of a text (its words as stems), the longest at each place, none overlapping."""
    mentions: list[Mention] = []
    count = len(stems)
    at = 0
    while at < count:
        node = lexicon.get(stems[at]) if at not in taken else None
        end, longest, place = at, None, at
        while node is not None:
            place += 1
            if _TERMS in node:
                end, longest = place, node[_TERMS]
            node = node.get(stems[place]) if place < count and place not in taken else None
        if longest is None:
            at += 1
        else:
            mentions.append(Mention(at, end, *longest))
            at = end
    return mentions


class Patterns(NamedTuple):
    """One expression for all values that are known by their looks; group `p3` stands for `places[3]`.

    A place is a source, its field, and what the value looks like there.
    """

    regex: re.Pattern[str]
    places: list[list[tuple[str, str, re.Pattern[str]]]]


def compile_patterns(fields: list[tuple[str, str, str]]) -> Patterns | None:
    """Join the patterns of fields (source, field, pattern), each once; None when there are none."""
    places: dict[str, list[tuple[str, str, re.Pattern[str]]]] = {}
    for source, field, pattern in fields:
        places.setdefault(pattern, []).append((source, field, re.compile(pattern)))
    if not places:
        return None
    # Groups of their own would shift the numbers that tell which one has matched.
    parts = [f"(?P<p{number}>{_GROUP.sub('(?:', pattern)})" for number, pattern in enumerate(places)]
    return Patterns(re.compile(rf"(?<![\w.])(?:{'|'.join(parts)})(?![\w])", re.IGNORECASE), list(places.values()))
