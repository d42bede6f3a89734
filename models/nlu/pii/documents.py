"""Numbers that check digits tell: CPF, CNPJ, payment cards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from models.nlu.pii.checks import is_card, is_cnpj, is_cpf
from models.nlu.pii.guards import AFTER, BEFORE
from models.nlu.pii.spans import PiiKind, PiiSpan

if TYPE_CHECKING:
    from collections.abc import Iterator

SHAPES = (
    r"(?P<cpf>[0-9]{3}(?:\.[0-9]{3}\.[0-9]{3}[-/. ]?|-[0-9]{3}-[0-9]{3}-| [0-9]{3} [0-9]{3}[- ]|[0-9]{6}[-/])[0-9]{2}"
    rf"{AFTER})"
    rf"|(?P<cnpj>[0-9]{{2}}[. ][0-9]{{3}}[. ][0-9]{{3}}[. -]?[0-9]{{4}}[ -]?[0-9]{{2}}{AFTER})"
    r"|(?P<card>(?=[2-6])(?:[0-9]{4}[ .-][0-9]{4}[ .-][0-9]{4}[ .-][0-9]{4}(?:[ .-][0-9]{3})?"
    rf"|[0-9]{{4}}[ .-][0-9]{{6}}[ .-][0-9]{{4,5}}){AFTER})"
    rf"|(?P<digits>[0-9]{{11,19}}+{AFTER})"
)
"""Of CPF and cards as they are written, and of CNPJ without its slash; to be read by `read_document`."""

SHAPE_NAMES = frozenset(re.compile(SHAPES).groupindex)

_CNPJ_WITH_SLASH = re.compile(
    rf"(?=[0-9A-Za-z]){BEFORE}"  # a look at the sign itself costs less than those at what stands before
    rf"[0-9A-Za-z]{{2}}(?:\.[0-9A-Za-z]{{3}}\.|[0-9A-Za-z]{{3}}| [0-9A-Za-z]{{3}} )[0-9A-Za-z]{{3}}"
    rf"/[0-9A-Za-z]{{4}}[ -]?[0-9]{{2}}{AFTER}"
)
_RUN = re.compile("[0-9A-Z]{14,}+")  # what stands beside is looked at afterwards: a run is read once
_BEFORE = re.compile(BEFORE)
_AFTER = re.compile(AFTER)
_TIMESTAMP = re.compile(  # 20240112153045; but 0001 is the branch of most CNPJ, and one minute of the day
    r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?!0001)(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
)
_CPF_LENGTH = 11
_CNPJ_LENGTH = 14
_CARD_LENGTH = 16


def find_cnpj_with_slash(text: str) -> Iterator[PiiSpan]:
    """Find CNPJ, numeric and alphanumeric, that are written with the slash before the branch."""
    for match in _CNPJ_WITH_SLASH.finditer(text):
        if is_cnpj(_joined(match[0]).upper()):
            yield PiiSpan(PiiKind.CNPJ, *match.span())


def find_bare_cnpj(text: str) -> Iterator[PiiSpan]:
    """Find CNPJ, numeric and alphanumeric, without separators; letters must be in upper case then."""
    for match in _RUN.finditer(text):
        start, end = match.span()
        run = match[0]
        if (
            end - start == _CNPJ_LENGTH
            and run[-2:].isdigit()
            and is_cnpj(run)
            and _BEFORE.match(text, start)
            and _AFTER.match(text, end)
            and not _TIMESTAMP.fullmatch(run)
        ):
            yield PiiSpan(PiiKind.CNPJ, start, end)


def read_document(match: re.Match[str]) -> tuple[PiiKind, int] | None:
    """Say what a match of `SHAPES` is, and where it ends, or None if its check digits are wrong."""
    shape = match.lastgroup
    digits = _joined(match[0])
    if shape == "cpf" or len(digits) == _CPF_LENGTH:
        return (PiiKind.CPF, match.end()) if is_cpf(digits) else None
    if shape == "cnpj":
        return (PiiKind.CNPJ, match.end()) if is_cnpj(digits) else None
    if is_card(digits):
        return PiiKind.CARD, match.end()
    if shape == "card" and len(digits) > _CARD_LENGTH and is_card(digits[:_CARD_LENGTH]):
        return PiiKind.CARD, match.end() - len(" 123")  # the code on its back follows, or whatever
    return None


def _joined(written: str) -> str:
    return written.replace(".", "").replace("-", "").replace(" ", "").replace("/", "")
