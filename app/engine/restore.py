"""Restore a table's partitions from its changelog, reading committed data only.

Faust's own recovery does not finish on a changelog that is written in transactions: it waits for the offsets of
control records, which are never delivered. librdkafka copes with them, and with compaction. Blocking: run it off the
event loop.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from faust.types import TP

from app.engine.source import end_offsets
from app.errors import BrokerUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Restored", "restore"]

logger = logging.getLogger(__name__)

CHUNK = 10_000
PROGRESS_S = 2.0


class Restored(NamedTuple):
    """What a restore has read.

    Attributes:
        partitions: For each partition of the topic, its keys and values.
        records: How many changelog records were read.
        elapsed_s: How long it took, in seconds.
    """

    partitions: dict[int, dict[bytes, bytes]]
    records: int
    elapsed_s: float


def restore(
    client: Mapping[str, Any],
    topic: str,
    partitions: Iterable[int],
    *,
    patience_s: float,
    wanted: Callable[[], bool] = lambda: True,
) -> Restored:
    """Read partitions of a changelog from their beginning to the end they have now.

    The end is the high watermark, not the last stable offset: a transaction that is still open below it may yet be
    committed, and its changes belong to the table. Reading goes on until it has been decided.

    Args:
        client: librdkafka properties (address, security).
        topic: The changelog topic.
        partitions: Which partitions.
        patience_s: How long to wait without any progress, longer than the timeout of a transaction.
        wanted: Asked now and then; once it says no, what has been read is returned as it is.

    Raises:
        BrokerUnavailable: when there is no progress for ``patience_s``.
    """
    began_s = time.monotonic()
    found: dict[int, dict[bytes, bytes]] = {partition: {} for partition in partitions}
    admin = AdminClient(dict(client))
    ends = end_offsets(admin, [TP(topic, partition) for partition in found])
    # Asked for here: a consumer that is told "from the beginning" asks before it knows whom, and again after 0.5 s.
    begins = end_offsets(admin, [tp for tp, end in ends.items() if end > 0], spec=OffsetSpec.earliest())
    open_ends = {tp.partition: end for tp, end in ends.items() if end > 0}
    consumer = Consumer(
        {
            **client,
            "group.id": f"restore-{topic}",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 50,
            "fetch.queue.backoff.ms": 10,
            "fetch.message.max.bytes": 8 * 1024 * 1024,
        }
    )
    records = 0
    try:
        consumer.assign([TopicPartition(tp.topic, tp.partition, begin) for tp, begin in begins.items()])
        progress_s = shown_s = time.monotonic()
        while open_ends and wanted():
            first = consumer.poll(0.1)
            # Without a timeout: with one it would wait until so many are there.
            messages = [] if first is None else [first, *consumer.consume(CHUNK, 0)]
            for message in messages:
                records += _take(message, found, open_ends)
            now_s = time.monotonic()
            if messages:
                progress_s = now_s
            elif now_s - progress_s > patience_s:
                raise BrokerUnavailable(f"restore of {topic} stands still at {sorted(open_ends.items())}")
            if now_s - shown_s > PROGRESS_S:
                shown_s = now_s
                logger.info("restoring topic=%s records=%d open_partitions=%d", topic, records, len(open_ends))
    finally:
        consumer.close()
    return Restored(found, records, time.monotonic() - began_s)


def _take(message: Any, found: dict[int, dict[bytes, bytes]], open_ends: dict[int, int]) -> int:
    error = message.error()
    partition: int = message.partition()
    if error is not None:
        if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 — its public name
            if error.retriable():
                return 0
            raise KafkaException(error)
        if message.offset() >= open_ends.get(partition, 0):
            open_ends.pop(partition, None)
        return 0
    key, value = message.key(), message.value()
    found[partition].pop(key, None)  # the keys stand in the order of their last write, as in a table that was not lost
    if value is not None:
        found[partition][key] = value
    return 1
