"""execute: ``execution.tickets`` → ``execution.results``. A store that is down makes this stage wait, and no other."""

from __future__ import annotations

from typing import Any

from app import topics
from app.engine import runs, transaction
from app.main import app, executor

RUN = 32  # tickets of one partition: what is committed together should take seconds at the most, also on a slow store


@app.agent(app.run_topic(topics.EXECUTION_TICKETS, run_records=RUN))
async def execute(stream: Any) -> None:
    """Execute each ticket."""
    async for batch in runs(stream, most=RUN):
        async with transaction(batch) as tx:
            for record, outcome in await batch.map(lambda record: executor.execute(record.value)):
                with tx.attempt(record):
                    if isinstance(outcome, Exception):
                        raise outcome
                    tx.send(topics.EXECUTION_RESULTS, key=outcome.plan_id, value=outcome)
