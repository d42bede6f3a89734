"""The executor: what it shares between tickets, and what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from app.errors import QueryRefused, StoreUnavailable
from app.execution import AT_ONCE, QueryExecutor, sources
from models.queries import Limits
from models.records import ExecutionTicket, ResultStatus, TaskType
from tests.tickets import query_ticket


class Store:
    """Answers after a turn of the loop, and remembers what it was asked and how many at once."""

    def __init__(self, *, stands_still: bool = False) -> None:
        self.asked: list[str] = []
        self.limits: list[Limits] = []
        self.at_once = self.most_at_once = 0
        self.stands_still = stands_still

    async def ping(self) -> None:
        if self.stands_still:
            raise StoreUnavailable("mongo", "stands still")

    async def close(self) -> None:
        self.asked.clear()

    async def run(self, parameters: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
        self.asked.append(parameters["question"])
        self.limits.append(limits)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        for _ in range(5):
            await asyncio.sleep(0)
        if self.stands_still:
            await asyncio.Event().wait()
        self.at_once -= 1
        return {"documents": [{"of": parameters["question"]}], "count": 1, "truncated": False}


def ticket(
    question: Any, *, task_type: TaskType = TaskType.QUERY, kind: str = "mongodb", timeout_ms: int = 30_000
) -> ExecutionTicket:
    return query_ticket({"query_type": kind, "question": question}, task_type=task_type, timeout_ms=timeout_ms)


async def test_a_question_that_is_asked_or_waits_is_asked_once() -> None:
    store = Store()
    asking = QueryExecutor("agent", {"mongodb": store})
    questions = [f"question {number % 12}" for number in range(60)]
    tickets = [ticket(question) for question in questions]
    results = await asyncio.gather(*(asking.execute(one) for one in tickets))
    assert sorted(store.asked) == sorted(set(questions))
    assert [r.result.output["documents"][0]["of"] for r in results if r.result.output] == questions
    assert [r.ticket_id for r in results] == [one.ticket_id for one in tickets]
    assert store.most_at_once == AT_ONCE


async def test_a_question_is_asked_again_once_it_has_been_answered() -> None:
    store = Store()
    asking = QueryExecutor("agent", {"mongodb": store})
    for _ in range(3):
        await asking.execute(ticket("the same"))
    assert store.asked == ["the same"] * 3


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (ticket("q", task_type=TaskType.BUILD), "no hands for a task of type BUILD"),
        (ticket("q", kind="oracle"), "query type 'oracle' is not supported; supported: mongodb"),
    ],
)
async def test_what_is_not_executed_here_is_a_failed_result_that_says_why(refused: ExecutionTicket, why: str) -> None:
    result = await QueryExecutor("agent", {"mongodb": Store()}).execute(refused)
    assert result.status is ResultStatus.FAILED
    assert why in (result.error_message or "")
    assert result.result.metadata["reason"] == "unsupported"


async def test_who_asks_the_same_as_another_waits_for_it_until_its_own_deadline() -> None:
    """The other may have more time, and its store stand still."""
    asking = QueryExecutor("agent", {"mongodb": Store(stands_still=True)}, Limits(time_s=0.2))
    other = asyncio.ensure_future(asking.execute(ticket("q")))
    await asyncio.sleep(0)
    late = asyncio.ensure_future(asking.execute(query_ticket({"query_type": "mongodb", "question": "q"}, left_ms=300)))
    done, _ = await asyncio.wait({other, late}, return_when=asyncio.FIRST_COMPLETED)
    assert done == {late}
    assert (await late).result.metadata["reason"] == "deadline"
    other.cancel()
    await asyncio.gather(other, return_exceptions=True)


async def test_who_has_more_time_is_not_told_that_anothers_was_too_short() -> None:
    class Slow(Store):
        async def run(self, parameters: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
            output = await super().run(parameters, limits)
            if limits.time_s < 1:
                raise QueryRefused("the query took too long", "slow")
            return output

    asking = QueryExecutor("agent", {"mongodb": Slow()}, Limits(time_s=5))
    hurried, patient = await asyncio.gather(
        *(asking.execute(ticket("q", timeout_ms=timeout_ms)) for timeout_ms in (500, 30_000))
    )
    assert hurried.result.metadata["reason"] == "slow"
    assert patient.status is ResultStatus.COMPLETED


async def test_a_query_that_has_waited_for_its_turn_has_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "AT_ONCE", 1)
    store = Store(stands_still=True)
    asking = QueryExecutor("agent", {"mongodb": store}, Limits(time_s=5))
    first = asyncio.ensure_future(asking.execute(ticket("first")))
    waiting = asyncio.ensure_future(asking.execute(query_ticket({"question": "second"}, left_ms=2000)))
    await asyncio.sleep(0.3)
    store.stands_still = False
    first.cancel()
    assert (await waiting).status is ResultStatus.COMPLETED
    assert store.limits[1].time_s <= 1.7


async def test_a_store_that_stands_still_keeps_its_own_queries_waiting_and_no_others() -> None:
    still, quick = Store(stands_still=True), Store()
    asking = QueryExecutor("agent", {"mongodb": still, "redis": quick}, Limits(time_s=60))
    waiting = [asyncio.ensure_future(asking.execute(ticket(f"q{n}"))) for n in range(2 * AT_ONCE)]
    await asyncio.sleep(0.01)
    for number in range(2 * AT_ONCE):
        assert (await asking.execute(ticket(f"q{number}", kind="redis"))).status is ResultStatus.COMPLETED
    assert still.at_once == AT_ONCE
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_query_whose_driver_never_gives_up_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "GRACE_S", 0.05)
    asking = QueryExecutor("agent", {"mongodb": Store(stands_still=True)}, Limits(time_s=0.05))
    with pytest.raises(StoreUnavailable, match=r"no answer in 0\.05 s"):
        await asking.execute(ticket("q"))


async def test_a_ticket_can_lower_the_time_and_not_raise_it() -> None:
    store = Store()
    asking = QueryExecutor("agent", {"mongodb": store}, Limits(time_s=5))
    for timeout_ms in (1500, 60_000, 0):
        await asking.execute(ticket(f"{timeout_ms}", timeout_ms=timeout_ms))
    assert [limits.time_s for limits in store.limits] == [pytest.approx(1.5, abs=0.2), 5, 5]


@pytest.mark.parametrize(
    ("question", "reason"),
    [("x" * 300_000, "size"), ("\ud800", "parameters"), (object(), "parameters")],
    ids=["long", "half a character", "no JSON"],
)
async def test_what_is_no_question_is_refused_before_it_is_asked(question: Any, reason: str) -> None:
    store = Store()
    result = await QueryExecutor("agent", {"mongodb": store}).execute(ticket(question))
    assert (result.result.metadata["reason"], store.asked) == (reason, [])


async def test_parameters_without_end_are_refused() -> None:
    nested: Any = []
    for _ in range(100_000):
        nested = [nested]
    result = await QueryExecutor("agent", {"mongodb": Store()}).execute(ticket(nested))
    assert result.result.metadata["reason"] == "depth"


async def test_how_each_query_ended_is_told() -> None:
    told: list[tuple[str, str]] = []
    asking = QueryExecutor("agent", {"mongodb": Store(), "redis": Store(stands_still=True)}, Limits(time_s=5))
    asking.observers.append(lambda kind, ending, seconds: told.append((kind, ending)))
    await asking.execute(ticket("q"))
    await asking.execute(ticket("q", kind="oracle"))
    await asking.execute(ticket("q", task_type=TaskType.BUILD))
    assert told == [("mongodb", "completed"), ("other", "unsupported"), ("mongodb", "unsupported")]


async def test_health_says_which_store_is_not_well() -> None:
    asking = QueryExecutor("agent", {"mongodb": Store(), "redis": Store(stands_still=True)})
    assert await asking.health() == {"mongodb": "", "redis": "mongo is unavailable: stands still"}
