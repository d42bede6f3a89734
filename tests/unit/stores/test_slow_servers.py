"""Servers that hang, or answer a byte at a time: every query ends within its time, and says that it was the store."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.errors import StoreUnavailable
from app.execution import QueryExecutor, executor_for
from app.settings import Settings
from models.queries import Allowed, Limits
from tests.tickets import query_ticket

LIMIT_S = 0.6
MOST_S = 2.6
"""Its limit, and the two seconds that a query is given beyond."""
ALLOWED = Allowed(
    collections=frozenset({"sales"}),
    labels=frozenset({"Service"}),
    topics=frozenset({"events"}),
    keys=("session:{user}",),
)
QUERIES: dict[str, dict[str, Any]] = {
    "mongodb": {"collection": "sales"},
    "neo4j": {"cypher_query": "MATCH (n:Service) RETURN n"},
    "redis": {"key": "session:a"},
    "kafka": {"topic": "events"},
}
BEGINNINGS = {
    # An answer that never ends: of a million bytes, the first of which come one by one.
    "mongodb": struct.pack("<iiii", 1_000_000, 1, 1, 1),
    "neo4j": b"\0\0\4\5" + b"\xff\xff",
    "redis": b"$1000000\r\n",
    "kafka": struct.pack(">ii", 1_000_000, 1),
}


def executor_at(port: int) -> QueryExecutor:
    where = f"127.0.0.1:{port}"
    settings = Settings.load(
        {
            "HIVE_MONGO": f"mongodb://{where}",
            "HIVE_NEO4J": f"bolt://{where}",
            "HIVE_REDIS": f"redis://{where}/0",
            "HIVE_KAFKA": where,
            "HIVE_STORE_TIMEOUT_S": str(LIMIT_S),
        }
    )
    return executor_for(settings, ALLOWED, Limits(time_s=LIMIT_S))


@pytest.fixture
def hanging_port() -> Iterator[int]:
    """A server that the kernel connects to and that never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@asynccontextmanager
async def dripping(beginning: bytes, every_s: float) -> AsyncIterator[int]:
    """A server that answers whatever it is asked a byte at a time, without end."""
    under_way: set[asyncio.Task[Any]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        try:
            await reader.read(1)
            at = 0
            while True:
                writer.write(beginning[at : at + 1] or b"a")
                await writer.drain()
                at += 1
                await asyncio.sleep(every_s)
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def ends_in_time(executor: QueryExecutor, kind: str) -> str:
    began_s = time.monotonic()
    with pytest.raises(StoreUnavailable) as caught:
        await executor.execute(query_ticket({"query_type": kind, **QUERIES[kind]}))
    elapsed_s = time.monotonic() - began_s
    await executor.close()
    assert elapsed_s < MOST_S + 1  # of a machine that is busy with something else
    return str(caught.value)


@pytest.mark.parametrize("kind", QUERIES)
async def test_a_hanging_socket(kind: str, hanging_port: int) -> None:
    assert "unavailable" in await ends_in_time(executor_at(hanging_port), kind)


@pytest.mark.parametrize("every_s", [0.05, 1.0])
@pytest.mark.parametrize("kind", QUERIES)
async def test_a_byte_at_a_time(kind: str, every_s: float) -> None:
    async with dripping(BEGINNINGS[kind], every_s) as port:
        assert "unavailable" in await ends_in_time(executor_at(port), kind)


@pytest.mark.parametrize("kind", QUERIES)
async def test_a_server_that_is_down(kind: str, unused_tcp_port: int) -> None:
    assert "unavailable" in await ends_in_time(executor_at(unused_tcp_port), kind)


@pytest.mark.parametrize("kind", QUERIES)
async def test_health_says_so(kind: str, hanging_port: int) -> None:
    executor = executor_at(hanging_port)
    assert (await executor.health())[kind]
    await executor.close()
