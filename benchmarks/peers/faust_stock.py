"""Stock Faust: an agent that sends each event on."""

from __future__ import annotations

import os
from typing import Any

import faust

from benchmarks.job import Job

job = Job.load()
app = faust.App(
    job.group,
    broker=f"kafka://{job.bootstrap}",
    datadir=os.environ["HIVE_DATA_DIR"],
    producer_linger=0.01,
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
    web_enabled=False,
)
source = app.topic(job.source, key_type=bytes, value_serializer="json")
target = app.topic(job.target, key_type=bytes, value_serializer="json")


@app.agent(source)  # type: ignore[untyped-decorator]
async def copy(stream: Any) -> None:
    async for event in stream.events():
        await target.send(key=event.key, value=event.value)
