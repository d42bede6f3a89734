"""observe: ``intentions.audit``, ``metrics.facts``, ``plans.completed`` → rolling metrics, ``metrics.rolling``.

What the stages did is counted in buckets of event time, in the transaction that takes the records: each is in its
bucket once, whatever is killed. No stage waits for this one, so it works once a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents._timers import say
from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.main import app, metrics, rolling, rolling_clocks, settings
from app.peers import ANNOUNCE_MS, own_url
from models.records import WorkerAddress
from models.rolling.facts import facts_of
from models.rolling.telling import bucket_of
from tables.rolling import fold, key_of

if TYPE_CHECKING:
    from app.engine import Batch, Record, Transaction
    from models.rolling.facts import Fact

PACE_S = 1.0
LOOK_S = 1.0
"""How often it is looked whether this worker has to say where it is."""

_announced: tuple[Any, int] = (None, 0)
"""The generation in which this was said, and when."""


@app.agent(app.run_topic(topics.INTENTIONS_AUDIT, topics.METRICS_FACTS, topics.PLANS_COMPLETED))
async def observe(stream: Any) -> None:
    """Count what the stages did."""
    async for batch in runs(stream, pace_s=PACE_S):
        async with transaction(batch) as tx:
            for record, facts in _told(tx, batch).values():
                _fold(tx, record, facts)


def _told(tx: Transaction, batch: Batch) -> dict[tuple[str, int], tuple[Record, list[Fact]]]:
    """Return what the records tell, by topic and partition, each with its first record."""
    told: dict[tuple[str, int], tuple[Record, list[Fact]]] = {}
    for record in batch:
        with tx.attempt(record):
            facts = facts_of(record.value)
            told.setdefault((record.topic, record.partition), (record, []))[1].extend(facts)
    return told


def _fold(tx: Transaction, record: Record, facts: list[Fact]) -> None:
    source, partition = record.topic, record.partition
    folded = fold(tx.view(rolling, record), tx.view(rolling_clocks, record), source, facts, now_ms=now_ms())
    metrics.observed(source, len(facts), folded)
    for level, slot, cells in folded.closed:
        bucket = bucket_of(source, partition, level, slot, cells)
        tx.send(topics.METRICS_ROLLING, key=key_of(source, level, slot), value=bucket, partition=partition)


@app.timer(interval=LOOK_S, on_leader=False)
async def announce() -> None:
    """Say where this worker answers, after each assignment and once a minute."""
    global _announced  # noqa: PLW0603 — one worker, one announcement
    now = now_ms()
    if app.ready and (_announced[0] != app.generation or now - _announced[1] >= ANNOUNCE_MS):
        _announced = (app.generation, now)
        said = WorkerAddress(app_id=settings.app_id, worker=settings.worker, url=own_url(settings), at=now)
        await say("announce", topics.WORKERS_ADDRESSES, [(f"{said.app_id}/{said.worker}", said, None)])
