"""When an intention has failed, its correlation id is given free, so that it can be sent again at once."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from models.intake.admission import short_key
from models.presentation import submitted_partition
from models.records import CompletedPlan, CompletionStatus, Release

__all__ = ["Freed", "freed_by_answer", "freed_by_dead_letter"]

FAILED: Final = frozenset({CompletionStatus.FAILED, CompletionStatus.NOT_GROUNDED})
"""Endings that free the id. What is not understood waits for a person; a duplicate or rejected one never held it."""


class Freed(NamedTuple):
    """A release, and the partition of the submission that it is about."""

    release: Release
    partition: int


def freed_by_answer(answer: CompletedPlan, *, partitions: int) -> Freed | None:
    """Return the release that goes with an answer, or None when it frees nothing.

    Args:
        answer: The end of an intention.
        partitions: How many there are: what travels in metadata may have been written by anybody.
    """
    if answer.status not in FAILED:
        return None
    release = _release(answer.intention_id, answer.correlation_id, reason=answer.status.value, at=answer.completed_at)
    return _on_partition(release, answer.metadata, partitions)


def freed_by_dead_letter(value: bytes | None, *, reason: str, partitions: int, now_ms: int) -> Freed | None:
    """Return the release that goes with a dead letter, or None when it is none of an intention under way.

    Args:
        value: The record that could not be processed, as it came in: anything at all.
        reason: Why, in a word.
        partitions: How many there are.
        now_ms: The time, in epoch milliseconds.
    """
    try:
        found = msgspec.json.decode(value or b"", type=_Travelling)
    except (ValueError, RecursionError):
        return None
    asker = found.metadata.get("asker")
    metadata = asker if isinstance(asker, dict) else found.metadata
    intention_id = found.intent_id or metadata.get("intention_id") or found.id
    release = _release(intention_id, found.correlation_id or intention_id, reason=reason, at=now_ms)
    return _on_partition(release, metadata, partitions)


class _Travelling(msgspec.Struct):
    """What an envelope, a plan, a ticket and a result have in common."""

    id: str | None = None
    intent_id: str | None = None
    correlation_id: str | None = None
    metadata: dict[str, Any] = {}


def _release(intention_id: object, correlation_id: object, *, reason: str, at: int) -> Release | None:
    if isinstance(correlation_id, str):
        correlation_id = short_key(correlation_id)
    try:
        return msgspec.convert(
            {"intention_id": intention_id, "correlation_id": correlation_id, "reason": reason, "at": at}, Release
        )
    except msgspec.ValidationError:  # no ids, or none that one could have
        return None


def _on_partition(release: Release | None, metadata: dict[str, Any], partitions: int) -> Freed | None:
    partition = submitted_partition(metadata)
    if release is None or partition is None or partition >= partitions:
        return None
    return Freed(release, partition)
