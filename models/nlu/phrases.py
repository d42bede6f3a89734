"""Small turns of phrase that shape an answer: "top 10", "5 maiores", "por região", "by status"."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from models.nlu.timerange import UNIT_OF
from models.nlu.words import number_in, word_set

_GROUP_WORDS = word_set("por by per")
_EACH_WORDS = word_set("cada each every")
_ARTICLES = word_set("a o as os the cada each every")
_NO_GROUP_AFTER_POR = word_set("favor exemplo enquanto causa que meio padrao gentileza")


class Order(StrEnum):
    """Which end of the list is wanted."""

    LARGEST = "largest"
    SMALLEST = "smallest"
    LATEST = "latest"


_ORDER_OF = {
    word: order
    for order, listed in (
        (
            Order.LARGEST,
            "top maiores maior principais melhores largest biggest highest best most",
        ),
        (Order.SMALLEST, "menores menor piores bottom smallest lowest worst least"),
        (Order.LATEST, "ultimos ultimas recentes last latest newest recent"),
    )
    for word in listed.split()
}


class Top(NamedTuple):
    """How many, and from which end; `first` to `last` are the words that say so."""

    limit: int
    order: Order
    first: int
    last: int


def find_top(plain_words: list[str]) -> Top | None:
    """Return the first "top N" of the words, with the number before or after; "last 7 days" is none."""
    for at, word in enumerate(plain_words):
        order = _ORDER_OF.get(word)
        if order is None:
            continue
        for beside in (at + 1, at - 1):
            if not 0 <= beside < len(plain_words):
                continue
            number = number_in(plain_words[beside])
            first, last = min(at, beside), max(at, beside)
            follows = plain_words[last + 1] if last + 1 < len(plain_words) else ""
            if number and not (order is Order.LATEST and follows in UNIT_OF):
                return Top(number, order, first, last)
    return None


def find_groups(plain_words: list[str]) -> list[int]:
    """Return where the nouns of "por X", "by X", "para cada X" stand, articles skipped."""
    places = []
    for at, word in enumerate(plain_words):
        if word not in _GROUP_WORDS and word not in _EACH_WORDS:
            continue
        noun = at + 1
        while noun < len(plain_words) and plain_words[noun] in _ARTICLES:
            noun += 1
        if noun < len(plain_words) and plain_words[noun] not in _NO_GROUP_AFTER_POR and noun not in places:
            places.append(noun)
    return places
