"""A sentinel's primary and a cluster are reached by their addresses, with real Redis processes; one fails over."""

from __future__ import annotations

import asyncio
import functools
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from app.embedded import probes
from app.embedded.errors import ServerMissing
from app.embedded.falkordb import binaries, redis_argv
from app.embedded.ports import LOOPBACK, free_port
from app.embedded.process import ManagedProcess
from app.errors import StoreUnavailable
from app.stores.redis import RedisStore

pytestmark = pytest.mark.real


class Redis(NamedTuple):
    """A server, and where it listens."""

    process: ManagedProcess
    port: int


class Servers:
    """Starts Redis servers in a folder, and ends them with the test."""

    def __init__(self, folder: Path, entered: ExitStack) -> None:
        self._folder = folder
        self._entered = entered
        try:
            self.binary = shutil.which("redis-server") or binaries()[0]
        except ServerMissing as error:
            pytest.skip(f"redis-server: {error}")

    def start(self, *options: str) -> Redis:
        """Start a server with these options."""
        port = free_port()
        data_dir = self._folder / str(port)
        data_dir.mkdir()
        return self._run(port, [*redis_argv(str(self.binary), port, data_dir), *options])

    def sentinel(self, primary: Redis) -> Redis:
        """Start a sentinel that alone decides that the primary is down, soon."""
        port = free_port()
        config = self._folder / f"sentinel-{port}.conf"
        lines = [
            f"bind {LOOPBACK}",
            f"port {port}",
            f"sentinel monitor hive {LOOPBACK} {primary.port} 1",
            "sentinel down-after-milliseconds hive 300",
            "sentinel failover-timeout hive 2000",
        ]
        config.write_text("\n".join(lines) + "\n")
        return self._run(port, [str(self.binary), str(config), "--sentinel"])

    def _run(self, port: int, argv: list[str]) -> Redis:
        ready = functools.partial(probes.redis_server, port)
        process = ManagedProcess(f"redis-{port}", argv, log_path=self._folder / f"{port}.log", ready=ready)
        process.start()
        self._entered.callback(process.stop, 5)
        return Redis(process, port)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    with ExitStack() as entered:
        yield Servers(tmp_path, entered)


async def until(store: RedisStore, command: list[str], wanted: list[object], *, timeout_s: float = 30) -> None:
    """Ask again, as a stage that waits does, until the answer is the one wanted."""
    async with asyncio.timeout(timeout_s):
        while True:
            try:
                if await store.run([command]) == wanted:
                    return
            except StoreUnavailable:
                pass
            await asyncio.sleep(0.1)


async def test_a_sentinels_primary_is_followed_through_a_fail_over(servers: Servers) -> None:
    primary = servers.start()
    servers.start("--replicaof", LOOPBACK, str(primary.port))
    sentinel = servers.sentinel(primary)
    store = RedisStore(f"redis+sentinel://{LOOPBACK}:{sentinel.port}/hive/0", timeout_s=2)
    asked = RedisStore(f"redis://{LOOPBACK}:{primary.port}/0", timeout_s=2)
    seen = RedisStore(f"redis://{LOOPBACK}:{sentinel.port}/0", timeout_s=2)
    try:
        await store.ping()
        await store.run([["SET", "kept", "before"]])
        await until(asked, ["WAIT", "1", "1000"], [1])
        sentinel_client = seen._client
        async with asyncio.timeout(30):
            while not await sentinel_client.execute_command("SENTINEL", "REPLICAS", "hive"):  # noqa: ASYNC110 — what another process knows
                await asyncio.sleep(0.1)
        primary.process.kill()
        with pytest.raises(StoreUnavailable):
            await asked.ping()
        await until(store, ["SET", "kept", "after"], [True])
        assert await store.run([["GET", "kept"]]) == ["after"]
    finally:
        for one in (store, asked, seen):
            await one.close()


async def test_a_cluster_is_asked_for_keys_of_any_slot(servers: Servers) -> None:
    node = servers.start("--cluster-enabled", "yes")
    plain = RedisStore(f"redis://{LOOPBACK}:{node.port}/0", timeout_s=2)
    store = RedisStore(f"redis+cluster://{LOOPBACK}:{node.port}", timeout_s=5)
    try:
        with pytest.raises(StoreUnavailable):
            await store.ping()  # it serves no slot yet
        await plain._client.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        keys = [f"key:{number}" for number in range(20)]
        await until(store, ["SET", keys[0], "0"], [True])
        for number, key in enumerate(keys):
            await store.run([["SET", key, str(number)]])
        assert [await store.read([["GET", key]]) for key in keys] == [[str(n).encode()] for n in range(20)]
        assert {key.decode() async for key in store.scan("key:*", 100)} == set(keys)
    finally:
        for one in (store, plain):
            await one.close()
