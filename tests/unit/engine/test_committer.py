"""The committer with a producer that records what it is told, and fails where it is told to."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from faust.types import TP

from app.engine import committer as module
from app.engine.committer import Columns, Committer, Work
from app.engine.run import Generation
from app.errors import StaleRun
from app.settings import Settings

NOW = Generation(7, "member")


class FakeProducer:
    """As much of a producer as the committer calls."""

    made: list[FakeProducer]
    failures: dict[str, list[Exception | None]]

    def __init__(self, config: dict[str, Any]) -> None:
        self.id = config["transactional.id"]
        self.calls: list[tuple[Any, ...]] = []
        type(self).made.append(self)

    def _call(self, name: str, *args: Any) -> None:
        self.calls.append((name, *args))
        if self.failures.get(name) and (failure := self.failures[name].pop(0)) is not None:
            raise failure

    def init_transactions(self, timeout: float) -> None:
        self._call("init")

    def begin_transaction(self) -> None:
        self._call("begin")

    def produce(self, topic: str, value: bytes, key: bytes, **optional: Any) -> None:
        self._call("produce", topic, key, value, optional)

    def poll(self, timeout: float) -> int:
        return 0

    def send_offsets_to_transaction(self, positions: list[Any], metadata: bytes, timeout: float) -> None:
        self._call("offsets", sorted((p.topic, p.partition, p.offset, p.metadata) for p in positions), metadata)

    def commit_transaction(self, timeout: float) -> None:
        self._call("commit")

    def abort_transaction(self, timeout: float) -> None:
        self._call("abort")


@pytest.fixture
def producers(monkeypatch: pytest.MonkeyPatch) -> list[FakeProducer]:
    FakeProducer.made, FakeProducer.failures = [], {}
    monkeypatch.setattr(module, "Producer", FakeProducer)
    return FakeProducer.made


class Bench:
    """A committer with what it was told to fail with."""

    def __init__(self) -> None:
        self.generation = NOW
        self.failed: asyncio.Queue[str] = asyncio.Queue()
        self.committer = Committer(
            Settings(worker="w", app_id="hive"),
            instance=None,
            current=lambda: self.generation,
            fail=self.failed.put_nowait,
        )


async def _started() -> Bench:
    bench = Bench()
    await bench.committer.start()
    return bench


def _work(stage: str = "understand", partition: int = 0, generation: Generation = NOW) -> Work:
    offsets = {TP("in", partition): 5}
    return Work(stage, generation, offsets, [("out", b"k", b"v", None, None), ("log", b"k", b"v", [("h", b"1")], 3)])


def _error(code: int, **traits: bool) -> KafkaException:
    return KafkaException(KafkaError(code, "made up", **traits))


async def test_outputs_and_offsets_are_in_one_transaction(producers: list[FakeProducer]) -> None:
    bench = await _started()
    await bench.committer.submit(_work())
    names = [call[0] for call in producers[0].calls]
    assert names == ["init", "begin", "produce", "produce", "offsets", "commit"]
    assert ("produce", "log", b"k", b"v", {"headers": [("h", b"1")], "partition": 3}) in producers[0].calls
    await bench.committer.stop()


async def test_what_waits_together_is_committed_together_and_the_producers_take_turns(
    producers: list[FakeProducer],
) -> None:
    bench = await _started()
    await asyncio.gather(bench.committer.submit(_work("a", 0)), bench.committer.submit(_work("b", 1)))
    await bench.committer.submit(_work("a", 2))
    first, second, _ = ([call for call in producer.calls if call[0] == "offsets"] for producer in producers)
    assert first[0][1] == [("in", 0, 5, ""), ("in", 1, 5, "")]
    assert second[0][1] == [("in", 2, 5, "")]


async def test_columns_become_records_in_their_place_and_a_full_queue_is_waited_for(
    producers: list[FakeProducer],
) -> None:
    bench = await _started()
    work = _work()
    first, last = work.messages
    work.messages = [first, Columns("out", [b"a", None], [b"1", b"2"]), last]
    FakeProducer.failures["produce"] = [None, BufferError("full")]
    await bench.committer.submit(work)
    produced = [call[1:4] for call in producers[0].calls if call[0] == "produce"]
    assert produced == [
        ("out", b"k", b"v"),
        ("out", b"a", b"1"),
        ("out", b"a", b"1"),
        ("out", None, b"2"),
        ("log", b"k", b"v"),
    ]
    await bench.committer.stop()


async def test_a_note_goes_with_its_offset(producers: list[FakeProducer]) -> None:
    bench = await _started()
    work = _work()
    work.notes = {TP("in", 0): "letters 1 1 1"}
    await bench.committer.submit(work)
    [offsets] = [call[1] for producer in producers for call in producer.calls if call[0] == "offsets"]
    assert offsets == [("in", 0, 5, "letters 1 1 1")]
    assert [producer.id for producer in producers] == ["hive-w-0", "hive-w-1", "hive-w-2"], "the same after a restart"
    await bench.committer.stop()


async def test_work_of_an_older_generation_is_dropped_unwritten(producers: list[FakeProducer]) -> None:
    bench = await _started()
    bench.generation = Generation(8, "member")
    with pytest.raises(StaleRun):
        await bench.committer.submit(_work())
    assert [call[0] for call in producers[0].calls] == ["init"]
    assert bench.failed.empty()
    await bench.committer.stop()


async def test_a_coordinator_that_says_no_longer_yours_aborts_and_goes_on(producers: list[FakeProducer]) -> None:
    bench = await _started()
    FakeProducer.failures["offsets"] = [_error(KafkaError.ILLEGAL_GENERATION, txn_requires_abort=True)]
    with pytest.raises(StaleRun):
        await bench.committer.submit(_work())
    assert producers[0].calls[-1] == ("abort",)
    assert bench.failed.empty()
    with pytest.raises(StaleRun):
        await bench.committer.submit(_work())
    assert ("begin",) not in producers[1].calls, "nothing more of a membership that has been lost"
    bench.generation = Generation(8, "member")
    await bench.committer.submit(_work(generation=bench.generation))
    await bench.committer.stop()


async def test_a_call_that_may_be_repeated_is_repeated(producers: list[FakeProducer]) -> None:
    bench = await _started()
    FakeProducer.failures["commit"] = [_error(KafkaError._TIMED_OUT, retriable=True)]
    await bench.committer.submit(_work())
    assert [call[0] for call in producers[0].calls].count("commit") == 2
    await bench.committer.stop()


@pytest.mark.parametrize("traits", [{"fatal": True}, {"txn_requires_abort": True}, {}])
async def test_any_other_failure_ends_the_worker(producers: list[FakeProducer], traits: dict[str, bool]) -> None:
    bench = await _started()
    FakeProducer.failures["commit"] = [_error(KafkaError._FENCED, **traits)]
    waiting = asyncio.ensure_future(bench.committer.submit(_work()))
    assert "transaction failed" in await bench.failed.get()
    assert not waiting.done(), "in the real worker the process is gone by now"
    waiting.cancel()
