"""The input of a fault run: deterministic from the seed, produced evenly while the faults happen."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

import orjson

from benchmarks.records import Filler

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from threading import Event

KEYS = 4_000
TICK_S = 0.02


def inputs(seed: int, count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield `count` pairs of key and value."""
    rng = Random(seed)
    for number in range(count):
        key = f"key-{rng.randrange(KEYS):05}"
        record = {"id": number, "key": key, "value": rng.randrange(1, 10), "note": "x" * 40}
        yield key.encode(), orjson.dumps(record)


def produce(bootstrap: str, topic: str, records: Iterable[tuple[bytes, bytes]], *, per_s: float, stop: Event) -> None:
    """Produce keys and values at an even rate; a broker that is away is waited for.

    Raises:
        KafkaException: A record could not be delivered.
    """
    filler = Filler(bootstrap)
    began = time.monotonic()
    for number, (key, value) in enumerate(records):
        while (time.monotonic() - began) * per_s < number:
            if stop.wait(TICK_S):
                return
        filler.put(topic, key, value)
    filler.flush()
