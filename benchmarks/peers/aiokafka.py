"""No framework: an aiokafka loop, at least once."""

from __future__ import annotations

import asyncio
import time

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from benchmarks.job import Job

COMMIT_INTERVAL_S = 1.0


async def copy(job: Job, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
    committed_at = time.monotonic()
    while True:
        polled = await consumer.getmany(timeout_ms=100)
        for messages in polled.values():
            for message in messages:
                await producer.send(job.target, orjson.dumps(orjson.loads(message.value)), message.key)
        if polled and time.monotonic() - committed_at >= COMMIT_INTERVAL_S:
            await producer.flush()
            await consumer.commit()
            committed_at = time.monotonic()


async def main() -> None:
    job = Job.load()
    consumer = AIOKafkaConsumer(
        job.source,
        bootstrap_servers=job.bootstrap,
        group_id=job.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(bootstrap_servers=job.bootstrap, enable_idempotence=True, linger_ms=10)
    async with consumer, producer:
        await copy(job, consumer, producer)


if __name__ == "__main__":
    asyncio.run(main())
