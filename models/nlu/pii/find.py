"""The search for personal data: what is sought, in which order, and when not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from models.nlu.pii.addresses import find_emails, find_ipv4, find_ipv6
from models.nlu.pii.cues import find_titles, read_cues
from models.nlu.pii.documents import find_bare_cnpj, find_cnpj_with_slash
from models.nlu.pii.names import find_names
from models.nlu.pii.numbers import find_bare, find_written
from models.nlu.pii.spans import BLANK, PHONE_BLANK, TAG_OF, PiiKind, PiiSpan, blank

if TYPE_CHECKING:
    from collections.abc import Iterable

# Bytes in UTF-8: digits, the at sign, and what full-width forms begin with (U+F000 and up).
_SIGNS = b"0123456789@\xef"

# Signs that stand for others where people copy from the web or type with an Asian keyboard: full-width forms of ASCII,
# spaces that don't break, hyphens and dashes. One for one, so that offsets stay.
_FOLDED = (
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys("\u00a0\u2007\u2009\u202f", " ")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-")
)
_TO_FOLD = re.compile("[" + "".join(_FOLDED) + "]")
_TAG = re.compile("|".join(map(re.escape, TAG_OF.values())))

# No card, CPF or written phone number has fewer than nine digits, none more than three other signs between two; nor has
# a bare phone number fewer than seven.
_NINE_DIGITS = re.compile(r"[0-9](?:[ ().-]{0,3}[0-9]){8}")
_SEVEN_DIGITS = re.compile(r"[0-9](?:[ ().-]{0,3}[0-9]){6}")
_PHONES = re.compile(f"{PHONE_BLANK}+")


def find_pii(text: str) -> list[PiiSpan]:
    """Find personal data; the spans are in order and don't overlap.

    About a microsecond where nothing could be any; time linear in the length always. Lone surrogates are no error.
    """
    try:
        utf8 = text.encode()
    except UnicodeEncodeError:
        utf8 = text.encode(errors="replace")  # lone surrogates become question marks, one for one
        text = utf8.decode()
    if len(utf8.translate(None, _SIGNS)) == len(utf8):
        return list(find_names(_prepared(text))) if find_titles(text) else []
    search = _Search(_prepared(text))
    cues = read_cues(search.text)
    search.addresses()
    search.companies()
    if cues.titled:
        search.take(find_names(search.text))
    search.numbers(cues.phone_words)
    return sorted(search.spans, key=_start) if len(search.spans) > 1 else search.spans


class _Search:
    """What was found in a text, and the text with blanks in its place: nothing is found twice, and offsets stay."""

    __slots__ = ("spans", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans: list[PiiSpan] = []

    def take(self, found: Iterable[PiiSpan]) -> None:
        if new := list(found):
            self.spans += new
            self.text = blank(self.text, new)

    def addresses(self) -> None:
        if "@" in self.text:
            self.take(find_emails(self.text))
        if self.text.count(":") > 1:
            self.take(find_ipv6(self.text))
        if self.text.count(".") > 2:
            self.take(find_ipv4(self.text))

    def companies(self) -> None:
        if "/" in self.text:
            self.take(find_cnpj_with_slash(self.text))
        self.take(find_bare_cnpj(self.text))

    def numbers(self, phone_words: list[int]) -> None:
        if _NINE_DIGITS.search(self.text):
            self.take(find_written(self.text, phone_words))
        if (phone_words or PHONE_BLANK in self.text) and _SEVEN_DIGITS.search(self.text):
            phones = (match.end() for match in _PHONES.finditer(self.text))
            self.spans += find_bare(self.text, sorted([*phone_words, *phones]))


def _prepared(text: str) -> str:
    """Fold signs that stand for others, and put blanks over tags: masked text then reads as it did before.

    So masking what is masked changes nothing.
    """
    if not text.isascii():
        for sign in set(_TO_FOLD.findall(text)):  # few as a rule: translate() would take ten times as long
            text = text.replace(sign, _FOLDED[sign])
    if "[" in text:
        text = _TAG.sub(_blank_tag, text)
    return text


def _blank_tag(match: re.Match[str]) -> str:
    return (PHONE_BLANK if match[0] == TAG_OF[PiiKind.PHONE] else BLANK) * len(match[0])


def _start(span: PiiSpan) -> int:
    return span.start
