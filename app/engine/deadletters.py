"""Dead letters: the original record, byte for byte, and in its headers why it could not be processed.

The value is not wrapped: nothing is lost, a null stays a null, and a record of any size fits. The headers that were
there stay in front.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.deadletters import PREFIX

if TYPE_CHECKING:
    from app.engine.committer import Message

__all__ = ["dead_letter"]

_DETAIL_MOST = 2000


def dead_letter(raw: Any, error: Exception, *, topic: str, stage: str) -> Message:
    """Return the dead letter of a raw record (a ``confluent_kafka.Message``).

    Headers: ``dead-letter-topic``, ``-partition``, ``-offset``, ``-timestamp-ms``, ``-stage``, ``-error`` (class),
    ``-reason`` (short code), ``-message``.
    """
    about = {
        "topic": raw.topic(),
        "partition": str(raw.partition()),
        "offset": str(raw.offset()),
        "timestamp-ms": str(raw.timestamp()[1]),
        "stage": stage,
        "error": type(error).__name__,
        "reason": getattr(error, "reason", "failed"),
        "message": str(error)[:_DETAIL_MOST],
    }
    headers = [*(raw.headers() or ()), *((PREFIX + name, value.encode()) for name, value in about.items())]
    return (topic, raw.key(), raw.value(), headers, None)
