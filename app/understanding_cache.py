"""Readings of texts that come again: in the process, and in Redis for all workers.

The process keeps the newest some thousands. Redis is asked for what they do not hold, once for a batch and with a
deadline; what was read anew is written behind the batch's back. So a Redis that is slow, full, broken or gone costs
the cache and nothing else: after one answer that is late it is not asked again until it has answered a ping in time.

What is kept depends on the text, its language and the day, never on who asks; what holds personal data does not
leave the process.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from models.errors import InvalidReading
from models.nlu.reading import pack, shared_key, unpack
from models.nlu.timerange import reference_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from models.nlu.cache import ReadingCache
    from models.nlu.model import DomainModel
    from models.records import Submission

__all__ = ["SharedReadings", "Store"]

logger = logging.getLogger(__name__)

DEADLINE_S: Final = 0.005  # of a batch
ASKED_MOST: Final = 200  # keys of a batch: an answer with more of them can't be here in time (benchmarks/nlu_cache.py)
PING_S: Final = 0.1
RETRY_FIRST_S: Final = 1.0
RETRY_MOST_S: Final = 30.0
WAITING_MOST: Final = 5_000  # readings to be written, 1 KB each: more than that are left out
WRITE_MOST: Final = 500  # of them in one go


class Store(Protocol):
    """A cache server (``app.stores.redis_cache.RedisCache``)."""

    async def ping(self) -> None:
        """Show a sign of life."""

    async def get_many(self, keys: Sequence[str]) -> list[object]:
        """Return the values of keys."""
        ...

    async def set_many(self, values: Mapping[str, bytes], *, ttl_s: int) -> None:
        """Set keys that expire."""

    async def close(self) -> None:
        """Close the connections."""


class _Wanted(NamedTuple):
    """A text that is not kept yet."""

    text: str
    asked: str | None
    at_ms: int
    key: str


class SharedReadings:
    """The part of the cache that workers share.

    Args:
        store: Where the readings lie.
        local: The process's own, which is filled from there.
        ttl_s: How long readings are kept.
        scope: What else they depend on, such as the catalog.
        count: Called with operation and status of each key: get (hit, miss, late, failed), set (kept, dropped, failed).
        corrupt: Called with the type of a value that can't be read.
    """

    def __init__(
        self,
        store: Store,
        local: ReadingCache,
        *,
        ttl_s: int,
        scope: str = "",
        count: Callable[[str, str, int], None] = lambda _operation, _status, _number: None,
        corrupt: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._local = local
        self._ttl_s = ttl_s
        self._scope = scope
        self._count = count
        self._corrupt = corrupt
        self._wanted: list[_Wanted] = []
        self._waiting: dict[str, bytes] = {}
        self._writing: asyncio.Task[None] | None = None
        self._probing: asyncio.Task[None] | None = None
        self.answers = False

    async def start(self) -> None:
        """Find out whether the store answers, without waiting for it."""
        self._doubt()

    async def stop(self) -> None:
        """Give up what has not been written, and close."""
        for task in (self._writing, self._probing):
            if task is not None:
                task.cancel()
        await self._store.close()

    @property
    def is_writing(self) -> bool:
        """Tell whether readings are on their way to the store."""
        return self._writing is not None

    async def fetch(self, submissions: Iterable[Submission], *, now_ms: int, model: DomainModel) -> None:
        """Take over what others have read of a batch's texts; returns within the deadline, whatever the store does."""
        self._wanted = []
        if not self.answers:
            return
        self._wanted = wanted = self._missing(submissions, now_ms=now_ms, model=model)
        if not wanted:
            return
        try:
            async with asyncio.timeout(DEADLINE_S):
                values = await self._store.get_many([item.key for item in wanted])
        except TimeoutError:
            self._count("get", "late", len(wanted))
            self._doubt(f"no answer in {DEADLINE_S * 1000:g} ms")
        except Exception as error:  # noqa: BLE001 — whatever a server answers, texts are read all the same
            self._count("get", "failed", len(wanted))
            self._doubt(str(error))
        else:
            taken = {item for item, value in zip(wanted, values, strict=True) if self._take(item, value, model)}
            self._count("get", "hit", len(taken))
            self._count("get", "miss", len(wanted) - len(taken))
            self._wanted = [item for item in wanted if item not in taken]

    def _missing(self, submissions: Iterable[Submission], *, now_ms: int, model: DomainModel) -> list[_Wanted]:
        found: dict[str, _Wanted] = {}
        for submission in submissions:
            text, asked = submission.question, submission.asked_language
            at_ms = reference_ms(submission.timestamp, now_ms=now_ms)
            if len(found) == ASKED_MOST:
                break
            if self._local.peek(text, asked=asked, at_ms=at_ms, model=model) is None:
                key = shared_key(text, asked=asked, at_ms=at_ms, model_version=model.version, scope=self._scope)
                found.setdefault(key, _Wanted(text, asked, at_ms, key))
        return list(found.values())

    def _take(self, item: _Wanted, value: object, model: DomainModel) -> bool:
        if value is None:
            return False
        try:
            reading = unpack(value)
        except InvalidReading as error:
            logger.warning("cached reading can't be used: %s of type %s", error, type(value).__name__)
            self._corrupt(type(value).__name__)
            return False
        if reading.model_version != model.version or not reading.holds_at(item.at_ms):
            return False
        self._local.put(item.text, item.asked, reading)
        return True

    def share(self, model: DomainModel) -> None:
        """Have written what has been read anew since the fetch, some time."""
        for text, asked, at_ms, key in self._wanted:
            reading = self._local.peek(text, asked=asked, at_ms=at_ms, model=model)
            if reading is None or reading.is_personal:
                continue
            if len(self._waiting) < WAITING_MOST:
                self._waiting[key] = pack(reading)
            else:
                self._count("set", "dropped", 1)
        self._wanted = []
        if self._waiting and self._writing is None and self.answers:
            self._writing = asyncio.create_task(self._write())
            self._writing.add_done_callback(self._written)

    async def _write(self) -> None:
        while self._waiting:
            keys = list(self._waiting)[:WRITE_MOST]
            values = {key: self._waiting.pop(key) for key in keys}
            try:
                await self._store.set_many(values, ttl_s=self._ttl_s)
            except Exception as error:  # noqa: BLE001 — as above
                self._count("set", "failed", len(values))
                self._doubt(str(error))
                return
            self._count("set", "kept", len(values))

    def _written(self, _: asyncio.Task[None]) -> None:
        self._writing = None

    def _doubt(self, why: str = "") -> None:
        """Ask the store no more, until it has answered a ping in time."""
        if why:
            logger.warning("the shared cache is left alone: %s", why)
        self.answers = False
        self._waiting.clear()
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._probe(RETRY_FIRST_S if why else 0.0))

    async def _probe(self, delay_s: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(delay_s)
            try:
                async with asyncio.timeout(PING_S):
                    await self._store.ping()  # the first one connects
                began_s = loop.time()
                async with asyncio.timeout(DEADLINE_S):
                    await self._store.ping()
            except Exception as error:  # noqa: BLE001 — as above
                logger.debug("the shared cache does not answer: %s", error)
                delay_s = min(RETRY_MOST_S, max(RETRY_FIRST_S, delay_s * 2))
            else:
                logger.info("the shared cache answers in %.1f ms", (loop.time() - began_s) * 1000)
                self.answers = True
                return
