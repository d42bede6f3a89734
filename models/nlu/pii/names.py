"""Names after a title, in Portuguese and English: "Dra. Ana de Souza", "o senhor João", "Mrs. O'Neil"."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from models.nlu.pii.spans import BLANK, PHONE_BLANK, PiiKind, PiiSpan

if TYPE_CHECKING:
    from collections.abc import Iterator

_ABBREVIATED = ("sr", "sra", "srta", "dr", "dra", "mr", "mrs", "prof", "profa")
_FULL = ("senhor", "senhora", "senhorita", "dona", "doutor", "doutora", "professor", "professora")
# Capitals without a dot mean something else: MR, DR site, MS Teams; and ms are milliseconds.
_WITHOUT_DOT = (*_ABBREVIATED, *map(str.title, _ABBREVIATED), "Ms")
_WITH_DOT = (*_WITHOUT_DOT, *map(str.upper, _ABBREVIATED))
_WORDS = (*_FULL, *map(str.title, _FULL), *map(str.upper, _FULL))

TITLES_AS_WRITTEN = (
    *map("".join, product(_WITH_DOT, ".(")),
    *map("".join, product((*_WITHOUT_DOT, *_WORDS), " \u00a0")),
    *map("".join, product(_WORDS, "(")),
)
"""With the sign after them; a text without one of these has no name that we find."""

_TITLES = "|".join(sorted({*_WITH_DOT, *_WORDS}, key=len, reverse=True))
_CAPITAL = "[" + "".join(char for char in map(chr, range(0x250)) if char.isupper()) + "]"  # Latin script
_LETTER = rf"(?:[^\W\d_{BLANK}{PHONE_BLANK}]|[\u0300-\u036f])"
_NO_MORE = r"(?![^\W_])"
# "Sr." is also Senior, and no name follows before these.
_NO_NAME = (
    "Analista|Analyst|Architect|Arquiteto|Backend|Cloud|Consultant|Consultor|Data|Dados|DBA|Desenvolvedor|Designer|Dev|"
    "Developer|DevOps|Director|Engenheir[oa]|Engineer|Frontend|Full|Gerente|IT|Manager|Marketing|Platform|Product|"
    "Program|Project|QA|Sales|Scientist|Software|Specialist|Staff|Systems?|TI"
)
_NAME_WORD = (
    rf"(?!(?:{_TITLES}|{_NO_NAME}){_NO_MORE})(?:d['’])?{_CAPITAL}"
    rf"(?:\.|{_LETTER}*+(?:['’-](?!s{_NO_MORE}){_LETTER}++)*+{_NO_MORE})"
)
_PARTICLE = "(?:(?:d[aeiou]s?|del|della|van|von|der|den|la|le|el|al|bin) {1,2})"
_NAME_WORDS = rf"{_NAME_WORD}(?: {{1,2}}(?:e {{1,2}}|{_PARTICLE}{{0,2}}){_NAME_WORD}){{0,3}}"
_NAME = re.compile(
    rf"(?=[{''.join(sorted({title[0] for title in (*_WITH_DOT, *_WORDS)}))}])"  # fails fast
    r"(?<![^\W_])(?<!Noss[ao] )"
    rf"(?:(?:{'|'.join(_WITH_DOT)})(?:(?:\([ao]\))?\.|\.\([ao]\)) {{0,2}}({_PARTICLE}{{0,2}}{_NAME_WORDS})"
    rf"|(?:{'|'.join((*_WITHOUT_DOT, *_WORDS))})(?:\([ao]\))? {{1,2}}({_NAME_WORDS}))"
)


def find_names(text: str) -> Iterator[PiiSpan]:
    """Find one to four capitalised words, with particles between, after a title; the title is not in the span."""
    for match in _NAME.finditer(text):
        start, end = match.span(match.lastindex or 0)
        yield PiiSpan(PiiKind.NAME, start, end)
