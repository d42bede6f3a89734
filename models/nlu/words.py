"""Texts to words: accents, case and endings taken off, so that `Regiões`, `regioes` and `REGIÃO` meet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import islice
from operator import attrgetter
from typing import Self

import msgspec

from models.nlu.kept import Kept
from models.nlu.language import language, votes_of

__all__ = [
    "STOP_WORDS",
    "Form",
    "Word",
    "Words",
    "composed",
    "is_stop_word",
    "keywords",
    "language",
    "plain",
    "plain_words",
    "stem",
    "stems",
    "word_set",
    "words",
]


def word_set(listed: str) -> frozenset[str]:
    """Make a set of the words of a text."""
    return frozenset(listed.split())


LONGEST_ACCENTED = 256
"""Letters of a word with others than ASCII that are read: there are signs that stand for eighteen letters each."""

_WORD = re.compile(r"\w+")
_PLURALS = (("coes", "cao"), ("soes", "sao"), ("oes", "ao"), ("ais", "al"), ("eis", "el"), ("ies", "y"))
STOP_WORDS = word_set(
    "a o as os um uma uns umas de do da dos das em no na nos nas ao aos à às para pra por pelo pela pelos "
    "pelas com sem sobre entre até e ou que se quais qual quantos quantas quanto quanta como onde quando "
    "foi foram ser está estão é são era há tem têm tinha meu minha nosso nossa nossos nossas seu sua este "
    "esta esse essa isso isto cada todo toda todos todas the an of in on at to for from by per with "
    "without about and or that which what how many much when where was were is are be been has have had "
    "did do does my our your this these those each all every there it its i we you me us eu nós não sei "
    "mais muito favor please quero queria preciso gostaria want need would like can could show"
)


class Form(msgspec.Struct, frozen=True, gc=False):
    """All that is known of a word by its letters, wherever it stands.

    Attributes:
        text: the word in lower case.
        plain: without its accents.
        stem: without its ending.
        votes: how loudly it speaks for each language, see `language.votes_of`.
        keyword: the word where it carries meaning, else nothing.
    """

    text: str
    plain: str
    stem: str
    votes: int
    keyword: str


class Word(msgspec.Struct, frozen=True, gc=False):
    """A word as written in lower case, without accents, and where it stands (offsets in the text)."""

    text: str
    plain: str
    start: int
    end: int
    form: Form | None = None


class Words:
    """The words of a text by their letters; where they stand is looked for when somebody asks.

    Attributes:
        text: the text as the offsets count in it.
        forms: what is known of each word, in their order; empty where others say what the words are (`of`).
        plains: their plain forms.
    """

    __slots__ = ("_placed", "_starts", "_surfaces", "forms", "plains", "text")

    def __init__(self, text: str, *, most: int | None = None) -> None:
        """Split a text into its words, or its first `most`."""
        self.text = text = composed(text)
        self._surfaces = _surfaces(text, most)
        self.forms = [*map(_form_of, self._surfaces)]
        self.plains = [form.plain for form in self.forms]
        self._placed: list[Word] | None = None
        self._starts: list[int] = []

    @classmethod
    def of(cls, text: str, placed: list[Word]) -> Self:
        """Take words whose places in a composed text are known already."""
        found = cls("")
        found.text, found.plains, found._placed = text, [word.plain for word in placed], placed
        return found

    @property
    def placed(self) -> list[Word]:
        """The words with their places."""
        if self._placed is None:
            find, end = self.text.find, 0
            self._placed = placed = []
            for surface, form in zip(self._surfaces, self.forms, strict=True):
                start = find(surface, end)  # between two words there are no letters: the next place is its own
                end = start + len(surface)
                placed.append(Word(form.text, form.plain, start, end, form))
        return self._placed

    def said(self, at: int) -> str:
        """Return a word as written, in lower case."""
        return self.forms[at].text if self._placed is None else self._placed[at].text

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return where the words `first` to `last` begin and end, with no more work than the way to there."""
        if self._placed is not None:
            return self._placed[first].start, self._placed[last].end
        starts, surfaces, find = self._starts, self._surfaces, self.text.find
        end = starts[-1] + len(surfaces[len(starts) - 1]) if starts else 0
        for surface in surfaces[len(starts) : last + 1]:
            starts.append(find(surface, end))
            end = starts[-1] + len(surface)
        return starts[first], starts[last] + len(surfaces[last])


def words(text: str, *, most: int | None = None) -> list[Word]:
    """Split a text into its words, or its first `most`; offsets count characters of the text as given.

    A text with combining marks is composed first (`composed`), and then they count characters of that.
    """
    return Words(text, most=most).placed


def plain_words(text: str, *, most: int | None = None) -> list[str]:
    """Return the words of a text in their order, or its first `most`, plain: `words` without the places."""
    return [*map(_PLAIN, map(_form_of, _surfaces(composed(text), most)))]


def _surfaces(text: str, most: int | None) -> list[str]:
    if most is None or len(text) < 2 * most:  # there can't be more
        return _WORD.findall(text)
    return [match[0] for match in islice(_WORD.finditer(text), most)]


def composed(text: str) -> str:
    """Return the text in the form that the offsets of `words` count in."""
    if text.isascii() or text is _newest[0]:
        return text
    result = _newest[0] = unicodedata.normalize("NFC", text)
    return result


_newest = [""]
"""The text composed last: each stage asks again for the one that the stage before it has got, which takes a millisecond
for a long one in many scripts."""


class _Dropped(dict[int, int | None]):
    """For `str.translate`: None for accents; and for blanks, as some signs decompose into several words (U+FDFA).

    Those stay one word, so that places in the text keep matching.
    """

    def __missing__(self, code: int) -> int | None:
        if len(self) > 16_384:  # more characters than any language has: somebody sends all there are
            self.clear()
        char = chr(code)
        kept = self[code] = None if unicodedata.combining(char) or char.isspace() else code
        return kept


_DROPPED = _Dropped()


def plain(word: str) -> str:
    """Take case and accents off a word; of one that is longer than any (LONGEST_ACCENTED) the rest is cut off."""
    return word.lower() if word.isascii() else _PLAINS[word]


def _plain(word: str) -> str:
    word = word[:LONGEST_ACCENTED]
    return unicodedata.normalize("NFKD", word.casefold()).translate(_DROPPED)


_PLAINS = Kept(_plain)
_PLAIN_STOP_WORDS = frozenset(map(plain, STOP_WORDS))


def stem(word: str) -> str:
    """Take the plural and the last vowel off a plain word: enough for nouns to meet, in both languages."""
    return _STEMS[word]


def stems(plain_words: Iterable[str]) -> list[str]:
    """Return the stem of each plain word."""
    return [*map(_STEMS.__getitem__, plain_words)]


def _stem(word: str) -> str:
    if len(word) <= 3:
        return word
    for ending, singular in _PLURALS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            word = word[: -len(ending)] + singular
            break
    else:
        if word.endswith("s") and not word.endswith("ss"):
            word = word[:-1]
    return word[:-1] if len(word) > 4 and word[-1] in "aeo" else word


def is_stop_word(word: str) -> bool:
    """Say whether a word, with or without its accents, is one of the small ones that carry no meaning."""
    return plain(word) in _PLAIN_STOP_WORDS


def _form(word: str) -> Form:
    text = _same(word.lower(), word)
    bare = _same(plain(word), text)
    meant = len(text) > 2 and not text.isdigit() and bare not in _PLAIN_STOP_WORDS
    return Form(text, bare, _same(stem(bare), bare), votes_of(text), text if meant else "")


def _same(word: str, other: str) -> str:
    """Return the other word where it is equal: one string in memory instead of two is one wait less for each look."""
    return other if word == other else word


_PLAIN = attrgetter("plain")
_KEYWORD = attrgetter("keyword")
_STEMS = Kept(_stem)
_FORMS = Kept(_form)
_form_of = _FORMS.__getitem__


def keywords(found: Sequence[Form], limit: int = 8) -> list[str]:
    """Return the first words that carry meaning, each once, as written; they are sought in the first 64."""
    return [*dict.fromkeys(filter(None, map(_KEYWORD, found[:64])))][:limit]
