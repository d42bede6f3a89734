"""Redis as a cache: several keys at once, bytes in and out, and an answer in time or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis import asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.errors import ConfigurationError
from app.stores.redis import redis_errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class RedisCache:
    """Keys that expire.

    Args:
        url: `redis://…`.
        timeout_s: Limit for connecting, and for each answer.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        try:
            self._client: Any = aioredis.from_url(
                url,
                socket_timeout=timeout_s,
                socket_connect_timeout=timeout_s,
                retry=Retry(NoBackoff(), 0),  # an answer that comes late is worth nothing
            )
        except ValueError as error:
            raise ConfigurationError(f"HIVE_REDIS: {error}") from error

    async def ping(self) -> None:
        """Ask the server for a sign of life.

        Raises:
            StoreUnavailable: it gave none in time.
        """
        with redis_errors(self._timeout_s):
            await self._client.ping()

    async def get_many(self, keys: Sequence[str]) -> list[object]:
        """Return the values of keys, `None` where there is none.

        Raises:
            StoreUnavailable: no answer in time.
            QueryRefused: the server will not answer this.
        """
        with redis_errors(self._timeout_s):
            found: list[object] = await self._client.mget(keys)
        return found

    async def set_many(self, values: Mapping[str, bytes], *, ttl_s: int) -> None:
        """Set keys that expire.

        Raises:
            StoreUnavailable: no answer in time.
            QueryRefused: the server does not take them, for want of memory.
        """
        with redis_errors(self._timeout_s):
            async with self._client.pipeline(transaction=False) as pipeline:
                for key, value in values.items():
                    pipeline.set(key, value, ex=ttl_s)
                await pipeline.execute()

    async def close(self) -> None:
        """Close every connection; a later call opens them again."""
        await self._client.aclose()
