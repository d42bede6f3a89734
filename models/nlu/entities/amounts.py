"""Amounts and what they are compared with: "R$ 1.234,56", "15%", "500 ms", "mais de 3", "between 10 and 20"."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from models.nlu.entities.numbers import NUMBER_WORDS, SCALE_OF, Value, number_at, number_text
from models.nlu.entities.scan import CERTAIN, FILLED, USUAL, Scan
from models.nlu.words import word_set
from models.records import Entity

MAX_AMOUNTS = 64
"""More of them are not read."""

_CURRENCY_SIGNS = (("r$", "BRL"), ("us$", "USD"), ("u$s", "USD"), ("€", "EUR"), ("£", "GBP"), ("$", "USD"))
_CURRENCY_OF = {
    word: code
    for code, listed in {
        "BRL": "reais brl",
        "USD": "dolar dolares dollar dollars usd bucks",
        "EUR": "euro euros eur",
        "GBP": "libra libras pound pounds gbp",
    }.items()
    for word in listed.split()
}
_CODES = word_set("brl usd eur gbp")
_PERCENT_WORDS = word_set("percent pct porcento")
_UNIT_OF = {
    word: unit
    for unit, listed in {
        "ms": "ms milissegundo milissegundos millisecond milliseconds",
        "s": "s seg segs sec secs segundo segundos second seconds",
        "min": "min mins minuto minutos minute minutes",
        "h": "h hs hr hrs hora horas hour hours",
        "d": "d dia dias day days",
        "w": "semana semanas week weeks",
        "mo": "mes meses month months",
        "y": "ano anos year years",
        "B": "byte bytes",
        "kB": "kb quilobytes kilobytes",
        "MB": "mb megabytes mega megas",
        "GB": "gb gigabytes giga gigas",
        "TB": "tb terabytes tera teras",
    }.items()
    for word in listed.split()
}
_DURATIONS = {"s": "PT{}S", "min": "PT{}M", "h": "PT{}H", "d": "P{}D", "w": "P{}W", "mo": "P{}M", "y": "P{}Y"}
_MONEY_SUFFIXES = {"m": 10**6, "b": 10**9}
_ONE_CUES = word_set("mais menos least most more less fewer minimo maximo")
AMOUNT_TRIGGERS = NUMBER_WORDS | _ONE_CUES
_ONES = word_set("um uma a an one")
_COUNTED_ONES = word_set("um uma one")

_OPERATORS = {
    ">": "maior que|maiores que|maior do que|maiores do que|mais de|mais que|mais do que|acima de|acima dos|"
    "superior a|superiores a|passa de|passam de|passou de|passaram de|ultrapassa|ultrapassam|ultrapassou|excede|"
    "excedem|excedeu|greater than|more than|larger than|bigger than|higher than|longer than|over|above|exceeding|"
    "exceeds|exceed|exceeded",
    ">=": "pelo menos|ao menos|no minimo|minimo de|a partir de|at least|minimum of|no less than|not less than|"
    "maior ou igual a|igual ou superior a|igual ou maior que|greater than or equal to|nao menos de|nao menos que",
    "<": "menor que|menores que|menor do que|menores do que|menos de|menos que|menos do que|abaixo de|abaixo dos|"
    "inferior a|inferiores a|less than|fewer than|smaller than|lower than|shorter than|under|below",
    "<=": "no maximo|maximo de|ate|at most|up to|no more than|not more than|maximum of|menor ou igual a|"
    "igual ou inferior a|igual ou menor que|less than or equal to|nao mais de|nao mais que|nao mais do que",
    "=": "igual a|iguais a|exatamente|equal to|equals|exactly",
    "!=": "diferente de|diferentes de|different from|not equal to",
}
_SIGNS = {
    ">": ">", "<": "<", ">=": ">=", "=>": ">=", "≥": ">=", "<=": "<=", "=<": "<=", "≤": "<=",
    "=": "=", "==": "=", "!=": "!=", "<>": "!=", "≠": "!=",
}  # fmt: skip
_OR_MORE = {
    ("ou", "mais"): ">=", ("or", "more"): ">=", ("or", "above"): ">=", ("ou", "acima"): ">=",
    ("ou", "menos"): "<=", ("or", "less"): "<=", ("or", "fewer"): "<=", ("or", "below"): "<=",
}  # fmt: skip


def _by_last_word() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    table: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for operator, listed in _OPERATORS.items():
        for phrase in listed.split("|"):
            parts = tuple(phrase.split())
            table.setdefault(parts[-1], []).append((parts, operator))
    for phrases in table.values():
        phrases.sort(key=lambda entry: -len(entry[0]))
    return table


_PHRASES = _by_last_word()
_SIGN = re.compile(r"[<>=!≥≤≠]{1,2}\s*\Z")
_MONEY_OR_SIGN = re.compile("[$€£<>=≥≤≠]")
_EITHER = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}(?![0-9.,])")
"""A number whose separator may stand before thousands or before decimals."""
_PART_OF_NAME = re.compile(r"[^\W\d_]-\Z|-[^\W\d_]")
"""A hyphen that joins a number to a word: "COVID-19", "UTF-8", "19-nCoV"."""

_PAIRS = {
    "entre": ("e",), "between": ("and",), "de": ("a", "ate"), "from": ("to", "through"),
}  # fmt: skip
_LOOK_BACK = 8  # characters: "<= US$ "


class Amount(NamedTuple):
    """A number with its unit (a currency code, `%`, `ms`, `MB` …), the words and the characters that say it."""

    value: Value
    unit: str
    first: int
    last: int
    start: int
    end: int


def find_amounts(scan: Scan, places: list[int]) -> list[Amount]:
    """Find the numbers that begin at these places, each with its unit, in what no other reader has taken."""
    found: list[Amount] = []
    plains, taken, kinds = scan.plains, scan.taken, scan.kinds
    starts = [start for at in places if at not in taken for start in _starts(plains, at)]
    if not starts:
        return found
    has_signs = _MONEY_OR_SIGN.search(scan.text) is not None
    done = -1
    for at in starts:
        if at <= done or at in taken or kinds.get(at, "NUMBER") != "NUMBER":
            continue
        amount = _amount_at(scan, at, has_signs=has_signs)
        if amount is None or amount.last in taken:  # its unit is another entity's: "1 year 1999"
            continue
        found.append(amount)
        done = amount.last
        if len(found) == MAX_AMOUNTS:
            break
    return found


def _starts(plains: list[str], at: int) -> tuple[int, ...]:
    """Return where a number may begin: at digits and number words, and at the "um" of "um milhão", "mais de um"."""
    word = plains[at]
    if word < ":":
        return (at,)
    if word in NUMBER_WORDS:
        counts_scale = word in SCALE_OF and plains[at - 1] in _ONES and (plains[at - 1], word) != ("a", "mil")
        return (at - 1,) if counts_scale and at else (at,)
    if word in _ONE_CUES:
        return tuple(place for place in range(at + 1, at + 4) if plains[place] in _COUNTED_ONES)
    return ()


def _amount_at(scan: Scan, at: int, *, has_signs: bool) -> Amount | None:
    number = number_at(scan.plains, at) if has_signs and _is_in_reais(scan, at) else scan.number_at(at)
    if number is None:
        word = scan.words[at]
        is_one = scan.plains[at] in _COUNTED_ONES and _operator_before(scan, at, word.start)[0] != ""
        return Amount(1, "", at, at, word.start, word.end) if is_one else None
    value, suffix, first, last = number
    start, end = scan.words[first].start, scan.words[last].end
    if _PART_OF_NAME.search(scan.text[max(0, start - 2) : start]) or _PART_OF_NAME.match(scan.text[end : end + 2]):
        return None
    currency = ""
    if has_signs or scan.plains[first - 1] in _CODES:
        currency, first, start = _currency_before(scan, first)
    if suffix:
        if currency and suffix in _MONEY_SUFFIXES:
            value = value * _MONEY_SUFFIXES[suffix]
        elif suffix == "m" and scan.text[end - 1] == "M":
            value = value * 10**6
        elif suffix in _UNIT_OF:
            return Amount(value, _UNIT_OF[suffix], first, last, start, end)
        else:
            return None
    if currency:
        return Amount(value, currency, first, last, start, end)
    unit, last, end = _unit_after(scan, last, end)
    return Amount(value, unit, first, last, start, end)


def _is_in_reais(scan: Scan, at: int) -> bool:
    """Whether "R$" stands before a number, which then has the decimal comma in an English text too."""
    start = scan.words[at].start
    return scan.text[max(0, start - _LOOK_BACK) : start].rstrip().lower().endswith("r$")


def _currency_before(scan: Scan, first: int) -> tuple[str, int, int]:
    """Read "R$", "US$", "€", "BRL" in front of a number; return the code and where it begins."""
    start = scan.words[first].start
    code = _CURRENCY_OF.get(scan.plains[first - 1], "") if scan.plains[first - 1] in _CODES else ""
    if code:
        return code, first - 1, scan.words[first - 1].start
    behind = scan.text[max(0, start - _LOOK_BACK) : start]
    before = behind.rstrip()
    for sign, currency in _CURRENCY_SIGNS:
        if before[-len(sign) :].lower() == sign:
            begin = start - len(behind) + len(before) - len(sign)
            has_letters = first > 0 and scan.words[first - 1].start >= begin
            return currency, first - 1 if has_letters else first, begin
    return "", first, start


def _unit_after(scan: Scan, last: int, end: int) -> tuple[str, int, int]:
    """Read "%", "por cento", "reais", "milhões de dólares", "ms" behind a number."""
    behind = scan.text[end : end + 2].lstrip()
    if behind[:1] in {"%", "€"}:
        sign_end = scan.text.index(behind[0], end) + 1
        return ("%" if behind[0] == "%" else "EUR"), last, sign_end
    plains = scan.plains
    word = plains[last + 1]
    place, unit = last + 1, _CURRENCY_OF.get(word, "") or _UNIT_OF.get(word, "")
    if word in _PERCENT_WORDS:
        unit = "%"
    elif (word == "por" and plains[last + 2] == "cento") or (word == "per" and plains[last + 2] == "cent"):
        unit, place = "%", last + 2
    elif word == "de" and plains[last + 2] in _CURRENCY_OF:
        unit, place = _CURRENCY_OF[plains[last + 2]], last + 2
    return (unit, place, scan.words[place].end) if unit and scan.gap(last) == "" else ("", last, end)


def find_comparisons(scan: Scan, amounts: list[Amount]) -> tuple[list[Entity], list[Amount]]:
    """Find what amounts are compared with; return the entities, and the amounts that are not part of one."""
    entities: list[Entity] = []
    left: list[Amount] = []
    at = 0
    while at < len(amounts):
        amount = amounts[at]
        entity = _between(scan, amount, amounts[at + 1]) if at + 1 < len(amounts) else None
        at += 1 + (entity is not None)
        entity = entity or _compared(scan, amount)
        if entity is None:
            left.append(amount)
        else:
            entities.append(entity)
    return entities, left


def _compared(scan: Scan, amount: Amount) -> Entity | None:
    operator, first, start, confidence = _operator_before(scan, amount.first, amount.start)
    last, end = amount.last, amount.end
    if not operator:
        operator = _OR_MORE.get((scan.plains[last + 1], scan.plains[last + 2]), "")
        if not operator:
            return None
        last, confidence = last + 2, CERTAIN
        end = scan.words[last].end
    scan.take(first, last)
    value = f"{operator} {number_text(amount.value)} {amount.unit}".rstrip()
    return Entity(entity_type="COMPARISON", value=value, confidence=confidence, start=start, end=end)


def _operator_before(scan: Scan, first: int, start: int) -> tuple[str, int, int, float]:
    """Read ">", "mais de", "at least" in front of an amount; return it and where it begins."""
    plains = scan.plains
    for phrase, operator in _PHRASES.get(plains[first - 1], ()):
        begin = first - len(phrase)
        if begin >= 0 and tuple(plains[begin:first]) == phrase and begin not in scan.taken:
            confidence = FILLED if phrase == ("ate",) else USUAL if len(phrase) == 1 else CERTAIN
            return operator, begin, scan.words[begin].start, confidence
    behind = scan.text[max(0, start - _LOOK_BACK) : start]
    match = _SIGN.search(behind)
    if match is not None and (operator := _SIGNS.get(match[0].rstrip(), "")):
        return operator, first, start - len(behind) + match.start(), CERTAIN
    return "", first, start, CERTAIN


def _between(scan: Scan, low: Amount, high: Amount) -> Entity | None:
    """Read "between 10 and 20", "de R$ 5 a R$ 10", "10-20%"."""
    gap = scan.plains[low.last + 1 : high.first]
    before = scan.plains[low.first - 1]
    if len(gap) > 1 or low.value >= high.value or (low.unit and high.unit not in {low.unit, ""}):
        return None
    unit = low.unit or high.unit
    confidence = CERTAIN
    if gap and gap[0] in _PAIRS.get(before, ()):
        confidence = CERTAIN if before in {"entre", "between"} else FILLED
        first, start = low.first - 1, scan.words[low.first - 1].start
    elif not gap and unit and scan.gap(low.last) == "-":
        first, start = low.first, low.start
    else:
        return None
    scan.take(first, high.last)
    value = f"between {number_text(low.value)}..{number_text(high.value)} {unit}".rstrip()
    return Entity(entity_type="COMPARISON", value=value, confidence=confidence, start=start, end=high.end)


def amount_entity(scan: Scan, amount: Amount) -> Entity:
    """Make the entity of an amount that stands alone: money, a percentage, a duration, a size, or a number."""
    value, unit = number_text(amount.value), amount.unit
    if unit == "%":
        entity_type = "PERCENT"
    elif unit in _DURATIONS:
        entity_type, value = "DURATION", _DURATIONS[unit].format(value)
    elif unit == "ms":
        entity_type, value = "DURATION", _DURATIONS["s"].format(number_text(Decimal(amount.value) / 1000))
    elif unit:
        entity_type, value = "SIZE" if unit.endswith("B") else "MONEY", f"{value} {unit}"
    else:
        entity_type = "NUMBER"
    could_be_either = _EITHER.match(scan.words[amount.last].text) is not None and amount.last in scan.kinds
    confidence = FILLED if could_be_either else CERTAIN
    return Entity(entity_type=entity_type, value=value, confidence=confidence, start=amount.start, end=amount.end)
