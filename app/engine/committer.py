"""A worker's committer: everything that waits, from all stages of its lane, in one Kafka transaction at a time.

A transaction costs a handful of milliseconds whatever it holds, so what comes in meanwhile waits for the next one: it
is one record when little comes and thousands when much comes, with nothing to tune. Several producers take turns,
since one that has just committed is refused for ~10 ms while the broker writes its markers.

Any failure that is not the loss of our partitions ends the process: its supervisor starts it again under the same
name, the producers' ``init_transactions`` then decides what was left open, and reading goes on from the settled
offsets.
"""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from app.engine.groups import group_metadata
from app.errors import StaleRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faust.types import TP

    from app.engine.run import Generation
    from app.settings import Settings

__all__ = ["Committer", "Message", "Work"]

logger = logging.getLogger(__name__)

ANY_PARTITION = -1  # the one that the key says
PRODUCERS = 3  # a cycle takes 6.3 / 4.9 / 4.5 ms with 2 / 3 / 4 of them, back to back; with one 32 ms
CALL_TIMEOUT_S = 10.0  # of one call to the coordinator, shorter than the transaction's own timeout


# One record to be produced: topic, key, value, headers, partition. A plain tuple: millions of them are made.
Message = tuple[str, "bytes | None", "bytes | None", "list[tuple[str, bytes | None]] | None", "int | None"]


class Columns(NamedTuple):
    """Many records for one topic, which their keys spread over its partitions: no tuple is made for each of them."""

    topic: str
    keys: Sequence[bytes | None]
    values: Sequence[bytes]


@dataclass(slots=True)
class Work:
    """What one stage wants in a transaction: its outputs, the offsets that they come from, and notes to go with those.

    A note is metadata that is committed with the offset, and read again by who takes over the partition.
    """

    stage: str
    generation: Generation
    offsets: Mapping[TP, int]
    messages: Sequence[Message | Columns] = ()
    notes: Mapping[TP, str] = field(default_factory=dict)


class _Fenced(Exception):
    """The group's coordinator says that these partitions are no longer ours."""


_FENCED_CODES = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
    }
)


class Committer:
    """Takes work from the stages and commits it.

    Args:
        settings: Address, names and limits of the producers; the group whose offsets are committed is the application.
        instance: The group instance id of the Faust consumer, if it is a static member.
        current: Tells the membership of now; work of an older one is dropped.
        fail: Called with a reason when the process must end.
        observe: Called after each transaction with the stages' work and its duration in seconds.
        lane: Ends the name of its producers, where a worker has several committers; one with a name waits for half the
            pace only.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        instance: str | None,
        current: Callable[[], Generation | None],
        fail: Callable[[str], None],
        observe: Callable[[list[Work], float], None] = lambda _work, _seconds: None,
        lane: str = "",
    ) -> None:
        self._settings = settings
        self._group = settings.app_id
        self._instance = instance
        self._current = current
        self._fail = fail
        self._observe = observe
        self._pace_s = settings.commit_pace_ms / 1000 / (2 if lane else 1)
        self._name = settings.worker + lane
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="committer")
        self._producers: list[Producer] = []
        self._turn = 0
        self._waiting: list[tuple[Work, asyncio.Future[None]]] = []
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self._lost: Generation | None = None

    async def start(self) -> None:
        """Register the producers: an open transaction of this worker's former life is decided by that."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)
        self._task = asyncio.create_task(self._run(), name="committer")

    @property
    def started(self) -> bool:
        """Tell whether the producers are registered."""
        return self._task is not None

    def submit(self, work: Work) -> asyncio.Future[None]:
        """Take a stage's work; it is committed with whatever else waits.

        Returns:
            What is done once it is committed, or fails with :class:`StaleRun`: the partitions have moved on, and
            nothing of it was written.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        self._idle.clear()
        self._arrived.set()
        return done

    async def settle(self) -> None:
        """Wait until nothing waits and nothing is being committed."""
        await self._idle.wait()

    async def stop(self) -> None:
        """Commit what waits, then close."""
        if self._task is not None:
            await self.settle()
            self._task.cancel()
            self._task = None
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        began_s = pace_s = 0.0
        while True:
            await self._arrived.wait()
            if (early_s := began_s + pace_s - loop.time()) > 0:
                await asyncio.sleep(early_s)  # each costs the broker the same, whatever it holds
            began_s = loop.time()
            self._arrived.clear()
            taken, self._waiting = self._waiting, []
            current = self._current()
            if current == self._lost:
                current = None  # what was given up has been dropped: nothing that comes after it may be committed
            fresh = [(work, done) for work, done in taken if work.generation == current]
            for work, done in taken:
                if work.generation != current:
                    _refuse(work, done)
            if fresh:
                await self._cycle(loop, fresh)
                # A broker that answers quickly is asked more often than one that is busy.
                pace_s = min(2 * (loop.time() - began_s), self._pace_s)
            if not self._waiting:
                self._idle.set()

    async def _cycle(self, loop: asyncio.AbstractEventLoop, taken: list[tuple[Work, asyncio.Future[None]]]) -> None:
        work = [each for each, _ in taken]
        began_s = time.perf_counter()
        try:
            await loop.run_in_executor(self._thread, self._transact, work)
        except _Fenced as exc:
            logger.info("transaction given up, partitions have moved on: %s", exc)
            self._lost = work[0].generation
            for each, done in taken:
                _refuse(each, done)
        except Exception as exc:  # noqa: BLE001 — whatever it is, nothing may go on after an undecided transaction
            self._fail(f"transaction failed: {exc}")
        else:
            self._observe(work, time.perf_counter() - began_s)
            for _, done in taken:
                if not done.done():
                    done.set_result(None)

    # What follows runs in the committer's own thread.

    def _open(self) -> None:
        settings = self._settings
        for number in range(PRODUCERS):
            producer = Producer(
                {
                    **settings.kafka_client(),
                    "client.id": f"{self._name}-committer-{number}",
                    "transactional.id": f"{self._group}-{self._name}-{number}",
                    "transaction.timeout.ms": settings.transaction_timeout_ms,
                    "enable.idempotence": True,
                    "acks": "all",
                    "linger.ms": settings.linger_ms,
                    "batch.size": settings.batch_bytes,
                    "compression.type": settings.compression,
                    "message.max.bytes": 16 * 1024 * 1024,
                    "queue.buffering.max.messages": 1_000_000,
                    "partitioner": "murmur2_random",  # as Java's and Faust's own producers do it
                    "retry.backoff.ms": 5,
                    "socket.nagle.disable": True,
                }
            )
            producer.init_transactions(CALL_TIMEOUT_S * 3)
            self._producers.append(producer)

    def _close(self) -> None:
        self._producers.clear()

    def _transact(self, work: list[Work]) -> None:
        producer = self._producers[self._turn % len(self._producers)]
        self._turn += 1
        producer.begin_transaction()
        try:
            for each in work:
                _produce(producer, each.messages)
            self._send_offsets(producer, work)
            self._retrying(lambda: producer.commit_transaction(CALL_TIMEOUT_S))
        except KafkaException as exc:
            error: KafkaError = exc.args[0]
            if error.fatal() or not error.txn_requires_abort():
                raise
            self._retrying(lambda: producer.abort_transaction(CALL_TIMEOUT_S))
            if error.code() in _FENCED_CODES:
                raise _Fenced(error.str()) from exc
            raise

    def _send_offsets(self, producer: Producer, work: list[Work]) -> None:
        offsets: dict[TP, tuple[int, str]] = {}
        for each in work:
            offsets.update({tp: (offset, each.notes.get(tp, "")) for tp, offset in each.offsets.items()})
        generation = work[0].generation
        metadata = group_metadata(
            group=self._group, generation=generation.number, member=generation.member, instance=self._instance
        )
        positions = [TopicPartition(tp.topic, tp.partition, offset, note) for tp, (offset, note) in offsets.items()]
        self._retrying(lambda: producer.send_offsets_to_transaction(positions, metadata, CALL_TIMEOUT_S))

    def _retrying(self, call: Callable[[], Any]) -> None:
        deadline_s = time.monotonic() + self._settings.transaction_timeout_ms / 1000 * 2
        while True:
            try:
                call()
            except KafkaException as exc:
                if not exc.args[0].retriable() or time.monotonic() > deadline_s:
                    raise
                logger.warning("transaction call is tried again: %s", exc.args[0].str())
            else:
                return


def _produce(producer: Producer, messages: Sequence[Message | Columns]) -> None:
    produce = producer.produce
    for message in messages:
        if isinstance(message, Columns):
            topic = message.topic
            for key, value in zip(message.keys, message.values, strict=True):
                try:
                    produce(topic, value, key)
                except BufferError:
                    _once_there_is_room(producer, topic, value, key)
        else:
            name, key, value_or_none, headers, partition = message
            where = ANY_PARTITION if partition is None else partition
            try:
                produce(name, value_or_none, key, partition=where, headers=headers)
            except BufferError:
                _once_there_is_room(producer, name, value_or_none, key, partition=where, headers=headers)
    producer.poll(0)


def _once_there_is_room(producer: Producer, *record: Any, **optional: Any) -> None:
    while True:
        try:
            producer.produce(*record, **optional)
        except BufferError:
            producer.poll(0.05)  # the queue is full: wait until some of it is on its way
        else:
            return


def _refuse(work: Work, done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_exception(StaleRun(f"{work.stage}: the partitions have moved on"))
