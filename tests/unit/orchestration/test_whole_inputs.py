"""What is worked out of some of the rows only: wrong numbers are not given, a shorter list is said to be one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from models.planning.tickets import is_computed
from models.records import CognitivePlan, CompletedPlan, CompletionStatus, ExecutionResult, ExecutionTicket, TaskType
from tests.unit.orchestration.simulated import World, done
from tests.unit.planning.catalogs import plan_of

LIMIT = 500
"""Of the sample's sales."""
COMPARED = "compare a receita de outubro com setembro por produto"
SHARED = "participação de cada produto na receita deste ano"


def carried_out(plan: CognitivePlan, answer: Callable[[ExecutionTicket], ExecutionResult]) -> CompletedPlan:
    return World(plan).release().run(answer)


def products(number: int, *, truncated: bool = False) -> Callable[[ExecutionTicket], ExecutionResult]:
    def answer(ticket: ExecutionTicket) -> ExecutionResult:
        columns = ticket.parameters["columns"]
        result = done(ticket, [{columns[0]: f"p{at}", columns[1]: 10} for at in range(number)])
        output = {**result.result.output, "truncated": truncated}
        return msgspec.structs.replace(result, result=msgspec.structs.replace(result.result, output=output))

    return answer


@pytest.mark.parametrize("text", [COMPARED, SHARED])
def test_numbers_of_all_rows_are_checked_to_be_of_all_rows(text: str) -> None:
    plan = plan_of(text)
    kinds = [task.task_type for task in plan.tasks]
    assert kinds[-2:] == [TaskType.VALIDATE, TaskType.TRANSFORM]
    assert plan.tasks[-2].task_id in plan.tasks[-1].dependencies
    assert all(is_computed(task) for task in plan.tasks[-2:])
    end = carried_out(plan, products(LIMIT - 1))
    assert end.status is CompletionStatus.COMPLETED
    assert end.answer is not None
    assert len(end.answer.rows) == LIMIT - 1


@pytest.mark.parametrize("text", [COMPARED, SHARED])
@pytest.mark.parametrize("answer", [products(LIMIT), products(7, truncated=True)], ids=["at the limit", "cut"])
def test_what_would_be_wrong_fails_with_its_reason(
    text: str, answer: Callable[[ExecutionTicket], ExecutionResult]
) -> None:
    """A product that is cut on one side would seem to have lost all of its revenue; shares would be of a part."""
    end = carried_out(plan_of(text), answer)
    assert (end.status, end.answer) == (CompletionStatus.FAILED, None)
    assert "rows could be read, and there may be more" in (end.error or "")
    assert "ask for a shorter time" in (end.error or "")


def test_a_list_of_what_two_stores_share_says_that_it_was_cut() -> None:
    plan = plan_of("quais serviços tiveram incidentes e deployments ontem")
    assert TaskType.VALIDATE not in {task.task_type for task in plan.tasks}

    def answer(ticket: ExecutionTicket) -> ExecutionResult:
        columns = ticket.parameters["columns"]
        many = 200 if ticket.task_id == "task_1" else 3  # as many as are read of deployments
        rows: list[dict[str, Any]] = [{columns[0]: f"s{at}", columns[1]: 1} for at in range(many)]
        return done(ticket, rows)

    end = carried_out(plan, answer)
    assert end.answer is not None
    assert len(end.answer.rows) == 3
    assert "cortado no limite" in end.answer.text
