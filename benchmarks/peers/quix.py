"""Quix Streams, with the delivery guarantee that its argument names. Runs in .venv-peers."""

from __future__ import annotations

import sys

from quixstreams import Application

from benchmarks.job import Job


def main(guarantee: str) -> None:
    job = Job.load()
    app = Application(
        broker_address=job.bootstrap,
        consumer_group=job.group,
        auto_offset_reset="earliest",
        processing_guarantee=guarantee,
        producer_extra_config={"linger.ms": 10},
        auto_create_topics=False,
        loglevel="WARNING",
    )
    source = app.topic(job.source, value_deserializer="json", key_deserializer="bytes")
    target = app.topic(job.target, value_serializer="json", key_serializer="bytes")
    app.dataframe(source).to_topic(target)
    app.run()


if __name__ == "__main__":
    main(sys.argv[1])
