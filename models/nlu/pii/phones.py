"""Phone numbers that are written as such: Brazilian, North American, international."""

from __future__ import annotations

import re

from models.nlu.pii.guards import AFTER
from models.nlu.pii.spans import PiiKind
from models.nlu.pii.words_before import names_another_thing

AREA_CODE = "(?:1[1-9]|2[12478]|3[1-578]|4[1-9]|5[1345]|6[1-9]|7[134579]|8[1-9]|9[1-9])"
"""The 67 area codes (DDD) of Brazil (Anatel, Resolução 263/2001)."""

NO_YEARS = rf"(?!20[0-9]{{2}}-(?:19|20)[0-9]{{2}}{AFTER})"
"""2019-2024 is no landline."""

# ITU-T E.164: the country codes in use begin so. +1 and +55 have shapes of their own.
_COUNTRY = (
    "(?:(?:2[1-69]|35|37|38|42|50|59|6[7-9]|80|85|87|88|9[679])[0-9]"
    "|2[07]|3[0-469]|4[013-9]|5[1-46-8]|6[0-6]|7|8[1246]|9[0-58])"
)
# Digits after the country code, where they are known: "+351 912 345 678 15 pedidos" ends before 15.
_LONGEST_OF = {"31": 9, "33": 9, "34": 9, "351": 9, "41": 9, "44": 10, "52": 11, "54": 11, "56": 9, "57": 10, "61": 9}
_LONGEST = 15  # digits in all, E.164
_SHORTEST = 9  # below that a sum may have a plus too: +34 567 890

_PLUS = r"(?:\+ ?|00 ?)"
_BR_LOCAL = "(?:9[ .-]?)?[0-9]{4}[ .-]?[0-9]{4}"
_US_LOCAL = "[0-9]{3}[ .-]?[0-9]{4}"
SHAPES = (
    # +55 (11) 98765-4321, 0055 11 3456-7890, +1 415-555-2671
    rf"(?P<known>{_PLUS}(?:55[ .-]?(?:\(0?{AREA_CODE}\)|0?{AREA_CODE})[ .-]{{0,2}}{_BR_LOCAL}"
    rf"|1[ .-]?(?:\([2-9][0-9]{{2}}\)|[2-9][0-9]{{2}})[ .-]{{0,2}}{_US_LOCAL}){AFTER})"
    # +351 912 345 678; how far it goes is counted afterwards
    rf"|(?P<foreign>{_PLUS}(?P<country>{_COUNTRY})(?P<rest>(?:[ .-]?\([0-9]{{1,5}}\))?[ .-]?[0-9]++"
    r"(?:[ .-]\(?[0-9]{2,}+\)?)*+))"
    # 11 98765-4321, 11 9 8765 4321, 0800 123 4567, 1 (415) 555-2671: little else is written so
    rf"|(?P<typical>(?:(?:55[ .-])?0?{AREA_CODE}(?:[ .-]{{1,2}}9[ .]?[0-9]{{4}}[ .-]|9[0-9]{{4}}-)[0-9]{{4}}"
    r"|0[3589]00(?:[ -][0-9]{3}[ -]?|[0-9]{3}[ -])[0-9]{4}|1 \([2-9][0-9]{2}\) ?[0-9]{3}-[0-9]{4})"
    rf"{AFTER})"
    # 11 3456-7890, 98765-4321, 415-555-2671: unless the words before say what else it is
    rf"|(?P<likely>(?:(?:55[ .-])?0?{AREA_CODE}[ .-]{{1,2}}{NO_YEARS}[2-5][0-9]{{3}}-[0-9]{{4}}"
    r"|(?:1[ .-])?(?:[2-9][0-9]{2}-[0-9]{3}-|[2-9][0-9]{2}\.[2-9][0-9]{2}\.|[2-9][0-9]{2} [2-9][0-9]{2}-)[0-9]{4}"
    r"|(?<![A-Z]{2} )9 ?[0-9]{4}-[0-9]{4})"  # after CA, OR, WA it is a ZIP code
    rf"{AFTER})"
)
"""Those that begin with a plus or a digit; to be read by `read_phone`."""

BRACKETS = (
    rf"(?P<brackets>\((?:(?:0(?:xx|XX)?)?{AREA_CODE}\)[ .-]{{0,2}}{_BR_LOCAL}|[2-9][0-9]{{2}}\)[ .-]{{0,2}}{_US_LOCAL})"
    rf"{AFTER})"
)
"""(11) 98765-4321, (0xx11) 3456-7890, (415) 555-2671: also right behind a word."""

_GROUP = re.compile("[0-9]+")


def read_phone(match: re.Match[str]) -> tuple[PiiKind, int] | None:
    """Say where the phone number ends that a match of `SHAPES` or `BRACKETS` begins with, or None if it is none."""
    end: int | None = match.end()
    if match[0].isdigit():  # 00 and digits without a break: as likely an id
        end = None
    elif match.lastgroup == "foreign":
        end = _foreign_end(match)
    elif match.lastgroup == "likely" and names_another_thing(match.string, match.start()):
        end = None
    return None if end is None else (PiiKind.PHONE, end)


def _foreign_end(match: re.Match[str]) -> int | None:
    """Count groups of digits, as many as numbers of the country have."""
    text, country = match.string, match["country"]
    longest = _LONGEST_OF.get(country, _LONGEST - len(country))
    digits, end = 0, None
    for group in _GROUP.finditer(text, *match.span("rest")):
        after = text[group.end() : group.end() + 1]
        count = 0 if group[0] == "0" and after == ")" else len(group[0])  # +44 (0)20 …
        if digits + count > longest or after.isalnum():
            break
        digits += count
        end = group.end()
    if end is None or len(country) + digits < _SHORTEST:
        return None
    return end + (text[end : end + 1] == ")")
