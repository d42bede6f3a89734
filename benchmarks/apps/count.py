"""Running totals in a table; each output says which record it comes from, so that a checker can follow it.

Before each attempt to commit, one line for each partition goes to the trace file: when, and which offsets are about to
be committed. That survives a SIGKILL, so that what was processed more than once can be counted.
"""

from __future__ import annotations

import os
import time
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
totals = app.Table("totals", value_type=int)
trace = os.open(os.environ["BENCH_TRACE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


@app.agent(app.run_topic(source))
async def count(stream: Any) -> None:
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            seen: dict[int, list[int]] = {}
            for record in batch:
                value = orjson.loads(record.value)
                key, view = value["key"], tx.view(totals, record)
                total = view[key] = view.get(key, 0) + value["value"]
                seen.setdefault(record.partition, []).append(record.offset)
                origin = {"partition": record.partition, "offset": record.offset, "key": key, "total": total}
                tx.send(target, key=record.key, value=orjson.dumps(origin))
            write_trace(seen)


def write_trace(seen: dict[int, list[int]]) -> None:
    """Append one line for each partition, in one write: `pid seconds partition first last count`."""
    now_s = time.time()
    lines = [f"{os.getpid()} {now_s:.3f} {p} {found[0]} {found[-1]} {len(found)}\n" for p, found in seen.items()]
    os.write(trace, "".join(lines).encode())
