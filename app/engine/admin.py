"""Create topics, and compare them with the list. Blocking: call it off the event loop."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from app.errors import BrokerUnavailable, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.settings import Settings
    from app.topics import TopicSpec

__all__ = ["Difference", "compare", "create_missing", "reachable"]

logger = logging.getLogger(__name__)

ASK_TIMEOUT_S = 10.0


class Difference(NamedTuple):
    """One way in which a topic on the broker is not as it is listed."""

    topic: str
    what: str
    listed: str
    found: str


def reachable(settings: Settings, *, timeout_s: float = 1.0) -> str | None:
    """Return why Kafka can't be reached, or ``None`` when it answers."""
    errors: list[str] = []
    client = AdminClient(
        {**settings.kafka_client(), "error_cb": lambda error: errors.append(error.str()), "log_level": 0}
    )
    try:
        client.list_topics(timeout=timeout_s)
    except KafkaException as exc:
        return errors[-1] if errors else str(exc.args[0].str())
    return None


def _partitions(settings: Settings, spec: TopicSpec) -> int:
    return spec.partitions or settings.partitions


def create_missing(settings: Settings, specs: Iterable[TopicSpec]) -> list[str]:
    """Create the topics that are not there yet; return their names.

    Raises:
        BrokerUnavailable: Kafka does not answer.
        ConfigurationError: the broker refuses a topic, or one that is there has another number of partitions.
    """
    admin = AdminClient(settings.kafka_client())
    try:
        there = admin.list_topics(timeout=ASK_TIMEOUT_S).topics
    except KafkaException as exc:
        raise BrokerUnavailable(f"{settings.kafka}: {exc.args[0].str()}") from exc
    missing = []
    for spec in specs:
        wanted = _partitions(settings, spec)
        if spec.name not in there:
            missing.append(NewTopic(spec.name, wanted, settings.replication, config=spec.config()))
        elif len(there[spec.name].partitions) != wanted:
            raise ConfigurationError(
                f"topic {spec.name} has {len(there[spec.name].partitions)} partitions, the setting says {wanted}: "
                "stages are co-partitioned, so all topics must be alike; set `partitions`, or make the topic anew"
            )
    if not missing:
        return []
    for name, future in admin.create_topics(missing, request_timeout=ASK_TIMEOUT_S).items():
        try:
            future.result()
        except KafkaException as exc:
            if exc.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise ConfigurationError(f"topic {name} could not be created: {exc.args[0].str()}") from exc
    return [topic.topic for topic in missing]


def compare(settings: Settings, specs: Iterable[TopicSpec]) -> list[Difference]:
    """Return how the topics on the broker differ from the list.

    Raises:
        BrokerUnavailable: Kafka does not answer.
    """
    admin = AdminClient(settings.kafka_client())
    try:
        there = admin.list_topics(timeout=ASK_TIMEOUT_S).topics
    except KafkaException as exc:
        raise BrokerUnavailable(f"{settings.kafka}: {exc.args[0].str()}") from exc
    differences: list[Difference] = []
    for spec in specs:
        if spec.name not in there:
            differences.append(Difference(spec.name, "topic", "exists", "missing"))
            continue
        partitions = len(there[spec.name].partitions)
        if partitions != _partitions(settings, spec):
            differences.append(Difference(spec.name, "partitions", str(_partitions(settings, spec)), str(partitions)))
        differences.extend(_compare_config(admin, spec))
    return differences


def _compare_config(admin: AdminClient, spec: TopicSpec) -> list[Difference]:
    resource = ConfigResource(ResourceType.TOPIC, spec.name)
    try:
        found = admin.describe_configs([resource], request_timeout=ASK_TIMEOUT_S)[resource].result()
    except KafkaException as exc:
        return [Difference(spec.name, "settings", "described", exc.args[0].str())]
    return [
        Difference(spec.name, name, value, str(found[name].value) if name in found else "not reported")
        for name, value in spec.config().items()
        if name not in found or found[name].value != value
    ]
