"""Texts to words: accents, case and endings taken off, so that `Regiões`, `regioes` and `REGIÃO` meet."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import islice

import msgspec

from models.nlu.language import language, votes_of

__all__ = [
    "STOP_WORDS",
    "Form",
    "Word",
    "composed",
    "is_stop_word",
    "keywords",
    "language",
    "plain",
    "plain_words",
    "stem",
    "word_set",
    "words",
]


def word_set(listed: str) -> frozenset[str]:
    """Make a set of the words of a text."""
    return frozenset(listed.split())


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
    """All that is known of a word by its letters, wherever it stands."""

    text: str
    plain: str
    stem: str
    votes: tuple[int, int, int]
    carries_meaning: bool


class Word(msgspec.Struct, frozen=True, gc=False):
    """A word as written in lower case, without accents, and where it stands (offsets in the text)."""

    text: str
    plain: str
    start: int
    end: int
    form: Form | None = None


def words(text: str, *, most: int | None = None) -> list[Word]:
    """Split a text into its words, or its first `most`; offsets count characters of the text as given.

    A text with combining marks is composed first (`composed`), and then they count characters of that.
    """
    text = composed(text)
    found: list[Word] = []
    find, forms, end = text.find, _FORMS, 0
    for surface in _surfaces(text, most):
        start = find(surface, end)  # between two words there are no letters: the next place is its own
        end = start + len(surface)
        try:
            form = forms[surface]
        except KeyError:
            form = _form(surface)
        found.append(Word(form.text, form.plain, start, end, form))
    return found


def plain_words(text: str, *, most: int | None = None) -> list[str]:
    """Return the words of a text in their order, or its first `most`, plain: `words` without the places."""
    return [(_FORMS.get(surface) or _form(surface)).plain for surface in _surfaces(composed(text), most)]


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


@lru_cache(maxsize=16_384)
def plain(word: str) -> str:
    """Take case and accents off a word."""
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFKD", word.casefold()).translate(_DROPPED)


_PLAIN_STOP_WORDS = frozenset(map(plain, STOP_WORDS))


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """Take the plural and the last vowel off a plain word: enough for nouns to meet, in both languages."""
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
    if len(_FORMS) >= _MOST_FORMS:
        for oldest in list(islice(_FORMS, _MOST_FORMS // 16)):  # a few at a time: dropping all takes milliseconds
            del _FORMS[oldest]
    text = _same(word.lower(), word)
    bare = _same(plain(word), text)
    meant = len(text) > 2 and not text.isdigit() and bare not in _PLAIN_STOP_WORDS
    form = _FORMS[word] = Form(text, bare, _same(stem(bare), bare), votes_of(text), meant)
    return form


def _same(word: str, other: str) -> str:
    """Return the other word where it is equal: one string in memory instead of two is one wait less for each look."""
    return other if word == other else word


_MOST_FORMS = 16_384
_FORMS: dict[str, Form] = {}
"""The forms of words met, oldest first: a plain dictionary, for an LRU cache touches five places in memory each."""


def keywords(found: list[Word], limit: int = 8) -> list[str]:
    """Return the first words that carry meaning, each once, as written; they are sought in the first 64."""
    return list(dict.fromkeys([word.text for word in found[:64] if (word.form or _form(word.text)).carries_meaning]))[
        :limit
    ]
