"""Redis, by `redis.asyncio`: what aioredis became."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from redis import asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import TimeoutError as TooSlow

from app.errors import ConfigurationError, QueryRefused, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class RedisStore:
    """One database of a Redis server.

    Args:
        url: `redis://…`.
        timeout_s: Limit for connecting, and for each answer.
    """

    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._connected: Any = None

    @property
    def _client(self) -> Any:
        if self._connected is None:
            try:
                self._connected = aioredis.from_url(
                    self._url,
                    socket_timeout=self._timeout_s,
                    socket_connect_timeout=self._timeout_s,
                    decode_responses=True,
                    # The caller retries: a stage that waits says so, a driver that retries doesn't.
                    retry=Retry(NoBackoff(), 0),
                )
            except ValueError as error:
                raise ConfigurationError(f"HIVE_REDIS: {error}") from error
        return self._connected

    async def ping(self) -> None:
        """Ask the server for a sign of life.

        Raises:
            StoreUnavailable: it gave none in time.
        """
        with redis_errors():
            await self._client.ping()

    async def run(self, commands: Sequence[Sequence[str | int | float]]) -> list[Any]:
        """Run commands in one transaction (MULTI … EXEC) and return their answers.

        Raises:
            QueryRefused: the server refuses one of them.
            StoreUnavailable: no answer; try again later.
        """
        with redis_errors():
            async with self._client.pipeline(transaction=True) as pipeline:
                for command in commands:
                    pipeline.execute_command(*command)
                answers: list[Any] = await pipeline.execute()
        return answers

    async def close(self) -> None:
        """Close every connection; a later call opens them again."""
        if self._connected is not None:
            await self._connected.aclose()
            self._connected = None


@contextmanager
def redis_errors() -> Iterator[None]:
    """Turn the driver's errors into ours: the one place that knows them."""
    try:
        yield
    except AuthenticationError as error:
        raise ConfigurationError(f"Redis refuses the password in HIVE_REDIS: {error}") from error
    except (Unreachable, TooSlow, OSError) as error:
        raise StoreUnavailable("redis", str(error)) from error
    except RedisError as error:
        raise QueryRefused(str(error)) from error
