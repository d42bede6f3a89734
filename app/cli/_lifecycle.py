"""What `hive experiment` and `hive retrain` share: how things stand, and how a word is sent and answered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from app import topics
from app.errors import HiveError
from app.stores import kafka
from models.records import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.settings import Settings
    from app.topics import TopicSpec
    from models.records import Record

READ_S = 60.0
OUTCOME_S = 15.0

V = TypeVar("V")


def states(settings: Settings, topic: TopicSpec, kind: type[V]) -> dict[str, V]:
    """Return what a table holds, read from the listed topic that is its changelog."""
    found: dict[str, V] = {}
    with kafka.reader(settings) as consumer:
        begin = kafka.required(kafka.starts(consumer, [topic.name]), topic.name)
        for record in kafka.read_to_end(consumer, begin, timeout_s=READ_S):
            key = (record.key or b"").decode()
            if record.value is None:
                found.pop(key, None)
            else:
                found[key] = msgspec.json.decode(record.value, type=kind)
    return found


def tell(
    settings: Settings, topic: TopicSpec, key: str, said: Record, answers: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Send a word and wait for the event that answers it.

    Args:
        settings: Where Kafka is.
        topic: Where the word goes.
        key: Its key.
        said: The word.
        answers: Whether an event of `learning.events` is the answer.

    Raises:
        HiveError: it changed nothing, for the reason that is given; or nothing came of it in time.
    """
    name = topics.LEARNING_EVENTS.name
    with kafka.reader(settings) as consumer:
        kafka.assign(consumer, kafka.required(kafka.ends(consumer, [name]), name))
        kafka.send(settings, topic.name, key, encode(said))
        deadline_s = time.monotonic() + OUTCOME_S
        while time.monotonic() < deadline_s:
            found = kafka.poll(consumer, 0.2)
            if found is None or found.value is None:
                continue
            event = msgspec.json.decode(found.value)
            if isinstance(event, dict) and "event_id" in event and answers(event):
                if not event["applied"]:
                    raise HiveError(f"{event['event']} changed nothing: {event['why']}")
                return event
    raise HiveError(f"sent, but nothing came of it in {OUTCOME_S:g} s; `hive status` says what waits")
