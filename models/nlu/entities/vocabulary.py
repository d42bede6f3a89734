"""Nouns given from outside, such as those of a catalog: a phrase, singular or plural, to the name it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from models.nlu.words import is_stop_word, stem, words

MAX_PHRASE_WORDS = 5


class Vocabulary:
    """Phrases to names, found in a text by their stems, the longest first.

    Args:
        names: pairs of a phrase ("ticket médio", "orders") and the name it stands for. A phrase may stand for
            several names, and a name have several phrases. A lone small word ("de", "the") is no phrase:
            it would be found everywhere.
    """

    def __init__(self, names: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        pairs = names.items() if isinstance(names, Mapping) else names
        phrases: dict[tuple[str, ...], dict[str, None]] = {}
        for phrase, name in pairs:
            stems = tuple(stem(word.plain) for word in words(phrase.replace("_", " ")))
            is_small = len(stems) == 1 and is_stop_word(phrase)
            if 0 < len(stems) <= MAX_PHRASE_WORDS and not is_small:
                phrases.setdefault(stems, {})[name] = None
        by_first: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
        for stems, found in phrases.items():
            by_first.setdefault(stems[0], []).append((stems, tuple(found)))
        for listed in by_first.values():
            listed.sort(key=lambda entry: -len(entry[0]))
        self._by_first = by_first
        self._firsts = frozenset(by_first)

    def __len__(self) -> int:
        return sum(map(len, self._by_first.values()))

    def find(self, plain_words: Sequence[str]) -> list[tuple[int, int, tuple[str, ...]]]:
        """Return the phrases in the plain words, as first and last place and the names, none overlapping."""
        stems = [stem(word) for word in plain_words]
        if self._firsts.isdisjoint(stems):
            return []
        found: list[tuple[int, int, tuple[str, ...]]] = []
        at = 0
        while at < len(stems):
            width = 1
            for phrase, names in self._by_first.get(stems[at], ()):
                if tuple(stems[at : at + len(phrase)]) == phrase:
                    width = len(phrase)
                    found.append((at, at + width - 1, names))
                    break
            at += width
        return found
