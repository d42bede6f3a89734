"""The executor: what it shares between tickets, and what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from app.execution import AT_ONCE, QueryExecutor
from models.records import (
    Consistency,
    DeliveryMode,
    Durability,
    ExecutionTicket,
    Priority,
    ResultStatus,
    RiskBand,
    SecurityLevel,
    Sla,
    TaskType,
    TicketQos,
)


class Store:
    """Answers after a turn of the loop, and remembers what it was asked and how many at once."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0

    async def __call__(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(parameters["question"])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        for _ in range(5):
            await asyncio.sleep(0)
        self.at_once -= 1
        return {"documents": [{"of": parameters["question"]}], "count": 1, "truncated": False}


def ticket(
    question: str, number: int, *, task_type: TaskType = TaskType.QUERY, kind: str = "mongodb"
) -> ExecutionTicket:
    return ExecutionTicket(
        ticket_id=f"ticket-{number}",
        task_id="task_1",
        plan_id=f"plan-{number}",
        intent_id=f"intent-{number}",
        task_type=task_type,
        description=question,
        priority=Priority.NORMAL,
        risk_band=RiskBand.LOW,
        sla=Sla(deadline=60_000, timeout_ms=30_000, max_retries=3),
        qos=TicketQos(
            delivery_mode=DeliveryMode.EXACTLY_ONCE, consistency=Consistency.STRONG, durability=Durability.PERSISTENT
        ),
        security_level=SecurityLevel.INTERNAL,
        created_at=0,
        parameters={"query_type": kind, "question": question},
    )


async def test_a_question_that_is_asked_or_waits_is_asked_once() -> None:
    store = Store()
    executor = QueryExecutor("agent", {"mongodb": store})
    questions = [f"question {number % 12}" for number in range(60)]
    results = await asyncio.gather(*(executor.execute(ticket(q, n)) for n, q in enumerate(questions)))
    assert sorted(store.asked) == sorted(set(questions))
    assert [r.result.output["documents"][0]["of"] for r in results if r.result.output] == questions
    assert [r.ticket_id for r in results] == [f"ticket-{n}" for n in range(60)]
    assert store.most_at_once == AT_ONCE


async def test_a_question_is_asked_again_once_it_has_been_answered() -> None:
    store = Store()
    executor = QueryExecutor("agent", {"mongodb": store})
    for number in range(3):
        await executor.execute(ticket("the same", number))
    assert store.asked == ["the same"] * 3


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (ticket("q", 1, task_type=TaskType.BUILD), "no hands for a task of type BUILD"),
        (ticket("q", 1, kind="oracle"), "query type 'oracle' is not supported; supported: mongodb"),
    ],
)
async def test_what_is_not_executed_here_is_a_failed_result_that_says_why(refused: ExecutionTicket, why: str) -> None:
    result = await QueryExecutor("agent", {"mongodb": Store()}).execute(refused)
    assert result.status is ResultStatus.FAILED
    assert why in (result.error_message or "")
