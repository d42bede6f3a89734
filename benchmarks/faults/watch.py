"""Follow the committed output while it grows, to know when each source partition moved on."""

from __future__ import annotations

import uuid
from bisect import bisect_left
from collections import defaultdict
from time import time
from typing import TYPE_CHECKING

import orjson
from confluent_kafka import Consumer, TopicPartition

if TYPE_CHECKING:
    from threading import Event


class Watcher:
    """A `read_committed` reader of the output: the highest source offset seen of each partition, over time."""

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": f"watch-{uuid.uuid4()}",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 50,
                "log_level": 0,
            }
        )
        self._consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
        self._offsets: defaultdict[int, list[int]] = defaultdict(list)
        self._times: defaultdict[int, list[float]] = defaultdict(list)

    def run(self, stop: Event) -> None:
        """Read until told to stop; a broker that is away is waited for."""
        while not stop.is_set():
            messages = self._consumer.consume(5_000, timeout=0.1)
            now_s = time()
            for message in messages:
                if message.error() is None:
                    self._note(orjson.loads(message.value()), now_s)
        self._consumer.close()

    def _note(self, origin: dict[str, int], now_s: float) -> None:
        offsets = self._offsets[origin["partition"]]
        if not offsets or origin["offset"] > offsets[-1]:
            offsets.append(origin["offset"])
            self._times[origin["partition"]].append(now_s)

    def first_beyond(self, partition: int, offset: int) -> float | None:
        """Return when (epoch seconds) an output beyond a source offset was first seen."""
        at = bisect_left(self._offsets[partition], offset + 1)
        times = self._times[partition]
        return times[at] if at < len(times) else None
