"""label: ``learning.predictions`` and what is said of plans later → ``learning.examples``.

What was said of a plan waits in a table for what should have been said; `models.online.labels` has the rules.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.main import app, learning_rates, metrics, pheromones, predictions, settings
from models.deliberation.weights import judged
from models.lifecycle.experiment import labelled
from models.online.labels import Fate, Prediction, examples_of, judge, label_of, sightings_of
from models.records import Consensus
from tables.actor_rates import Limit, take
from tables.ladders import partition_of
from tables.predictions import expire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.engine import Batch, Record, Transaction
    from models.deliberation.weights import Signal
    from models.online.labels import Label
    from models.records import LearningExample

_FULL: Final = Limit(settings.learn_full_per_s * 60 / settings.partitions, max(1.0, settings.learn_full_per_s))


@app.agent(
    app.run_topic(
        topics.LEARNING_PREDICTIONS, topics.PLANS_OUTCOMES, topics.PLANS_APPROVAL_OUTCOMES, topics.FEEDBACK_PLANS
    )
)
async def label(stream: Any) -> None:
    """Join what was said of plans with what should have been said."""
    async for batch in runs(stream):
        signals: list[Signal] = []
        async with transaction(batch) as tx:
            _expire(tx, batch)
            for record in batch:
                with tx.attempt(record):
                    signals += _join(tx, record)
            if signals:  # by their ids, so that what is written before a crash is not there twice
                await batch.patiently(partial(pheromones.reinforce, signals))


def _expire(tx: Transaction, batch: Batch) -> None:
    before_ms = now_ms() - round(settings.label_ttl_s * 1000)
    for first in batch.firsts:
        metrics.label("none", Fate.MISSING.value, expire(tx.view(predictions, first), before_ms=before_ms))


def _join(tx: Transaction, record: Record) -> list[Signal]:
    known, said = tx.view(predictions, record), record.value
    before = known.get(said.plan_id)
    if isinstance(said, Consensus):
        if before is not None and before.consensus is not None:
            return []  # the same plan once more: it was shown already
        known[said.plan_id] = Prediction(at_ms=said.at, consensus=said)
        _send(tx, sightings_of(said, light=_is_too_much(tx, record, "plans")))
        signals = []
        for early in before.labels if before else ():
            signals += _label(tx, record, early)
        return signals
    found = label_of(said)
    return [] if found is None else _label(tx, record, found)


def _label(tx: Transaction, record: Record, label: Label) -> list[Signal]:
    known = tx.view(predictions, record)
    plan_id = record.value.plan_id
    after, fate = judge(known.get(plan_id), label)
    metrics.label(label.source.value, fate.value)
    known[plan_id] = after
    if fate not in (Fate.LEARNED, Fate.CORRECTED) or after.consensus is None:
        return []
    consensus = after.consensus
    metrics.label_delay(max(0, label.at_ms - consensus.at) / 1000)
    _send(tx, examples_of(consensus, label, light=_is_too_much(tx, record, "labels")))
    if seen := labelled(consensus, label):
        tx.send(topics.EXPERIMENTS_OBSERVATIONS, key=plan_id, value=seen)
    return [
        judged(
            plan_id,
            vote.specialist_type,
            consensus.domain,
            said=vote.recommendation,
            confidence=vote.confidence_score,
            label=label.recommendation,
            at_ms=label.at_ms,
        )
        for vote in consensus.decision.specialist_votes
        if label.specialist in (None, vote.specialist_type)
    ]


def _is_too_much(tx: Transaction, record: Record, what: str) -> bool:
    """Whether more comes than all learners have time for; decided here, so that it is the same for whoever learns."""
    return bool(take(tx.view(learning_rates, record), what, _FULL, event_time_ms=record.timestamp_ms))


def _send(tx: Transaction, examples: Iterable[LearningExample]) -> None:
    for example in examples:
        key, partition = example.specialist_type.value, partition_of(example.specialist_type)
        tx.send(topics.LEARNING_EXAMPLES, key=key, value=example, partition=partition)
