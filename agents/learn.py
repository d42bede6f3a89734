"""learn: ``feedback.intentions`` → ``models.snapshots``, ``learning.events``. The one place that learns domains."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.main import app, lessons, metrics, models, settings
from models.online.domain import DOMAIN_MODEL, LOST, Example, teach
from tables.lessons import add, in_order

if TYPE_CHECKING:
    from app.engine import Batch, Transaction

logger = logging.getLogger(__name__)

RUN = 500  # a tenth of a second's work


@app.agent(app.run_topic(topics.FEEDBACK_INTENTIONS, run_records=RUN))
async def learn(stream: Any) -> None:
    """Learn what people say, and publish the model; what comes in the meantime goes into the next snapshot."""
    async for batch in runs(stream, most=RUN):
        async with transaction(batch) as tx:
            await _learn(tx, batch)
        await asyncio.sleep(settings.snapshot_every_s)


async def _learn(tx: Transaction, batch: Batch) -> None:
    records = {record.offset: record for record in batch}
    if not records:
        return
    first = next(iter(records.values()))
    known, state = tx.view(lessons, first), tx.view(models, first)
    examples = [Example(record.offset, record.timestamp_ms, record.value) for record in records.values()]
    try:
        before = state.get(DOMAIN_MODEL)
    except ValueError as unreadable:  # somebody else has written there
        logger.warning("the snapshot can't be read, the model is made anew from the lessons: %s", unreadable)
        before = LOST
    # Off the loop: reading, learning and packing take some 100 ms, and other stages have answers to give.
    taught = await asyncio.to_thread(teach, before, examples, kept=lambda: in_order(known), now_ms=now_ms())
    if taught is None:
        logger.warning("%d feedback records had been learned already", len(examples))
        return
    state[DOMAIN_MODEL] = taught.snapshot
    add(known, taught.lessons)
    metrics.learned(taught.event)
    tx.send(topics.LEARNING_EVENTS, key=DOMAIN_MODEL, value=taught.event)
    for offset, error in taught.refused:
        tx.dead_letter(records[offset], error)
