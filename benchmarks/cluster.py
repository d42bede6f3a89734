"""A Kafka cluster as a measuring program sees it: create, read to the end, ask for offsets."""

from __future__ import annotations

import contextlib
import time
import uuid
from typing import TYPE_CHECKING, cast

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from confluent_kafka import Message

REQUEST_TIMEOUT_S = 30.0
PATIENCE_S = 60.0
RETRY_S = 0.2
SCAN_BATCH = 10_000


class Cluster:
    """The cluster at one bootstrap address."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 2})

    def create(self, topic: str, partitions: int, config: Mapping[str, str] | None = None) -> None:
        """Create a topic of one replica and wait for its leaders; `KafkaException` where it exists already."""
        new = NewTopic(topic, num_partitions=partitions, replication_factor=1, config=dict(config or {}))
        self._admin.create_topics([new])[topic].result(REQUEST_TIMEOUT_S)
        self.end_offsets(topic)

    def delete(self, topics: Sequence[str]) -> None:
        """Delete topics; one that does not exist is no error."""
        for future in self._admin.delete_topics(list(topics)).values():
            with contextlib.suppress(KafkaException):
                future.result(REQUEST_TIMEOUT_S)

    def partitions(self, topic: str) -> list[int]:
        """Return the partitions of a topic, in order; `KafkaException` while the broker does not know it (yet)."""
        metadata = self._admin.list_topics(topic, timeout=REQUEST_TIMEOUT_S).topics[topic]
        if metadata.error is not None:
            raise KafkaException(metadata.error)
        return sorted(metadata.partitions)

    def end_offsets(self, topic: str, *, stable: bool = False) -> dict[int, int]:
        """Return each partition's high watermark, or with `stable` its last stable offset."""
        level = IsolationLevel.READ_COMMITTED if stable else IsolationLevel.READ_UNCOMMITTED

        def ask() -> dict[int, int]:
            wanted = {TopicPartition(topic, p): OffsetSpec.latest() for p in self.partitions(topic)}
            found = self._admin.list_offsets(wanted, isolation_level=level, request_timeout=REQUEST_TIMEOUT_S)
            return {tp.partition: future.result(REQUEST_TIMEOUT_S).offset for tp, future in found.items()}

        return _patiently(ask)

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """Return the committed offset of each partition that has one."""

        def ask() -> dict[int, int]:
            wanted = [TopicPartition(topic, p) for p in self.partitions(topic)]
            request = [ConsumerGroupTopicPartitions(group, wanted)]
            answer = self._admin.list_consumer_group_offsets(request, request_timeout=REQUEST_TIMEOUT_S)
            found = answer[group].result(REQUEST_TIMEOUT_S).topic_partitions
            return {tp.partition: tp.offset for tp in found if tp.offset >= 0}

        return _patiently(ask)

    def scan(self, topic: str, *, committed_only: bool = True) -> Iterator[Message]:
        """Yield every record of a topic up to its end; order holds within a partition.

        What comes behind a partition's end while another one is read is left out: it may be a part of a transaction.
        """
        partitions = self.partitions(topic)
        consumer = self._reader(committed_only=committed_only)
        consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
        open_partitions = set(partitions)
        try:
            while open_partitions:
                for message in consumer.consume(SCAN_BATCH, timeout=1.0):
                    error = message.error()
                    if error is None:
                        if message.partition() in open_partitions:
                            yield message
                    elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its only name
                        open_partitions.discard(cast("int", message.partition()))
                    else:
                        raise KafkaException(error)
        finally:
            consumer.close()

    def forget(self, topic: str) -> None:
        """Delete every key of a compacted topic, if it is there: who restores a table from it begins with nothing."""
        if topic not in self._admin.list_topics(timeout=REQUEST_TIMEOUT_S).topics:
            return
        producer = Producer({"bootstrap.servers": self.bootstrap, "log_level": 2})
        for message in self.scan(topic):
            producer.produce(topic, None, message.key(), message.partition())
        producer.flush(REQUEST_TIMEOUT_S)

    def _reader(self, *, committed_only: bool) -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": f"scan-{uuid.uuid4()}",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed" if committed_only else "read_uncommitted",
                "enable.partition.eof": True,
            }
        )


def _patiently(ask: Callable[[], dict[int, int]]) -> dict[int, int]:
    """Ask again while the broker is starting, electing or away: the fault runs kill it."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ask()
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(RETRY_S)
