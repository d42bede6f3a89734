"""Dead letters as they lie on their topics: found by their ids, and where each came from."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from confluent_kafka import TopicPartition

from app import topics
from app.errors import BrokerUnavailable, StoreUnavailable
from app.stores import kafka
from models.deadletters import LetterId, describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from confluent_kafka import Consumer

    from app.settings import Settings
    from app.topics import TopicSpec

__all__ = ["Origin", "fetch", "letter_id", "origin", "origin_or_why"]

READ_S: Final = 30.0
_GAP: Final = 1_000
"""Offsets further apart than that are sought, not read over."""
_FAMILY: Final = {spec.name: family for family, spec in topics.DEAD_LETTERS_OF.items()}
_LISTED: Final[Mapping[str, TopicSpec]] = {spec.name: spec for spec in topics.TOPICS if spec.record is not None}


class Origin(NamedTuple):
    """Where a letter's record came from; the partition is ``None`` where its key says it."""

    topic: TopicSpec
    partition: int | None


def letter_id(topic: str, partition: int, offset: int) -> LetterId:
    """Return the id of the letter at a place."""
    return LetterId(_FAMILY[topic], partition, offset)


def origin(headers: Iterable[tuple[str, bytes | None]], value: bytes | None, *, partitions: int) -> Origin | None:
    """Return where a letter can be sent again, or ``None`` where it can't be."""
    found = origin_or_why(headers, value, partitions=partitions)
    return found if isinstance(found, Origin) else None


def origin_or_why(headers: Iterable[tuple[str, bytes | None]], value: bytes | None, *, partitions: int) -> Origin | str:
    """Return where a letter can be sent again, or why it can't be; anybody may have written it.

    Args:
        headers: The letter's headers.
        value: The original.
        partitions: How many the topics of the flow have.
    """
    about = describe(headers)
    spec = _LISTED.get(about.get("topic", ""))
    if spec is None:
        return f"it came from {about.get('topic') or 'nowhere'}, which is no topic of ours that is read"
    if not spec.takes(value):
        return f"it is larger than {spec.name} takes"
    partition = about.get("partition", "")
    known = partition.isascii() and partition.isdigit() and int(partition[:9]) < (spec.partitions or partitions)
    return Origin(spec, int(partition) if known else None)


def fetch(settings: Settings, wanted: Iterable[LetterId]) -> dict[LetterId, kafka.Found]:
    """Read letters; one that is no longer there, or never was, is left out. Blocking.

    Raises:
        StoreUnavailable: Kafka does not answer.
    """
    places: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for letter in wanted:
        if (spec := topics.DEAD_LETTERS_OF.get(letter.family)) is not None:
            places[spec.name, letter.partition].add(letter.offset)
    try:
        with kafka.reader(settings) as consumer:
            known = set(kafka.existing(consumer, {topic for topic, _ in places}))
            return {
                letter_id(record.topic, record.partition, record.offset): record
                for (topic, partition), offsets in places.items()
                if (topic, partition) in known
                for record in _read(consumer, topic, partition, offsets)
            }
    except BrokerUnavailable as error:
        raise StoreUnavailable("kafka", str(error)) from error


def _read(consumer: Consumer, topic: str, partition: int, offsets: set[int]) -> Iterator[kafka.Found]:
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=kafka.ANSWER_S)
    for span in _spans(sorted(offset for offset in offsets if low <= offset < high)):
        for record in kafka.read_to_end(consumer, {(topic, partition): span[0]}, timeout_s=READ_S):
            if record.offset in offsets:
                yield record
            if record.offset >= span[-1]:
                break


def _spans(offsets: list[int]) -> Iterator[list[int]]:
    """Cut offsets in order where there is a gap between them."""
    span = offsets[:1]
    for before, offset in pairwise(offsets):
        if offset - before > _GAP:
            yield span
            span = []
        span.append(offset)
    if span:
        yield span
