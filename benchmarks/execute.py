"""What `execute` adds to a query: tickets beside a bare loop of the driver, the same queries at the same concurrency.

Both run in this process, on the same server, in turns, on the event loop that workers have (uvloop, which makes the
bare loop faster by more than it does tickets); each query is another one, so that none is answered twice. The bare
loop sends the query and takes its rows, and nothing else: it checks no query, bounds no answer, masks nothing.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

import msgspec
from neo4j import READ_ACCESS, AsyncGraphDatabase
from redis import asyncio as aioredis

from app.clock import now_ms
from app.execution import AT_ONCE, QueryExecutor, executor_for
from app.factory import use_uvloop
from app.settings import Settings
from app.stores.neo4j import GraphStore
from app.stores.redis import RedisStore
from benchmarks.report import emit, progress
from models.queries import Allowed
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

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    Ask = Callable[[int], Awaitable[object]]
    """Ask the query of this number."""

THINGS = 2000
QUERIES = {"redis": 4000, "neo4j": 1500}
"""Of one round."""
ROUNDS = {"redis": 15, "neo4j": 7}
LEAST_RATIO = 0.7
MOST_ADDED_MS = 10.0
ALLOWED = Allowed(
    labels=frozenset({"BenchThing"}),
    keys=("bench:{thing}",),
    sources=frozenset({"things", "keys"}),
)
CYPHER = "MATCH (n:BenchThing {name: $name}) RETURN n.name AS name, n.team AS team, n.size AS size"


@dataclass(frozen=True, slots=True)
class Round:
    """Queries in a second, the milliseconds in which 99 of 100 are answered, and what one takes of this process."""

    per_second: float
    p99_ms: float
    cpu_us: float


def run(addresses: Mapping[str, str]) -> bool:
    """Measure on the Redis and the Neo4j at these addresses; print a line for each."""
    use_uvloop()
    return asyncio.run(_run(Settings.load(dict(addresses))))


async def _run(settings: Settings) -> bool:
    await _load(settings)
    executor = executor_for(settings, ALLOWED)
    try:
        right = [
            await _compare(name, _through(executor, parameters), bare)
            for name, parameters, bare in (
                ("redis", _redis_parameters, _bare_redis(settings)),
                ("neo4j", _neo4j_parameters, _bare_neo4j(settings)),
            )
        ]
    finally:
        await executor.close()
    return all(right)


async def _load(settings: Settings) -> None:
    things = [{"name": str(n), "team": f"team {n % 7}", "size": n, "pages": list(range(5))} for n in range(THINGS)]
    redis = RedisStore.of(settings)
    await redis.run([["SET", f"bench:{thing['name']}", msgspec.json.encode(thing).decode()] for thing in things])
    await redis.close()
    graph = GraphStore.of(settings, timeout_s=60)
    await graph.run_write("CREATE INDEX bench_name IF NOT EXISTS FOR (n:BenchThing) ON (n.name)")
    rows = [{name: value for name, value in thing.items() if name != "pages"} for thing in things]
    await graph.run_write("UNWIND $rows AS row MERGE (n:BenchThing {name: row.name}) SET n += row", {"rows": rows})
    await graph.run_write("CALL db.awaitIndexes(60)")
    await graph.close()


def _redis_parameters(number: int) -> dict[str, Any]:
    return {
        "query_type": "redis",
        "operation": "get",
        "key": f"bench:{number}",
        "key_pattern": "bench:{thing}",
        "value": "json",
        "columns": ["name", "team", "size"],
        "source": "keys",
    }


def _neo4j_parameters(number: int) -> dict[str, Any]:
    return {
        "query_type": "neo4j",
        "cypher_query": CYPHER,
        "parameters": {"name": str(number)},
        "columns": ["name", "team", "size"],
        "source": "things",
    }


def _through(executor: QueryExecutor, parameters: Callable[[int], dict[str, Any]]) -> Ask:
    deadline = now_ms() + 3_600_000
    tickets = [_ticket(number, parameters(number), deadline) for number in range(THINGS)]

    async def ask(number: int) -> object:
        result = await executor.execute(tickets[number % THINGS])
        if result.status is not ResultStatus.COMPLETED or result.result.output["count"] != 1:
            raise AssertionError(result)
        return result

    return ask


def _ticket(number: int, parameters: dict[str, Any], deadline: int) -> ExecutionTicket:
    return ExecutionTicket(
        ticket_id=f"ticket-{number}",
        plan_id=f"plan-{number}",
        intent_id=f"intent-{number}",
        task_id="task_0",
        task_type=TaskType.QUERY,
        description="a query",
        priority=Priority.NORMAL,
        risk_band=RiskBand.LOW,
        sla=Sla(deadline=deadline, timeout_ms=60_000, max_retries=1),
        qos=TicketQos(
            delivery_mode=DeliveryMode.AT_LEAST_ONCE,
            consistency=Consistency.EVENTUAL,
            durability=Durability.PERSISTENT,
        ),
        security_level=SecurityLevel.INTERNAL,
        created_at=0,
        parameters=parameters,
        metadata={"asker": {"actor": "benchmark"}},
    )


@asynccontextmanager
async def _bare_redis(settings: Settings) -> AsyncIterator[Ask]:
    client = aioredis.from_url(str(settings.redis), max_connections=50)

    async def ask(number: int) -> object:
        return msgspec.json.decode(await client.get(f"bench:{number % THINGS}") or b"")

    try:
        yield ask
    finally:
        await client.aclose()


@asynccontextmanager
async def _bare_neo4j(settings: Settings) -> AsyncIterator[Ask]:
    auth = (settings.neo4j_user, str(settings.neo4j_password))
    async with AsyncGraphDatabase.driver(settings.neo4j, auth=auth) as driver:

        async def ask(number: int) -> object:
            async with driver.session(database=settings.neo4j_database, default_access_mode=READ_ACCESS) as session:
                result = await session.run(CYPHER, {"name": str(number % THINGS)})
                return [record.data() async for record in result]

        yield ask


async def _compare(name: str, through: Ask, bare: AbstractAsyncContextManager[Ask]) -> bool:
    count, rounds = QUERIES[name], ROUNDS[name]
    pairs: list[tuple[Round, Round]] = []
    async with bare as alone:
        for ask in (alone, through):  # connections, caches and the server warm up
            await _round(ask, count)
        for number in range(rounds):
            progress(f"{name}: round {number + 1} of {rounds}")
            # Who goes first takes turns: the machine may get slower or faster meanwhile.
            first, second = (alone, through) if number % 2 else (through, alone)
            one, two = await _round(first, count), await _round(second, count)
            pairs.append((one, two) if first is alone else (two, one))
    ratio = median(executed.per_second / plain.per_second for plain, executed in pairs)
    added_ms = median(executed.p99_ms - plain.p99_ms for plain, executed in pairs)
    met = ratio >= LEAST_RATIO and added_ms <= MOST_ADDED_MS
    emit(
        "execute",
        store=name,
        at_once=AT_ONCE,
        queries_per_round=count,
        rounds=rounds,
        bare_per_second=round(median(plain.per_second for plain, _ in pairs)),
        execute_per_second=round(median(executed.per_second for _, executed in pairs)),
        ratio=round(ratio, 3),
        least_ratio=LEAST_RATIO,
        bare_p99_ms=round(median(plain.p99_ms for plain, _ in pairs), 2),
        execute_p99_ms=round(median(executed.p99_ms for _, executed in pairs), 2),
        p99_added_ms=round(added_ms, 2),
        most_added_ms=MOST_ADDED_MS,
        bare_cpu_us=round(median(plain.cpu_us for plain, _ in pairs), 1),
        execute_cpu_us=round(median(executed.cpu_us for _, executed in pairs), 1),
        cpu_ratio=round(median(plain.cpu_us / executed.cpu_us for plain, executed in pairs), 3),
        met=met,
    )
    return met


async def _round(ask: Ask, count: int) -> Round:
    """Ask so many queries, `AT_ONCE` at a time, each as soon as another has been answered."""
    numbers = iter(range(count))
    took_ms: list[float] = []

    async def work() -> None:
        for number in numbers:
            began_s = time.perf_counter()
            await ask(number)
            took_ms.append((time.perf_counter() - began_s) * 1000)

    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    took_s, took_cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    return Round(count / took_s, quantiles(took_ms, n=100)[98], took_cpu_s / count * 1e6)
