"""Texts that nobody in their right mind sends: random and hostile, the same for every run of a seed."""

from __future__ import annotations

import random
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache

LONGEST = 10_000
"""Characters of the longest ones, as many as an intention may have."""

_BOMBS = (
    "a" * 40 + "!",
    "aaa@" * 30,
    "1.1.1.1." * 40,
    "9" * 60,
    "0-" * 50,
    "(" * 80 + ")" * 80,
    "a" + "@b.c" * 60,
    ":" * 200,
    "::1 " * 60,
    "top 10 " * 40,
    "de " * 200,
    "ultimos 30 dias " * 40,
    "sr. " * 100,
    "tel 11 " * 60,
    "http://" * 60,
    "\\d+(a+)+$" * 30,
    "{{{{%s%n${jndi:ldap://x}}}}}" * 20,
    "-1e999 " * 50,
    "12/12/2024 " * 60,
    "1,000.000,0 " * 60,
    "R$ 1.234,56 " * 50,
    "'; DROP TABLE plans; --" * 20,
    "\x00\x01\x02\x7f" * 60,
    "\u202e\u200d\ufeff" * 80,
    "e\u0301" * 200,
    "\ufdfa" * 60,
    "\U0001f469\u200d\U0001f4bb" * 40,
    "ﬁ" * 100,
    "İ" * 100,
    "ß" * 100,
    "a\u0300\u0301\u0302\u0303\u0304" * 60,
    "\ud800" * 40,
    "\ud83d" + "a" + "\udc00",
    "março de 99999999999999999999",
    "por " * 150,
    "vendas " * 150,
    "autenticacao_" * 60,
)


@cache
def _by_category() -> dict[str, str]:
    """All characters by their Unicode category; surrogates are one, and what is not assigned too."""
    found: dict[str, list[str]] = {}
    for code in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        listed = found.setdefault(category, [])
        if len(listed) < 4_000:
            listed.append(chr(code))
    return {category: "".join(listed) for category, listed in found.items()}


def hostile_texts(count: int, *, seed: int) -> Iterator[str]:
    """Yield so many texts; one in twenty is long, one in two hundred as long as may be."""
    choices = random.Random(seed)
    categories = _by_category()
    names = sorted(categories)
    makers = (_of_one_category, _of_any, _of_short_words, _of_bombs, _of_one_word)
    for number in range(count):
        longest = LONGEST if number % 200 == 0 else 1_000 if number % 20 == 0 else 60
        yield choices.choice(makers)(choices, categories, names, choices.randint(0, longest))[:LONGEST]


def _of_one_category(choices: random.Random, categories: dict[str, str], names: list[str], length: int) -> str:
    return "".join(choices.choices(categories[choices.choice(names)], k=length))


def _of_any(choices: random.Random, categories: dict[str, str], names: list[str], length: int) -> str:
    return "".join(choices.choice(categories[name]) for name in choices.choices(names, k=length))


def _of_short_words(choices: random.Random, categories: dict[str, str], _: list[str], length: int) -> str:
    """Every word another one: nothing that is kept helps."""
    letters = categories["Ll"][:200] + categories["Nd"][:10] + categories["Lu"][:60]
    words = []
    while length > 0:
        words.append("".join(choices.choices(letters, k=choices.randint(1, 9))))
        length -= len(words[-1]) + 1
    return choices.choice((" ", ", ", "\n", "-", "/", "."))[0].join(words)


def _of_bombs(choices: random.Random, _: dict[str, str], __: list[str], length: int) -> str:
    bomb = "".join(choices.choices(_BOMBS, k=choices.randint(1, 3)))
    return (bomb * (length // len(bomb) + 1))[: max(length, 1)]


def _of_one_word(choices: random.Random, _: dict[str, str], __: list[str], length: int) -> str:
    return choices.choice(("a", "ab", "çã", "é", "9", "ñ_", "A1", "vendas", "日本")) * max(length // 2, 1)
