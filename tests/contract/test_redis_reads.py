"""Reads of Redis that share a message: each gets its own answer, also when another's is an error or comes too late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.embedded.stack import Stack
from app.errors import QueryRefused, StoreUnavailable
from app.stores.redis import RedisStore

KEYS = {f"reads-contract:{name}": name.upper() for name in "abc"}


@pytest.fixture
async def address(stack: Stack) -> AsyncIterator[str]:
    address = stack.addresses["HIVE_REDIS"]
    store = RedisStore(address)
    await store.run([["SET", key, value] for key, value in KEYS.items()])
    yield address
    await store.run([["DEL", *KEYS]])
    await store.close()


@asynccontextmanager
async def through_a_gate(address: str) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Another address of the same server, whose answers wait while the gate is closed."""
    there, is_open = urlsplit(address), asyncio.Event()
    is_open.set()
    pumps: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event | None) -> None:
        try:
            with suppress(ConnectionError):
                while data := await reader.read(65_536):
                    if gate is not None:
                        await gate.wait()
                    writer.write(data)
        finally:
            writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(there.hostname, there.port)
        pumps.add(asyncio.create_task(pump(reader, server_writer, None)))
        pumps.add(asyncio.create_task(pump(server_reader, writer, is_open)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}{there.path}", is_open
    finally:
        server.close()
        for task in pumps:
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def test_an_answer_that_comes_too_late_is_nobody_elses(address: str) -> None:
    async with through_a_gate(address) as (gated, is_open):
        store = RedisStore(gated, timeout_s=0.5)
        assert await store.read([("GET", "reads-contract:a")]) == [b"A"]
        is_open.clear()
        with pytest.raises(StoreUnavailable):
            await store.read([("GET", "reads-contract:b"), ("GET", "reads-contract:b")])
        is_open.set()
        for _ in range(3):
            assert await store.read([("GET", "reads-contract:c")]) == [b"C"]
        await store.close()


async def test_an_error_of_one_read_leaves_the_others_of_its_message_alone(address: str) -> None:
    store = RedisStore(address)
    found: list[Any] = await asyncio.gather(
        store.read([("GET", "reads-contract:a"), ("TYPE", "reads-contract:a")]),
        store.read([("GET", "reads-contract:a"), ("HGETALL", "reads-contract:b")]),
        store.read([("EXISTS", "reads-contract:none"), ("GETRANGE", "reads-contract:c", 0, 9)]),
        return_exceptions=True,
    )
    assert (found[0], found[2]) == ([b"A", b"string"], [0, b"C"])
    assert isinstance(found[1], QueryRefused)
    await store.close()
