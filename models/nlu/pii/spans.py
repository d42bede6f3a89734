"""Where personal data stands in a text, and the blanks put over what is known already."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class PiiKind(StrEnum):
    """What kind of personal data it is; the value stands in the mask's brackets."""

    EMAIL = "EMAIL"
    CPF = "CPF"
    CNPJ = "CNPJ"
    CARD = "CARD"
    PHONE = "PHONE"
    IP = "IP"
    NAME = "NAME"


class PiiSpan(NamedTuple):
    """Personal data from `start` up to, not including, `end`: offsets of characters in the text."""

    kind: PiiKind
    start: int
    end: int


TAG_OF = {kind: f"[{kind.value}]" for kind in PiiKind}

BLANK = "\ua78f"
"""Stands for each character of what is known already. A letter to a regex, so that nothing begins or ends beside it;
one that no language we read has, and no case."""

PHONE_BLANK = "\ua7f7"
"""The same for a phone number, which tells that a number after it is one too."""


def blank(text: str, spans: Iterable[PiiSpan]) -> str:
    """Put blanks over the spans, which are in order and don't overlap; offsets stay."""
    parts: list[str] = []
    done = 0
    for kind, start, end in spans:
        parts += text[done:start], (PHONE_BLANK if kind is PiiKind.PHONE else BLANK) * (end - start)
        done = end
    parts.append(text[done:])
    return "".join(parts)
