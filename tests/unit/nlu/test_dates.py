"""Dates and ranges in words and digits, in both languages, against a reference time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.nlu.entities import find_entities
from models.nlu.words import words

NOW = datetime(2025, 11, 22, 15, 30, tzinfo=UTC)  # a Saturday


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def ranges_of(text: str, at: datetime = NOW) -> list[tuple[str, str, str]]:
    """The ranges of a text as start, end and the words, with midnights and UTC left out."""
    return [
        (*(_short(edge) for edge in entity.value.split("/")), text[entity.start : entity.end])  # type: ignore[misc]
        for entity in find_entities(text, words(text), at_ms=ms(at))
        if entity.entity_type == "TIME_RANGE"
    ]


def _short(edge: str) -> str:
    return edge.removesuffix("Z").removesuffix("T00:00:00").removesuffix(":00")


def range_of(text: str, at: datetime = NOW) -> tuple[str, str]:
    ((start, end, _),) = ranges_of(text, at)
    return start, end


def confidence_of(text: str) -> float:
    return find_entities(text, words(text), at_ms=ms(NOW))[0].confidence


# What is said, where it begins, where it ends; `now` is 2025-11-22T15:30.
EXPRESSIONS = """
hoje                               | 2025-11-22       | 2025-11-23
ontem                              | 2025-11-21       | 2025-11-22
amanhã                             | 2025-11-23       | 2025-11-24
anteontem                          | 2025-11-20       | 2025-11-21
antes de ontem                     | 2025-11-20       | 2025-11-21
depois de amanhã                   | 2025-11-24       | 2025-11-25
today                              | 2025-11-22       | 2025-11-23
yesterday                          | 2025-11-21       | 2025-11-22
tomorrow                           | 2025-11-23       | 2025-11-24
the day before yesterday           | 2025-11-20       | 2025-11-21
the day after tomorrow             | 2025-11-24       | 2025-11-25
esta semana                        | 2025-11-17       | 2025-11-24
semana que vem                     | 2025-11-24       | 2025-12-01
próxima semana                     | 2025-11-24       | 2025-12-01
semana passada                     | 2025-11-10       | 2025-11-17
na última semana                   | 2025-11-10       | 2025-11-17
semana retrasada                   | 2025-11-03       | 2025-11-10
semana q vem                       | 2025-11-24       | 2025-12-01
semana que passou                  | 2025-11-10       | 2025-11-17
this week                          | 2025-11-17       | 2025-11-24
hj                                 | 2025-11-22       | 2025-11-23
tmrw                               | 2025-11-23       | 2025-11-24
3º tri de 2025                     | 2025-07-01       | 2025-10-01
last qtr                           | 2025-07-01       | 2025-10-01
nas últimas 48h                    | 2025-11-20T15:30 | 2025-11-22T15:30
last 7d                            | 2025-11-15       | 2025-11-22T15:30
past 2 wks                         | 2025-11-08       | 2025-11-22T15:30
last couple of days                | 2025-11-20       | 2025-11-22T15:30
nos 15 primeiros dias de outubro   | 2025-10-01       | 2025-10-16
the first 10 days of October       | 2025-10-01       | 2025-10-11
últimos 5 dias de outubro          | 2025-10-27       | 2025-11-01
next week                          | 2025-11-24       | 2025-12-01
last week                          | 2025-11-10       | 2025-11-17
the week before last               | 2025-11-03       | 2025-11-10
este mês                           | 2025-11-01       | 2025-12-01
mês passado                        | 2025-10-01       | 2025-11-01
MES PASSADO                        | 2025-10-01       | 2025-11-01
mês que vem                        | 2025-12-01       | 2026-01-01
no mês seguinte                    | 2025-12-01       | 2026-01-01
month to date                      | 2025-11-01       | now
next month                         | 2025-12-01       | 2026-01-01
no último trimestre                | 2025-07-01       | 2025-10-01
trimestre atual                    | 2025-10-01       | 2026-01-01
last quarter                       | 2025-07-01       | 2025-10-01
this quarter                       | 2025-10-01       | 2026-01-01
3º trimestre de 2025               | 2025-07-01       | 2025-10-01
3° trimestre de 2025               | 2025-07-01       | 2025-10-01
terceiro trimestre do ano passado  | 2024-07-01       | 2024-10-01
Q3 2025                            | 2025-07-01       | 2025-10-01
2025 Q2                            | 2025-04-01       | 2025-07-01
2025Q3                             | 2025-07-01       | 2025-10-01
Q1 do ano que vem                  | 2026-01-01       | 2026-04-01
Q1-Q2 2025                         | 2025-01-01       | 2025-07-01
3T25                               | 2025-07-01       | 2025-10-01
primeiro semestre                  | 2025-01-01       | 2025-07-01
segundo semestre de 2024           | 2024-07-01       | 2025-01-01
neste semestre                     | 2025-07-01       | 2026-01-01
first half of 2026                 | 2026-01-01       | 2026-07-01
in the first half                  | 2025-01-01       | 2025-07-01
second half of last year           | 2024-07-01       | 2025-01-01
H1 2026                            | 2026-01-01       | 2026-07-01
1S2026                             | 2026-01-01       | 2026-07-01
primeiro bimestre de 2025          | 2025-01-01       | 2025-03-01
última quinzena                    | 2025-11-01       | 2025-11-16
primeira quinzena de março         | 2025-03-01       | 2025-03-16
segunda quinzena de outubro        | 2025-10-16       | 2025-11-01
este ano                           | 2025-01-01       | 2026-01-01
ano passado                        | 2024-01-01       | 2025-01-01
ano retrasado                      | 2023-01-01       | 2024-01-01
próximo ano                        | 2026-01-01       | 2027-01-01
year to date                       | 2025-01-01       | now
year so far                        | 2025-01-01       | now
desde o começo do ano              | 2025-01-01       | now
no ano até agora                   | 2025-01-01       | now
acumulado do ano                   | 2025-01-01       | now
YTD                                | 2025-01-01       | now
em 2024                            | 2024-01-01       | 2025-01-01
entre 2023 e 2024                  | 2023-01-01       | 2025-01-01
2023-2024                          | 2023-01-01       | 2025-01-01
desde 2020                         | 2020-01-01       | now
últimos 30 dias                    | 2025-10-23       | now
nos últimos sete dias              | 2025-11-15       | now
os dois últimos meses              | 2025-09-22       | now
nos 3 meses anteriores             | 2025-08-22       | now
nas últimas 24 horas               | 2025-11-21T15:30 | now
na última hora                     | 2025-11-22T14:30 | now
past 90 minutes                    | 2025-11-22T14:00 | now
last 18 months                     | 2024-05-22       | now
past fortnight                     | 2025-11-08       | now
nos últimos dias                   | 2025-11-15       | now
próximos 7 dias                    | now              | 2025-11-30
in the next 3 hours                | now              | 2025-11-22T18:30
within 2 weeks                     | now              | 2025-12-07
dentro de 2 horas                  | now              | 2025-11-22T17:30
há duas semanas                    | 2025-11-03       | 2025-11-10
há 3 dias                          | 2025-11-19       | 2025-11-20
faz um mês                         | 2025-10-01       | 2025-11-01
dois anos atrás                    | 2023-01-01       | 2024-01-01
two weeks ago                      | 2025-11-03       | 2025-11-10
a year ago                         | 2024-01-01       | 2025-01-01
há 2 horas                         | 2025-11-22T13:30 | 2025-11-22T14:30
30 minutes ago                     | 2025-11-22T15:00 | 2025-11-22T15:01
daqui a 3 dias                     | 2025-11-25       | 2025-11-26
daqui a duas semanas               | 2025-12-06       | 2025-12-07
in 3 days                          | 2025-11-25       | 2025-11-26
in 15 minutes                      | 2025-11-22T15:45 | 2025-11-22T15:46
3 days from now                    | 2025-11-25       | 2025-11-26
próxima sexta-feira                | 2025-11-28       | 2025-11-29
sexta passada                      | 2025-11-21       | 2025-11-22
na terça                           | 2025-11-18       | 2025-11-19
segunda-feira                      | 2025-11-17       | 2025-11-18
nesta quinta                       | 2025-11-20       | 2025-11-21
segunda da semana passada          | 2025-11-10       | 2025-11-11
de segunda a sexta                 | 2025-11-17       | 2025-11-22
last Friday                        | 2025-11-21       | 2025-11-22
next Monday                        | 2025-11-24       | 2025-11-25
on Tuesday                         | 2025-11-18       | 2025-11-19
on Tue                             | 2025-11-18       | 2025-11-19
Monday of last week                | 2025-11-10       | 2025-11-11
since Monday                       | 2025-11-17       | now
from Monday to Wednesday           | 2025-11-17       | 2025-11-20
until Friday                       | now              | 2025-11-29
até sexta                          | now              | 2025-11-29
fim de semana                      | 2025-11-22       | 2025-11-24
fim de semana passado              | 2025-11-15       | 2025-11-17
próximo fim de semana              | 2025-11-29       | 2025-12-01
last weekend                       | 2025-11-15       | 2025-11-17
dia 12                             | 2025-11-12       | 2025-11-13
dias 3 a 7                         | 2025-11-03       | 2025-11-08
dia 12 do mês passado              | 2025-10-12       | 2025-10-13
the 12th of last month             | 2025-10-12       | 2025-10-13
on the 5th                         | 2025-11-05       | 2025-11-06
dia 12 de março de 2026            | 2026-03-12       | 2026-03-13
12 de março                        | 2025-03-12       | 2025-03-13
1º de maio de 2025                 | 2025-05-01       | 2025-05-02
doze de outubro                    | 2025-10-12       | 2025-10-13
vinte e cinco de dezembro de 2025  | 2025-12-25       | 2025-12-26
29 de fevereiro                    | 2024-02-29       | 2024-03-01
sexta-feira, 12 de dezembro        | 2025-12-12       | 2025-12-13
March 12th, 2026                   | 2026-03-12       | 2026-03-13
12th of March 2026                 | 2026-03-12       | 2026-03-13
March first                        | 2025-03-01       | 2025-03-02
May 5                              | 2025-05-05       | 2025-05-06
on 2026-03-12                      | 2026-03-12       | 2026-03-13
2026/03/12                         | 2026-03-12       | 2026-03-13
12/03/2026                         | 2026-03-12       | 2026-03-13
12-03-2026                         | 2026-03-12       | 2026-03-13
12.03.26                           | 2026-03-12       | 2026-03-13
03/2026                            | 2026-03-01       | 2026-04-01
2026-03                            | 2026-03-01       | 2026-04-01
mar/25                             | 2025-03-01       | 2025-04-01
março de 2024                      | 2024-03-01       | 2024-04-01
março deste ano                    | 2025-03-01       | 2025-04-01
dezembro do ano passado            | 2024-12-01       | 2025-01-01
em março                           | 2025-03-01       | 2025-04-01
in May 2025                        | 2025-05-01       | 2025-06-01
dezembro                           | 2024-12-01       | 2025-01-01
próximo março                      | 2026-03-01       | 2026-04-01
last December                      | 2024-12-01       | 2025-01-01
2026-03-12T10:00:00Z               | 2026-03-12T10:00 | 2026-03-12T10:00:01
2026-03-12T10:00-03:00             | 2026-03-12T13:00 | 2026-03-12T13:01
12/03/2026 14:30                   | 2026-03-12T14:30 | 2026-03-12T14:31
de janeiro a março                 | 2025-01-01       | 2025-04-01
de novembro a janeiro              | 2025-11-01       | 2026-02-01
between March and June 2025        | 2025-03-01       | 2025-07-01
jan-mar 2025                       | 2025-01-01       | 2025-04-01
from 3 to 7 May                    | 2025-05-03       | 2025-05-08
de 3 a 7 de maio                   | 2025-05-03       | 2025-05-08
May 3-7, 2025                      | 2025-05-03       | 2025-05-08
between March 1st and 15th         | 2025-03-01       | 2025-03-16
from the 5th to the 9th of March   | 2025-03-05       | 2025-03-10
entre 1/2 e 15/2                   | 2025-02-01       | 2025-02-16
de 28 de fevereiro a 3 de março    | 2025-02-28       | 2025-03-04
between 5 May and 3 June 2025      | 2025-05-05       | 2025-06-04
de ontem até hoje                  | 2025-11-21       | now
desde ontem                        | 2025-11-21       | now
desde março de 2024                | 2024-03-01       | now
a partir de amanhã                 | 2025-11-23       | 2100-01-01
a partir do dia 10                 | 2025-11-10       | now
de março em diante                 | 2025-03-01       | now
from March on                      | 2025-03-01       | now
antes de março de 2025             | 2000-01-01       | 2025-03-01
before yesterday                   | 2000-01-01       | 2025-11-21
após 10 de maio de 2025            | 2025-05-11       | now
after 10 May 2025                  | 2025-05-11       | now
até ontem                          | 2000-01-01       | 2025-11-22
até hoje                           | 2000-01-01       | now
até o fim do mês                   | now              | 2025-12-01
by Friday                          | now              | 2025-11-29
amanhã às 15h                      | 2025-11-23T15:00 | 2025-11-23T16:00
ontem às 14h30                     | 2025-11-21T14:30 | 2025-11-21T14:31
yesterday at 5pm                   | 2025-11-21T17:00 | 2025-11-21T18:00
yesterday at 5 p.m                 | 2025-11-21T17:00 | 2025-11-21T18:00
tomorrow at noon                   | 2025-11-23T12:00 | 2025-11-23T13:00
amanhã ao meio-dia                 | 2025-11-23T12:00 | 2025-11-23T13:00
às 15h de amanhã                   | 2025-11-23T15:00 | 2025-11-23T16:00
8 da manhã de ontem                | 2025-11-21T08:00 | 2025-11-21T09:00
ontem às 8 da noite                | 2025-11-21T20:00 | 2025-11-21T21:00
yesterday between 2pm and 4pm      | 2025-11-21T14:00 | 2025-11-21T16:00
hoje das 9h às 17h                 | 2025-11-22T09:00 | 2025-11-22T17:00
desde as 8h                        | 2025-11-22T08:00 | now
hoje de manhã                      | 2025-11-22T06:00 | 2025-11-22T12:00
this morning                       | 2025-11-22T06:00 | 2025-11-22T12:00
ontem à noite                      | 2025-11-21T18:00 | 2025-11-22
last night                         | 2025-11-21T18:00 | 2025-11-22T06:00
sexta à tarde                      | 2025-11-21T12:00 | 2025-11-21T18:00
Monday morning                     | 2025-11-17T06:00 | 2025-11-17T12:00
na virada do mês                   | 2025-10-31       | 2025-11-02
fim do mês                         | 2025-11-30       | 2025-12-01
no início de outubro               | 2025-10-01       | 2025-10-02
end of March                       | 2025-03-31       | 2025-04-01
última semana de outubro           | 2025-10-25       | 2025-11-01
first week of March                | 2025-03-01       | 2025-03-08
último dia do mês                  | 2025-11-30       | 2025-12-01
primeira segunda-feira de março    | 2025-03-03       | 2025-03-04
last Friday of October             | 2025-10-31       | 2025-11-01
semana 45                          | 2025-11-03       | 2025-11-10
week 12 of 2026                    | 2026-03-16       | 2026-03-23
"""


def rows() -> list[tuple[str, str, str]]:
    listed = []
    for line in EXPRESSIONS.strip().splitlines():
        text, start, end = (cell.strip().replace("now", "2025-11-22T15:30") for cell in line.split("|"))
        listed.append((text.replace("from 2025-11-22T15:30", "from now"), start, end))
    return listed


@pytest.mark.parametrize(("text", "start", "end"), rows())
def test_an_expression_is_resolved_and_all_its_words_belong_to_it(text: str, start: str, end: str) -> None:
    assert ranges_of(text) == [(start, end, text)]


@pytest.mark.parametrize(("text", "start", "end"), rows())
def test_an_expression_means_the_same_within_a_question(text: str, start: str, end: str) -> None:
    assert (start, end) in [found[:2] for found in ranges_of(f"receita {text}, clientes")]


def test_there_are_many_expressions_in_both_languages() -> None:
    texts = [text for text, _, _ in rows()]
    assert len(texts) == len(set(texts)) >= 90


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2025", "em 31/02", "31 de fevereiro", "30 February 2025", "2025-13-01", "sales may drop",
        "they may fail 5 times", "march on", "the mar file", "os últimos 5 incidentes", "last 5 deployments",
        "erro 500", "top 10 produtos", "top 5 de 2000 clientes", "últimos 0 dias", "last 99999999 years",
        "last 999999999999999999999 days", "últimos 1000 anos", "servidor 2024x", "na segunda tentativa",
        "segunda versão", "the 5th incident", "por dia da semana", "vendas por mês", "errors per week",
        "closed in 3 days", "retenção por 5 anos", "mais de 2000 clientes", "uma base de 2000 clientes",
        "when was the last time", "disponibilidade 24/7", "1/2 dos usuários", "versão 12.3.1", "servidor 10.0.0.1",
        "INC-2025-12", "every Monday", "toda segunda-feira", "set 5 alarms", "5 out of 10", "a second opinion",
        "half of the users", "a quarter of the users", "chegou tarde demais", "it takes 5 minutes",
        "15h de trabalho", "same period", "às 25h", "em 0/5", "semana 54",
        "orders in a day", "na semana 5 servidores caíram", "Black Friday", "sexta-feira santa", "hoje em dia",
        "boa tarde", "",
    ],
)  # fmt: skip
def test_what_is_no_time_is_left_alone(text: str) -> None:
    assert ranges_of(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("compare os incidentes de outubro com setembro", [("2025-10-01", "2025-11-01"), ("2025-09-01", "2025-10-01")]),
        ("this month vs last month", [("2025-11-01", "2025-12-01"), ("2025-10-01", "2025-11-01")]),
        ("2024 vs 2023", [("2024-01-01", "2025-01-01"), ("2023-01-01", "2024-01-01")]),
        ("diferença entre setembro e outubro", [("2025-09-01", "2025-10-01"), ("2025-10-01", "2025-11-01")]),
        (
            "receita de outubro comparada ao mesmo período do ano passado",
            [("2025-10-01", "2025-11-01"), ("2024-10-01", "2024-11-01")],
        ),
        ("sales this quarter vs previous period", [("2025-10-01", "2026-01-01"), ("2025-07-01", "2025-10-01")]),
        (
            "last 7 days vs the previous period",
            [("2025-11-15", "2025-11-22T15:30"), ("2025-11-07T08:30", "2025-11-15")],
        ),
        (
            "compare sales between March and June with last year",
            [("2025-03-01", "2025-07-01"), ("2024-01-01", "2025-01-01")],
        ),
    ],
)
def test_two_ranges_are_compared_in_their_order(text: str, expected: list[tuple[str, str]]) -> None:
    assert [found[:2] for found in ranges_of(text)] == expected
    (comparison,) = [e for e in find_entities(text, words(text), at_ms=ms(NOW)) if e.entity_type == "TIME_COMPARISON"]
    assert [tuple(map(_short, part.split("/"))) for part in comparison.value.split(",")] == expected


def test_same_period_last_year_alone_is_compared_with_the_year_to_date() -> None:
    text = "crescimento sobre o mesmo período do ano passado"
    time_range, comparison = find_entities(text, words(text), at_ms=ms(NOW))
    assert time_range.value == "2024-01-01T00:00:00Z/2024-11-22T15:30:00Z"
    assert comparison.value.split(",") == ["2025-01-01T00:00:00Z/2025-11-22T15:30:00Z", time_range.value]
    assert time_range.confidence == 0.5


def test_two_ranges_without_a_comparison_are_two_ranges() -> None:
    text = "vendas de outubro e setembro"
    assert [entity.entity_type for entity in find_entities(text, words(text), at_ms=ms(NOW))] == ["TIME_RANGE"] * 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("incidentes na sexta", "2025-11-21"),
        ("agendar o backup na sexta", "2025-11-28"),
        ("incidents on Monday", "2025-11-17"),
        ("schedule the backup for Monday", "2025-11-24"),
        ("vendas de março", "2025-03-01"),
        ("previsão de vendas de março", "2026-03-01"),
        ("errors in March on server X", "2025-03-01"),
        ("vendas do mês de outubro", "2025-10-01"),
        ("deploy do dia 30", "2025-10-30"),
        ("marcar deploy do dia 30", "2025-11-30"),
    ],
)
def test_the_text_says_on_which_side_of_now_a_date_lies(text: str, expected: str) -> None:
    assert range_of(text)[0] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vendas de 12/03/2026", "2026-03-12"),
        ("the sales of 12/03/2026", "2026-12-03"),
        ("the sales of 13/03/2026", "2026-03-13"),
        ("vendas de 03/13/2026", "2026-03-13"),
        ("the sales of 12-03-2026", "2026-03-12"),
        ("what happened on 05/06", "2025-05-06"),
        ("o que aconteceu em 05/06", "2025-06-05"),
    ],
)
def test_the_language_decides_between_day_and_month(text: str, expected: str) -> None:
    assert range_of(text)[0] == expected


def test_the_edges_of_months_and_years_hold() -> None:
    leap = datetime(2024, 3, 31, 12, tzinfo=UTC)
    assert range_of("last 1 month", leap) == ("2024-02-29", "2024-03-31T12:00")
    assert range_of("mês passado", leap) == ("2024-02-01", "2024-03-01")
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    assert range_of("ontem", new_year) == ("2025-12-31", "2026-01-01")
    assert range_of("último trimestre", new_year) == ("2025-10-01", "2026-01-01")
    assert range_of("semana passada", new_year) == ("2025-12-22", "2025-12-29")
    assert range_of("daqui a 1 mês", datetime(2026, 1, 31, tzinfo=UTC)) == ("2026-02-28", "2026-03-01")
    assert range_of("dia 31", datetime(2025, 10, 1, tzinfo=UTC)) == ("2025-08-31", "2025-09-01")
    assert range_of("na virada do mês", datetime(2025, 11, 30, 9, tzinfo=UTC)) == ("2025-11-30", "2025-12-02")


def test_the_confidence_says_how_much_was_filled_in() -> None:
    assert confidence_of("vendas de março de 2024") == 1.0
    assert confidence_of("vendas na próxima sexta") == 0.9
    assert confidence_of("vendas de março") == 0.7
    assert confidence_of("vendas dos últimos meses") == 0.5


MONTHS = """
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
January February March April May June July August September October November December
"""
MONTHS_PT, MONTHS_EN = (line.split() for line in MONTHS.strip().splitlines())
FORMS: dict[str, Callable[[date], str]] = {
    "iso": lambda day: day.isoformat(),
    "slashes": lambda day: f"em {day:%d/%m/%Y}",
    "portuguese": lambda day: f"{day.day} de {MONTHS_PT[day.month - 1]} de {day.year}",
    "with dia": lambda day: f"no dia {day.day} de {MONTHS_PT[day.month - 1]} de {day.year}",
    "abbreviated": lambda day: f"{day.day} {MONTHS_PT[day.month - 1][:3]} {day.year}",
    "english": lambda day: f"{MONTHS_EN[day.month - 1]} {day.day}, {day.year}",
    "british": lambda day: f"on {day.day} {MONTHS_EN[day.month - 1]} {day.year}",
}


@settings(max_examples=200, deadline=None)
@given(day=st.dates(date(1950, 1, 1), date(2098, 12, 31)), form=st.sampled_from(sorted(FORMS)))
def test_a_day_written_in_any_form_is_that_day(day: date, form: str) -> None:
    assert range_of(FORMS[form](day)) == (day.isoformat(), (day + timedelta(days=1)).isoformat())


@settings(max_examples=200, deadline=None)
@given(
    count=st.integers(1, 400),
    at=st.datetimes(datetime(2001, 6, 1), datetime(2098, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_days_back_and_ahead_count_from_midnight(count: int, at: datetime) -> None:
    at = at.replace(microsecond=0)
    midnight = at.replace(hour=0, minute=0, second=0)
    last = find_entities(f"últimos {count} dias", words(f"últimos {count} dias"), at_ms=ms(at))[0].value
    assert datetime.fromisoformat(last.split("/")[0]) == midnight - timedelta(days=count)
    assert datetime.fromisoformat(last.split("/")[1]) == at
    ago = range_of(f"{count} days ago", at)
    assert ago[0] == f"{midnight - timedelta(days=count):%Y-%m-%d}"
    assert range_of(f"daqui a {count} dias", at)[0] == f"{midnight + timedelta(days=count):%Y-%m-%d}"


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@settings(max_examples=100, deadline=None)
@given(
    weekday=st.integers(0, 6),
    at=st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_weekdays_lie_where_last_this_and_next_say(weekday: int, at: datetime) -> None:
    def day(word: str) -> date:
        return date.fromisoformat(range_of(f"{word} {WEEKDAYS[weekday]}", at)[0])

    today = at.date()
    assert {day(word).weekday() for word in ("last", "this", "next")} == {weekday}
    assert timedelta(1) <= today - day("last") <= timedelta(7)
    assert timedelta(1) <= day("next") - today <= timedelta(7)
    assert day("this").isocalendar()[:2] == today.isocalendar()[:2]
