"""validate: ``intentions.validated`` (a person's word) → ``intentions.{domain}``, ``feedback.intentions``.

The table makes the first word on an intention the only one: two people may answer at the same time, or one twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.main import app, validated
from models.intake.validation import Said, settle
from tables import forget
from tables.validated import KEPT_MS, MOST, Validated

if TYPE_CHECKING:
    from app.engine import Record, Transaction


@app.agent(app.run_topic(topics.INTENTIONS_VALIDATED))
async def validate(stream: Any) -> None:
    """Send on what a person has said the domain of, and have it learned."""
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            for record in batch:
                with tx.attempt(record):
                    _validate(tx, record, now_ms())


def _validate(tx: Transaction, record: Record, now: int) -> None:
    known = tx.view(validated, record)
    forget(known, before_ms=now - KEPT_MS, most=MOST)
    said = known.get(record.value.intention_id)
    settled = settle(record.value, Said(said.domain, said.by, said.sent_on) if said else None, now_ms=now)
    key = settled.audit.intention_id
    tx.send(topics.INTENTIONS_AUDIT, key=key, value=settled.audit)
    if settled.envelope is not None:
        tx.send(topics.INTENTIONS_OF[settled.envelope.intent.domain], key=key, value=settled.envelope)
    if settled.feedback is not None:
        tx.send(topics.FEEDBACK_INTENTIONS, key=key, value=settled.feedback)
    if settled.envelope is not None or settled.feedback is not None:
        sent_on = settled.envelope is not None or (said is not None and said.sent_on)
        known[key] = Validated(record.value.domain, record.value.by, now, sent_on)
