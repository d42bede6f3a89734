"""complete: ``execution.results`` → ``plans.completed``."""

from __future__ import annotations

from typing import Any

from agents._answers import answer
from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.main import app
from models.completion import complete as decide


@app.agent(app.run_topic(topics.EXECUTION_RESULTS))
async def complete(stream: Any) -> None:
    """Make the answer of each plan."""
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            for record in batch:
                with tx.attempt(record):
                    answer(tx, decide(record.value, now_ms=now_ms()))
