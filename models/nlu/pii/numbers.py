"""Documents and phone numbers."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from models.nlu.pii import documents, phones
from models.nlu.pii.guards import AFTER, BEFORE
from models.nlu.pii.spans import BLANK, PiiKind, PiiSpan
from models.nlu.pii.words_before import REACH, says_phone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# The shapes exclude each other where they begin at the same sign, so their order doesn't matter. Looks ahead fail fast.
_WRITTEN = re.compile(
    r"(?=[0-9(+])(?:"
    rf"(?=[0-9]{{2}}|1[ .-]\(?[2-9]|9 [0-9]{{4}}|\+){BEFORE}(?:{documents.SHAPES}|{phones.SHAPES})|{phones.BRACKETS})"
)
_MOBILE = re.compile(rf"{phones.AREA_CODE}9[0-9]{{8}}")

_NO_SUM_NOR_DATE = r"(?![0-9]{5,6}000(?![0-9]))(?!(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9](?![0-9]))"
# Nothing about these but how many digits they have.
_BARE = re.compile(
    rf"(?=[0-9+]){BEFORE}"
    rf"(?:(?:55[ .-]?)?0?{phones.AREA_CODE}[ .-]?(?:9[ .-]?[0-9]{{4}}|[2-5][0-9]{{3}})[ .-]?[0-9]{{4}}"
    r"|(?:1[ .-]?)?[2-9][0-9]{2}[ .-]?[2-9][0-9]{2}[ .-]?[0-9]{4}"
    r"|0[3589]00[0-9]{7}|0[1-9][0-9]{1,3} [0-9]{3,4} [0-9]{3,4}|[2-9][0-9]{2} [0-9]{3} [0-9]{3}"
    rf"|{phones.NO_YEARS}[2-9][0-9]{{3}}-[0-9]{{4}}|[2-9][0-9]{{2}}-[0-9]{{4}}"
    rf"|9[0-9]{{4}}[ .-][0-9]{{4}}|{_NO_SUM_NOR_DATE}(?:9[0-9]{{8}}|[2-8][0-9]{{7}})"
    rf"|\+ ?[1-9][0-9]{{0,2}}(?:[ .-]?[0-9]{{2,4}}){{2}}|00[1-9][0-9]{{8,12}}){AFTER}"
)
_BARE_LONGEST = 32  # characters, with what a look ahead reads


def find_written(text: str, phone_words: Sequence[int]) -> Iterator[PiiSpan]:
    """Find documents, and phone numbers that the way they are written gives away.

    A bare number that would do as CPF and as a mobile number is what the words before say; they end at `phone_words`.
    """
    match = _WRITTEN.search(text)
    while match:
        start = match.start()
        read = documents.read_document if match.lastgroup in documents.SHAPE_NAMES else phones.read_phone
        kind, end = read(match) or (None, start + 1)  # if it is none, a later part of it may still be one
        if kind is not None:
            if (
                kind is PiiKind.CPF
                and phone_words
                and _MOBILE.fullmatch(match[0])
                and _is_said(text, phone_words, start)
            ):
                kind = PiiKind.PHONE
            yield PiiSpan(kind, start, end)
        match = _WRITTEN.search(text, end)


def find_bare(text: str, phone_words: Sequence[int]) -> Iterator[PiiSpan]:
    """Find phone numbers that only the words before give away; such words, or phone numbers, end at `phone_words`."""
    ends = [end for end in phone_words if text[end - 1] != BLANK]
    nearest, at = 0, 0
    while nearest < len(ends):
        limit = ends[nearest] + REACH
        at = max(at, ends[nearest])
        match = _BARE.search(text, at, limit + _BARE_LONGEST)
        if match is None or match.start() > limit:
            at = max(at, limit)
            nearest += 1
            continue
        start, end = match.span()
        while nearest + 1 < len(ends) and ends[nearest + 1] <= start:
            nearest += 1
        if says_phone(text, ends[nearest], start):
            yield PiiSpan(PiiKind.PHONE, start, end)
            ends[nearest] = at = end  # a phone number speaks of phones as well
        else:
            at = start + 1


def _is_said(text: str, phone_words: Sequence[int], start: int) -> bool:
    nearest = bisect_right(phone_words, start) - 1
    return nearest >= 0 and says_phone(text, phone_words[nearest], start)
