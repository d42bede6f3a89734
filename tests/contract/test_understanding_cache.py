"""The shared cache on a real server, and behind a line that is slow, silent, or broken in the middle."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from app import understanding_cache
from app.errors import StoreUnavailable
from app.stores.redis_cache import RedisCache
from app.understanding_cache import SharedReadings
from models.nlu.cache import ReadingCache
from models.nlu.model import DomainModel
from models.nlu.reading import pack, read
from models.records import Submission

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.embedded.stack import Stack

NOW_MS = 1_800_000_000_000
TEXTS = [f"vendas por região no dia {number}" for number in range(20)]
MODEL = DomainModel.seeded()


class Line:
    """A connection to a server that the test slows down."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self.delay_s = 0.0
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(self._host, self._port)
        for source, target in ((reader, to_server), (from_server, writer)):
            task = asyncio.create_task(self._pump(source, target, slow=source is from_server))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, slow: bool) -> None:
        try:
            while data := await source.read(65_536):
                if slow and self.delay_s:
                    await asyncio.sleep(self.delay_s)
                target.write(data)
                await target.drain()
        except OSError:
            pass
        finally:
            target.close()


@asynccontextmanager
async def line_to(url: str) -> AsyncIterator[Line]:
    where = urlsplit(url)
    line = Line(where.hostname or "127.0.0.1", where.port or 6379)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        for task in list(line._tasks):
            task.cancel()


def sharing(url: str, scope: str) -> tuple[SharedReadings, ReadingCache]:
    local = ReadingCache()
    return SharedReadings(RedisCache(url, timeout_s=1.0), local, ttl_s=60, scope=scope), local


async def batch(shared: SharedReadings, local: ReadingCache, texts: list[str]) -> list[bytes]:
    await shared.fetch([Submission(text=text) for text in texts], now_ms=NOW_MS, model=MODEL)
    found = [pack(local.read(text, asked=None, at_ms=NOW_MS, model=MODEL)) for text in texts]
    shared.share(MODEL)
    return found


async def answering(shared: SharedReadings) -> None:
    while not shared.answers:  # noqa: ASYNC110 — it tells nobody, and the test has a timeout
        await asyncio.sleep(0.01)


@pytest.fixture
def url(stack: Stack) -> str:
    return stack.addresses["HIVE_REDIS"]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy with other tests is no slow Redis: only what the test delays shall be late."""
    monkeypatch.setattr(understanding_cache, "DEADLINE_S", 0.25)
    monkeypatch.setattr(understanding_cache, "RETRY_FIRST_S", 0.05)


async def test_values_come_back_as_they_were_until_they_expire(url: str) -> None:
    cache = RedisCache(url, timeout_s=1.0)
    key = f"nlu:cache:test:{uuid.uuid4()}"
    await cache.set_many({key: b"\x00\xff", f"{key}:2": b"{}"}, ttl_s=1)
    assert await cache.get_many([key, "nlu:cache:test:none", f"{key}:2"]) == [b"\x00\xff", None, b"{}"]
    await asyncio.sleep(1.2)
    assert await cache.get_many([key, f"{key}:2"]) == [None, None]
    await cache.close()


async def test_a_reading_goes_from_one_worker_to_another(url: str) -> None:
    scope = uuid.uuid4().hex
    (first, first_local), (second, second_local) = sharing(url, scope), sharing(url, scope)
    for shared in (first, second):
        await shared.start()
        await answering(shared)
    expected = await batch(first, first_local, TEXTS)
    await asyncio.sleep(0.2)
    assert await batch(second, second_local, TEXTS) == expected
    assert (second_local.hits, second_local.misses) == (len(TEXTS), 0)
    await first.stop()
    await second.stop()


async def test_answers_that_come_late_are_never_taken_for_those_of_a_later_question(url: str) -> None:
    """A question that is given up leaves its answer on the line; the next one must not read it."""
    scope = uuid.uuid4().hex
    seeded, seeded_local = sharing(url, scope)
    await seeded.start()
    await answering(seeded)
    await batch(seeded, seeded_local, TEXTS)
    await asyncio.sleep(0.2)
    await seeded.stop()
    async with line_to(url) as line:
        shared, local = sharing(f"redis://127.0.0.1:{line.port}/0", scope)
        await shared.start()
        await answering(shared)
        line.delay_s = 1.0
        began_s = time.monotonic()
        await shared.fetch([Submission(text=text) for text in TEXTS[:10]], now_ms=NOW_MS, model=MODEL)
        assert time.monotonic() - began_s < 0.9, "the deadline, not the answer"
        assert not shared.answers
        line.delay_s = 0.0
        await answering(shared)
        found = await batch(shared, local, TEXTS[10:])
        assert found == [pack(read(text, asked=None, at_ms=NOW_MS, model=MODEL)) for text in TEXTS[10:]]
        assert local.hits == 10, "they came from there"
        await shared.stop()


async def test_a_server_that_is_not_there_is_unavailable(unused_tcp_port: int) -> None:
    cache = RedisCache(f"redis://127.0.0.1:{unused_tcp_port}", timeout_s=0.2)
    for call in (cache.ping(), cache.get_many(["a"]), cache.set_many({"a": b""}, ttl_s=1)):
        with pytest.raises(StoreUnavailable):
            await call
    await cache.close()
