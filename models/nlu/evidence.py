"""The words of a text that `rules` knows and what they speak for; plurals, phrases and typing errors included.

A word is looked up once and then remembered; a text costs a dictionary access a word. (An Aho-Corasick automaton over
the same 2,350 entries takes as long for a text, and then has still to check word boundaries, plurals and errors.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from models.nlu.rules import RULES
from models.nlu.words import stem, stems
from models.records import Domain

SLOTS: tuple[tuple[Domain, str], ...] = tuple((domain, name) for domain, names in RULES.items() for name in names)
"""Each subcategory with its domain; the number of a slot is its place here."""

SHORTEST_WITH_ERRORS = 6
"""Letters of a word that may be mistyped: shorter words are one letter from too many others."""

LONGEST_WITH_ERRORS = 24
"""Letters up to which a mistyped word is looked for."""


class Entry(NamedTuple):
    """An entry of the dictionary: its word or phrase, the slot it speaks for, and how loudly (1 to 3)."""

    name: str
    slot: int
    weight: int


class _Dictionary:
    """The rules by the ways in which a word is looked up."""

    def __init__(self) -> None:
        self.exact: dict[str, tuple[Entry, ...]] = {}
        self.stems: dict[str, tuple[Entry, ...]] = {}
        self.prefixes: dict[str, tuple[Entry, ...]] = {}
        self.phrases: dict[tuple[str, str], tuple[tuple[tuple[str, ...], Entry], ...]] = {}
        self.without_a_letter: dict[str, tuple[str, ...]] = {}
        for entry in _entries():
            self._put(entry)
        for word, entries in self.exact.items():
            self.stems.setdefault(stem(word), entries)
            if SHORTEST_WITH_ERRORS <= len(word) <= LONGEST_WITH_ERRORS:
                for shorter in {word, *_shorter(word)}:
                    self.without_a_letter[shorter] = (*self.without_a_letter.get(shorter, ()), word)

    def _put(self, entry: Entry) -> None:
        if "_" in entry.name:
            stems = tuple(map(stem, entry.name.split("_")))
            beginning = stems[0], stems[1]
            self.phrases[beginning] = (*self.phrases.get(beginning, ()), (stems, entry))
        else:
            target = self.prefixes if entry.name.endswith("*") else self.exact
            key = entry.name.removesuffix("*")
            target[key] = (*target.get(key, ()), entry)


def _entries() -> Iterator[Entry]:
    for slot, (domain, name) in enumerate(SLOTS):
        for weight, listed in RULES[domain][name].items():
            for word in listed.split():
                yield Entry(word, slot, weight)


def _shorter(word: str) -> Iterator[str]:
    for at in range(1, len(word)):  # the first letter is hardly ever wrong
        yield word[:at] + word[at + 1 :]


_DICTIONARY = _Dictionary()
_PHRASES = _DICTIONARY.phrases
_BEGINNINGS = frozenset(_PHRASES)
_PREFIX_LENGTHS = range(max(map(len, _DICTIONARY.prefixes)), min(map(len, _DICTIONARY.prefixes)) - 1, -1)


def find_phrases(words: Sequence[str]) -> list[Entry]:
    """Return the phrases in the plain words of a text, each once."""
    return find_phrases_of(stems(words))


def find_phrases_of(stemmed: Sequence[str]) -> list[Entry]:
    """Return the same for words whose stems are known."""
    if _BEGINNINGS.isdisjoint(pairwise(stemmed)):
        return []
    found: dict[Entry, None] = {}
    for at, beginning in enumerate(pairwise(stemmed)):
        for phrase, entry in _PHRASES.get(beginning, ()):
            if len(phrase) == 2 or phrase == tuple(stemmed[at : at + len(phrase)]):
                found[entry] = None
    return list(found)


@lru_cache(maxsize=32_768)
def word_evidence(word: str) -> tuple[Entry, ...]:
    """Return what a plain word speaks for by itself."""
    found = _DICTIONARY.exact.get(word) or _DICTIONARY.stems.get(stem(word))
    if found:
        return found
    # The longest prefix speaks: `programador` is no `programa`.
    for length in _PREFIX_LENGTHS:
        if length <= len(word) and (found := _DICTIONARY.prefixes.get(word[:length])):
            return found
    return _mistyped(word)


def _mistyped(word: str) -> tuple[Entry, ...]:
    """The entries of the one word that this is but for a letter left out, put in, exchanged or swapped."""
    if not SHORTEST_WITH_ERRORS <= len(word) <= LONGEST_WITH_ERRORS:
        return ()
    meant = {
        candidate
        for shorter in (word, *_shorter(word))
        for candidate in _DICTIONARY.without_a_letter.get(shorter, ())
        if _one_error(word, candidate)
    }
    return _DICTIONARY.exact[meant.pop()] if len(meant) == 1 else ()


def _one_error(word: str, other: str) -> bool:
    """Say whether one error makes one of the other (Damerau's four kinds)."""
    at = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    return (
        word[at + 1 :] == other[at + 1 :]
        or word[at + 1 :] == other[at:]
        or word[at:] == other[at + 1 :]
        or (word[at : at + 2] == other[at : at + 2][::-1] and word[at + 2 :] == other[at + 2 :])
    )
