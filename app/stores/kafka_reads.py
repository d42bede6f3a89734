"""Bounded reads of topics for tasks: by offset, time and key, up to what is there now, within a deadline.

A consumer that is assigned its partitions by hand joins no group and commits nothing. It blocks: it works in a thread.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from app.errors import QueryRefused, StoreUnavailable
from app.stores.kafka import UNREACHABLE, Found, found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import Message

IDLE_CONSUMERS = 4
"""Consumers that are kept connected for the next read: to connect takes longer than to read."""
TOPICS_KNOWN_S = 30.0
CONSUMED_AT_ONCE = 500
POLL_S = 0.2
GRACE_S = 1.0
_TRANSPORT = (*UNREACHABLE, KafkaError.REQUEST_TIMED_OUT)
_PASSING = (
    # The wrapper calls these not retriable; librdkafka itself tries again where it isn't asked directly.
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.REPLICA_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.UNKNOWN_TOPIC_OR_PART,  # of one that was listed just now
)
RETRY_S = 0.1
_PARTITION_EOF = KafkaError._PARTITION_EOF  # noqa: SLF001
_TAIL_GROWTH = 4
"""How much further back is looked, each time, where markers of transactions and compaction leave few records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Which records to read.

    Attributes:
        topic: The topic.
        most: How many records; with `offset` the first, otherwise the newest.
        most_bytes: Of their values together.
        most_scanned: Records that may be looked at to find them.
        timeout_s: How long it may take.
        partition: Only this one.
        offset: From this offset on.
        from_ms: Record times from here on.
        to_ms: Record times before this.
        key: Records with this key.
    """

    topic: str
    most: int
    most_bytes: int
    most_scanned: int
    timeout_s: float
    partition: int | None = None
    offset: int | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    key: bytes | None = None

    def wants(self, record: Found) -> bool:
        """Tell whether a record is one of those asked for."""
        if self.key is not None and record.key != self.key:
            return False
        if self.offset is not None and record.offset < self.offset:
            return False
        after = self.from_ms is None or record.timestamp_ms >= self.from_ms
        return after and (self.to_ms is None or record.timestamp_ms < self.to_ms)


@dataclass(slots=True)
class Records:
    """What a read has found.

    Attributes:
        records: In the order of their times.
        scanned: Records looked at.
        truncated: There are more of what was asked for.
        complete: All was looked at; otherwise the deadline or the limit of scanned records came before.
    """

    records: list[Found] = field(default_factory=list[Found])
    scanned: int = 0
    truncated: bool = False
    complete: bool = True


class KafkaStore:
    """The topics of one cluster.

    Args:
        client: librdkafka's properties of every client.
        timeout_s: Limit for one call as a whole.
    """

    def __init__(self, client: Mapping[str, Any], timeout_s: float = 10.0) -> None:
        self._config = dict(client) | {
            "log_level": 0,
            "group.id": "hive-reads",  # librdkafka wants one; nothing is subscribed to or committed
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            "allow.auto.create.topics": False,
            "fetch.wait.max.ms": 50,
            # What librdkafka holds for us in memory: its defaults are 64 MiB.
            "queued.max.messages.kbytes": 8 * 1024,
            "fetch.max.bytes": 8 * 1024 * 1024,
            "socket.timeout.ms": max(1000, int(timeout_s * 1000)),
        }
        self._timeout_s = timeout_s
        self._idle: list[Consumer] = []
        self._topics: dict[str, list[int]] = {}
        self._topics_at_s = -TOPICS_KNOWN_S  # never

    async def ping(self) -> None:
        """Ask the cluster for a sign of life.

        Raises:
            StoreUnavailable: it gave none in time.
        """
        await self._with_consumer(lambda consumer: consumer.list_topics(timeout=self._timeout_s), self._timeout_s)

    async def read(self, read: Read) -> Records:
        """Read what is there now.

        Raises:
            QueryRefused: there is no such topic or partition, or the records are too large.
            StoreUnavailable: no answer; try again later.
        """
        limit_s = min(read.timeout_s, self._timeout_s)
        deadline_s = time.monotonic() + limit_s
        records: Records = await self._with_consumer(lambda consumer: self._read(consumer, read, deadline_s), limit_s)
        return records

    async def close(self) -> None:
        """Close every connection; a later call opens them again."""
        idle, self._idle = self._idle, []
        await asyncio.to_thread(lambda: [consumer.close() for consumer in idle])

    async def _with_consumer(self, work: Callable[[Consumer], Any], timeout_s: float) -> Any:
        idle = self._idle.pop() if self._idle else None
        try:
            async with asyncio.timeout(timeout_s + GRACE_S):
                # The thread ends within its own deadline, also when nobody waits for it any more.
                consumer, result = await asyncio.to_thread(self._in_thread, idle, work, timeout_s)
        except TimeoutError as error:
            raise StoreUnavailable("kafka", f"no answer in {timeout_s:g} s") from error
        if len(self._idle) < IDLE_CONSUMERS:
            self._idle.append(consumer)
        else:
            await asyncio.to_thread(consumer.close)
        return result

    def _in_thread(
        self, consumer: Consumer | None, work: Callable[[Consumer], Any], timeout_s: float
    ) -> tuple[Consumer, Any]:
        consumer = consumer or Consumer(self._config)
        try:
            result = work(consumer)
            consumer.unassign()
        except KafkaException as error:
            consumer.close()
            raise _translated(error, timeout_s) from error
        except BaseException:
            consumer.close()
            raise
        return consumer, result

    def _partitions(self, consumer: Consumer, topic: str, deadline_s: float) -> list[int]:
        now_s = time.monotonic()
        if now_s - self._topics_at_s > TOPICS_KNOWN_S or topic not in self._topics:
            self._topics = _patiently(partial(_known_topics, consumer, topic), deadline_s)
            self._topics_at_s = now_s
        if topic not in self._topics:
            raise QueryRefused(f"there is no topic {topic!r}")
        return self._topics[topic]

    def _read(self, consumer: Consumer, read: Read, deadline_s: float) -> Records:
        partitions = self._partitions(consumer, read.topic, deadline_s)
        if read.partition is not None:
            if read.partition not in partitions:
                raise QueryRefused(f"topic {read.topic!r} has no partition {read.partition}", "parameters")
            partitions = [read.partition]
        spans: dict[int, tuple[int, int]] = {}
        for partition in partitions:
            ask = partial(consumer.get_watermark_offsets, TopicPartition(read.topic, partition), cached=False)
            spans[partition] = _patiently(ask, deadline_s)
        reading = _Reading(consumer, read, deadline_s)
        if read.offset is not None:
            # From the last record on where the offset lies behind it: some brokers give too low an end (Tansu).
            reading.over({p: (max(low, min(read.offset, high - 1)), high) for p, (low, high) in spans.items()})
        elif read.key is None and read.from_ms is None and read.to_ms is None:
            reading.backwards(spans)
        else:
            reading.over(self._in_period(consumer, read, spans, deadline_s))
        return reading.result()

    @staticmethod
    def _in_period(
        consumer: Consumer, read: Read, spans: dict[int, tuple[int, int]], deadline_s: float
    ) -> dict[int, tuple[int, int]]:
        """Start at the first record of the period. Record times need not rise, so the end is that of the partition."""
        if read.from_ms is None:
            return spans
        asked = [TopicPartition(read.topic, partition, read.from_ms) for partition in spans]
        found_at = _patiently(partial(consumer.offsets_for_times, asked), deadline_s)
        starts = {at.partition: at.offset for at in found_at}
        # A negative offset: there is none so late. The last one is looked at all the same, see `read.offset`.
        last = {p: max(low, high - 1) for p, (low, high) in spans.items()}
        return {p: (starts[p] if 0 <= starts[p] < last[p] else last[p], high) for p, (_, high) in spans.items()}


class _Reading:
    """One read under way."""

    def __init__(self, consumer: Consumer, read: Read, deadline_s: float) -> None:
        self._consumer = consumer
        self._read = read
        self._deadline_s = deadline_s
        self._kept: list[tuple[tuple[int, int, int], Found]] = []
        self._bytes = 0
        self._found = 0
        self._out = Records()
        self._heard = False
        self._firm: set[int] = set()

    def over(self, spans: dict[int, tuple[int, int]], *, exactly: bool = False) -> None:
        """Read these offsets of the partitions, the end exclusive.

        An end that isn't meant `exactly` is moved to that which comes with the first record: a partition is done
        there, or where the broker says that it ends.
        """
        self._firm = set(spans) if exactly else set[int]()
        open_ends = {partition: high for partition, (low, high) in spans.items() if low < high}
        first = dict.fromkeys(open_ends, self._read.most + 1) if self._read.offset is not None else {}
        topic = self._read.topic
        self._consumer.assign([TopicPartition(topic, partition, spans[partition][0]) for partition in open_ends])
        while open_ends:
            if time.monotonic() > self._deadline_s or self._out.scanned >= self._read.most_scanned:
                if not self._heard:
                    raise StoreUnavailable("kafka", f"no record of {topic} in {self._read.timeout_s:g} s")
                self._out.complete = False
                return
            wait_s = min(POLL_S, _left(self._deadline_s))
            for message in self._consumer.consume(CONSUMED_AT_ONCE, timeout=wait_s):
                self._message(message, open_ends, first)

    def backwards(self, spans: dict[int, tuple[int, int]]) -> None:
        """Read the ends of the partitions, further back as long as that isn't enough."""
        step = self._read.most + 1
        first = True
        while True:
            windows = {p: (max(low, high - step), high) for p, (low, high) in spans.items()}
            self.over(windows, exactly=not first)
            first = False
            spans = {p: (low, windows[p][0]) for p, (low, _) in spans.items()}
            older = any(low < high for low, high in spans.values())
            if not older or self._found > self._read.most or not self._out.complete:
                self._out.truncated |= older
                return
            step *= _TAIL_GROWTH

    def result(self) -> Records:
        """Return what was found."""
        records = (record for _, record in self._kept)
        self._out.records = sorted(records, key=lambda record: (record.timestamp_ms, record.partition, record.offset))
        self._out.truncated |= self._found > self._read.most
        return self._out

    def _message(self, message: Message, open_ends: dict[int, int], first: dict[int, int]) -> None:
        error, partition = message.error(), message.partition()
        if error is not None:
            if error.code() == _PARTITION_EOF:
                self._heard = True
                open_ends.pop(partition, None)
            elif not error.retriable() and error.code() not in (*_TRANSPORT, *_PASSING):
                raise KafkaException(error)
            return
        if partition not in open_ends:
            return
        self._heard = True
        if partition not in self._firm:
            self._firm.add(partition)
            known = self._consumer.get_watermark_offsets(TopicPartition(self._read.topic, partition), cached=True)
            open_ends[partition] = max(open_ends[partition], known[1])
        if message.offset() >= open_ends[partition]:
            del open_ends[partition]
            return
        self._out.scanned += 1
        record = found(message)
        if self._read.wants(record):
            self._keep(record)
            if first:
                first[partition] -= 1
        if message.offset() + 1 >= open_ends[partition] or first.get(partition) == 0:
            del open_ends[partition]

    def _keep(self, record: Found) -> None:
        place = (record.timestamp_ms, record.partition, record.offset)
        self._found += 1
        if self._read.offset is not None:
            place = (-place[0], -place[1], -place[2])  # the heap gives up its smallest: here the latest
        heapq.heappush(self._kept, (place, record))
        self._bytes += _size(record)
        if len(self._kept) > self._read.most:
            self._bytes -= _size(heapq.heappop(self._kept)[1])
        if self._bytes > self._read.most_bytes:
            raise QueryRefused(
                f"the records have more than {self._read.most_bytes:,} bytes: ask for fewer, or for a shorter period",
                "size",
            )


def _size(record: Found) -> int:
    return len(record.value or b"") + len(record.key or b"")


def _known_topics(consumer: Consumer, topic: str, timeout: float) -> dict[str, list[int]]:
    """Return the partitions of all topics: to ask for one by its name would create it on some brokers."""
    known = consumer.list_topics(timeout=timeout).topics
    about = known.get(topic)
    if about is not None and (about.error is not None or not about.partitions):
        raise KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))  # it has only just been created
    return {name: sorted(of.partitions) for name, of in known.items() if of.error is None and of.partitions}


def _patiently(ask: Callable[..., Any], deadline_s: float) -> Any:
    """Ask again as long as the cluster is about to choose a leader, or the asked one has just ceased to be it."""
    while True:
        try:
            return ask(timeout=_left(deadline_s))
        except KafkaException as error:
            if error.args[0].code() not in _PASSING or time.monotonic() + RETRY_S > deadline_s:
                raise
        time.sleep(RETRY_S)


def _left(deadline_s: float) -> float:
    """Return the time that is left, or raise as librdkafka does when there is none."""
    left_s = deadline_s - time.monotonic()
    if left_s <= 0:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001 — librdkafka's own codes have this spelling
    return left_s


def _translated(error: KafkaException, timeout_s: float) -> QueryRefused | StoreUnavailable:
    """Turn librdkafka's errors into ours: the one place that knows them."""
    problem = error.args[0]
    if isinstance(problem, KafkaError):
        if problem.code() in _TRANSPORT:
            return StoreUnavailable("kafka", f"no answer in {timeout_s:g} s")
        # A record that retention removed while it was asked for is gone; the next read begins behind it.
        if problem.retriable() or problem.code() in _PASSING or problem.code() == KafkaError._AUTO_OFFSET_RESET:  # noqa: SLF001
            return StoreUnavailable("kafka", problem.str())
        return QueryRefused(problem.str())
    return StoreUnavailable("kafka", str(problem))
