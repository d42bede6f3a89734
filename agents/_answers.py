"""How a stage ends an intention: the answer, and what goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents._facts import tell
from app import topics
from app.main import flow_metrics, settings
from models.intake.ending import freed_by_answer
from models.online.labels import outcome_label

if TYPE_CHECKING:
    from app.engine import Transaction
    from models.intake.ending import Freed
    from models.records import CompletedPlan

__all__ = ["answer", "release"]


def answer(tx: Transaction, completed: CompletedPlan) -> None:
    """Send an answer; when the intention has failed, its correlation id is free again."""
    tx.send(topics.PLANS_COMPLETED, key=completed.intention_id, value=completed)
    flow_metrics.answered(completed)
    tell(tx, completed.intention_id, now_ms=completed.completed_at, completed=completed)
    if (label := outcome_label(completed)) is not None:
        tx.send(topics.PLANS_OUTCOMES, key=label.plan_id, value=label)
    release(tx, freed_by_answer(completed, partitions=settings.partitions))


def release(tx: Transaction, freed: Freed | None) -> None:
    """Give a correlation id free, on the partition where it is remembered."""
    if freed is not None:
        tx.send(
            topics.INTENTIONS_RELEASED, key=freed.release.correlation_id, value=freed.release, partition=freed.partition
        )
