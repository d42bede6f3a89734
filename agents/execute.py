"""execute: ``execution.tickets.{store}`` → ``execution.results``, a stage for each store.

A store that is down makes its own stage wait, and no other: what waits stays in Kafka.
"""

from __future__ import annotations

from typing import Any

from app import topics
from app.engine import runs, transaction
from app.main import app, executor

RUN = 32  # tickets of one partition: what is committed together should take seconds at the most, also on a slow store


async def execute(stream: Any) -> None:
    """Execute each ticket."""
    async for batch in runs(stream, most=RUN):
        async with transaction(batch) as tx:
            for record, outcome in await batch.map(lambda record: executor.execute(record.value)):
                with tx.attempt(record):
                    if isinstance(outcome, Exception):
                        raise outcome
                    tx.send(topics.EXECUTION_RESULTS, key=outcome.plan_id, value=outcome)


for _store, _topic in topics.EXECUTION_TICKETS_OF.items():
    app.agent(app.run_topic(_topic, run_records=RUN), name=f"{__name__}.execute_{_store}")(execute)
