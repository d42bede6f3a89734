"""remember: ``memory.facts`` → Neo4j: intentions, what they are about, how they ended. It waits while Neo4j is down."""

from __future__ import annotations

from functools import partial
from typing import Any

from app import topics
from app.engine import runs, transaction
from app.main import app, graph
from app.recall import Memory
from models.planning.memory import remembered

RUN = 100  # statements of one batch: each is a round trip, and a batch must not take seconds
memory = Memory(graph)


@app.agent(app.run_topic(topics.MEMORY_FACTS, run_records=RUN))
async def remember(stream: Any) -> None:
    """Write each fact into the graph; in order, so that an end is never before its beginning."""
    async for batch in runs(stream, most=RUN):
        async with transaction(batch) as tx:
            for record in batch:
                statement = remembered(record.value)
                if statement is None:
                    continue
                with tx.attempt(record):
                    await batch.patiently(partial(memory.write, *statement))
