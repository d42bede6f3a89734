"""Turns of phrase that shape an answer: "top 10", "o maior cliente", "por região e mês", "sorted by", "exceto"."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from models.nlu.entities.dates.calendars import UNIT_OF
from models.nlu.entities.dates.readers import HEADS
from models.nlu.entities.numbers import NUMBER_WORDS, Number, number_at, number_before
from models.nlu.entities.scan import CERTAIN, FILLED, PADDING, USUAL, Scan
from models.nlu.words import is_stop_word, word_set
from models.records import Entity

MAX_SHAPES = 16
"""More groups, or things left out, are not read."""

_NOTHING: frozenset[int] = frozenset()
_ARTICLES = word_set("a o as os the cada each every")
_MOST_ARTICLES = 4  # before a noun: "by each of the"
_GROUP_WORDS = word_set("por by per cada each every")
_NO_GROUP_AFTER = word_set(
    "favor exemplo enquanto causa que meio padrao gentileza vez volta cento cent default mistake hand using means "
    "other time um uma one isso ora mim whom then now law step"
)
_PERIODICAL = {
    "diario": "day", "diaria": "day", "diariamente": "day", "daily": "day",
    "semanal": "week", "semanais": "week", "semanalmente": "week", "weekly": "week",
    "mensal": "month", "mensais": "month", "mensalmente": "month", "monthly": "month",
    "trimestral": "quarter", "trimestrais": "quarter", "quarterly": "quarter",
    "anual": "year", "anuais": "year", "anualmente": "year", "yearly": "year", "annual": "year", "annually": "year",
    "hourly": "hour",
}  # fmt: skip
_ANDS = word_set("e and")
_COMMANDS = word_set(
    "mostre mostrar mostra compare comparar compara ordene ordenar exporte exportar envie enviar gere gerar liste "
    "listar inclua incluir filtre filtrar calcule calcular crie criar salve salvar diga show sort order list export "
    "send plot give tell calculate filter include save then depois tambem also nao not only"
)
_SORTING = word_set(
    "ordenado ordenada ordenados ordenadas ordenar ordene ordenando classificado classificada classificados "
    "classificadas classificar classifique sorted sort sorting ordered order ordering ranked rank ranqueado ranqueados"
)


class Order(StrEnum):
    """Which end of the list is wanted."""

    LARGEST = "largest"
    SMALLEST = "smallest"
    LATEST = "latest"


_ORDER_OF = {
    word: order
    for order, listed in (
        (Order.LARGEST, "top maiores maior principais melhores melhor largest biggest highest best most"),
        (Order.SMALLEST, "menores menor piores pior bottom smallest lowest worst least"),
        (Order.LATEST, "ultimos ultimas ultimo ultima recentes last latest newest recent"),
    )
    for word in listed.split()
}
_FIRST_WORDS = word_set("first primeiros primeiras oldest earliest")
_SUPERLATIVES = word_set(
    "maior menor melhor pior largest biggest highest best smallest lowest worst ultimo ultima last latest newest"
)
_BEFORE_ONE = word_set("o a the qual")
_ARTICLES_OR_ONE = word_set("a um uma one an")
_NO_THING = word_set(
    "que do de da than parte numero ou or part number way practice practices forma maneira pratica jeito momento hora "
    "vez time nome name resort minute"
)
_PLURAL_QUESTIONS = word_set("quais os as")

_DIRECTIONS = {
    **dict.fromkeys(word_set("crescente ascendente ascending asc alfabetica alphabetical alphabetically"), "asc"),
    **dict.fromkeys(word_set("decrescente descendente descending desc"), "desc"),
}
_FIRST = word_set("first primeiro primeiros primeira primeiras")
_ENDS_FIRST = {
    **dict.fromkeys(word_set("newest latest recent recentes novos novas"), "newest"),
    **dict.fromkeys(word_set("oldest earliest antigos antigas"), "oldest"),
    **dict.fromkeys(word_set("largest biggest highest maiores"), "desc"),
    **dict.fromkeys(word_set("smallest lowest menores"), "asc"),
}
_EXCLUDING = word_set("exceto excluindo excluding except tirando desconsiderando ignorando ignoring sem without salvo")
_EXCLUDING_PAIRS = {
    "other": ("than",), "apart": ("from",), "not": ("including", "counting"), "but": ("not",),
    "nao": ("incluindo", "considerando", "contando"), "menos": ("a", "o", "as", "os"),
}  # fmt: skip
_EXCLUDED_ARTICLES = word_set("a o as os the for de do da dos das any all qualquer todos todas")

TOP_TRIGGERS = frozenset(_ORDER_OF) | _FIRST_WORDS
GROUP_TRIGGERS = _GROUP_WORDS | frozenset(_PERIODICAL)
SORT_TRIGGERS = _SORTING | frozenset(_DIRECTIONS) | _FIRST | {"maior", "menor"}
EXCLUDE_TRIGGERS = _EXCLUDING | frozenset(_EXCLUDING_PAIRS)


class Top(NamedTuple):
    """How many, and from which end; `first` to `last` are the words that say so."""

    limit: int
    order: Order
    first: int
    last: int


def find_top(plain_words: Sequence[str]) -> Top | None:
    """Return the first "top N" of the words, with the number before or after, or "o maior X", which is one.

    "Last 7 days" is none, and neither is "at least 5".
    """
    return _top([*plain_words, *PADDING], range(len(plain_words)), _NOTHING)


def _top(plains: Sequence[str], places: Iterable[int], taken: Container[int]) -> Top | None:
    for at in places:
        order = _ORDER_OF.get(plains[at])
        if order is None or at in taken:
            continue
        top = _counted_top(plains, at, order, taken) or _single_top(plains, at, order)
        if top is not None:
            return top
    return None


def _counted_top(plains: Sequence[str], at: int, order: Order, taken: Container[int]) -> Top | None:
    if plains[at - 1] in {"at", "no"} and plains[at] in {"most", "least"}:
        return None
    number = number_at(plains, at + 1)
    if number is None or not _counts(plains, number, taken):
        number = number_before(plains, at)
    if number is None or not _counts(plains, number, taken):
        return None
    first, last = min(at, number.first), max(at, number.last)
    if order is Order.LATEST and plains[last + 1] in UNIT_OF:
        return None
    return Top(int(number.value), order, first, last)


def _counts(plains: Sequence[str], number: Number, taken: Container[int]) -> bool:
    value, suffix, first, _ = number
    return value > 0 and value == int(value) and not (suffix or first in taken or plains[first] in _ARTICLES_OR_ONE)


def _single_top(plains: Sequence[str], at: int, order: Order) -> Top | None:
    """Read "o maior cliente", "the largest order", "o último incidente": one, since it is in the singular."""
    word, thing = plains[at], plains[at + 1]
    begin = at - 1
    if word == "recent" and plains[begin] == "most":
        begin -= 1
    elif word not in _SUPERLATIVES:
        return None
    if plains[begin] not in _BEFORE_ONE or not _is_noun(thing) or is_stop_word(thing) or thing.endswith("ed"):
        return None
    if thing in _NO_THING or thing in HEADS or thing in _ORDER_OF or _is_plural(thing):
        return None
    adjective_and_plural = plains[begin] == "the" and _is_plural(plains[at + 2])  # "the best pizza places"
    if adjective_and_plural or not _PLURAL_QUESTIONS.isdisjoint(plains[:begin]):
        return None
    return Top(1, order, at, at)


def _is_plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith("ss") and not is_stop_word(word)


def find_groups(plain_words: Sequence[str]) -> list[int]:
    """Return where the nouns of "por X", "by X", "para cada X" stand, articles skipped."""
    plains = [*plain_words, *PADDING]
    nouns = (_group_noun(plains, at, _NOTHING) for at in range(len(plain_words)))
    return list(dict.fromkeys(noun for noun in nouns if noun))[:MAX_SHAPES]


def _group_noun(plains: Sequence[str], at: int, taken: Container[int]) -> int:
    """Return where the noun behind a "por" or "cada" stands, or 0."""
    if plains[at] not in _GROUP_WORDS or plains[at - 1] in _SORTING:
        return 0
    noun = _skipped(plains, at + 1, _ARTICLES)
    word = plains[noun]
    is_group = noun not in taken and _is_noun(word) and word not in _NO_GROUP_AFTER and not is_stop_word(word)
    return noun if is_group else 0


def _is_noun(word: str) -> bool:
    return word.isalpha() and word not in NUMBER_WORDS


def _skipped(plains: Sequence[str], at: int, words: Container[str]) -> int:
    """Return the first place from here on where none of these words stands."""
    end = at + _MOST_ARTICLES
    while at < end and plains[at] in words:
        at += 1
    return at


def _conjoined(plains: Sequence[str], noun: int, taken: Container[int], commas: Container[int]) -> list[int]:
    """Return the nouns that are joined to one by commas and "e" or "and": "região, canal e mês".

    What could as well be a new clause ("por região e mostre") is left out, but for lack of a dictionary not always.
    """
    places: list[int] = []
    while len(places) < MAX_SHAPES:
        has_comma = noun in commas
        following = noun + 1 + (plains[noun + 1] in _ANDS)
        if following == noun + 1 and not has_comma:
            break
        word, after = plains[following], plains[following + 1]
        is_listed = after in _ANDS or following in commas
        ends = is_listed or (following > noun + 1 and (after == "" or is_stop_word(after) or following + 1 in taken))
        if not ends or following in taken or not _is_noun(word) or is_stop_word(word) or word in _COMMANDS:
            break
        places.append(following)
        noun = following
    return places


def _commas(scan: Scan) -> set[int]:
    if "," not in scan.text:
        return set()
    return {at for at in range(len(scan.words)) if scan.gap(at) == ","}


def top_entities(scan: Scan, places: list[int]) -> list[Entity]:
    """Find how many are wanted, and from which end when it isn't the top."""
    top = _top(scan.plains, places, scan.taken)
    if top is not None:
        scan.take(top.first, top.last)
        confidence = CERTAIN if top.last > top.first else FILLED
        entities = [scan.entity("TOP_N", str(top.limit), confidence, top.first, top.last)]
        if top.order is not Order.LARGEST:
            order = "asc" if top.order is Order.SMALLEST else "newest"
            entities.append(scan.entity("SORT_ORDER", order, USUAL, top.first, top.last))
        return entities
    for at in places:
        if scan.plains[at] in _FIRST_WORDS and at not in scan.taken:
            found = _counted_top(scan.plains, at, Order.LATEST, scan.taken)
            if found is not None:
                scan.take(found.first, found.last)
                return [
                    scan.entity("TOP_N", str(found.limit), USUAL, found.first, found.last),
                    scan.entity("SORT_ORDER", "oldest", FILLED, found.first, found.last),
                ]
    return []


def group_entities(scan: Scan, places: list[int]) -> list[Entity]:
    """Find what the answer is to be grouped by, one entity each; its value is the noun as written."""
    entities: list[Entity] = []
    commas = _commas(scan)
    done: set[int] = set()
    for at in places:
        if at in scan.taken or len(entities) >= MAX_SHAPES:
            continue
        unit = _PERIODICAL.get(scan.plains[at])
        if unit is not None:
            entities.append(scan.entity("GROUP_BY", unit, FILLED, at, at))
        elif (noun := _group_noun(scan.plains, at, scan.taken)) and noun not in done:
            nouns = [noun, *_conjoined(scan.plains, noun, scan.taken, commas)]
            entities += _entities(scan, "GROUP_BY", nouns, USUAL)
            done.update(nouns)
    return entities


def _entities(scan: Scan, entity_type: str, nouns: list[int], confidence: float) -> list[Entity]:
    """Make an entity of each noun of a list; only the first is sure to be one of it."""
    first, *others = nouns
    entities = [scan.entity(entity_type, scan.said(first), confidence, first, first)]
    entities += [scan.entity(entity_type, scan.said(at), min(confidence, FILLED), at, at) for at in others]
    return entities


def sort_entities(scan: Scan, places: list[int]) -> list[Entity]:
    """Find what the answer is to be sorted by (the noun as written), and in which direction."""
    plains = scan.plains
    entities: list[Entity] = []
    for at in places[: 4 * MAX_SHAPES]:
        word = plains[at]
        if word in _SORTING:
            noun = _sorted_noun(plains, at)
            if noun:
                scan.take(at + 1, noun)  # so that the "por" is not read as a group
                entities.append(scan.entity("SORT_BY", scan.said(noun), USUAL, noun, noun))
        elif word in _DIRECTIONS:
            entities.append(scan.entity("SORT_ORDER", _DIRECTIONS[word], CERTAIN, at, at))
        elif word in _FIRST and plains[at - 1] in _ENDS_FIRST and at not in scan.taken:
            entities.append(scan.entity("SORT_ORDER", _ENDS_FIRST[plains[at - 1]], USUAL, at - 1, at))
        elif word in {"maior", "menor"} and plains[at - 1] == "do" and {"maior", "menor"} & {*plains[at + 2 : at + 5]}:
            entities.append(scan.entity("SORT_ORDER", "desc" if word == "maior" else "asc", CERTAIN, at, at))
    return entities


def _sorted_noun(plains: Sequence[str], at: int) -> int:
    """Return where the noun of "ordenado (…) por X" stands, or 0."""
    for by in range(at + 1, at + 2 if plains[at] in {"order", "rank"} else at + 4):
        if plains[by] in {"por", "by", "pela", "pelo"}:
            noun = _skipped(plains, by + 1, _ARTICLES)
            return noun if _is_noun(plains[noun]) and plains[noun] not in _DIRECTIONS else 0
    return 0


def exclusion_entities(scan: Scan, places: list[int]) -> list[Entity]:
    """Find what is to be left out ("exceto testes", "excluding refunds and taxes"), one entity for each noun."""
    plains = scan.plains
    entities: list[Entity] = []
    commas: set[int] | None = None
    for at in places:
        word, begin = plains[at], at + 1
        if plains[begin] in _EXCLUDING_PAIRS.get(word, ()):
            begin += 1
        elif word not in _EXCLUDING:
            continue
        noun = _skipped(plains, begin, _EXCLUDED_ARTICLES)
        if at in scan.taken or noun in scan.taken or not _is_noun(plains[noun]) or is_stop_word(plains[noun]):
            continue
        if commas is None:
            commas = _commas(scan)
        confidence = FILLED if word in {"sem", "without", "menos"} else USUAL
        nouns = [noun, *_conjoined(plains, noun, scan.taken, commas)]
        entities += _entities(scan, "EXCLUDE", nouns, confidence)
        if len(entities) >= MAX_SHAPES:
            break
    return entities
