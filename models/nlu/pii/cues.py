"""Words that make it worth while to look for names and for bare phone numbers: found in one pass."""

from __future__ import annotations

from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from models.nlu.pii.names import TITLES_AS_WRITTEN
from models.nlu.pii.words_before import PHONE_WORDS

_PHONE_WORDS = {form for word in PHONE_WORDS for form in (word, word.capitalize(), word.upper())} | {"WhatsApp"}
_TITLE_COUNT = len(TITLES_AS_WRITTEN)

find_titles = AhoCorasick(TITLES_AS_WRITTEN).find_matches_as_indexes
"""Return an empty list only if there is no name to be found; "quadra " passes for a title too."""

_find_cues = AhoCorasick(
    (*TITLES_AS_WRITTEN, *_PHONE_WORDS), matchkind=MatchKind.LeftmostLongest
).find_matches_as_indexes


class Cues(NamedTuple):
    """Whether a title may stand in the text, and where the words end that speak of phones."""

    titled: bool
    phone_words: list[int]


def read_cues(text: str) -> Cues:
    """Look for titles and words that speak of phones; a text with lone surrogates raises UnicodeEncodeError."""
    titled, phone_words = False, []
    for pattern, start, end in _find_cues(text):
        if pattern < _TITLE_COUNT:
            titled = True
        elif not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
            phone_words.append(end)
    return Cues(titled, phone_words)
