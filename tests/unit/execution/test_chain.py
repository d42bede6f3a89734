"""What stands in for a source: in its order, within the deadline, and told in the result."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from app.circuit import Circuit
from app.errors import QueryRefused, StoreUnavailable
from app.execution import QueryExecutor, chain, sources
from app.execution.budgets import AnswerBudget
from app.execution.last_good import LastGood
from app.execution.slots import FairSlots
from app.execution.sources import StandIns
from models.queries import Limits
from models.records import ExecutionResult, ResultStatus
from tests.tickets import query_ticket

NAMES = frozenset({"sessions", "sessions_copy"})
COPY = {"source": "sessions_copy", "parameters": {"query_type": "mongodb", "question": "q"}, "steps": []}
CACHED = {"cached_s": 60}
SUM = {"as": "n", "function": "sum", "column": "n"}
DOWN = StoreUnavailable("redis", "is down")


class Clock:
    """A clock that is set by hand, in ms or s."""

    def __init__(self, now: int = 1_000_000) -> None:
        self.now = now

    def __call__(self) -> Any:
        return self.now


class Store:
    """Gives what it is told to, in turn, the last for ever."""

    def __init__(self, *endings: Any) -> None:
        self.endings = list(endings)
        self.asked = 0
        self.limits: list[Limits] = []

    async def ping(self) -> None: ...

    async def close(self) -> None: ...

    async def run(self, parameters: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
        ending = self.endings[min(self.asked, len(self.endings) - 1)]
        self.asked += 1
        self.limits.append(limits)
        await asyncio.sleep(0)
        if isinstance(ending, Exception):
            raise ending
        if ending == "hangs":
            await asyncio.Event().wait()
        return rows(ending)


def rows(of: Any, **more: Any) -> dict[str, Any]:
    if isinstance(of, dict):
        return of
    return {"documents": [{"of": of}], "count": 1, "truncated": False, **more}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "RETRY_AFTER_S", (0.0, 0.001))


def executor(redis: Store, mongo: Store | None = None, **more: Any) -> QueryExecutor:
    runners = {"redis": redis, "mongodb": mongo or Store("mongo")}
    own = {name: more.pop(name) for name in ("last_good",) if name in more}
    return QueryExecutor(
        "agent", runners, more.pop("limits", Limits(time_s=5)), stand_ins=StandIns(names=NAMES, **own), **more
    )


async def asked(
    of: QueryExecutor, *fallbacks: Mapping[str, Any], question: str = "q", left_ms: int = 60_000
) -> ExecutionResult:
    parameters = {"query_type": "redis", "question": question, "source": "sessions", "fallbacks": list(fallbacks)}
    return await of.execute(query_ticket(parameters, left_ms=left_ms))


def told(result: ExecutionResult) -> list[tuple[str, str, int]]:
    return [(entry["source"], entry["ending"], entry["attempts"]) for entry in result.result.metadata["chain"]]


async def test_a_source_that_answers_is_all_there_is_to_tell() -> None:
    mongo = Store("mongo")
    result = await asked(executor(Store("redis"), mongo), COPY)
    about = result.result.metadata
    assert result.result.output["documents"] == [{"of": "redis"}]
    assert (about["source"], about["fallback"], about["partial"], about["cached_age_s"]) == (
        "sessions",
        False,
        False,
        None,
    )
    assert (told(result), about["attempts"], mongo.asked) == ([("sessions", "completed", 1)], 1, 0)


async def test_what_fails_once_is_asked_once_more() -> None:
    result = await asked(executor(Store(DOWN, "redis")), COPY)
    assert told(result) == [("sessions", "completed", 2)]


async def test_another_source_answers_for_one_that_is_down() -> None:
    result = await asked(executor(Store(DOWN)), COPY)
    about = result.result.metadata
    assert result.status is ResultStatus.COMPLETED
    assert result.result.output["documents"] == [{"of": "mongo"}]
    assert (about["query_type"], about["source"], about["fallback"]) == ("redis", "sessions_copy", True)
    assert told(result) == [("sessions", "unavailable", 2), ("sessions_copy", "completed", 1)]


async def test_a_source_that_was_down_lately_is_left_alone() -> None:
    redis = Store(DOWN)
    asking = executor(redis)
    for number in range(5):
        result = await asked(asking, COPY, question=f"q{number}")
    assert redis.asked == 3
    assert told(result) == [("sessions", "open", 0), ("sessions_copy", "completed", 1)]
    assert {name: circuit.state for name, circuit in asking.circuits.items()} == {
        "sessions": "open",
        "sessions_copy": "closed",
    }


async def test_one_query_tries_a_source_again_and_with_it_all_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "OPEN_S", 0.0)
    asking = executor(Store(DOWN, DOWN, DOWN, "redis"))
    for number in range(2):
        await asked(asking, COPY, question=f"q{number}")
    result = await asked(asking, COPY, question="q3")
    assert told(result) == [("sessions", "completed", 1)]
    assert asking.circuits["sessions"].state == "closed"


async def test_who_asks_the_same_while_it_fails_counts_as_one_failure() -> None:
    redis = Store(DOWN, "redis")
    asking = executor(redis)
    results = await asyncio.gather(*(asked(asking, COPY) for _ in range(20)))
    assert {result.result.metadata["source"] for result in results} == {"sessions"}
    assert {name for name, _, _ in told(results[-1])} == {"sessions"}


async def test_steps_make_of_the_rows_what_the_first_would_give() -> None:
    many = {"documents": [{"of": "b", "n": 1}, {"of": "a", "n": 2}, {"of": "b", "n": 3}], "count": 3}
    steps = [
        {"op": "group", "by": [{"column": "of", "as": "of", "unit": None}], "measures": [SUM]},
        {"op": "sort", "by": [["n", "asc"]]},
    ]
    result = await asked(executor(Store(DOWN), Store(many)), COPY | {"steps": steps})
    assert (result.result.output["documents"], result.result.output["count"]) == (
        [{"of": "a", "n": 2}, {"of": "b", "n": 4}],
        2,
    )


async def test_steps_that_can_not_be_done_are_no_answer() -> None:
    with pytest.raises(StoreUnavailable, match="is down"):
        await asked(executor(Store(DOWN)), COPY | {"steps": [{"op": "eval", "code": "1"}]})


@pytest.mark.parametrize("reason", ["parameters", "not-listed", "operator", "writes", "depth", "size", "server"])
async def test_what_is_refused_is_not_asked_elsewhere(reason: Any) -> None:
    mongo = Store("mongo")
    result = await asked(executor(Store(QueryRefused("no", reason)), mongo), COPY)
    about = result.result.metadata
    assert (result.status, about["reason"], about["retryable"], mongo.asked) == (
        ResultStatus.FAILED,
        reason,
        False,
        0,
    )


async def test_what_is_too_slow_is_asked_elsewhere() -> None:
    result = await asked(executor(Store(QueryRefused("takes too long", "slow"))), COPY)
    assert told(result) == [("sessions", "slow", 1), ("sessions_copy", "completed", 1)]


class TestLastGood:
    async def test_it_answers_when_nothing_else_does_and_says_how_old_it_is(self) -> None:
        clock = Clock()
        redis, mongo = Store("redis", DOWN), Store(DOWN)
        asking = executor(redis, mongo, last_good=LastGood(None, a_circuit(), scope="", clock_ms=clock))
        await asked(asking, COPY, CACHED, left_ms=10**9)
        clock.now += 30_000
        result = await asked(asking, COPY, CACHED, left_ms=10**9)
        about = result.result.metadata
        assert result.result.output["documents"] == [{"of": "redis"}]
        assert (about["source"], about["fallback"], about["cached_age_s"]) == ("last-good", True, 30.0)
        assert [name for name, _, _ in told(result)] == ["sessions", "sessions_copy", "last-good"]

    async def test_one_that_is_too_old_is_none(self) -> None:
        clock = Clock()
        asking = executor(Store("redis", DOWN), last_good=LastGood(None, a_circuit(), scope="", clock_ms=clock))
        await asked(asking, CACHED)
        clock.now += 61_000
        with pytest.raises(StoreUnavailable):
            await asked(asking, CACHED)

    async def test_another_question_has_none(self) -> None:
        asking = executor(Store("redis", DOWN))
        await asked(asking, CACHED)
        with pytest.raises(StoreUnavailable):
            await asked(asking, CACHED, question="another")

    async def test_a_part_is_not_kept(self) -> None:
        asking = executor(Store(rows("part", complete=False), DOWN))
        await asked(asking, CACHED)
        with pytest.raises(StoreUnavailable):
            await asked(asking, CACHED)

    async def test_it_is_kept_only_for_sources_that_say_so(self) -> None:
        asking = executor(Store("redis", DOWN))
        await asked(asking)
        with pytest.raises(StoreUnavailable):
            await asked(asking)

    async def test_what_the_process_keeps_is_bounded(self) -> None:
        kept = LastGood(None, a_circuit(), scope="")
        for number in range(200):
            kept.keep(b"%d" % number, rows("x" * 200_000), 60)
        kept.keep(b"large", rows("x" * 300_000), 60)
        assert kept.held_bytes <= 16 * 1024 * 1024
        assert await kept.find(b"0", 60) is None
        assert await kept.find(b"large", 60) is None
        assert await kept.find(b"199", 60) is not None


def a_circuit() -> Circuit:
    return Circuit(clock=Clock())


class TestPart:
    async def test_a_part_is_marked_when_there_is_nothing_better(self) -> None:
        result = await asked(executor(Store(rows("part", complete=False)), Store(DOWN)), COPY)
        about = result.result.metadata
        assert (about["source"], about["partial"], about["fallback"]) == ("sessions", True, False)
        assert told(result)[0] == ("sessions", "partial", 1)

    async def test_a_whole_answer_is_better_than_a_part(self) -> None:
        result = await asked(executor(Store(rows("part", complete=False))), COPY)
        assert (result.result.metadata["source"], result.result.metadata["partial"]) == ("sessions_copy", False)


class TestDeadline:
    async def test_what_waits_for_its_store_fails_at_its_deadline(self) -> None:
        clock = Clock()
        asking = executor(Store(DOWN), Store(DOWN), clock_ms=clock)
        ticket = query_ticket({"query_type": "redis", "question": "q", "source": "sessions", "fallbacks": [COPY]})
        clock.now = ticket.sla.deadline - 3000
        with pytest.raises(StoreUnavailable) as caught:
            await asking.execute(ticket)
        assert caught.value.again_in_s is not None
        assert caught.value.again_in_s <= 3
        clock.now = ticket.sla.deadline
        result = await asking.execute(ticket)
        about = result.result.metadata
        assert (result.status, about["reason"], about["retryable"]) == (ResultStatus.FAILED, "deadline", False)
        assert told(result) == [("sessions", "unavailable", 2), ("sessions_copy", "unavailable", 2)]

    async def test_what_was_tried_before_is_not_forgotten(self) -> None:
        asking = executor(Store(DOWN, DOWN, "redis"))
        ticket = query_ticket({"query_type": "redis", "question": "q", "source": "sessions"})
        with pytest.raises(StoreUnavailable):
            await asking.execute(ticket)
        result = await asking.execute(ticket)
        assert told(result) == [("sessions", "unavailable", 2), ("sessions", "completed", 1)]
        assert result.result.metadata["attempts"] == 3

    async def test_a_ticket_whose_time_is_over_asks_nobody(self) -> None:
        redis = Store("redis")
        result = await asked(executor(redis), left_ms=-1)
        assert (result.result.metadata["reason"], redis.asked) == ("deadline", 0)

    async def test_a_source_that_hangs_leaves_time_for_what_stands_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sources, "GRACE_S", 0.0)
        redis = Store("hangs")
        result = await asked(executor(redis, limits=Limits(time_s=60)), COPY, left_ms=600)
        assert result.result.metadata["source"] == "sessions_copy"
        assert redis.limits[0].time_s <= 0.3


class TestAskers:
    async def test_an_asker_that_has_had_enough_is_told_to_wait(self) -> None:
        clock = Clock(0)
        asking = executor(Store("x" * 700), budget=AnswerBudget({"bytes": 1000}, clock=clock))

        async def ask(actor: str) -> ExecutionResult:
            return await asking.execute(query_ticket({"query_type": "redis"}, asker={"actor": actor}))

        first, second, third = [await ask("a") for _ in range(3)]
        assert (first.status, second.status) == (ResultStatus.COMPLETED, ResultStatus.COMPLETED)
        assert (third.result.metadata["reason"], third.result.metadata["retryable"]) == ("limit", True)
        assert (await ask("b")).status is ResultStatus.COMPLETED
        clock.now += 60
        assert (await ask("a")).status is ResultStatus.COMPLETED

    async def test_each_asker_has_its_turn(self) -> None:
        slots = FairSlots(1)
        order: list[str] = []

        async def work(name: str) -> None:
            await slots.take(name[0])
            order.append(name)
            await asyncio.sleep(0)
            slots.give()

        await asyncio.gather(*map(work, ["a1", "a2", "a3", "a4", "b1", "c1"]))
        assert order == ["a1", "a2", "b1", "c1", "a3", "a4"]

    async def test_a_slot_is_not_lost_when_who_waits_for_it_gives_up(self) -> None:
        slots = FairSlots(1)
        await slots.take("a")
        waiting = [asyncio.ensure_future(slots.take("a")) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        slots.give()
        waiting[1].cancel()  # just as it has got it
        await asyncio.gather(*waiting[:2], return_exceptions=True)
        await asyncio.wait_for(waiting[2], 5)
        slots.give()
        assert slots.take_free()
        assert not slots.take_free()


@pytest.mark.parametrize(
    "fallbacks",
    [
        "sessions_copy",
        [{"source": "x", "parameters": {}, "eval": "1"}],
        [{"cached_s": "60"}],
        [{"source": "x", "parameters": {"query_type": "oracle"}}],
        [{"cached_s": 60}] * 9,
    ],
    ids=["text", "smuggled", "no number", "no such type", "many"],
)
async def test_a_chain_that_is_none_is_refused(fallbacks: Any) -> None:
    redis = Store("redis")
    parameters = {"query_type": "redis", "question": "q", "fallbacks": fallbacks}
    result = await executor(redis).execute(query_ticket(parameters))
    assert result.result.metadata["reason"] in ("parameters", "unsupported", "size")
    assert redis.asked == 0


async def test_a_source_of_no_catalog_goes_by_its_type() -> None:
    seen: list[tuple[str, str]] = []
    asking = executor(Store("redis"))
    asking.link_observers.append(lambda source, ending: seen.append((source, ending)))
    await asking.execute(query_ticket({"query_type": "redis", "source": "a" * 1000}))
    assert (seen, list(asking.circuits)) == ([("redis", "completed")], ["redis"])
