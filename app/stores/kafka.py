"""Kafka for commands and seeding: quiet, blocking clients, one clear sentence when it does not answer."""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from app.errors import BrokerUnavailable, HiveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from confluent_kafka import Message

    from app.settings import Settings

ANSWER_S = 5.0
"""How long the broker may take to answer one request of a command."""

UNREACHABLE = (
    KafkaError._TRANSPORT,  # noqa: SLF001 — librdkafka's own codes have this spelling
    KafkaError._TIMED_OUT,  # noqa: SLF001
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
    KafkaError._RESOLVE,  # noqa: SLF001
)
"""What says that no broker was reached, or not in time."""

Offsets = dict[tuple[str, int], int]
"""An offset for each topic and partition."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record as it lies on its partition."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


@contextmanager
def kafka_errors(settings: Settings) -> Iterator[None]:
    """Turn librdkafka's errors into one sentence."""
    try:
        yield
    except KafkaException as error:
        problem = error.args[0]
        if isinstance(problem, KafkaError) and problem.code() in UNREACHABLE:
            raise unreachable(settings) from error
        text = problem.str() if isinstance(problem, KafkaError) else str(problem)
        raise BrokerUnavailable(f"Kafka at {settings.kafka} refuses: {text}") from error


def unreachable(settings: Settings) -> BrokerUnavailable:
    """Return the error that says so."""
    return BrokerUnavailable(f"cannot reach Kafka at {settings.kafka}; is `hive up` running?")


def _quiet(settings: Settings) -> dict[str, Any]:
    # Level 0: what librdkafka would write about a lost connection is said by our own error.
    return settings.kafka_client() | {"log_level": 0}


def check_reachable(settings: Settings, *needed: str) -> None:
    """Ask the broker for a sign of life, and for topics that are to be written to: some brokers make missing ones.

    Raises:
        BrokerUnavailable: it gives none.
        HiveError: one of the topics is missing.
    """
    with kafka_errors(settings):
        known = AdminClient(_quiet(settings)).list_topics(timeout=ANSWER_S).topics
    for name in needed:
        required({} if name not in known else {(name, 0): 0}, name)


def producer(settings: Settings, extra: Mapping[str, Any] | None = None) -> Producer:
    """Return a producer that neither loses nor repeats a record, with these further properties."""
    return Producer(
        _quiet(settings)
        | {
            "enable.idempotence": True,
            "acks": "all",
            "partitioner": "murmur2_random",  # as the engine and Java's producers: a key has one partition number
            "compression.type": settings.compression,
            "linger.ms": 10,
            "message.max.bytes": 5 * 1024 * 1024,
        }
        | dict(extra or {})
    )


def send(settings: Settings, topic: str, key: str, value: bytes) -> None:
    """Send one record, and wait until the broker has it.

    Raises:
        BrokerUnavailable: it does not answer.
    """
    sender = producer(settings)  # to flush ends its lingering
    sender.produce(topic, value, key.encode())
    if sender.flush(ANSWER_S):
        raise unreachable(settings)


@contextmanager
def reader(
    settings: Settings, *, group: str | None = None, extra: Mapping[str, Any] | None = None
) -> Iterator[Consumer]:
    """Open a consumer that joins no group, reads committed records and reports where a partition ends."""
    consumer = Consumer(
        _quiet(settings)
        | {
            "group.id": group or f"hive-{uuid.uuid4()}",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 50,
        }
        | dict(extra or {})
    )
    try:
        with kafka_errors(settings):
            yield consumer
    finally:
        consumer.close()


def existing(consumer: Consumer, names: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield the partitions of those topics that there are."""
    known = consumer.list_topics(timeout=ANSWER_S).topics
    for name in names:
        if name in known:
            yield from ((name, partition) for partition in known[name].partitions)


def starts(consumer: Consumer, names: Iterable[str]) -> Offsets:
    """Return the beginning of every partition of these topics; a topic that is missing has none."""
    return dict.fromkeys(existing(consumer, names), OFFSET_BEGINNING)


def starts_since(consumer: Consumer, names: Iterable[str], at_ms: int) -> Offsets:
    """Return where in every partition of these topics that begins which was written since then (epoch ms)."""
    asked = [TopicPartition(*place, at_ms) for place in existing(consumer, names)]
    found_at = consumer.offsets_for_times(asked, timeout=ANSWER_S) if asked else []
    return {(at.topic, at.partition): at.offset if at.offset >= 0 else OFFSET_END for at in found_at}


def ends(consumer: Consumer, names: Iterable[str]) -> Offsets:
    """Ask for the end of every partition of these topics; a topic that is missing has none."""
    return {place: _end(consumer, TopicPartition(*place)) for place in existing(consumer, names)}


def _end(consumer: Consumer, at: TopicPartition) -> int:
    deadline_s = time.monotonic() + ANSWER_S
    while True:
        try:
            return int(consumer.get_watermark_offsets(at, timeout=ANSWER_S)[1])
        except KafkaException as error:  # a leader is about to be chosen: the topic is new
            if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION or time.monotonic() > deadline_s:
                raise
            time.sleep(0.1)


def assign(consumer: Consumer, starts: Offsets) -> None:
    """Read these partitions from these offsets on."""
    consumer.assign([TopicPartition(topic, partition, start) for (topic, partition), start in starts.items()])


def poll(consumer: Consumer, timeout_s: float) -> Found | None:
    """Return the next record, or None when there is none in time.

    Raises:
        KafkaException: a refusal that doesn't pass by itself.
    """
    message = consumer.poll(timeout_s)
    return None if message is None or is_news(message) else found(message)


def read_to_end(consumer: Consumer, starts: Offsets, *, timeout_s: float) -> Iterator[Found]:
    """Yield what lies between these offsets and the ends of their partitions."""
    assign(consumer, starts)
    open_partitions = set(starts)
    deadline = time.monotonic() + timeout_s
    while open_partitions:
        if time.monotonic() > deadline:
            raise BrokerUnavailable(f"Kafka took longer than {timeout_s:g} s for what is on {min(open_partitions)[0]}")
        message = consumer.poll(0.2)
        if message is None:
            continue
        if is_news(message):
            open_partitions.discard((message.topic(), message.partition()))
        else:
            yield found(message)


def read_now(consumer: Consumer, spans: Mapping[tuple[str, int], tuple[int, int]], *, idle_s: float) -> Iterator[Found]:
    """Yield what there is now from these offsets on, however much is written meanwhile.

    Args:
        consumer: Of :func:`reader`.
        spans: For each partition where to begin, and where it ends. An end is moved to that which comes with the first
            record, since some brokers give too low a one (Tansu).
        idle_s: How long to wait for news of any partition.

    Raises:
        BrokerUnavailable: none came.
    """
    assign(consumer, {place: start for place, (start, _) in spans.items()})
    ends = {place: end for place, (start, end) in spans.items()}
    firm: set[tuple[str, int]] = set()
    heard_s = time.monotonic()
    while ends:
        message = consumer.poll(0.2)
        if message is None:
            if time.monotonic() - heard_s > idle_s:
                raise BrokerUnavailable(f"Kafka has been silent for {idle_s:g} s about what is on {min(ends)[0]}")
            continue
        heard_s = time.monotonic()
        place = (message.topic(), message.partition())
        if is_news(message):
            if message.error().code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                ends.pop(place, None)
            continue
        if place not in ends:
            continue
        if place not in firm:
            firm.add(place)
            ends[place] = max(ends[place], consumer.get_watermark_offsets(TopicPartition(*place), cached=True)[1])
        if message.offset() + 1 >= ends[place]:
            end = ends.pop(place)
            if message.offset() >= end:
                continue
        yield found(message)


def is_news(message: Message) -> bool:
    """Tell whether this is no record but the end of a partition (for now), or a lost connection."""
    error = message.error()
    if error is None:
        return False
    if error.code() == KafkaError._PARTITION_EOF or error.retriable() or error.code() in UNREACHABLE:  # noqa: SLF001
        return True  # librdkafka connects again by itself; whoever waits has a limit of his own
    raise KafkaException(error)


def found(message: Message) -> Found:
    """Return a message as a record."""
    return Found(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        timestamp_ms=message.timestamp()[1],
        key=message.key(),
        value=message.value(),
        headers=message.headers() or [],
    )


def required(partitions: Offsets, topic: str) -> Offsets:
    """Return the partitions, or say that the topic is missing."""
    if not partitions:
        raise HiveError(f"there is no topic {topic!r}; `hive topics --apply` creates the missing ones")
    return partitions
