"""Whatever the text: no exception, entities that point at its words, values that can be read, and little time."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.nlu.entities import Vocabulary, find_entities
from models.nlu.entities.dates import HEADS
from models.nlu.words import composed, words
from models.records import Entity
from tests.unit.nlu.pace import explodes

AT_MS = 1_763_825_400_000
VOCABULARY = Vocabulary({"pedidos": "orders", "ticket médio": "average_ticket"})

_AMOUNT = r"-?[0-9]+(?:\.[0-9]+)?"
_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
FORMATS = {
    "TIME_RANGE": rf"{_INSTANT}/{_INSTANT}",
    "TIME_COMPARISON": rf"{_INSTANT}/{_INSTANT},{_INSTANT}/{_INSTANT}",
    "TOP_N": "[1-9][0-9]*",
    "GROUP_BY": r"\w+",
    "SORT_BY": r"\w+",
    "SORT_ORDER": "asc|desc|newest|oldest",
    "EXCLUDE": r"\w+",
    "COMPARISON": rf"(?:>|>=|<|<=|=|!=) {_AMOUNT}(?: \S+)?|between {_AMOUNT}\.\.{_AMOUNT}(?: \S+)?",
    "NUMBER": _AMOUNT,
    "PERCENT": _AMOUNT,
    "MONEY": rf"{_AMOUNT} (?:BRL|USD|EUR|GBP)",
    "DURATION": rf"P(?:{_AMOUNT}[DWMY]|T{_AMOUNT}[HMS])",
    "SIZE": rf"{_AMOUNT} (?:B|kB|MB|GB|TB)",
    "IDENTIFIER": "[A-Z0-9-]+",
    "EMAIL": r"[^@\s]+@[^@\s]+",
    "URL": r"\S+",
    "UUID": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "VERSION": r"v?[0-9][\w.+-]*",
    "TECHNOLOGY": ".+",
    "IP": ".+",
    "CATALOG": ".+",
}

CONNECTORS = """
desde since até until de do da from a to e and entre between em on in no na o the os últimos last next próximo this esta
passada que vem ago atrás há daqui para por by per cada mesmo same previous compare vs com às at ao primeira first
segundo top maiores menores mais menos acima abaixo than 1 2 3 12 30 31 500 1999 2025 2026 99999999999 31/02/2025
12/03/2026 1/2 2025-13-40 15h 14h30 5pm 25h 10.0.0.1 1.234,56 1,5 R$ $ % >= - / , . : ; @ # x@y.z v2.3.1 INC-12 um uma
dois cinquenta mil milhão meia and half cento exceto sem ordenado asc redis postgres go Go C++ pedidos ticket médio
início fim final end virada janeiro março may feira noite manhã morning período year to date so far
"""
PHRASES = st.lists(st.sampled_from([*CONNECTORS.split(), *sorted(HEADS)[::7]]), max_size=14).map(" ".join)


def check(text: str, at_ms: int = AT_MS) -> list[Entity]:
    read = composed(text)
    entities = find_entities(text, words(text), at_ms=at_ms, vocabulary=VOCABULARY)
    for entity in entities:
        assert 0 <= (entity.start or 0) < (entity.end or 0) <= len(read)
        said = read[entity.start : entity.end]
        assert said == said.strip()
        assert 0 < entity.confidence <= 1
        assert re.fullmatch(FORMATS[entity.entity_type], entity.value), entity
        if entity.entity_type in {"TIME_RANGE", "TIME_COMPARISON"}:
            for interval in entity.value.split(","):
                start, end = map(datetime.fromisoformat, interval.split("/"))
                assert start < end
                assert 1900 <= start.year <= end.year <= 2100
        if entity.entity_type == "IP":
            ipaddress.ip_network(entity.value)
    return entities


@settings(max_examples=600, deadline=None)
@given(text=PHRASES, at=st.integers(946_684_800_000, 4_102_444_799_999))
def test_any_words_of_times_and_amounts_make_sound_entities(text: str, at: int) -> None:
    entities = check(text, at)
    assert entities == find_entities(text, words(text), at_ms=at, vocabulary=VOCABULARY)


@settings(max_examples=400, deadline=None)
@given(text=st.text(max_size=200))
@example("\ud800 hoje às 15h")
@example("٣ dias atrás ١٢/٠٣/٢٠٢٦")
@example("\uff11\uff12 de março")  # full-width digits
@example("² dias ½ hora ①")
@example("ﷺ hoje \u0301 \ufdfa 3")
@example("há \u200b3\u200b dias")
def test_any_text_can_be_read(text: str) -> None:
    check(text)


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet="0123456789.,:/-@+vT#%$€<>= amphxZINC", max_size=80))
def test_any_punctuation_can_be_read(text: str) -> None:
    check(text)


@settings(max_examples=200, deadline=None)
@given(before=st.sampled_from(["receita", "vendas de produtos", "x"]), text=PHRASES)
@example("receita", "1 year 1999")
def test_no_two_amounts_or_times_share_a_word(before: str, text: str) -> None:
    apart = {
        "TIME_RANGE",
        "TOP_N",
        "COMPARISON",
        "NUMBER",
        "PERCENT",
        "MONEY",
        "DURATION",
        "SIZE",
        "IDENTIFIER",
        "VERSION",
    }
    spans = sorted((e.start or 0, e.end or 0) for e in check(f"{before} {text}") if e.entity_type in apart)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))


HOSTILE = [
    "1." * 5_000, "1" * 10_000, "a." * 5_000, "1:" * 5_000, "@" * 10_000, "a@" * 5_000, "1/" * 5_000, "a-" * 5_000,
    "http://" * 1_400, "12345678-" * 1_100, "1 " * 5_000, "::" * 5_000, "1.1 " * 2_500, "AB-" * 3_300,
    "1.1.1.1.1 " * 1_000, "INC-1 " * 1_600, "a:a: " * 2_000, "top " * 2_500, "hoje " * 2_000, "por x " * 1_600,
    "por " * 2_500, "cada " * 2_000, "dia " * 2_500, "mil " * 2_500, "dois " * 2_000, "um milhao e " * 800,
    "a semana " * 1_100, "may " * 2_500, "sexta " * 1_600, "redis " * 1_600, "exceto x, " * 1_000, "3 dias " * 1_400,
    "primeiro semestre " * 600, "first week of " * 800, "cento e vinte e um mil " * 400, "R$ 1,00 " * 1_200,
    "mais de 3 " * 1_000, "por " + "x, " * 3_000, "15h " * 2_500, "mesmo periodo " * 700, "2024 2025 " * 1_000,
    "entre 1 e 2 " * 800, "de mar a mar " * 800, "half a " * 1_600, "dez " * 2_500, "ultimo " * 1_400,
    "order by " * 1_100, "do maior " * 1_100, "segunda a " * 1_000, "março " + "de " * 3_300, "x" + "\u0301" * 9_999,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
def test_ten_thousand_hostile_characters_take_little_time(text: str) -> None:
    """Measured: 2 ms at most."""
    found = words(text)
    assert not explodes(lambda: find_entities(text, found, at_ms=AT_MS, vocabulary=VOCABULARY))
