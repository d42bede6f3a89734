"""Amounts, comparisons, shapes of the answer, technologies, identifiers, catalog nouns."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.nlu.entities import Vocabulary, find_entities
from models.nlu.entities.numbers import number_at
from models.nlu.entities.technologies import NAMES
from models.nlu.words import composed, plain_words, words
from models.records import Entity

AT_MS = 1_763_825_400_000  # 2025-11-22T15:30Z


def found_in(text: str, vocabulary: Vocabulary | None = None) -> list[Entity]:
    return find_entities(text, words(text), at_ms=AT_MS, vocabulary=vocabulary)


def said(text: str, entity_type: str) -> list[tuple[str, str]]:
    """The values of one type, with the words that say them."""
    return [(e.value, text[e.start : e.end]) for e in found_in(text) if e.entity_type == entity_type]


@pytest.mark.parametrize(
    ("text", "value", "said_by"),
    [
        ("cluster com 5 nodes", "5", "5"),
        ("duzentos e cinquenta usuários", "250", "duzentos e cinquenta"),
        ("two hundred and fifty users", "250", "two hundred and fifty"),
        ("twenty-five users", "25", "twenty-five"),
        ("meia dúzia de erros", "6", "meia dúzia"),
        ("half a dozen errors", "6", "half a dozen"),
        ("um milhão e meio de eventos", "1500000", "um milhão e meio"),
        ("two and a half million events", "2500000", "two and a half million"),
        ("meio milhão de eventos", "500000", "meio milhão"),
        ("1,5 mi de eventos", "1500000", "1,5 mi"),
        ("1.5 million events", "1500000", "1.5 million"),
        ("10k requisições/segundo", "10000", "10k"),
        ("2M requests", "2000000", "2M"),
        ("10 mil eventos", "10000", "10 mil"),
        ("mil e quinhentos eventos", "1500", "mil e quinhentos"),
        ("1.234.567,89 pontos", "1234567.89", "1.234.567,89"),
        ("1,234,567.89 points", "1234567.89", "1,234,567.89"),
        ("1.234 pedidos de clientes", "1234", "1.234"),
        ("an error of 1.234 points", "1.234", "1.234"),
        ("nota de 4,5", "4.5", "4,5"),
        ("retornando erro 500", "500", "500"),
        ("dois e três", "2", "dois"),
    ],
)
def test_numbers_in_digits_and_words(text: str, value: str, said_by: str) -> None:
    assert said(text, "NUMBER")[0] == (value, said_by)


@pytest.mark.parametrize(
    "text",
    [
        "um relatório",
        "one report",
        "a thousand-yard",
        "COVID-19",
        "utf-8 e sha-256",
        "o 19-nCoV",
        "3x mais",
        "2fa",
        "o 5º item",
    ],
)
def test_what_counts_nothing_is_no_number(text: str) -> None:
    assert [value for value, _ in said(text, "NUMBER") if value != "1000"] == []


@pytest.mark.parametrize(
    ("text", "value", "said_by"),
    [
        ("R$ 1.234,56", "1234.56 BRL", "R$ 1.234,56"),
        ("r$50", "50 BRL", "r$50"),
        ("US$ 3k", "3000 USD", "US$ 3k"),
        ("$1,234.56 of revenue", "1234.56 USD", "$1,234.56"),
        ("$1.5M", "1500000 USD", "$1.5M"),
        ("R$ 2 mi de receita", "2000000 BRL", "R$ 2 mi"),
        ("R$ 3m", "3000000 BRL", "R$ 3m"),
        ("50 reais", "50 BRL", "50 reais"),
        ("dez mil reais", "10000 BRL", "dez mil reais"),
        ("um milhão e meio de dólares", "1500000 USD", "um milhão e meio de dólares"),
        ("€20 cada", "20 EUR", "€20"),
        ("custa 20 €", "20 EUR", "20 €"),
        ("EUR 20", "20 EUR", "EUR 20"),
        ("five pounds", "5 GBP", "five pounds"),
    ],
)
def test_money(text: str, value: str, said_by: str) -> None:
    assert said(text, "MONEY") == [(value, said_by)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("15%", "15"),
        ("uptime de 99.9 %", "99.9"),
        ("99,95%", "99.95"),
        ("quinze por cento", "15"),
        ("five percent", "5"),
        ("10 per cent", "10"),
    ],
)
def test_percentages(text: str, value: str) -> None:
    assert [found for found, _ in said(text, "PERCENT")] == [value]


@pytest.mark.parametrize(
    ("text", "entity_type", "value"),
    [
        ("retenção por 5 anos", "DURATION", "P5Y"),
        ("timeout de 500ms", "DURATION", "PT0.5S"),
        ("1,5 horas de espera", "DURATION", "PT1.5H"),
        ("thirty minutes of downtime", "DURATION", "PT30M"),
        ("duas semanas de férias", "DURATION", "P2W"),
        ("disco de 10 GB", "SIZE", "10 GB"),
        ("7.5MB", "SIZE", "7.5 MB"),
    ],
)
def test_durations_and_sizes(text: str, entity_type: str, value: str) -> None:
    assert [found for found, _ in said(text, entity_type)] == [value]


@pytest.mark.parametrize(
    ("text", "value", "said_by"),
    [
        ("valor maior que 100", "> 100", "maior que 100"),
        ("valores maiores do que 100", "> 100", "maiores do que 100"),
        ("pedidos acima de R$ 500", "> 500 BRL", "acima de R$ 500"),
        ("mais de 3 falhas", "> 3", "mais de 3"),
        ("mais de um incidente", "> 1", "mais de um"),
        ("more than one incident", "> 1", "more than one"),
        ("over 100 users", "> 100", "over 100"),
        ("latência alta (>500ms P95)", "> 500 ms", ">500ms"),
        ("at least 5", ">= 5", "at least 5"),
        ("pelo menos dez por cento", ">= 10 %", "pelo menos dez por cento"),
        ("nota >= 4,5", ">= 4.5", ">= 4,5"),
        ("5 ou mais falhas", ">= 5", "5 ou mais"),
        ("abaixo de 10%", "< 10 %", "abaixo de 10%"),
        ("fewer than 10 errors", "< 10", "fewer than 10"),
        ("for under $500", "< 500 USD", "under $500"),
        ("<= 3 tentativas", "<= 3", "<= 3"),
        ("≤ 3 tentativas", "<= 3", "≤ 3"),
        ("no máximo 3 tentativas", "<= 3", "no máximo 3"),
        ("no more than 3 retries", "<= 3", "no more than 3"),
        ("até 5 resultados", "<= 5", "até 5"),
        ("igual a 7", "= 7", "igual a 7"),
        ("status != 200", "!= 200", "!= 200"),
        ("between 10 and 20", "between 10..20", "between 10 and 20"),
        ("entre R$ 10 e R$ 20", "between 10..20 BRL", "entre R$ 10 e R$ 20"),
        ("sales between R$ 1.000 and R$ 2.500,50", "between 1000..2500.5 BRL", "between R$ 1.000 and R$ 2.500,50"),
        ("entre 10 e 20%", "between 10..20 %", "entre 10 e 20%"),
        ("de 5 a 10 dias", "between 5..10 d", "de 5 a 10 dias"),
        ("10-20% de desconto", "between 10..20 %", "10-20%"),
    ],
)
def test_comparisons(text: str, value: str, said_by: str) -> None:
    assert said(text, "COMPARISON") == [(value, said_by)]
    assert said(text, "NUMBER") == []


@pytest.mark.parametrize(
    ("text", "limit", "order"),
    [
        ("top 10 products", "10", None),
        ("os 5 maiores clientes", "5", None),
        ("os dez maiores clientes", "10", None),
        ("maiores cinco", "5", None),
        ("5 piores equipes", "5", "asc"),
        ("bottom 3", "3", "asc"),
        ("last 5 incidents", "5", "newest"),
        ("first 10 orders", "10", "oldest"),
        ("primeiros 10 pedidos", "10", "oldest"),
        ("o maior cliente", "1", None),
        ("qual o menor pedido", "1", "asc"),
        ("the largest order", "1", None),
        ("the most recent incident", "1", "newest"),
    ],
)
def test_how_many_are_wanted_and_from_which_end(text: str, limit: str, order: str | None) -> None:
    assert [value for value, _ in said(text, "TOP_N")] == [limit]
    assert [value for value, _ in said(text, "SORT_ORDER")] == ([order] if order else [])


@pytest.mark.parametrize(
    "text",
    [
        "last 5 days", "top products", "top 0 products", "os maiores clientes", "a maior parte dos clientes",
        "at least 5", "at most 3", "valor maior que 100", "quais clientes têm a maior receita", "the best pizza places",
        "qual a melhor forma", "o último mês", "what's the latest on flight 5",
    ],
)  # fmt: skip
def test_what_limits_nothing_is_no_top_n(text: str) -> None:
    assert said(text, "TOP_N") == []


@pytest.mark.parametrize(
    ("text", "nouns"),
    [
        ("vendas por região", ["região"]),
        ("sales by the region and per month", ["region", "month"]),
        ("por região e categoria", ["região", "categoria"]),
        ("por região, canal e mês", ["região", "canal", "mês"]),
        ("per team and month", ["team", "month"]),
        ("para cada equipe", ["equipe"]),
        ("agrupado por status", ["status"]),
        ("broken down by channel", ["channel"]),
        ("receita mensal", ["month"]),
        ("quarterly revenue", ["quarter"]),
        ("por região e mostre o total", ["região"]),
        ("por favor", []),
        ("por exemplo", []),
        ("grew by 10", []),
        ("finish by Friday", []),
        ("ordenado por receita", []),
        ("call me by my name", []),
    ],
)
def test_what_the_answer_is_grouped_by(text: str, nouns: list[str]) -> None:
    assert [value for value, _ in said(text, "GROUP_BY")] == nouns


@pytest.mark.parametrize(
    ("text", "by", "order"),
    [
        ("vendas ordenadas por receita em ordem decrescente", ["receita"], ["desc"]),
        ("sort by date ascending", ["date"], ["asc"]),
        ("ordene os clientes por nome", ["nome"], []),
        ("order by total desc", ["total"], ["desc"]),
        ("mais recentes primeiro", [], ["newest"]),
        ("oldest first", [], ["oldest"]),
        ("do maior para o menor", [], ["desc"]),
        ("order more checkbooks by mail", [], []),
    ],
)
def test_the_order_of_the_answer(text: str, by: list[str], order: list[str]) -> None:
    assert [value for value, _ in said(text, "SORT_BY")] == by
    assert [value for value, _ in said(text, "SORT_ORDER")] == order


@pytest.mark.parametrize(
    ("text", "nouns"),
    [
        ("clientes exceto os inativos e testes", ["inativos", "testes"]),
        ("sales excluding refunds", ["refunds"]),
        ("all except for the interns", ["interns"]),
        ("servidores sem backup", ["backup"]),
        ("todos menos os cancelados", ["cancelados"]),
        ("other than production", ["production"]),
        ("not including taxes", ["taxes"]),
        ("menos de 3", []),
        ("sem 5 deles", []),
    ],
)
def test_what_is_left_out(text: str, nouns: list[str]) -> None:
    assert [value for value, _ in said(text, "EXCLUDE")] == nouns


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("migrar de postgres para mongo no k8s", ["PostgreSQL", "MongoDB", "Kubernetes"]),
        ("usar Node.js, C++, C# e .NET", ["Node.js", "C++", "C#", ".NET"]),
        ("cache redis e fila kafka", ["Redis", "Kafka"]),
        ("Kafka Streams", ["Kafka Streams"]),
        ("CI/CD com GitHub Actions", ["CI/CD", "GitHub Actions"]),
        ("autenticação OAuth2 e JWT", ["OAuth 2.0", "JWT"]),
        ("escrito em Go e Rust", ["Go", "Rust"]),
        ("go to the server, then express the rest", []),
        ("Go to the server", []),
        ("a SWIFT transfer", []),
        ("uma API em REST e Swift", ["REST", "Swift"]),
        ("this spring we react", []),
        ("example.net", []),
        ("vitamin c", []),
    ],
)
def test_technologies_by_all_their_names(text: str, names: list[str]) -> None:
    assert [value for value, _ in said(text, "TECHNOLOGY")] == names


def test_many_technologies_are_known() -> None:
    assert len(NAMES) >= 150


@pytest.mark.parametrize(
    ("text", "entity_type", "value"),
    [
        ("e-mail de Joao.Silva+x@empresa.com.br.", "EMAIL", "Joao.Silva+x@empresa.com.br"),
        ("bloquear 10.0.0.1", "IP", "10.0.0.1"),
        ("rede 10.0.0.7/8", "IP", "10.0.0.0/8"),
        ("acesso de 2001:DB8:0::1", "IP", "2001:db8::1"),
        ("acesso de ::1", "IP", "::1"),
        ("id 3F2504E0-4F89-11D3-9A0C-0305E82C3301", "UUID", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
        ("ver https://example.com/a?b=1.", "URL", "https://example.com/a?b=1"),
        ("(www.example.com/a)", "URL", "www.example.com/a"),
        ("redis://cache:6379/0", "URL", "redis://cache:6379/0"),
        ("resolver INC-1234", "IDENTIFIER", "INC-1234"),
        ("resolver inc-1234", "IDENTIFIER", "INC-1234"),
        ("corrigir CVE-2024-12345", "IDENTIFIER", "CVE-2024-12345"),
        ("status do pedido 12345", "IDENTIFIER", "12345"),
        ("status do pedido nº 0042", "IDENTIFIER", "0042"),
        ("order #42", "IDENTIFIER", "42"),
        ("chamado 7", "IDENTIFIER", "7"),
        ("versão 2.3", "VERSION", "2.3"),
        ("deploy v2.3.1", "VERSION", "v2.3.1"),
        ("deploy 2.3.1-rc1", "VERSION", "2.3.1-rc1"),
        ("python 3.11", "VERSION", "3.11"),
    ],
)
def test_notations(text: str, entity_type: str, value: str) -> None:
    assert [found for found, _ in said(text, entity_type)] == [value]
    assert said(text, "NUMBER") == []


@pytest.mark.parametrize(
    ("text", "entity_type"),
    [
        ("999.1.1.1", "IP"),
        ("std::vector", "IP"),
        ("add::face", "IP"),
        ("14:30:15", "IP"),
        ("joao@empresa", "EMAIL"),
        ("@ana", "EMAIL"),
        ("UTF-8", "IDENTIFIER"),
        ("5 pedidos", "IDENTIFIER"),
        ("order 5 pizzas", "IDENTIFIER"),
        ("pedido de 12345 reais", "IDENTIFIER"),
        ("12/03/2026", "VERSION"),
        ("1.234.567", "VERSION"),
    ],
)
def test_what_only_looks_like_a_notation_is_none(text: str, entity_type: str) -> None:
    assert said(text, entity_type) == []


VOCABULARY = Vocabulary(
    [
        ("pedido", "orders"),
        ("nota fiscal", "invoices"),
        ("nota", "grades"),
        ("ticket médio", "sales.average_ticket"),
        ("ticket", "tickets"),
        ("conta", "accounts"),
        ("conta", "invoices"),
        ("de", "germany"),
        ("average_ticket", "sales.average_ticket"),
    ]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quantos PEDIDOS", [("orders", "PEDIDOS", 0.9)]),
        ("as notas fiscais abertas", [("invoices", "notas fiscais", 0.9)]),
        ("notas de corte", [("grades", "notas", 0.9)]),
        ("ticket médio e tickets", [("sales.average_ticket", "ticket médio", 0.9), ("tickets", "tickets", 0.9)]),
        ("average tickets", [("sales.average_ticket", "average tickets", 0.9)]),
        ("contas de hoje", [("accounts", "contas", 0.45), ("invoices", "contas", 0.45)]),
        ("nada de novo", []),
    ],
)
def test_nouns_of_a_vocabulary_are_found_in_any_number_the_longest_first(
    text: str, expected: list[tuple[str, str, float]]
) -> None:
    entities = [e for e in found_in(text, VOCABULARY) if e.entity_type == "CATALOG"]
    assert [(e.value, text[e.start : e.end], e.confidence) for e in entities] == expected


def test_a_vocabulary_knows_how_many_phrases_it_has() -> None:
    assert len(VOCABULARY) == 7
    assert len(Vocabulary({})) == 0
    assert found_in("pedidos", Vocabulary({})) == []


def test_the_entities_of_a_question_come_by_family_with_their_places() -> None:
    text = "Top 5 produtos por receita no último trestre e no último trimestre"
    assert [(e.entity_type, e.value) for e in found_in(text)] == [
        ("TIME_RANGE", "2025-07-01T00:00:00Z/2025-10-01T00:00:00Z"),
        ("TOP_N", "5"),
        ("GROUP_BY", "receita"),
    ]


def test_a_word_belongs_to_one_reader_only() -> None:
    text = "3 dias atrás 12/03/2026 INC-2024 10.0.0.1 top 5 mais de 3"
    types = [e.entity_type for e in found_in(text)]
    assert sorted(types) == ["COMPARISON", "IDENTIFIER", "IP", "TIME_RANGE", "TIME_RANGE", "TOP_N"]


def test_offsets_count_in_the_composed_text() -> None:
    text = unicodedata.normalize("NFD", "ação às 15h de amanhã, 1.234,5 reais")
    read = composed(text)
    entities = find_entities(text, words(text), at_ms=AT_MS)
    assert [read[e.start : e.end] for e in entities] == ["às 15h de amanhã", "1.234,5 reais"]


def test_a_text_without_any_of_it_has_none() -> None:
    assert found_in("Preciso de um painel com as métricas do cluster e dos serviços críticos") == []
    assert found_in("") == []


SPELLED = """
zero um dois três quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove
- - vinte trinta quarenta cinquenta sessenta setenta oitenta noventa
- cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
- - twenty thirty forty fifty sixty seventy eighty ninety
"""  # noqa: E501
PT, PT_TENS, PT_HUNDREDS, EN, EN_TENS = (line.split() for line in SPELLED.strip().splitlines())


def portuguese(number: int) -> str:
    """Spell a number below a million, as Portuguese does: an "e" before every part but the first of a thousand."""
    if number >= 1000:
        thousands, rest = divmod(number, 1000)
        head = "mil" if thousands == 1 else f"{portuguese(thousands)} mil"
        return (
            head
            if not rest
            else f"{head} e {portuguese(rest)}"
            if rest < 100 or rest % 100 == 0
            else f"{head} {portuguese(rest)}"
        )
    if number >= 100:
        hundreds, rest = divmod(number, 100)
        return "cem" if number == 100 else PT_HUNDREDS[hundreds] + (f" e {portuguese(rest)}" if rest else "")
    if number >= 20:
        return PT_TENS[number // 10] + (f" e {PT[number % 10]}" if number % 10 else "")
    return PT[number]


def english(number: int) -> str:
    if number >= 1000:
        rest = number % 1000
        return f"{english(number // 1000)} thousand" + (
            f" {'and ' if rest < 100 else ''}{english(rest)}" if rest else ""
        )
    if number >= 100:
        return f"{EN[number // 100]} hundred" + (f" and {english(number % 100)}" if number % 100 else "")
    if number >= 20:
        return EN_TENS[number // 10] + (f"-{EN[number % 10]}" if number % 10 else "")
    return EN[number]


@settings(max_examples=400, deadline=None)
@given(number=st.integers(2, 999_999), spell=st.sampled_from([portuguese, english]))
def test_a_spelled_number_is_read_whole(number: int, spell: Callable[[int], str]) -> None:
    found = plain_words(spell(number))
    read = number_at([*found, *[""] * 6], 0)
    assert read is not None
    assert (read.value, read.last) == (number, len(found) - 1)


@settings(max_examples=200, deadline=None)
@given(cents=st.integers(0, 10**11))
def test_money_is_read_as_each_language_writes_it(cents: int) -> None:
    amount = Decimal(cents) / 100
    english_digits = f"{amount:,.2f}"
    portuguese_digits = english_digits.replace(",", " ").replace(".", ",").replace(" ", ".")
    for text, code in ((f"R$ {portuguese_digits}", "BRL"), (f"the total is ${english_digits}", "USD")):
        ((value, _),) = said(text, "MONEY")
        number, unit = value.split()
        assert (Decimal(number), unit) == (amount, code)
