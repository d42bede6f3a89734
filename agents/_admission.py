"""Whom `understand` takes in: what its tables remember of correlation ids and of actors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.main import actor_rates, correlations, settings
from models.intake.admission import TurnedAway, actor_of, correlation_of, duplicate, rate_limited
from models.records import Release
from tables import forget
from tables.actor_rates import MOST as MOST_ACTORS
from tables.actor_rates import Limit, take
from tables.correlations import MOST as MOST_IDS
from tables.correlations import first_of, release

if TYPE_CHECKING:
    from app.engine import Batch, Record, Transaction

__all__ = ["event_time_ms", "forget_old", "free", "turned_away"]

_WINDOW_MS: Final = int(settings.duplicate_window_s * 1000)
_LIMIT: Final = (
    Limit(settings.rate_limit_per_minute / settings.partitions, settings.rate_limit_burst)
    if settings.rate_limit_per_minute
    else None
)


def event_time_ms(record: Record, now: int) -> int:
    """Return when a record was written; a clock in the future must not close windows."""
    return min(max(record.timestamp_ms, 0), now)


def forget_old(tx: Transaction, batch: Batch, now: int) -> None:
    """Forget what is too old, once for each partition of a batch."""
    for run in batch.runs:
        if run.records:
            first, at_ms = run.records[0], event_time_ms(run.records[-1], now)
            forget(tx.view(correlations, first), before_ms=at_ms - _WINDOW_MS, most=MOST_IDS)
            if _LIMIT:
                forget(tx.view(actor_rates, first), before_ms=at_ms - _LIMIT.full_after_ms, most=MOST_ACTORS)


def turned_away(tx: Transaction, record: Record, intention_id: str, now: int) -> TurnedAway | None:
    """Return what is said to one who is not taken in; ``None``: this one is, and that is remembered."""
    submission, at_ms = record.value, event_time_ms(record, now)
    if _LIMIT and (wait_ms := take(tx.view(actor_rates, record), actor_of(submission), _LIMIT, event_time_ms=at_ms)):
        per_minute = settings.rate_limit_per_minute
        return rate_limited(
            submission, intention_id=intention_id, per_minute=per_minute, retry_after_ms=wait_ms, now_ms=now
        )
    correlation_id = correlation_of(submission)
    if not (_WINDOW_MS and correlation_id):
        return None
    known = tx.view(correlations, record)
    first = first_of(known, correlation_id, intention_id, event_time_ms=at_ms, window_ms=_WINDOW_MS)
    return None if first is None else duplicate(submission, intention_id=intention_id, first=first, now_ms=now)


def free(tx: Transaction, record: Record) -> None:
    """Give the correlation id of an intention free that has failed."""
    freed: Release = record.value
    release(tx.view(correlations, record), freed.correlation_id, freed.intention_id)
