"""What a stage receives: runs, and batches of runs.

A *run* is a list of consecutive records of one partition, delivered as **one** Faust event: what Faust costs is paid
once a run. A *batch* is every run that waits for a stage, from all of its partitions.
"""

from __future__ import annotations

import asyncio
import logging
import random
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import faust
from faust.agents import current_agent
from faust.types import TP

from app.engine.tracing import PROCESSED
from app.errors import StaleRun, StoreUnavailable
from models.errors import InvalidRecord

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence

    from app.engine.hive import HiveApp

__all__ = ["Batch", "Generation", "Record", "Run", "RunSchema", "runs"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_FIRST_S = 0.25
RETRY_MOST_S = 5.0
RETRY_JITTER = (0.75, 1.0)
DEPTH = 2


class Generation(NamedTuple):
    """The membership of the consumer group that records were delivered under."""

    number: int
    member: str


class Record:
    """One record: its decoded value, and where it came from (``raw``, a ``confluent_kafka.Message``)."""

    __slots__ = ("raw", "value")

    def __init__(self, raw: Any, value: Any) -> None:
        self.raw = raw
        self.value = value

    @property
    def topic(self) -> str:
        """Return the topic it was read from."""
        return self.raw.topic()  # type: ignore[no-any-return]

    @property
    def partition(self) -> int:
        """Return its partition."""
        return self.raw.partition()  # type: ignore[no-any-return]

    @property
    def offset(self) -> int:
        """Return its offset."""
        return self.raw.offset()  # type: ignore[no-any-return]

    @property
    def key(self) -> bytes | None:
        """Return its key."""
        return self.raw.key()  # type: ignore[no-any-return]

    @property
    def timestamp_ms(self) -> int:
        """Return when it was produced (or appended), in epoch milliseconds."""
        return self.raw.timestamp()[1]  # type: ignore[no-any-return]

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Return its headers."""
        return self.raw.headers() or ()

    def __repr__(self) -> str:
        return f"<Record {self.topic}-{self.partition}@{self.offset}>"


class RawRun(NamedTuple):
    """A run as it was fetched: undecoded.

    Attributes:
        tp: The partition.
        records: Its messages, never empty.
        after: The next offset of the run before it; ``None`` for the first one of an assignment.
    """

    tp: TP
    records: list[Any]
    after: int | None


class Run:
    """A decoded run, as columns: what a record costs in Python is paid by those stages only that look at single ones.

    Attributes:
        tp: The partition.
        generation: What it was delivered under.
        messages: Those that could be decoded, as they came, in order.
        values: What they hold.
        rejected: The raw records that could not, each with the reason: dead letters of the transaction to come.
        after: The next offset of the partition's run before it; ``None`` for the first one of an assignment.
        next_offset: What is committed for the partition with it.
        first_ms: When its first record was written, in epoch milliseconds.
        size: How many records it had.
    """

    def __init__(self, raw: RawRun, generation: Generation, decode: Callable[[bytes | None], Any] | None) -> None:
        self.tp, found, self.after = raw
        self.generation = generation
        self.next_offset: int = found[-1].offset() + 1
        self.first_ms: int = found[0].timestamp()[1]
        self.size = len(found)
        self.rejected: list[tuple[Any, Exception]] = []
        self.messages: list[Any] = found
        self.values: list[Any] = [message.value() for message in found]
        if decode is not None:
            self._decode(decode)

    @cached_property
    def records(self) -> list[Record]:
        """Its records, one by one."""
        return list(map(Record, self.messages, self.values))

    def _decode(self, decode: Callable[[bytes | None], Any]) -> None:
        found, payloads = self.messages, self.values
        self.messages, self.values = [], []
        for message, payload in zip(found, payloads, strict=True):
            try:
                value = decode(payload)
            except InvalidRecord as exc:
                self.rejected.append((message, exc))
            except Exception as exc:  # a decoder's defect must not stop the partition for ever
                logger.exception("decoder failed topic=%s partition=%d offset=%d", *self.tp, message.offset())
                self.rejected.append((message, exc))
            else:
                self.messages.append(message)
                self.values.append(value)


class RunSchema(faust.Schema):
    """Decodes a run's payloads, each topic by its own decoder; a record that can't be decoded is set aside."""

    def __init__(self, decoders: Mapping[str, Callable[[bytes | None], Any] | None]) -> None:
        super().__init__(key_type=bytes, value_type=bytes)
        self._decoders = decoders

    def loads_key(self, app: Any, message: Any, **_: Any) -> None:
        """Return nothing: every record has its own key."""
        return

    def loads_value(self, app: Any, message: Any, **_: Any) -> Run:
        """Decode a run."""
        raw, generation = message.value
        return Run(raw, generation, self._decoders[message.topic])


class Batch:
    """Everything that waits for a stage: iterate it for its records, each partition's in order.

    A stage that treats all of them alike takes the columns :attr:`keys` and :attr:`values` instead, and hands columns
    on (:meth:`app.engine.transaction.Transaction.send_all`): a third of the cost.
    """

    __slots__ = ("app", "generation", "runs", "size", "stage", "taken_at_s")

    def __init__(self, app: HiveApp, stage: str, runs: list[Run]) -> None:
        self.app = app
        self.stage = stage
        self.runs = runs
        self.generation = runs[0].generation
        self.size = sum(run.size for run in runs)
        self.taken_at_s = asyncio.get_running_loop().time()

    def __iter__(self) -> Iterator[Record]:
        for run in self.runs:
            yield from run.records

    def __len__(self) -> int:
        return sum(len(run.values) for run in self.runs)

    @property
    def keys(self) -> list[bytes | None]:
        """Return the records' keys, in the order of :attr:`values`."""
        return [message.key() for run in self.runs for message in run.messages]

    @property
    def firsts(self) -> list[Record]:
        """Return one record of each partition, by which a stage reaches the partition's tables."""
        return list({run.records[0].partition: run.records[0] for run in self.runs if run.records}.values())

    @property
    def values(self) -> list[Any]:
        """Return the records' values, in the order in which iterating gives the records."""
        return list(chain.from_iterable(run.values for run in self.runs))

    @property
    def age_s(self) -> float:
        """Return the seconds since a stage took the batch."""
        return asyncio.get_running_loop().time() - self.taken_at_s

    @property
    def stale(self) -> bool:
        """Tell whether the partitions have moved on since the batch was delivered."""
        return self.generation != self.app.generation

    async def earlier(self) -> None:
        """Wait until another batch of the stage may be handed over: at most :data:`DEPTH` are being committed."""
        before = self.app.in_flight[self.stage]
        while len(before) >= DEPTH:
            await asyncio.wait((before[0],))
            await asyncio.sleep(0)  # let it be noted

    async def map(self, call: Callable[[Record], Awaitable[T]]) -> list[tuple[Record, T | Exception]]:
        """Call something for each record, all at once; a store that is down is waited for.

        Returns:
            Each record with what came of it, in order; an error comes back as a value.

        Raises:
            StaleRun: the partitions have moved on meanwhile.
        """

        async def one(record: Record) -> T:
            PROCESSED.set(record)  # each call is a task with a context of its own
            return await self.patiently(lambda: call(record))

        records = list(self)
        found = await asyncio.gather(*map(one, records), return_exceptions=True)
        outcomes: list[tuple[Record, T | Exception]] = []
        for record, outcome in zip(records, found, strict=True):
            if isinstance(outcome, StaleRun) or (
                isinstance(outcome, BaseException) and not isinstance(outcome, Exception)
            ):
                raise outcome
            outcomes.append((record, outcome))
        return outcomes

    async def patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Do what needs a store, again and again while the store is down: this stage waits, the others go on.

        Raises:
            StaleRun: when the partitions have moved on meanwhile.
        """
        delay_s = RETRY_FIRST_S
        while True:
            try:
                result = await call()
            except StoreUnavailable as exc:
                wait_s = delay_s if exc.again_in_s is None else min(delay_s, exc.again_in_s)
                wait_s *= random.uniform(*RETRY_JITTER)  # those who wait for the same store don't all come at once
                self.app.watchdog.pause(self.stage, exc)
                logger.warning("stage waits stage=%s retry_in_s=%.2f %s", self.stage, wait_s, exc)
            else:
                self.app.watchdog.resume(self.stage)
                return result
            await asyncio.sleep(wait_s)
            if self.stale:
                self.app.watchdog.resume(self.stage)
                raise StaleRun(f"{self.stage}: partitions moved on while {len(self)} records waited for a store")
            delay_s = min(delay_s * 2, RETRY_MOST_S)


async def runs(stream: faust.Stream[Any], *, most: int | None = None, pace_s: float = 0.0) -> AsyncIterator[Batch]:
    """Yield batch after batch of what waits on a stage's stream.

    The stream's own iterator is not used: it acknowledges, tracks and yields to the loop for every event, and here the
    offsets are committed by the transaction.

    Args:
        stream: The agent's stream.
        most: How many records make a batch that takes no further runs; by default the setting ``batch_records``.
        pace_s: The least time from one batch to the next, for a stage whose records don't hurry: it costs a transaction
            less often. A batch that was full is followed at once.
    """
    app: HiveApp = stream.app
    queue = stream.channel.queue
    stage = current_agent().name.rpartition(".")[2]
    limit = most or app.settings.batch_records
    loop, rest_until_s = asyncio.get_running_loop(), 0.0
    while True:
        try:
            event = await queue.get()
        except StopAsyncIteration:  # how Faust tells a channel's reader that the agent stops
            return
        if (early_s := rest_until_s - loop.time()) > 0:
            await asyncio.sleep(early_s)
            if app.should_stop:  # what came is left to the next owner
                return
        waiting: list[Run] = [event.value]
        taken = waiting[0].size
        while taken < limit and not queue.empty():
            run: Run = queue.get_nowait().value
            waiting.append(run)
            taken += run.size
        rest_until_s = loop.time() + pace_s if taken < limit else 0.0
        current = [run for run in waiting if run.generation == app.generation]
        if current:
            app.busy.add(stage)
            yield Batch(app, stage, current)
            app.busy.discard(stage)
        for run in waiting:
            app.delivery.release(run)
