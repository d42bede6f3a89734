"""The records that are measured with: about 100 bytes of JSON, the same for every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from confluent_kafka import KafkaException, Producer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import KafkaError, Message

KEYS = 4_000
PRODUCER = {
    "enable.idempotence": True,
    "linger.ms": 20,
    "queue.buffering.max.messages": 200_000,
    "log_level": 2,
}


def numbered(count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield `count` pairs of key and value."""
    for number in range(count):
        user = f"user-{number % KEYS:06}"
        record = {
            "id": number,
            "user": user,
            "action": "view",
            "amount": number % 97,
            "path": "/produtos/região/vendas",
        }
        yield user.encode(), orjson.dumps(record)


class Filler:
    """A producer that fails loudly: a record that was not delivered raises at the next call."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = Producer({"bootstrap.servers": bootstrap, **PRODUCER})
        self._failure: KafkaError | None = None

    def put(self, topic: str, key: bytes, value: bytes, partition: int = -1) -> None:
        """Produce one record; waits where the producer's queue is full."""
        while True:
            try:
                self._producer.produce(topic, value, key, partition, on_delivery=self._delivered)
            except BufferError:
                self._poll(0.1)
            else:
                self._poll(0)
                return

    def flush(self) -> None:
        """Wait until everything is delivered."""
        self._producer.flush()
        self._poll(0)

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        self._failure = self._failure or error

    def _poll(self, timeout_s: float) -> None:
        self._producer.poll(timeout_s)
        if self._failure is not None:
            raise KafkaException(self._failure)


def fill(bootstrap: str, topic: str, count: int) -> None:
    """Put `count` numbered records on a topic."""
    filler = Filler(bootstrap)
    for key, value in numbered(count):
        filler.put(topic, key, value)
    filler.flush()
