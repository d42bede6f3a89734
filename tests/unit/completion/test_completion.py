"""Results, rejected plans and doubts to what the asker reads."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from models.completion import complete, decline, not_understood, planned, refuse
from models.planning import first_tickets
from models.planning.approval import Approval
from models.records import (
    Answer,
    ApprovalStatus,
    CompletedPlan,
    CompletionStatus,
    Domain,
    ExecutionResult,
    ResultStatus,
    TaskOutcome,
    decode,
    encode,
)
from tests.unit.planning.catalogs import NOW_MS, envelope_of, plan_of


def result_of(text: str, output: dict[str, Any], *, success: bool = True) -> ExecutionResult:
    plan = plan_of(text)
    [ticket] = first_tickets(plan, now_ms=NOW_MS)
    return ExecutionResult(
        ticket_id=ticket.ticket_id,
        plan_id=ticket.plan_id,
        intent_id=ticket.intent_id,
        status=ResultStatus.COMPLETED if success else ResultStatus.FAILED,
        result=TaskOutcome(success=success, output=output),
        error_message=None if success else "collection refused",
        agent_id="worker-1",
        timestamp=NOW_MS + 10,
        metadata=ticket.metadata,
    )


def answer_of(text: str, output: dict[str, Any]) -> Answer:
    answer = complete(result_of(text, output), now_ms=NOW_MS + 20).answer
    assert answer is not None
    return answer


def test_a_grouped_answer_has_its_columns_in_order_and_a_line_in_the_askers_language() -> None:
    documents = [{"revenue": 1234567.8949, "region": "Sudeste"}, {"region": "Sul", "revenue": 10.0}]
    answer = answer_of("vendas por região no último trimestre", {"documents": documents, "count": 2})
    assert answer.columns == ["region", "revenue"]
    assert answer.rows == [["Sudeste", 1234567.89], ["Sul", 10.0]]
    assert answer.source == "mongodb:sales"
    assert answer.text == (
        "receita (vendas) por região (2025-07-01 a 2025-09-30): 2 linhas; primeiro: Sudeste = 1.234.567,89 BRL"
    )
    english = answer_of("sales by region", {"documents": documents, "count": 2})
    assert english.text == "revenue (sales) by region: 2 rows; first: Sudeste = 1,234,567.89 BRL"


def test_the_completed_plan_holds_question_domain_and_times() -> None:
    completed = complete(result_of("vendas por região", {"documents": []}), now_ms=NOW_MS + 20)
    assert completed.intention_id == "i-1"
    assert completed.status is CompletionStatus.COMPLETED
    assert completed.question == "vendas por região"
    assert completed.domain is Domain.BUSINESS
    assert completed.confidence == envelope_of("vendas por região").confidence
    assert (completed.submitted_at, completed.completed_at) == (NOW_MS, NOW_MS + 20)
    assert completed.decision == "not_required"
    assert completed.error is None
    assert decode(CompletedPlan, encode(completed)) == completed


def test_a_count_is_one_number_even_when_it_is_nothing() -> None:
    answer = answer_of("quantos incidentes abertos", {"documents": [], "count": 1234})
    assert (answer.columns, answer.rows) == (["incidents"], [[1234]])
    assert answer.text == "incidentes [status: open]: 1.234"
    assert answer_of("quantos incidentes abertos", {"documents": [], "count": 0}).rows == [[0]]


def test_the_sum_of_nothing_is_zero_and_its_average_is_none() -> None:
    assert answer_of("receita de ontem", {"documents": [], "count": 0}).rows == [[0]]
    average = answer_of("ticket médio de ontem", {"documents": [], "count": 0})
    assert average.rows == [[None]]
    assert average.text.endswith(": nenhum resultado")


def test_groups_without_documents_are_no_rows() -> None:
    answer = answer_of("sales by region", {"documents": [], "count": 0})
    assert answer.rows == []
    assert answer.text == "revenue (sales) by region: no results"


def test_a_list_keeps_its_columns_when_a_document_lacks_a_field() -> None:
    answer = answer_of("list open incidents", {"documents": [{"incident_id": "I", "tags": []}], "count": 1})
    assert answer.rows == [["I", None, None, None, None, None, None]]
    assert answer.text == "incidents [status: open]: 1 row"


def test_what_is_no_scalar_is_written_as_text() -> None:
    answer = answer_of("sales by region", {"documents": [{"region": ["a"], "revenue": True}]})
    assert answer.rows == [["['a']", True]]


def test_a_list_that_was_cut_says_so_unless_its_length_was_asked_for() -> None:
    documents = [{"incident_id": str(number)} for number in range(200)]
    assert "cut at the limit" in answer_of("list incidents", {"documents": documents}).text
    asked = answer_of("list the last 5 incidents", {"documents": documents[:5], "truncated": True})
    assert "cut" not in asked.text


def test_words_that_were_left_out_are_told() -> None:
    assert "não considerado: realmente" in answer_of("vendas realmente ontem", {"documents": [{"revenue": 1.5}]}).text


def test_a_failed_result_says_why() -> None:
    completed = complete(result_of("vendas", {}, success=False), now_ms=NOW_MS)
    assert (completed.status, completed.answer) == (CompletionStatus.FAILED, None)
    assert completed.error == "collection refused"


def test_a_result_without_its_metadata_fails_and_says_so() -> None:
    bare = ExecutionResult(
        ticket_id="t",
        status=ResultStatus.COMPLETED,
        result=TaskOutcome(success=True, output={"documents": [{"a": 1}]}),
        agent_id="w",
        timestamp=1,
        intent_id="i-9",
    )
    completed = complete(bare, now_ms=7)
    assert (completed.intention_id, completed.submitted_at) == ("i-9", 7)
    assert completed.status is CompletionStatus.FAILED
    assert "metadata" in (completed.error or "")
    assert decode(CompletedPlan, encode(completed)) == completed


@pytest.mark.parametrize(
    ("output", "metadata"),
    [
        ({"documents": "many"}, {}),
        ({"documents": [1]}, {}),
        ({"count": "x"}, {}),
        ({}, {"answer": {"columns": []}}),
        ({}, {"answer": "?"}),
        ({}, {"asker": {"submitted_at": "yesterday"}, "answer": None}),
        ({}, {"asker": {"domain": "ALCHEMY", "confidence": 7}, "answer": None}),
    ],
)
def test_a_result_that_an_outsider_made_up_fails_and_never_raises(
    output: dict[str, Any], metadata: dict[str, Any]
) -> None:
    result = result_of("vendas por região", output)
    forged = msgspec.structs.replace(result, metadata={**result.metadata, **metadata})
    completed = complete(forged, now_ms=NOW_MS)
    assert completed.status is CompletionStatus.FAILED
    assert "can't be read" in (completed.error or "")
    assert completed.intention_id == "i-1"
    assert decode(CompletedPlan, encode(completed)) == completed


@pytest.mark.parametrize(
    ("text", "status", "says"),
    [
        ("vendas por planeta", CompletionStatus.NOT_GROUNDED, "região, produto, categoria"),
        ("sales by planet", CompletionStatus.NOT_GROUNDED, "region, product, category"),
        ("how is the weather", CompletionStatus.NOT_GROUNDED, "sales, customers"),
    ],
)
def test_a_rejected_plan_is_answered_with_its_reason(text: str, status: CompletionStatus, says: str) -> None:
    completed = refuse(plan_of(text), now_ms=NOW_MS)
    assert completed.status is status
    assert completed.answer is None
    assert completed.decision == "rejected"
    assert says in (completed.error or "")
    assert completed.question == text


def test_work_is_answered_with_its_tasks_and_that_nothing_was_done() -> None:
    plan = plan_of("implementar login")
    completed = planned(plan, now_ms=NOW_MS)
    assert (completed.status, completed.decision, completed.error) == (CompletionStatus.PLANNED, "not_required", None)
    assert completed.answer is not None
    assert completed.answer.columns == ["task", "type", "description", "after"]
    assert completed.answer.rows[2] == ["task_2", "BUILD", "Implementar login", "task_1"]
    assert completed.answer.text.endswith("nada foi executado aqui")
    assert decode(CompletedPlan, encode(completed)) == completed


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (ApprovalStatus.REJECTED, "rejected by ana: too risky"),
        (ApprovalStatus.EXPIRED, "nobody answered within 1.5 h"),
    ],
)
def test_a_plan_that_was_not_approved_is_answered_with_the_reason(status: ApprovalStatus, says: str) -> None:
    plan = plan_of("delete the customers")
    state = Approval(status=status, since=0, expires_at=5_400_000, by="ana", reason="too risky")
    completed = decline(plan, state, now_ms=NOW_MS)
    assert (completed.status, completed.decision) == (CompletionStatus.FAILED, status.value)
    assert says in (completed.error or "")
    assert completed.question == "delete the customers"


def test_what_nobody_makes_out_is_answered_too() -> None:
    completed = not_understood(envelope_of("fazer coisa"), now_ms=NOW_MS + 1)
    assert completed.status is CompletionStatus.NOT_UNDERSTOOD
    assert (completed.plan_id, completed.answer) == (None, None)
    assert "não entendi" in (completed.error or "")
    assert "was not understood" in (not_understood(envelope_of("something with the thing"), now_ms=1).error or "")
