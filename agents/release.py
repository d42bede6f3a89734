"""release: dead letters → ``intentions.released``. An intention that ended as a dead letter may be sent again."""

from __future__ import annotations

from typing import Any

from agents._answers import release as free
from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.engine.deadletters import describe
from app.main import app, settings
from models.intake.ending import freed_by_dead_letter


@app.agent(app.run_topic(*topics.DEAD_LETTERS))
async def release(stream: Any) -> None:
    """Give the correlation id of each dead intention free."""
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            for record in batch:
                reason = describe(record.headers).get("reason", "")
                free(
                    tx,
                    freed_by_dead_letter(record.value, reason=reason, partitions=settings.partitions, now_ms=now_ms()),
                )
