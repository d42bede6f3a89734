"""Answers of several tasks: their columns' types and units, one sentence, and where the rows came from."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from models.completion import Drawn, complete, drawn_of
from models.planning.tickets import first_tickets
from models.presentation import Presentation
from models.records import Answer, ExecutionResult, ResultStatus, TaskOutcome, decode, encode
from tests.unit.planning.catalogs import NOW_MS, plan_of


def answer_of(
    text: str, rows: list[dict[str, Any]], told: dict[str, Any] | None = None, drawn: list[Drawn] | None = None
) -> Answer:
    plan = plan_of(text)
    ticket = first_tickets(plan, now_ms=NOW_MS)[0]
    result = ExecutionResult(
        ticket_id="t",
        status=ResultStatus.COMPLETED,
        result=TaskOutcome(success=True, output={"documents": rows, "count": len(rows)}, metadata=told or {}),
        agent_id="w",
        timestamp=NOW_MS,
        metadata=ticket.metadata | plan.tasks[-1].metadata,
    )
    answer = complete(result, now_ms=NOW_MS, drawn=drawn).answer
    assert answer is not None
    return answer


COMPARED = {"revenue": 120.0, "revenue_before": 100.0, "difference": 20.0, "change": 0.2}


def test_a_comparison_says_both_numbers_and_the_change() -> None:
    answer = answer_of("revenue this month vs last month", [COMPARED])
    assert answer.types == ["number", "number", "number", "number"]
    assert answer.units == ["BRL", "BRL", "BRL", "ratio"]
    assert answer.text.endswith(": 120.00 BRL (before: 100.00 BRL; +20.0 %)")
    portuguese = answer_of("receita deste mês comparada com o mês passado", [COMPARED])
    assert portuguese.text.endswith(": 120,00 BRL (antes: 100,00 BRL; +20,0 %)")
    from_nothing = answer_of("revenue this month vs last month", [COMPARED | {"revenue_before": 0.0, "change": None}])
    assert from_nothing.text.endswith("(before: 0.00 BRL; –)")


def test_a_comparison_by_groups_names_the_first_one() -> None:
    rows = [{"region": "Sul"} | COMPARED, {"region": "Norte"} | COMPARED]
    answer = answer_of("Compare sales by region this quarter with the previous quarter", rows)
    assert answer.types[0] == "string"
    assert answer.text.endswith(": 2 rows; first: Sul = 120.00 BRL (before: 100.00 BRL; +20.0 %)")


def test_a_share_is_said_as_percent_and_kept_as_part() -> None:
    rows = [{"channel": "online", "revenue": 30.0, "share": 1 / 3}]
    answer = answer_of("Participação de cada canal na receita deste ano", rows)
    assert answer.rows == [["online", 30.0, 0.3333]]
    assert answer.units == [None, "BRL", "ratio"]
    assert answer.text.endswith("1 linha; primeiro: online = 30,00 BRL (33,3 %)")


def test_of_a_list_the_fields_say_type_and_unit() -> None:
    answer = answer_of("list the sales over 10,000 last week", [])
    shown = dict(zip(answer.columns, zip(answer.types, answer.units, strict=True), strict=True))
    assert shown["amount"] == ("number", "BRL")
    assert shown["date"] == ("date", None)
    assert shown["region"] == ("string", None)


def test_what_is_not_as_the_catalog_says_has_the_type_that_it_has() -> None:
    assert answer_of("sales by region", [{"region": 7, "revenue": "much"}]).types == ["integer", "string"]
    assert answer_of("sales by region", [{"region": 7, "revenue": 1}, {"region": "x"}]).types == ["any", "number"]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"source": "sales", "fallback": False, "partial": False, "cached_age_s": None, "chain": []}, ""),
        ({"source": "sales", "partial": True}, " (parcial: nem tudo pôde ser lido)"),
        ({"source": "copy", "fallback": True}, " (lido de copy, porque a fonte principal não respondeu)"),
        ({"source": "cached", "fallback": True, "cached_age_s": 725.0}, " (resposta guardada, de 12 min atrás)"),
        ({"source": 7, "fallback": "?"}, ""),
    ],
)
def test_the_sentence_says_where_the_rows_came_from(told: dict[str, Any], says: str) -> None:
    answer = answer_of("receita de ontem", [{"revenue": 2.0}], told)
    assert answer.text == f"receita (vendas) (2025-11-21 a 2025-11-21): 2,00 BRL{says}"


def test_of_several_queries_the_oldest_and_every_other_source_is_told() -> None:
    drawn = [
        drawn_of({"source": "a", "fallback": True}),
        Drawn(source="b", fallback=True, partial=True),
        Drawn(source="c", fallback=True, cached_age_s=90_000),
        Drawn(source="d", fallback=True, cached_age_s=59.4),
    ]
    text = answer_of("revenue this month vs last month", [COMPARED], drawn=drawn).text
    notes = "(a kept answer, 1 d old; read from a, b: the main source did not answer; partial: not everything could"
    assert notes in text


def test_a_presentation_and_an_answer_of_before_are_still_read() -> None:
    old: dict[str, Any] = {
        "columns": ["a", "b"],
        "source": "mongodb:x",
        "title": "t",
        "operation": "aggregate",
        "unit": "BRL",
    }
    old |= {"limit": 10, "limit_asked": False, "of_nothing": 0, "ignored": []}
    shown = msgspec.convert(old, Presentation)
    assert (shown.types, shown.units, shown.keys) == ([], [], None)
    answer = decode(Answer, b'{"columns": ["a"], "rows": [[1]], "text": "t", "source": "s"}')
    assert (answer.types, answer.units) == ([], [])
    assert decode(Answer, encode(answer)) == answer
