"""Consume, parse, produce: the job that all engines are given, exactly once."""

from __future__ import annotations

from typing import Any

import orjson

from app.engine import runs, transaction
from app.factory import create_app
from app.settings import Settings
from benchmarks.apps import topic
from benchmarks.job import Job

job = Job.load()
app = create_app(Settings.load())
source, target = topic(job.source), topic(job.target)


@app.agent(app.run_topic(source))
async def copy(stream: Any) -> None:
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            for record in batch:
                tx.send(target, key=record.key, value=orjson.dumps(orjson.loads(record.value)))
