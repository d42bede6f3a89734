"""How a timer says that a time has come: as a record like any other, so that the log decides what came first."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from app.engine.committer import Work
from app.errors import StaleRun
from app.main import app
from models.records import encode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.engine.committer import Message
    from app.topics import TopicSpec
    from models.records.base import Record

__all__ = ["say"]


async def say(timer: str, topic: TopicSpec, words: Iterable[tuple[str, Record, int | None]]) -> None:
    """Send what a timer has to say, in a transaction of its own.

    Args:
        timer: The timer's name.
        topic: Where it speaks.
        words: A key, a value, and a partition where the key does not say it; without any, nothing is sent.
    """
    messages: list[Message] = [
        (topic.name, key.encode(), encode(value), None, partition) for key, value, partition in words
    ]
    if messages:
        with suppress(StaleRun):  # the partitions have moved on: their new owner looks too
            await app.committer.submit(Work(timer, app.generation, {}, messages))
