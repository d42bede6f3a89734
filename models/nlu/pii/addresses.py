"""Addresses of the net: e-mail, IPv4, IPv6."""

from __future__ import annotations

import re
from socket import AF_INET6, inet_pton  # parses, no more; ipaddress takes 6 µs for the same
from typing import TYPE_CHECKING

from models.nlu.pii.spans import BLANK, PHONE_BLANK, PiiKind, PiiSpan

if TYPE_CHECKING:
    from collections.abc import Iterator

# Letters come with combining marks, for text that isn't composed (NFC).
_CHAR = r"\w\u0300-\u036f"
_LOCAL = rf"[{_CHAR}.+%'&-]"
_LABEL = rf"(?:(?![{BLANK}{PHONE_BLANK}])[{_CHAR}-])++"
_LAST_LABEL = rf"(?:[xX][nN]--[0-9A-Za-z-]*[0-9A-Za-z]|[^\W\d_{BLANK}{PHONE_BLANK}]{{2,}}+)(?![^\W_])"
_REST = rf"{_LOCAL}++@(?:{_LABEL}\.)+{_LAST_LABEL}"  # possessive, and begun once at each place: linear
_EMAIL_HERE = re.compile(_REST)
_EMAIL = re.compile(rf"(?<!{_LOCAL})" + _REST)
_NOT_FIRST = ".+%'&-" + BLANK + PHONE_BLANK

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"(?=[0-9])(?<![^\W_])(?<![0-9{BLANK}{PHONE_BLANK}]\.)(?:{_OCTET}\.){{3}}{_OCTET}(?![^\W_]|\.\w)")
# Four numbers with dots after one of these are a version or a chapter. (A "v" beside them is a letter before already.)
_NUMBERED = re.compile(
    r"(?:^|\W)(?:(?:v|ver|vers[aã]o|versions?|vers[oõ]es|release|build|se[cç][aã]o|section|item|cap[ií]tulo|chapter)"
    r"[.: ]{0,2}|(?:chrome|chromium|edg|opr)/)\Z",
    re.IGNORECASE,
)
# All address space that was given out has four digits in the first group, but for what begins with "::" and NAT64's
# 64:ff9b::. So 10::30 or a slice x[1::2] is none.
_IPV6_LONGEST = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")
_IPV6 = re.compile(
    r"(?=[0-9a-fA-F:])(?<![^\W_])(?:[0-9a-fA-F]{4}:|64:[fF]{2}9[bB]:|(?<!:)::(?=[1fF]))[0-9a-fA-F:]"
    rf"[0-9a-fA-F:.]{{0,{_IPV6_LONGEST}}}+"
)


def find_emails(text: str) -> list[PiiSpan]:
    """Find e-mail addresses; quotation marks around them and the dot of a sentence are no part."""
    spans = []
    match = _EMAIL.search(text)
    while match:
        local = match[0].partition("@")[0]
        bare = local.lstrip(_NOT_FIRST)
        if bare:
            end = match.end()
            spans.append(PiiSpan(PiiKind.EMAIL, match.start() + len(local) - len(bare), end))
            match = _EMAIL_HERE.match(text, end) or _EMAIL.search(text, end)
        else:  # what seemed a domain may be the name before the next at sign
            match = _EMAIL.search(text, match.start() + len(local) + 1)
    return spans


def find_ipv4(text: str) -> Iterator[PiiSpan]:
    """Find IPv4 addresses: four numbers up to 255 without leading zeros, no version or chapter."""
    for match in _IPV4.finditer(text):
        start, end = match.span()
        before = text[max(0, start - 12) : start]
        if not (before.rstrip(".: /")[-1:].isalpha() and _NUMBERED.search(before)):
            yield PiiSpan(PiiKind.IP, start, end)


def find_ipv6(text: str) -> Iterator[PiiSpan]:
    """Find IPv6 addresses, also with an IPv4 address at the end."""
    lengths: dict[str, int] = {}  # of the address that each run of signs begins with: a list repeats itself
    at: int | None = 0
    while at is not None:
        begin, at = at, None
        for match in _IPV6.finditer(text, begin):
            start, end = match.span()
            run = match[0]
            length = lengths.get(run)
            if length is None:
                length = lengths[run] = _ipv6_length(run)
            if length and not text[end : end + 1].isalnum():
                yield PiiSpan(PiiKind.IP, start, start + length)
            else:
                length = 1
            if length != end - start:  # what follows in the run may be another
                at = start + length
                break


def _ipv6_length(run: str) -> int:
    """Return how much of a run of hex digits, colons and dots is an address, without punctuation at its end, or 0."""
    candidate = run.rstrip(".")
    for address in (candidate, candidate.rstrip(":.")):
        if len(address) <= _IPV6_LONGEST and any(map(str.isdigit, address)) and _parses(address):
            return len(address)
    return 0


def _parses(candidate: str) -> bool:
    try:
        inet_pton(AF_INET6, candidate)
    except OSError:
        return False
    return True
