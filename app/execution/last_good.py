"""The last good answers of sources that may be answered for by them: in Redis for all workers, and in this process.

Redis may be the store that is down; then the process's own are all there is. Both are bounded: what is too large is not
kept, Redis lets it expire, and the process keeps those that were good last.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgspec

from app.clock import now_ms
from app.errors import HiveError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.circuit import Circuit
    from app.stores.redis import RedisStore

__all__ = ["LastGood"]

MOST_BYTES = 256 * 1024
"""Of one answer."""
MOST_BYTES_HERE = 16 * 1024 * 1024
MOST_UNDER_WAY = 16
FRESH_MS = 1000
"""An answer that is no older than this need not be replaced."""


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """An answer, and when it was given (epoch ms)."""

    at_ms: int
    output: dict[str, Any]


_DECODER = msgspec.json.Decoder(_Kept)


class LastGood:
    """Keeps answers, and finds them again.

    Args:
        redis: Where all workers find them; with a short limit for a call.
        circuit: Guards Redis.
        scope: What the answers depend on besides their question: another catalog may mask other fields.
        clock_ms: Epoch milliseconds.
    """

    def __init__(
        self, redis: RedisStore | None, circuit: Circuit, *, scope: str, clock_ms: Callable[[], int] = now_ms
    ) -> None:
        self._redis = redis
        self._circuit = circuit
        self._scope = scope.encode()
        self._clock_ms = clock_ms
        self._here: OrderedDict[str, tuple[int, bytes]] = OrderedDict()
        self.held_bytes = 0
        self._under_way: set[asyncio.Task[None]] = set()

    def keep(self, question: bytes, output: dict[str, Any], max_age_s: int) -> None:
        """Keep an answer; nobody waits for Redis to have it."""
        key, at_ms = self._key(question), self._clock_ms()
        if (there := self._here.get(key)) is not None and at_ms - there[0] < FRESH_MS:
            return
        raw = msgspec.json.encode(_Kept(at_ms, output))
        if len(raw) > MOST_BYTES:
            return
        self._keep_here(key, at_ms, raw)
        if self._redis is not None and len(self._under_way) < MOST_UNDER_WAY and self._circuit.allows():
            task = asyncio.create_task(self._keep_there(self._redis, key, raw, max_age_s))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def find(self, question: bytes, max_age_s: int) -> tuple[dict[str, Any], float] | None:
        """Return the last good answer and its age in seconds, or None where there is none so young."""
        key = self._key(question)
        here = self._here.get(key)
        found = [_DECODER.decode(here[1])] if here is not None else []
        if (there := await self._there(key)) is not None:
            found.append(there)
        if not found:
            return None
        newest = max(found, key=lambda kept: kept.at_ms)
        age_s = max(0, self._clock_ms() - newest.at_ms) / 1000
        return (newest.output, age_s) if age_s <= max_age_s else None

    async def close(self) -> None:
        """End what is under way, and close the connections; a later call opens them again."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._redis is not None:
            await self._redis.close()

    def _key(self, question: bytes) -> str:
        return "hive:last-good:" + hashlib.sha256(self._scope + b"\0" + question).hexdigest()

    def _keep_here(self, key: str, at_ms: int, raw: bytes) -> None:
        if (old := self._here.pop(key, None)) is not None:
            self.held_bytes -= len(old[1])
        self._here[key] = (at_ms, raw)
        self.held_bytes += len(raw)
        while self.held_bytes > MOST_BYTES_HERE:
            _, (_, oldest) = self._here.popitem(last=False)
            self.held_bytes -= len(oldest)

    async def _keep_there(self, redis: RedisStore, key: str, raw: bytes, max_age_s: int) -> None:
        try:
            await redis.run([["SET", key, raw.decode(), "EX", max_age_s]])
        except HiveError as error:  # it is a store that may be down, and this is for when one is
            self._circuit.note(good=not isinstance(error, StoreUnavailable))
        else:
            self._circuit.note(good=True)

    async def _there(self, key: str) -> _Kept | None:
        if self._redis is None or not self._circuit.allows():
            return None
        try:
            [raw] = await self._redis.read([("GET", key)])
            kept = None if raw is None else _DECODER.decode(raw)
        except (HiveError, msgspec.MsgspecError) as error:
            self._circuit.note(good=not isinstance(error, StoreUnavailable))
            return None
        self._circuit.note(good=True)
        return kept
