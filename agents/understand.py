"""understand: ``intentions.submitted`` → ``intentions.{domain}``, and a record of the decision.

What nobody can make out goes to ``intentions.validation``, and an answer says so; whoever is turned away gets one too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents._admission import event_time_ms, forget_old, free, turned_away
from agents._answers import answer
from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.main import app, domain_counts, domain_model, flow_metrics, metrics, readings, shared_readings
from models.completion import not_understood
from models.ids import stable_id
from models.intake.audit import audit_of
from models.nlu import Route, route, to_envelope
from models.nlu import understand as decide
from models.presentation import SUBMITTED_PARTITION
from models.records import Release, Submission
from tables.domain_counts import RollingCount, counted

if TYPE_CHECKING:
    from app.engine import Batch, Record, Transaction
    from models.nlu.model import DomainModel


@app.agent(app.run_topic(topics.INTENTIONS_SUBMITTED, topics.INTENTIONS_RELEASED))
async def understand(stream: Any) -> None:
    """Decide what each intention is about, and send it there."""
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            model = domain_model.model  # one for the whole batch: a new one may come at any time
            forget_old(tx, batch, now_ms())
            if shared_readings is not None:
                await shared_readings.fetch(_submissions(batch), now_ms=now_ms(), model=model)
            for record in batch:
                with tx.attempt(record):
                    if isinstance(record.value, Release):
                        free(tx, record)
                    else:
                        _understand(tx, record, model, now_ms())
            if shared_readings is not None:
                shared_readings.share(model)


def _submissions(batch: Batch) -> list[Submission]:
    return [record.value for record in batch if isinstance(record.value, Submission)]


def _understand(tx: Transaction, record: Record, model: DomainModel, now: int) -> None:
    submission = record.value
    intention_id = submission.id or stable_id("intention", record.topic, record.partition, record.offset)
    if (away := turned_away(tx, record, intention_id, now)) is not None:
        tx.send(topics.INTENTIONS_AUDIT, key=intention_id, value=away.audit)
        metrics.turned_away(away.audit.outcome.value)
        if away.answer is not None:
            answer(tx, away.answer)
        return
    hits = readings.hits
    understanding = decide(submission, now_ms=now, model=model, cache=readings)
    envelope = to_envelope(submission, understanding, fallback_id=intention_id, now_ms=now)
    envelope.metadata[SUBMITTED_PARTITION] = record.partition
    way, domain = route(understanding.confidence), understanding.domain
    at_ms = event_time_ms(record, now)
    audit = audit_of(envelope, understanding, way, cached=readings.hits > hits, now_ms=now, arrived_ms=at_ms)
    headers = list(record.headers) or None
    if way is Route.VALIDATION:
        envelope.metadata["guesses"] = {guess.domain: guess.probability for guess in audit.guesses}
        tx.send(topics.INTENTIONS_VALIDATION, key=envelope.id, value=envelope, headers=headers)
        answer(tx, not_understood(envelope, now_ms=now))
    else:
        tx.send(topics.INTENTIONS_OF[domain], key=envelope.id, value=envelope, headers=headers)
    tx.send(topics.INTENTIONS_AUDIT, key=envelope.id, value=audit)
    counts = tx.view(domain_counts, record)
    counts[domain.value] = counted(counts.get(domain.value, RollingCount()), event_time_ms=at_ms)
    metrics.intention(domain.value, way.value)
    flow_metrics.understood(domain.value, understanding.confidence)
