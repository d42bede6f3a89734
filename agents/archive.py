"""archive: ``plans.consensus`` → MongoDB: opinions and decisions. When it is down, this stage waits, and no other."""

from __future__ import annotations

from functools import partial
from typing import Any

from app import topics
from app.decisions import documents
from app.engine import runs, transaction
from app.main import app, decisions

RUN = 200  # decisions that are written at once, of some 10 KB each


@app.agent(app.run_topic(topics.PLANS_CONSENSUS, run_records=RUN))
async def archive(stream: Any) -> None:
    """Keep each decision; the same one again changes nothing."""
    async for batch in runs(stream, most=RUN):
        async with transaction(batch):
            kept = documents(record.value for record in batch)
            await batch.patiently(partial(decisions.keep, kept))
