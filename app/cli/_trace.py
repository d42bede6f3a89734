"""The way of an intention through the topics, read back from the topics themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import topics
from app.stores import kafka

if TYPE_CHECKING:
    from app.settings import Settings

# The list of topics is in the order of the flow.
_FLOW = {
    spec.name: place
    for place, spec in enumerate(topics.TOPICS)
    if spec.key in {"intention id", "plan id"} or spec in topics.DEAD_LETTERS
}


class Trace:
    """Remembers where every topic ends now, so that what comes later can be read back.

    Raises:
        BrokerUnavailable: Kafka does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        with kafka.reader(settings) as consumer:
            self._starts = kafka.ends(consumer, _FLOW)

    def hops(self, intention_id: str, plan_id: str | None) -> list[kafka.Found]:
        """Return the records of this intention and its plan, in the order of the flow."""
        ids = {item.encode() for item in (intention_id, plan_id) if item}
        with kafka.reader(self._settings) as consumer:
            records = kafka.read_to_end(consumer, self._starts, timeout_s=30)
            found = [record for record in records if record.key in ids]
        return sorted(found, key=lambda record: (_FLOW[record.topic], record.partition, record.offset))
