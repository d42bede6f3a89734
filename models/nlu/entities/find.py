"""All families of entities over one text, each only where a word or a sign says that it may be there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from models.nlu.entities.amounts import AMOUNT_TRIGGERS, amount_entity, find_amounts, find_comparisons
from models.nlu.entities.dates import COMPARING, HEADS, find_dates
from models.nlu.entities.dates.calendars import DAY, Span, date_of
from models.nlu.entities.identifiers import notation_entities, numbered_entities
from models.nlu.entities.scan import AHEAD, MAX_WORDS, PADDING, USUAL, Scan
from models.nlu.entities.shapes import (
    EXCLUDE_TRIGGERS,
    GROUP_TRIGGERS,
    SORT_TRIGGERS,
    TOP_TRIGGERS,
    exclusion_entities,
    group_entities,
    sort_entities,
    top_entities,
)
from models.nlu.entities.technologies import TECHNOLOGY_TRIGGERS, technology_entities
from models.nlu.entities.vocabulary import Vocabulary
from models.nlu.words import Word, Words, composed
from models.records import Entity

_DATES, _AMOUNTS, _TOP, _GROUP, _SORT, _EXCLUDE, _TECHNOLOGY, _AHEAD, _COMPARING = (1 << place for place in range(9))
_DIGITS = _DATES | _AMOUNTS
_FAMILIES: dict[int, Iterable[str]] = {
    _DATES: HEADS,
    _AMOUNTS: AMOUNT_TRIGGERS,
    _TOP: TOP_TRIGGERS,
    _GROUP: GROUP_TRIGGERS,
    _SORT: SORT_TRIGGERS,
    _EXCLUDE: EXCLUDE_TRIGGERS,
    _TECHNOLOGY: TECHNOLOGY_TRIGGERS,
    _AHEAD: AHEAD,
    _COMPARING: COMPARING,
}


def _trigger_table() -> dict[str, int]:
    table: dict[str, int] = {}
    for family, triggers in _FAMILIES.items():
        for word in triggers:
            # A number that may be a year may be an amount as well: "acima de 2000 reais".
            table[word] = table.get(word, 0) | family | (_DIGITS if word < ":" else 0)
    return table


_TRIGGERS = _trigger_table()
"""Word to the families (as bits) that it may belong to: one look at each word tells which readers to call."""


def find_entities(text: str, found: list[Word], *, at_ms: int, vocabulary: Vocabulary | None = None) -> list[Entity]:
    """Find what the text names: times, numbers, shapes of the answer, technologies, nouns of a vocabulary, identifiers.

    Args:
        text: the text in which the words' offsets count; those of the entities do so too.
        found: its words, from `models.nlu.words.words`.
        at_ms: the reference time in epoch milliseconds (see `reference_ms`): "yesterday" is the day before it.
        vocabulary: nouns to look for beside our own, such as those of a catalog.

    Returns:
        The entities, by families (times first, then how many, groups, order and exclusions, comparisons, amounts,
        identifiers, technologies, nouns) and within each in the order of the text.
    """
    if len(found) > MAX_WORDS:
        found = found[:MAX_WORDS]
    return read_entities(Words.of(composed(text), found), at_ms=at_ms, vocabulary=vocabulary)


def read_entities(found: Words, *, at_ms: int, vocabulary: Vocabulary | None = None) -> list[Entity]:
    """Find the same in a text of at most MAX_WORDS words, whose places are looked for where something may be."""
    text, plains = found.text, found.plains
    places = _places(plains)
    entities: list[Entity] = []
    if places or "@" in text or "::" in text or "://" in text or "www." in text:
        scan = Scan(found, at_ms)
        entities = _read(scan, places if len(scan.plains) == len(plains) + len(PADDING) else _places(scan.plains))
    if vocabulary is not None:
        entities += _nouns(plains, found, vocabulary)
    return entities


def _places(plains: list[str]) -> list[int]:
    """Return where a word is that some family begins with, or digits: they, and nothing else here, sort before ":"."""
    if plains and min(plains) < ":":
        return [at for at, word in enumerate(plains) if word in _TRIGGERS or "" < word < ":"]
    return [at for at, families in enumerate(map(_TRIGGERS.get, plains)) if families]


def _read(scan: Scan, places: list[int]) -> list[Entity]:
    families = 0
    for at in places:
        families |= _TRIGGERS.get(scan.plains[at], _DIGITS)
    scan.looks_ahead = bool(families & _AHEAD)
    scan.compares = bool(families & _COMPARING)
    notations = notation_entities(scan) if scan.kinds else []
    entities = _times(scan, places) if families & _DATES else []
    if families & _TOP:
        entities += top_entities(scan, places)
    comparisons: list[Entity] = []
    amounts = find_amounts(scan, places) if families & _AMOUNTS else []
    if amounts:
        comparisons, amounts = find_comparisons(scan, amounts)
    if families & _SORT:
        entities += sort_entities(scan, places)
    if families & _GROUP:
        entities += group_entities(scan, places)
    if families & _EXCLUDE:
        entities += exclusion_entities(scan, places)
    entities += comparisons
    if amounts:
        numbered, amounts = numbered_entities(scan, amounts)
        entities += [amount_entity(scan, amount) for amount in amounts if amount.first not in scan.taken]
        entities += numbered
    entities += notations
    if families & _TECHNOLOGY:
        entities += technology_entities(scan, places)
    return entities


def _times(scan: Scan, places: list[int]) -> list[Entity]:
    found, compared = find_dates(scan, places)
    entities = []
    for moment, span in found:
        scan.take(moment.first, moment.last)
        entities.append(scan.entity("TIME_RANGE", _interval(span), moment.confidence, moment.first, moment.last))
    if compared is not None:
        value = ",".join(map(_interval, compared))
        entities.append(scan.entity("TIME_COMPARISON", value, USUAL, found[0][0].first, found[-1][0].last))
    return entities


def _interval(span: Span) -> str:
    """Write a span as an ISO 8601 interval in whole seconds: `2025-07-01T00:00:00Z/2025-10-01T00:00:00Z`."""
    return f"{_instant(span[0])}/{_instant(span[1])}"


def _instant(at: int) -> str:
    if not at % 60:
        return _minute(at)
    return f"{_minute(at - at % 60)[:-3]}{at % 60:02}Z"


@lru_cache(maxsize=4_096)
def _minute(at: int) -> str:
    return f"{date_of(at).isoformat()}T{at % DAY // 3600:02}:{at // 60 % 60:02}:00Z"


def _nouns(plains: list[str], found: Words, vocabulary: Vocabulary) -> list[Entity]:
    return [
        Entity(
            entity_type="CATALOG",
            value=name,
            confidence=USUAL / len(names),
            start=found.placed[first].start,
            end=found.placed[last].end,
        )
        for first, last, names in vocabulary.find(plains)
        for name in names
    ]
