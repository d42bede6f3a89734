"""No framework: a confluent-kafka (librdkafka) loop, at least once.

librdkafka's default is to stop fetching for a second when its queue is full; `tuned` makes it ten milliseconds.
"""

from __future__ import annotations

import sys
import time

import orjson
from confluent_kafka import Consumer, KafkaException, Producer

from benchmarks.job import Job

BATCH = 1_000
COMMIT_INTERVAL_S = 1.0


def main(consumer_settings: dict[str, str]) -> None:
    job = Job.load()
    consumer = Consumer(
        {
            "bootstrap.servers": job.bootstrap,
            "group.id": job.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            **consumer_settings,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": job.bootstrap,
            "enable.idempotence": True,
            "linger.ms": 10,
            "queue.buffering.max.messages": 500_000,
        }
    )
    consumer.subscribe([job.source])
    committed_at = time.monotonic()
    pending = 0
    while True:
        messages = consumer.consume(BATCH, timeout=0.1)
        for message in messages:
            if message.error() is not None:
                raise KafkaException(message.error())
            producer.produce(job.target, orjson.dumps(orjson.loads(message.value())), message.key())
        producer.poll(0)
        pending += len(messages)
        if pending and time.monotonic() - committed_at >= COMMIT_INTERVAL_S:
            producer.flush()
            consumer.commit(asynchronous=False)
            committed_at, pending = time.monotonic(), 0


if __name__ == "__main__":
    main({"fetch.queue.backoff.ms": "10"} if sys.argv[1:] == ["tuned"] else {})
