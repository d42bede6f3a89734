"""Consume, parse, count in a table, produce: the same job with one table write a record."""

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
encode = msgspec.json.Encoder().encode  # see benchmarks.apps.passthrough
source, target = topic(job.source), topic(job.target)
views = app.Table("views", value_type=int)


@app.agent(app.run_topic(source))
async def count(stream: Any) -> None:
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            for record in batch:
                value = orjson.loads(record.value)
                view, user = tx.view(views, record), value["user"]
                value["count"] = view[user] = view.get(user, 0) + 1
                tx.send(target, key=record.key, value=encode(value))
