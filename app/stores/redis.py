"""Redis, by `redis.asyncio`: what aioredis became. One server, a sentinel's primary, or a cluster, by the address."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from redis import asyncio as aioredis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    MasterDownError,
    MaxConnectionsError,
    RedisClusterException,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import BusyLoadingError as Loading
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import TimeoutError as TooSlow

from app.errors import ConfigurationError, HiveError, QueryRefused, StoreUnavailable
from app.stores.redis_together import Together

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from app.settings import Settings

CONNECTIONS = 50
PLAIN = ("redis", "rediss", "unix")
SENTINEL = ("redis+sentinel", "rediss+sentinel")
CLUSTER = ("redis+cluster", "rediss+cluster")

READS = frozenset(
    "TYPE EXISTS STRLEN GET GETRANGE HGETALL ZCARD ZRANGE ZREVRANGE MEMORY".split()  # noqa: SIM905 — read as one line
)
"""The commands that `read` sends, besides SCAN. None writes, blocks, runs a script or takes time without bound."""


PASSING = (
    Unreachable,
    TooSlow,
    Loading,
    RedisClusterException,
    MasterDownError,  # a replica whose primary is away
    ClusterDownError,
    TryAgainError,
)
"""What the server, or the driver, says while it can't answer for now."""


class RedisStore:
    """One database of a Redis server.

    Args:
        url: `redis://[user:password@]host[:port][/database]`, `rediss://…`, `unix://…`;
            `redis+sentinel://[user:password@]host:port[,host:port…]/service[/database][?sentinel_password=…]`;
            `redis+cluster://[user:password@]host:port[,host:port…]`.
        timeout_s: Limit for connecting, for each answer, and for one call as a whole.
    """

    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._connected: Any = None
        self._sentinel: Any = None
        self._together = Together(self._send)

    @classmethod
    def of(cls, settings: Settings, *, timeout_s: float | None = None) -> Self:
        """Return the one of the settings, with their limit for a call or another one."""
        return cls(str(settings.redis), timeout_s or settings.store_timeout_s)

    @property
    def _client(self) -> Any:
        if self._connected is None:
            try:
                self._connected = self._connect()
            except (ValueError, RedisClusterException) as error:
                raise ConfigurationError(f"HIVE_REDIS: {error}") from error
        return self._connected

    def _connect(self) -> Any:
        options: dict[str, Any] = {
            # Each call has a limit of its own, which ends the connection with it: the driver's would be one task more.
            "socket_timeout": None,
            "socket_connect_timeout": self._timeout_s,
            # A value can be any bytes; what is text is said by `text_of`.
            "decode_responses": False,
            "max_connections": CONNECTIONS,
        }
        # The caller retries: a stage that waits says so, a driver that retries doesn't.
        once = Retry(NoBackoff(), 0)
        scheme = urlsplit(self._url).scheme
        if scheme in PLAIN:
            return aioredis.from_url(self._url, retry=once, **options)
        if scheme not in (*SENTINEL, *CLUSTER):
            raise ValueError(f"an address begins with {', '.join((*PLAIN, *SENTINEL, *CLUSTER))}")
        address = _Address(self._url)
        options |= address.credentials | ({"ssl": True} if scheme.startswith("rediss") else {})
        if scheme in CLUSTER:
            nodes = [ClusterNode(host, port) for host, port in address.hosts]
            return RedisCluster(startup_nodes=nodes, retry=once, **options | {"socket_timeout": self._timeout_s})
        own = {"socket_timeout": self._timeout_s, "socket_connect_timeout": self._timeout_s, "retry": once}
        self._sentinel = Sentinel(  # type: ignore[no-untyped-call]
            address.hosts, sentinel_kwargs=own | address.sentinel, db=address.database, retry=once, **options
        )
        return self._sentinel.master_for(address.service)

    async def ping(self) -> None:
        """Ask the server for a sign of life.

        Raises:
            StoreUnavailable: it gave none in time.
        """
        with redis_errors(self._timeout_s):
            async with asyncio.timeout(self._timeout_s):
                await self._client.ping()

    async def run(self, commands: Sequence[Sequence[str | int | float]]) -> list[Any]:
        """Run commands in one transaction (MULTI … EXEC) and return their answers; text as such.

        Raises:
            QueryRefused: the server refuses one of them.
            StoreUnavailable: no answer; try again later.
        """
        with redis_errors(self._timeout_s):
            async with asyncio.timeout(self._timeout_s), self._client.pipeline(transaction=True) as pipeline:
                for command in commands:
                    pipeline.execute_command(*command)
                answers: list[Any] = await pipeline.execute()
        return [_decoded(answer) for answer in answers]

    async def read(self, commands: Sequence[Sequence[str | int]]) -> list[Any]:
        """Run commands that only read, in one round trip, and return their answers as bytes.

        Raises:
            QueryRefused: it isn't one of `READS`, or the server refuses it.
            StoreUnavailable: no answer; try again later.
        """
        if not commands:
            return []
        for command in commands:
            if command[0] not in READS:
                raise QueryRefused(f"command {command[0]} is not allowed", "operator")
        try:
            return await self._together.ask(commands)
        except Exception as error:
            if (ours := our_error(error, self._timeout_s)) is None:
                raise
            raise ours from error

    async def _send(self, commands: Sequence[Sequence[str | int]]) -> list[Any]:
        async with asyncio.timeout(self._timeout_s):
            client = self._client
            if not isinstance(client, RedisCluster):
                return await _exchange(client, commands)
            async with client.pipeline(transaction=False) as pipeline:  # each command goes to its node
                for command in commands:
                    pipeline.execute_command(*command)
                answers: list[Any] = await pipeline.execute(raise_on_error=False)
                return answers

    async def scan(self, glob: str, count: int) -> AsyncIterator[bytes]:
        """Yield the keys that match, in no order, each once or more often; `count` are looked at in one step.

        Raises:
            QueryRefused: the server refuses it.
            StoreUnavailable: no answer; try again later.
        """
        client = self._client
        with redis_errors(self._timeout_s):
            if isinstance(client, RedisCluster):  # on all of its nodes
                async for key in client.scan_iter(match=glob, count=count):
                    yield key
                return
            cursor: int | None = None
            while cursor != 0:
                async with asyncio.timeout(self._timeout_s):
                    cursor, keys = await client.scan(cursor or 0, match=glob, count=count)
                for key in keys:
                    yield key

    async def close(self) -> None:
        """Close every connection; a later call opens them again."""
        connected, self._connected = self._connected, None
        sentinel, self._sentinel = self._sentinel, None
        if connected is not None:
            await connected.aclose()
        for one in sentinel.sentinels if sentinel is not None else ():
            await one.aclose()


async def _exchange(client: Any, commands: Sequence[Sequence[str | int]]) -> list[Any]:
    """Send commands in one message, and return what came of each: its answer, or its error.

    It is what the driver's pipeline does for commands that only read, without what it does for those that watch keys,
    run scripts or are tried again: that takes a third of the time of a small read.
    """
    pool, readings = client.connection_pool, client.response_callbacks
    connection = await pool.get_connection()
    try:
        await connection.send_packed_command(connection.pack_commands(commands))
        answers: list[Any] = []
        for command in commands:
            try:
                answer = await connection.read_response()
                reading = readings.get(command[0])
                answers.append(answer if reading is None else reading(answer))
            except ResponseError as error:  # of this command: the other answers come all the same
                answers.append(error)
    except BaseException:
        await connection.disconnect(nowait=True)  # nobody else is to read what is still to come on it
        raise
    else:
        return answers
    finally:
        await pool.release(connection)


class _Address:
    """The parts of an address with several hosts, which the driver doesn't read itself."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        user, _, hosts = parts.netloc.rpartition("@")
        name, _, password = user.partition(":")
        self.hosts = [self._host(text) for text in hosts.split(",")]
        self.credentials = {key: unquote(value) for key, value in (("username", name), ("password", password)) if value}
        path = [unquote(part) for part in parts.path.split("/") if part]
        self.service = path[0] if path else "mymaster"
        self.database = int(path[1]) if len(path) > 1 else 0
        query = parse_qs(parts.query)
        self.sentinel = {
            key.removeprefix("sentinel_"): values[0]
            for key, values in query.items()
            if key in ("sentinel_username", "sentinel_password")
        }

    @staticmethod
    def _host(text: str) -> tuple[str, int]:
        host, _, port = text.rpartition(":")
        if not host or not port.isdecimal():
            raise ValueError(f"{text!r} is no host:port")
        return host.strip("[]"), int(port)


def _decoded(answer: Any) -> Any:
    if isinstance(answer, bytes):
        return answer.decode(errors="backslashreplace")
    if isinstance(answer, list | tuple | set):
        return type(answer)(map(_decoded, answer))
    if isinstance(answer, dict):
        return {_decoded(key): _decoded(value) for key, value in answer.items()}
    return answer


@contextmanager
def redis_errors(timeout_s: float) -> Iterator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except Exception as error:
        if (ours := our_error(error, timeout_s)) is None:
            raise
        raise ours from error


def our_error(error: Exception, timeout_s: float) -> HiveError | None:
    """Return an error of the driver as ours, None for any other: the one place that knows them."""
    if isinstance(error, MaxConnectionsError):
        return StoreUnavailable("redis", f"all {CONNECTIONS} connections are in use")
    if isinstance(error, AuthenticationError):
        return ConfigurationError(f"Redis refuses the password in HIVE_REDIS: {error}")
    if isinstance(error, TimeoutError):
        return StoreUnavailable("redis", f"no answer in {timeout_s:g} s")
    if isinstance(error, (*PASSING, OSError)):
        return StoreUnavailable("redis", str(error))
    return QueryRefused(str(error)) if isinstance(error, RedisError) else None
