"""From a producer's `send` to what a `read_committed` reader sees, at a given rate, everything on this machine.

The load is open: a record's clock starts when it was *due*, whether or not the generator was late, so that a system
that stands still can't hide it by holding back the load.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Self, cast

import orjson
from confluent_kafka import Consumer, Producer, TopicPartition

from app import topics
from app.sample.questions import QUESTIONS
from benchmarks.report import emit, progress

if TYPE_CHECKING:
    from app.topics import TopicSpec
    from benchmarks.cluster import Cluster

WARM_UP_S = 45.0  # a broker that has just been started compiles its code for most of a minute, on one core of two
MEASURED_S = 30.0
ARRIVAL_TIMEOUT_S = 20.0
IDLE_S = 20.0
IDLE_TARGET_PERCENT = 5.0


class NothingArrives(Exception):
    """Most of what was submitted has not come out: there is no latency to speak of."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """What is measured: where a record must arrive, at which rate, and how fast (targets in milliseconds)."""

    path: str
    arrives_on: tuple[TopicSpec, ...]
    rate_per_s: int
    p50_ms: float
    p99_ms: float


WAYS = (
    Way(path="completed", arrives_on=(topics.PLANS_COMPLETED,), rate_per_s=100, p50_ms=200, p99_ms=400),
    Way(
        path="understand",
        arrives_on=(*topics.INTENTIONS_OF.values(), topics.INTENTIONS_VALIDATION),
        rate_per_s=200,
        p50_ms=60,
        p99_ms=200,
    ),
)


class Arrivals:
    """A `read_committed` reader in a thread of its own: when was each key first seen?"""

    def __init__(self, cluster: Cluster, wanted: tuple[TopicSpec, ...]) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": cluster.bootstrap,
                "group.id": f"latency-{uuid.uuid4()}",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 10,
                "socket.nagle.disable": True,
                "log_level": 2,
            }
        )
        ends = {spec.name: cluster.end_offsets(spec.name) for spec in wanted}
        self._consumer.assign([TopicPartition(name, p, end) for name, at in ends.items() for p, end in at.items()])
        self.seen: dict[str, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="arrivals", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            message = self._consumer.poll(0.1)
            if message is not None and message.error() is None:
                self.seen.setdefault(cast("bytes", message.key()).decode(), time.monotonic())


def run(cluster: Cluster, *, warm_up_s: float = WARM_UP_S, measured_s: float = MEASURED_S) -> bool:
    """Measure every way; return whether all targets are met."""
    met = [measure(cluster, way, warm_up_s=warm_up_s, measured_s=measured_s) for way in WAYS]
    return all(met)


def measure(cluster: Cluster, way: Way, *, warm_up_s: float, measured_s: float) -> bool:
    """Put load on `intentions.submitted`, print the latency of one way, and return whether its targets are met."""
    progress(f"latency to {way.path}: {way.rate_per_s}/s for {measured_s:.0f} s after {warm_up_s:.0f} s")
    with Arrivals(cluster, way.arrives_on) as arrivals:
        due = send(cluster.bootstrap, rate_per_s=way.rate_per_s, duration_s=warm_up_s + measured_s)
        deadline = time.monotonic() + ARRIVAL_TIMEOUT_S
        while len(arrivals.seen) < len(due) and time.monotonic() < deadline:
            time.sleep(0.05)
    began = min(due.values())
    counted = {key: at_s for key, at_s in due.items() if at_s >= began + warm_up_s}
    found = [(arrivals.seen[key] - at_s) * 1_000 for key, at_s in counted.items() if key in arrivals.seen]
    if len(found) < len(counted) / 2:
        raise NothingArrives(f"{len(found)} of {len(counted)} records arrived on {way.path}")
    cuts = quantiles(found, n=100)
    p50, p99, missing = cuts[49], cuts[98], len(counted) - len(found)
    met = p50 <= way.p50_ms and p99 <= way.p99_ms and not missing
    emit(
        "latency",
        path=way.path,
        rate_per_s=way.rate_per_s,
        p50_ms=round(p50, 1),
        p99_ms=round(p99, 1),
        max_ms=round(max(found), 1),
        n=len(found),
        missing=missing,
        target_p50_ms=way.p50_ms,
        target_p99_ms=way.p99_ms,
        met=met,
    )
    return met


def send(bootstrap: str, *, rate_per_s: int, duration_s: float) -> dict[str, float]:
    """Submit intentions at an even rate; return when each was due, by its id."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0, "socket.nagle.disable": True, "log_level": 2})
    producer.list_topics(topics.INTENTIONS_SUBMITTED.name, timeout=30)
    due: dict[str, float] = {}
    texts = cycle(question.text for question in QUESTIONS)
    began = time.monotonic() + 0.1
    for number in range(int(rate_per_s * duration_s)):
        due_at = began + number / rate_per_s
        while (wait_s := due_at - time.monotonic()) > 0:
            producer.poll(0)
            time.sleep(min(wait_s, 0.01))
        key = str(uuid.uuid4())
        due[key] = due_at
        producer.produce(topics.INTENTIONS_SUBMITTED.name, orjson.dumps({"id": key, "text": next(texts)}), key.encode())
        producer.poll(0)
    producer.flush()
    return due


def idle(pid: int) -> bool:
    """Print how much of a core a worker takes that has nothing to do; return whether that is little enough."""
    progress(f"idle worker: {IDLE_S:.0f} s")
    before_s, began = cpu_s(pid), time.monotonic()
    time.sleep(IDLE_S)
    percent = (cpu_s(pid) - before_s) / (time.monotonic() - began) * 100
    met = percent <= IDLE_TARGET_PERCENT
    emit("idle", cpu_percent=round(percent, 2), target=IDLE_TARGET_PERCENT, met=met)
    return met


def cpu_s(pid: int) -> float:
    """Return the processor seconds that a process has used (Linux)."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
