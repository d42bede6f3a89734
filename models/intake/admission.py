"""Who is taken in: duplicates and those who send too much are turned away, with an answer that says so."""

from __future__ import annotations

from typing import Final, NamedTuple

from models.ids import stable_id
from models.messages import say
from models.nlu.pii import mask
from models.records import CompletedPlan, CompletionStatus, IntentAudit, IntentOutcome, Submission
from models.records.base import MAX_ID_CHARS

__all__ = ["TurnedAway", "actor_of", "correlation_of", "duplicate", "rate_limited", "short_key"]

ANONYMOUS: Final = "anonymous"


class TurnedAway(NamedTuple):
    """What is said about an intention that is not taken in: to its sender, if there is anything to say, and noted."""

    answer: CompletedPlan | None
    audit: IntentAudit


def correlation_of(submission: Submission) -> str | None:
    """Return what a submission is recognised by when it is sent again, or None when it has nothing of the kind."""
    given = submission.correlation_id or submission.id
    return short_key(given) if given else None


def actor_of(submission: Submission) -> str:
    """Return whose limit a submission counts for; all who do not say who they are share one."""
    if submission.actor is not None:
        return submission.actor.id
    return short_key((submission.context.user_id if submission.context else None) or ANONYMOUS)


def short_key(given: str) -> str:
    """Return an id that anybody may have made up as a table's key; one that follows from it where it is too long."""
    return given if len(given) <= MAX_ID_CHARS else stable_id("long", given)


def duplicate(submission: Submission, *, intention_id: str, first: str, now_ms: int) -> TurnedAway:
    """Say that an intention is another one sent again.

    One that was sent again under its own id gets no answer: the answer to that id is still to come, or has come, and
    whoever waits for it must not take this one for it.
    """
    audit = _audit(submission, IntentOutcome.DUPLICATE, intention_id=intention_id, now_ms=now_ms, duplicate_of=first)
    if first == intention_id:
        return TurnedAway(None, audit)
    error = say("duplicate", _language(submission), first=first)
    answer = _answer(submission, CompletionStatus.DUPLICATE, error, intention_id=intention_id, now_ms=now_ms)
    answer.metadata["duplicate_of"] = first
    return TurnedAway(answer, audit)


def rate_limited(
    submission: Submission, *, intention_id: str, per_minute: float, retry_after_ms: int, now_ms: int
) -> TurnedAway:
    """Say that the sender has sent too much, and when there is room again."""
    seconds = -(-retry_after_ms // 1000)
    error = say("rate-limited", _language(submission), limit=f"{per_minute:g}", seconds=seconds)
    answer = _answer(submission, CompletionStatus.REJECTED, error, intention_id=intention_id, now_ms=now_ms)
    answer.metadata["retry_after_ms"] = retry_after_ms
    return TurnedAway(answer, _audit(submission, IntentOutcome.RATE_LIMITED, intention_id=intention_id, now_ms=now_ms))


def _language(submission: Submission) -> str:
    return "en" if (submission.asked_language or "").lower().startswith("en") else "pt"


def _answer(
    submission: Submission, status: CompletionStatus, error: str, *, intention_id: str, now_ms: int
) -> CompletedPlan:
    return CompletedPlan(
        intention_id=intention_id,
        status=status,
        question=submission.question,
        submitted_at=now_ms,
        completed_at=now_ms,
        correlation_id=submission.correlation_id or intention_id,
        error=error,
    )


def _audit(
    submission: Submission,
    outcome: IntentOutcome,
    *,
    intention_id: str,
    now_ms: int,
    duplicate_of: str | None = None,
) -> IntentAudit:
    return IntentAudit(
        intention_id=intention_id,
        outcome=outcome,
        text=mask(submission.question),
        actor=mask(actor_of(submission)),
        at=now_ms,
        correlation_id=submission.correlation_id or intention_id,
        duplicate_of=duplicate_of,
    )
