"""Answers of millions of rows: they end at the limits, and are never held in memory."""

from __future__ import annotations

import asyncio
import gc
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from app.embedded.stack import Stack
from app.errors import StoreUnavailable
from app.execution import QueryExecutor, executor_for
from app.settings import Settings
from app.stores.mongo import MongoStore
from app.stores.redis import RedisStore
from benchmarks.cluster import Cluster
from models.queries import Allowed, Limits
from models.records import ResultStatus
from tests.tickets import query_ticket

MOST_MORE_BYTES = 100 * 1024 * 1024
PAGE_BYTES = 4096
TIME_S = 5.0


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES


@asynccontextmanager
async def bounded_memory() -> AsyncIterator[None]:
    """Fail when the process grows by more than it may, at any moment."""
    gc.collect()
    before = most = resident_bytes()

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, resident_bytes())
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
    assert max(most, resident_bytes()) - before < MOST_MORE_BYTES


async def ask(executor: QueryExecutor, **parameters: Any) -> tuple[dict[str, Any], str]:
    """Return the output and why there is none, within the time."""
    began_s = time.monotonic()
    async with bounded_memory():
        try:
            result = await executor.execute(query_ticket(parameters))
        except StoreUnavailable:
            return {}, "unavailable"
    assert time.monotonic() - began_s < TIME_S + 2
    reason = "" if result.status is ResultStatus.COMPLETED else str(result.result.metadata["reason"])
    return result.result.output, reason


@asynccontextmanager
async def executor_of(stack: Stack, **allowed: Any) -> AsyncIterator[QueryExecutor]:
    settings = Settings.load({**stack.addresses, "HIVE_MONGO_DATABASE": "large_contract"})
    executor = executor_for(settings, Allowed(**allowed), Limits(time_s=TIME_S))
    try:
        yield executor
    finally:
        await executor.close()


@pytest.mark.real
async def test_ten_million_rows_of_the_graph(real_stack: Stack) -> None:
    async with executor_of(real_stack) as executor:
        for _ in range(3):
            output, _ = await ask(executor, query_type="neo4j", cypher_query="UNWIND range(1, 10000000) AS x RETURN x")
            assert (output["count"], output["truncated"], output["results"][-1]) == (1000, True, {"x": 1000})


@pytest.mark.real
async def test_ten_million_rows_that_have_to_be_sorted_first(real_stack: Stack) -> None:
    """The server runs out of its time, its memory or its breath, or gives the first rows: here, little comes of it."""
    async with executor_of(real_stack) as executor:
        cypher = "UNWIND range(1, 10000000) AS x RETURN x ORDER BY x % 1000 DESC, x"
        output, reason = await ask(executor, query_type="neo4j", cypher_query=cypher)
    assert reason in ("slow", "size", "unavailable") or output["count"] == 1000


@pytest.mark.real
@pytest.mark.parametrize("length", [2000, 50_000])
async def test_rows_that_are_large(real_stack: Stack, length: int) -> None:
    async with executor_of(real_stack) as executor:
        cypher = f"UNWIND range(1, 100000) AS x RETURN range(1, {length}) AS many"
        _, reason = await ask(executor, query_type="neo4j", cypher_query=cypher)
    assert reason == "size" or (length > 2000 and reason == "slow")


async def test_documents_that_are_many_and_large(stack: Stack) -> None:
    store = MongoStore(stack.addresses["HIVE_MONGO"], "large_contract", timeout_s=60)
    await store.drop("large")
    for start in range(0, 20_000, 2000):
        await store.insert("large", [{"_id": n, "text": "x" * 5000} for n in range(start, start + 2000)])
    async with executor_of(stack, collections=frozenset({"large"})) as executor:
        _, reason = await ask(executor, query_type="mongodb", collection="large")
        narrow, _ = await ask(executor, query_type="mongodb", collection="large", projection={"_id": 1})
    await store.drop("large")
    await store.close()
    assert reason == "size"
    assert (narrow["count"], narrow["truncated"]) == (1000, True)


async def test_keys_by_the_hundred_thousand(stack: Stack) -> None:
    store = RedisStore(stack.addresses["HIVE_REDIS"], timeout_s=60)
    for start in range(0, 200_000, 20_000):
        await store.run([["MSET", *(part for n in range(start, start + 20_000) for part in (f"large:{n}", "1"))]])
    async with executor_of(stack, keys=("large:{n}",)) as executor:
        output, _ = await ask(executor, query_type="redis", operation="keys", pattern="large:*")
        rare, _ = await ask(executor, query_type="redis", operation="scan", pattern="large:19999?")
    for start in range(0, 200_000, 20_000):
        await store.run([["UNLINK", *(f"large:{n}" for n in range(start, start + 20_000))]])
    await store.close()
    assert (output["count"], output["truncated"]) == (1000, True)
    assert rare["count"] == 10 or not rare["complete"]


async def test_records_by_the_hundred_thousand(stack: Stack) -> None:
    settings = Settings.load(stack.addresses)
    topic = f"large-{uuid.uuid4().hex}"
    Cluster(settings.kafka).create(topic, 1)
    producer = Producer(settings.kafka_client() | {"linger.ms": 50, "queue.buffering.max.messages": 500_000})
    for number in range(300_000):
        producer.produce(
            topic, key=b"%d" % (number % 1000), value=b'{"number": %d, "pad": "%s"}' % (number, b"x" * 100)
        )
        if number % 10_000 == 0:
            producer.poll(0)
    assert producer.flush(60) == 0
    async with executor_of(stack, topics=frozenset({topic})) as executor:
        newest, _ = await ask(executor, query_type="kafka", topic=topic, limit=5, columns=["number"])
        keyed, _ = await ask(executor, query_type="kafka", topic=topic, key="7", limit=5, columns=["number"])
    assert [row["number"] for row in newest["documents"]] == [299_995 + n for n in range(5)]
    assert keyed["truncated"]
    assert not keyed["complete"] or keyed["documents"][-1]["number"] == 299_007
