"""Numbers in digits and words, in both languages: "1.234,56", "2k", "duzentos e cinquenta", "um milhão e meio"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from models.nlu.words import word_set

_ADDED = """
0 zero
2 dois duas two
3 tres three
4 quatro four
5 cinco five
6 seis six
7 sete seven
8 oito eight
9 nove nine
10 dez ten
11 onze eleven
12 doze twelve
13 treze thirteen
14 quatorze catorze fourteen
15 quinze fifteen
16 dezesseis dezasseis sixteen
17 dezessete dezassete seventeen
18 dezoito eighteen
19 dezenove dezanove nineteen
20 vinte twenty
30 trinta thirty
40 quarenta forty
50 cinquenta fifty
60 sessenta sixty
70 setenta seventy
80 oitenta eighty
90 noventa ninety
100 cem cento
200 duzentos duzentas
300 trezentos trezentas
400 quatrocentos quatrocentas
500 quinhentos quinhentas
600 seiscentos seiscentas
700 setecentos setecentas
800 oitocentos oitocentas
900 novecentos novecentas
"""
_SCALES = """
12 duzia duzias dozen
100 hundred centena centenas
1000 mil thousand
1000000 milhao milhoes million millions mi
1000000000 bilhao bilhoes billion billions bi bn
1000000000000 trilhao trilhoes trillion trillions tri
"""


def _table(listed: str) -> dict[str, int]:
    return {word: int(line.split()[0]) for line in listed.strip().splitlines() for word in line.split()[1:]}


_ADDS = _table(_ADDED)
SCALE_OF = _table(_SCALES)
_SUFFIX_SCALES = {"k": 10**3, "mil": 10**3, "mi": 10**6, "bi": 10**9, "bn": 10**9, "tri": 10**12}
_ONES = word_set("um uma one")
_ARTICLES = word_set("a an um uma one")
_ANDS = word_set("e and")
_HALVES = word_set("meio meia half")
NUMBER_WORDS = frozenset(_ADDS) | frozenset(SCALE_OF) | _HALVES
"""The words that tell that there may be a number, apart from digits; "um" and "a" alone are none."""

_LITERAL = re.compile(r"([0-9]{1,15}(?:[.,][0-9]{1,15}){0,6})([a-z]{0,4})")
_MAX_DIGITS = 15
_MAX_WORDS = 6  # of a number that is read backwards: "duzentos e cinquenta e dois" has five
_HALF = Decimal("0.5")
_NO_LIMIT = 10**15

Value = int | Decimal


class Number(NamedTuple):
    """A number, what is glued to it ("ms" of "500ms"), and the words (`first` to `last`) that say it."""

    value: Value
    suffix: str
    first: int
    last: int


def number_text(value: Value) -> str:
    """Write a number without exponent and without zeros that say nothing: `1234.5`."""
    if isinstance(value, int) or value == value.to_integral_value():
        return str(int(value))
    return f"{value.normalize():f}"


def literal(token: str, *, decimal_comma: bool) -> tuple[Value, str] | None:
    """Read digits with their separators, and the letters after them; None when they are no number.

    A separator that stands once, before exactly three digits, could mean either. It then separates thousands,
    unless it is the language's own decimal sign (comma in Portuguese, point in English) or follows a 0.
    """
    match = _LITERAL.fullmatch(token)
    if match is None:
        return None
    digits = _in_plain_digits(match[1], decimal_comma=decimal_comma)
    if digits is None:
        return None
    return (int(digits) if "." not in digits else Decimal(digits)), match[2]


def _in_plain_digits(digits: str, *, decimal_comma: bool) -> str | None:
    signs = [char for char in digits if char in ".,"]
    if not signs:
        return digits
    groups = digits.replace(",", ".").split(".")
    if len(signs) == 1:
        own = signs[0] == ("," if decimal_comma else ".")
        is_fraction = own or len(groups[1]) != 3 or len(groups[0]) > 3 or groups[0] == "0"
    else:
        is_fraction = signs[-1] != signs[0]
        if len(set(signs[:-1])) > 1:
            return None
    fraction = "." + groups.pop() if is_fraction else ""
    if len(groups) > 1 and (len(groups[0]) > 3 or any(len(group) != 3 for group in groups[1:])):
        return None
    return "".join(groups) + fraction


def number_at(plains: Sequence[str], at: int, *, decimal_comma: bool = True) -> Number | None:
    """Read the number that begins at a word; `plains` end with at least four empty words."""
    word = plains[at]
    if not word[:1].isdecimal():
        return _spelled(plains, at) if word in NUMBER_WORDS or word in _ARTICLES else None
    if word.isdecimal() and len(word) <= _MAX_DIGITS:
        value: Value = int(word)
        suffix = ""
    elif (read := literal(word, decimal_comma=decimal_comma)) is not None:
        value, suffix = read
    else:
        return None
    if suffix in _SUFFIX_SCALES:
        value, suffix = value * _SUFFIX_SCALES[suffix], ""
    last = at
    scale = 0 if suffix else SCALE_OF.get(plains[at + 1], 0)
    if scale:
        value, last = value * scale, at + 1
        if plains[last + 1] in _ANDS and plains[last + 2] in _HALVES:
            value, last = value + scale // 2, last + 2
    return Number(value, suffix, at, last)


def number_before(plains: Sequence[str], end: int) -> Number | None:
    """Read the number whose last word is the one before `end`; "a" and "um" count as 1 here."""
    word = plains[end - 1]
    if word.isdecimal() and len(word) <= _MAX_DIGITS:
        return Number(int(word), "", end - 1, end - 1)
    if word in _ARTICLES:
        return Number(1, "", end - 1, end - 1)
    if word not in NUMBER_WORDS:
        return None
    first = end - 1
    while end - first < _MAX_WORDS and first and (plains[first - 1] in NUMBER_WORDS or plains[first - 1] in _ANDS):
        first -= 1
    for at in range(first, end):
        found = number_at(plains, at)
        if found is not None and found.last == end - 1:
            return found
    return None


def _spelled(plains: Sequence[str], first: int) -> Number | None:
    """Read "dois milhões e meio", "duzentos e cinquenta mil e trezentos", "half a dozen"."""
    total: Value = 0
    limit = _NO_LIMIT  # a smaller scale must follow a larger one
    at = first
    while limit > 1:
        begin = at + 1 if total and plains[at] in _ANDS else at
        value, after = _below_thousand(plains, begin, continues=begin > at)
        scale = SCALE_OF.get(plains[after], 1)
        lacks_a_count = not value and plains[after] != "mil"
        if scale >= limit or value >= limit or (scale > 1 and lacks_a_count) or (scale == 1 and after == begin):
            break
        total += (value or int(scale > 1)) * scale
        at, limit = (after + 1, scale) if scale > 1 else (after, 1)
        half = _half_after(plains, at)
        if half:
            total, at, limit = total + _HALF * scale, half, 1
    return Number(total, "", first, at - 1) if at > first else None


def _below_thousand(plains: Sequence[str], first: int, *, continues: bool) -> tuple[Value, int]:
    """Read words that add up, each smaller than the place of the one before; return the sum and what follows.

    "Um" is a number behind "vinte e", and where the sum `continues` one of thousands ("mil e um").
    """
    word = plains[first]
    if word in _HALVES:  # "meia dúzia", "half a million": only before a scale
        scale_at = first + 2 if plains[first + 1] in _ARTICLES else first + 1
        return (_HALF, scale_at) if plains[scale_at] in SCALE_OF else (0, first)
    total, place, at = 0, 1000, first
    if word in _ARTICLES and plains[first + 1] in SCALE_OF:
        total, place, at = 1, 1, first + 1
    while True:
        if plains[at] == "hundred" and 0 < total < 10:
            total, place, at = total * 100, 100, at + 1
        here = at + 1 if at > first and plains[at] in _ANDS else at
        added = _ADDS.get(plains[here], 1 if (total or continues) and plains[here] in _ONES else place)
        if added >= place or (total and not added):
            break
        total, at = total + added, here + 1
        place = 100 if added >= 100 else 10 if added >= 20 else 1
    half = _half_after(plains, at)
    if half and plains[half] in SCALE_OF:  # "two and a half million"
        return total + _HALF, half
    return total, at


def _half_after(plains: Sequence[str], at: int) -> int:
    """Return the place after "e meio" or "and a half", or 0 when it isn't there."""
    if plains[at] not in _ANDS:
        return 0
    if plains[at + 1] in _HALVES:
        return at + 2
    return at + 3 if plains[at + 1] in _ARTICLES and plains[at + 2] in _HALVES else 0
