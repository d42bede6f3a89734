"""The shared cache on stores that are fast, slow, dead, or mad: what is understood is the same on all of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from app import understanding_cache
from app.errors import StoreUnavailable
from app.understanding_cache import DEADLINE_S, SharedReadings
from models.nlu.cache import ReadingCache
from models.nlu.model import DomainModel
from models.nlu.reading import Reading, pack, read, shared_key
from models.records import Actor, Context, Domain, Submission

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOW_MS = 1_800_000_000_000
TEXTS = ["vendas por região ontem", "deployments that failed", "logins suspeitos desta semana", "churn por plano"]


class FakeStore:
    """A cache in memory, whose answers the test delays, breaks or replaces."""

    def __init__(self) -> None:
        self.held: dict[str, object] = {}
        self.ttls: set[int] = set()
        self.calls: Counter[str] = Counter()
        self.delay_s = 0.0
        self.error: Exception | None = None
        self.closed = False

    async def _answer(self, call: str) -> None:
        self.calls[call] += 1
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if self.error is not None:
            raise self.error

    async def ping(self) -> None:
        await self._answer("ping")

    async def get_many(self, keys: Sequence[str]) -> list[object]:
        await self._answer("get")
        return [self.held.get(key) for key in keys]

    async def set_many(self, values: Mapping[str, bytes], *, ttl_s: int) -> None:
        await self._answer("set")
        self.held.update(values)
        self.ttls.add(ttl_s)

    async def close(self) -> None:
        self.closed = True


class Worker:
    """One process: its own cache, the shared one, and what was counted."""

    def __init__(self, store: FakeStore, model: DomainModel | None = None) -> None:
        self.model = model or MODEL
        self.counts: Counter[tuple[str, str]] = Counter()
        self.corrupt: list[str] = []
        self.local = ReadingCache()
        self.shared = SharedReadings(
            store, self.local, ttl_s=3600, count=self._count, corrupt=self.corrupt.append, scope="catalog-1"
        )

    def _count(self, operation: str, status: str, number: int) -> None:
        self.counts[operation, status] += number

    async def batch(self, *texts: str, now_ms: int = NOW_MS) -> list[Reading]:
        """Read texts as the stage does."""
        submissions = [Submission(text=text) for text in texts]
        await self.shared.fetch(submissions, now_ms=now_ms, model=self.model)
        found = [self.local.read(text, asked=None, at_ms=now_ms, model=self.model) for text in texts]
        self.shared.share(self.model)
        return found

    async def until(self, answers: bool) -> None:  # noqa: FBT001
        while self.shared.answers is not answers:  # noqa: ASYNC110 — it tells nobody, and the test has a timeout
            await asyncio.sleep(0.001)


MODEL = DomainModel.seeded()
EXPECTED = [read(text, asked=None, at_ms=NOW_MS, model=MODEL) for text in TEXTS]


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


async def started(store: FakeStore, model: DomainModel | None = None) -> Worker:
    worker = Worker(store, model)
    await worker.shared.start()
    if store.error is None and not store.delay_s:
        await worker.until(answers=True)
    return worker


async def written(worker: Worker, count: int) -> None:
    while worker.counts["set", "kept"] < count:  # noqa: ASYNC110 — as above
        await asyncio.sleep(0)


async def test_what_one_worker_has_read_another_takes_over(store: FakeStore) -> None:
    first, second = await started(store), await started(store)
    assert await first.batch(*TEXTS) == EXPECTED
    await written(first, 4)
    assert await second.batch(*TEXTS) == EXPECTED
    assert dict(second.counts) == {("get", "hit"): 4, ("get", "miss"): 0}
    assert (second.local.hits, second.local.misses) == (4, 0)
    assert store.ttls == {3600}


async def test_a_batch_is_one_question_and_what_is_known_none(store: FakeStore) -> None:
    worker = await started(store)
    await worker.batch(*TEXTS, *TEXTS)
    assert store.calls["get"] == 1
    await worker.batch(*TEXTS)
    assert store.calls["get"] == 1


async def test_a_slow_store_costs_the_deadline_once_and_is_then_left_alone(store: FakeStore) -> None:
    worker = await started(store)
    store.delay_s = 1.0
    began_s = time.monotonic()
    assert await worker.batch(*TEXTS) == EXPECTED
    first_s = time.monotonic() - began_s
    for number in range(100):
        await worker.batch(f"vendas do dia {number}")
    assert store.calls["get"] == 1
    assert worker.counts["get", "late"] == 4
    assert not worker.shared.answers
    assert DEADLINE_S <= first_s < 0.5
    await worker.shared.stop()


@pytest.mark.parametrize("error", [StoreUnavailable("redis", "gone"), RuntimeError("what is this"), OSError("down")])
async def test_a_store_that_is_down_costs_nothing_but_the_cache(store: FakeStore, error: Exception) -> None:
    worker = await started(store)
    store.error = error
    assert await worker.batch(*TEXTS) == EXPECTED
    assert await worker.batch("vendas por dia") == [read("vendas por dia", asked=None, at_ms=NOW_MS, model=MODEL)]
    assert store.calls["get"] == 1
    assert worker.counts["get", "failed"] == 4
    await worker.shared.stop()


async def test_a_store_that_is_down_at_the_start_is_never_asked_for_readings(store: FakeStore) -> None:
    store.error = StoreUnavailable("redis", "gone")
    worker = await started(store)
    await asyncio.sleep(0.01)
    assert await worker.batch(*TEXTS) == EXPECTED
    assert (store.calls["get"], store.calls["set"]) == (0, 0)
    await worker.shared.stop()


async def test_it_is_asked_again_once_it_answers_in_time(store: FakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(understanding_cache, "RETRY_FIRST_S", 0.01)
    worker = await started(store)
    store.error = StoreUnavailable("redis", "gone")
    await worker.batch(*TEXTS)
    store.error, store.delay_s = None, 0.03
    await asyncio.sleep(0.1)
    assert not worker.shared.answers, "it answers, and too late"
    store.delay_s = 0.0
    await worker.until(answers=True)
    await worker.batch("churn por região")
    await written(worker, 1)
    await worker.shared.stop()


async def test_a_write_that_fails_is_forgotten(store: FakeStore) -> None:
    worker = await started(store)
    submissions = [Submission(text=text) for text in TEXTS]
    await worker.shared.fetch(submissions, now_ms=NOW_MS, model=MODEL)
    for text in TEXTS:
        worker.local.read(text, asked=None, at_ms=NOW_MS, model=MODEL)
    store.error = StoreUnavailable("redis", "full")
    worker.shared.share(MODEL)
    await worker.until(answers=False)
    assert worker.counts["set", "failed"] == 4
    await worker.shared.stop()
    assert store.closed


async def test_no_more_than_some_wait_to_be_written(store: FakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(understanding_cache, "WAITING_MOST", 3)
    worker = await started(store)
    await worker.batch(*TEXTS)
    await written(worker, 3)
    assert worker.counts["set", "dropped"] == 1


@pytest.mark.parametrize("shape", ["bytes", "str", "dict"])
async def test_a_reading_may_come_back_as_bytes_string_or_object(store: FakeStore, shape: str) -> None:
    worker = await started(store)
    packed = pack(EXPECTED[0])
    shapes: dict[str, object] = {"bytes": packed, "str": packed.decode(), "dict": msgspec.json.decode(packed)}
    store.held[key_of(TEXTS[0])] = shapes[shape]
    assert await worker.batch(TEXTS[0]) == [EXPECTED[0]]
    assert (worker.counts["get", "hit"], worker.corrupt) == (1, [])


@pytest.mark.parametrize(
    "value", [7, 1.5, [1], ("x",), object(), b"", b"{", b"\xff\xfe", "null", "[]", {"text": "x"}, b"{}"]
)
async def test_anything_else_is_logged_with_its_type_counted_and_computed_anew(
    store: FakeStore, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    worker = await started(store)
    store.held[key_of(TEXTS[0])] = value
    with caplog.at_level(logging.WARNING):
        assert await worker.batch(TEXTS[0]) == [EXPECTED[0]]
    assert worker.corrupt == [type(value).__name__]
    assert f"of type {type(value).__name__}" in caplog.text
    await written(worker, 1)
    assert store.held[key_of(TEXTS[0])] == pack(EXPECTED[0]), "and put right"


async def test_a_reading_of_another_model_or_day_is_not_used(store: FakeStore) -> None:
    """Keys hold both; but what lies under a key may be anything."""
    taught = DomainModel.seeded()
    taught.learn("zorgblat", Domain.SECURITY)
    worker = await started(store)
    store.held[key_of(TEXTS[0])] = pack(read(TEXTS[0], asked=None, at_ms=NOW_MS, model=taught))
    store.held[key_of(TEXTS[2])] = pack(read(TEXTS[2], asked=None, at_ms=NOW_MS - 9 * 86_400_000, model=MODEL))
    assert await worker.batch(TEXTS[0], TEXTS[2]) == [EXPECTED[0], EXPECTED[2]]
    assert worker.counts["get", "hit"] == 0


async def test_what_is_personal_does_not_leave_the_process(store: FakeStore) -> None:
    worker = await started(store)
    await worker.batch("bloquear ana@example.com", "bloquear o acesso")
    await written(worker, 1)
    await asyncio.sleep(0.01)
    assert len(store.held) == 1
    assert b"ana@" not in b"".join(value for value in store.held.values() if isinstance(value, bytes))


async def test_whoever_asks_has_no_part_in_the_key(store: FakeStore) -> None:
    worker = await started(store)
    asked_by: list[Any] = [{}, {"actor": Actor(id="ana")}, {"context": Context(user_id="u", tenant_id="t")}]
    for parts in asked_by:
        other = await started(store)
        await other.shared.fetch([Submission(text=TEXTS[0], **parts)], now_ms=NOW_MS, model=MODEL)
        if not parts:
            await worker.batch(TEXTS[0])
            await written(worker, 1)
        else:
            assert other.counts["get", "hit"] == 1


def key_of(text: str) -> str:
    return shared_key(text, asked=None, at_ms=NOW_MS, model_version=MODEL.version, scope="catalog-1")
