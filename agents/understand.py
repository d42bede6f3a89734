"""understand: ``intentions.submitted`` → ``intentions.{domain}``.

What nobody can make out goes to ``intentions.validation``, and an answer says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.main import app, domain_counts, metrics
from models.completion import not_understood
from models.ids import stable_id
from models.nlu import Route, route, to_envelope
from models.nlu import understand as decide
from tables.domain_counts import RollingCount, counted

if TYPE_CHECKING:
    from app.engine import Record, Transaction


@app.agent(app.run_topic(topics.INTENTIONS_SUBMITTED))
async def understand(stream: Any) -> None:
    """Decide what each intention is about, and send it there."""
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            for record in batch:
                with tx.attempt(record):
                    _understand(tx, record, now_ms())


def _understand(tx: Transaction, record: Record, now: int) -> None:
    understanding = decide(record.value, now_ms=now)
    fallback_id = stable_id("intention", record.topic, record.partition, record.offset)
    envelope = to_envelope(record.value, understanding, fallback_id=fallback_id, now_ms=now)
    way, domain = route(understanding.confidence), understanding.domain
    headers = list(record.headers) or None
    if way is Route.VALIDATION:
        tx.send(topics.INTENTIONS_VALIDATION, key=envelope.id, value=envelope, headers=headers)
        tx.send(topics.PLANS_COMPLETED, key=envelope.id, value=not_understood(envelope, now_ms=now))
    else:
        tx.send(topics.INTENTIONS_OF[domain], key=envelope.id, value=envelope, headers=headers)
    counts = tx.view(domain_counts, record)
    event_time_ms = min(max(record.timestamp_ms, 0), now)  # a clock in the future must not close the window
    counts[domain.value] = counted(counts.get(domain.value, RollingCount()), event_time_ms=event_time_ms)
    metrics.intention(domain.value, way.value)
