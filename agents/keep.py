"""keep: ``ledger.entries`` → MongoDB. When it is down, this stage waits, and no other."""

from __future__ import annotations

from functools import partial
from typing import Any

from app import topics
from app.engine import runs, transaction
from app.ledger import documents
from app.main import app, ledger

RUN = 500  # entries that are written at once: a fraction of a second's work


@app.agent(app.run_topic(topics.LEDGER_ENTRIES, run_records=RUN))
async def keep(stream: Any) -> None:
    """Keep each entry; one that is there already stays as it is."""
    async for batch in runs(stream, most=RUN):
        async with transaction(batch):
            kept = documents(record.value for record in batch)
            await batch.patiently(partial(ledger.keep, kept))
