"""Consume, parse, produce: the job that all engines are given, exactly once."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from app.engine import runs, transaction
from app.factory import create_app
from app.settings import Settings
from benchmarks.apps import topic
from benchmarks.job import Job

job = Job.load()
app = create_app(Settings.load())
encode = msgspec.json.Encoder().encode  # as models.records does: what orjson encodes keeps 4 KiB until it is sent
source, target = topic(job.source), topic(job.target)


@app.agent(app.run_topic(source))
async def copy(stream: Any) -> None:
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            tx.send_all(target, batch.keys, [encode(orjson.loads(value)) for value in batch.values])
