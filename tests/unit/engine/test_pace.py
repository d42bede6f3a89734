"""A stage that does not hurry takes what has come once in a while, unless there is too much of it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from app.engine.run import Generation, runs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOW = Generation(1, "me")
FOR_EVER_S = 3_600.0


class _Stage:
    """A stage's stream, to put runs of one record on."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.released = 0
        self.app = SimpleNamespace(
            generation=NOW,
            settings=SimpleNamespace(batch_records=100),
            busy=set[str](),
            delivery=SimpleNamespace(release=self._release),
            should_stop=False,
        )
        self.channel = SimpleNamespace(queue=self.queue)

    def _release(self, _run: object) -> None:
        self.released += 1

    def put(self, count: int = 1) -> None:
        for _ in range(count):
            self.queue.put_nowait(SimpleNamespace(value=SimpleNamespace(generation=NOW, size=1)))

    def batches(self, **options: Any) -> AsyncIterator[Any]:
        return runs(cast("Any", self), **options)


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> _Stage:
    monkeypatch.setattr("app.engine.run.current_agent", lambda: SimpleNamespace(name="agents.observe.observe"))
    return _Stage()


async def test_what_comes_during_the_rest_is_one_batch(stage: _Stage) -> None:
    loop = asyncio.get_running_loop()
    batches = stage.batches(pace_s=0.05)
    stage.put(2)
    assert (await anext(batches)).size == 2
    taken_s = loop.time()
    stage.put()
    loop.call_later(0.02, stage.put, 3)
    assert (await anext(batches)).size == 4
    assert loop.time() - taken_s >= 0.05 - 0.001


async def test_a_full_batch_is_followed_at_once(stage: _Stage) -> None:
    batches = stage.batches(most=2, pace_s=FOR_EVER_S)
    stage.put(3)
    assert (await anext(batches)).size == 2
    assert (await asyncio.wait_for(anext(batches), 5)).size == 1


async def test_what_waits_when_the_worker_stops_is_left_to_the_next_owner(stage: _Stage) -> None:
    batches = stage.batches(pace_s=0.02)
    stage.put()
    await anext(batches)
    stage.put()
    stage.app.should_stop = True
    with pytest.raises(StopAsyncIteration):
        await anext(batches)
    assert not stage.app.busy, "nothing keeps the worker from stopping"
