"""What the broker tests need: a worker as its own process, something to write with and something to read with."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from app import topics
from app.embedded.ports import free_port
from app.embedded.process import ManagedProcess
from benchmarks.cluster import Cluster
from benchmarks.servers import hive_worker, leave_behind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

READY_S = 45.0
ANSWER_S = 30.0
STAGES = "understand,plan,approve,archive,record,keep,remember,execute,orchestrate,validate,reprocess,learn"
"""All but those of specialists that learn, experiments and retraining, which have tests of their own."""


def get(port: int, path: str) -> tuple[int, str]:
    """Return the status and text of a worker's page; 0 when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def worker_process(
    addresses: Mapping[str, str], folder: Path, settings: Mapping[str, str] | None = None, *, ready: bool = True
) -> tuple[ManagedProcess, int]:
    """Return a worker that has not been started yet, and its web port."""
    port = free_port()
    environ = {
        **addresses,
        "HIVE_APP_ID": f"test-{uuid.uuid4().hex[:8]}",
        "HIVE_WEB_PORT": str(port),
        "HIVE_STAGES": STAGES,
        # What another test has taught the specialists, and how its intentions ended, is no part of this one.
        "HIVE_LEARNED_OPINIONS": "false",
        "HIVE_RECALL_MS": "0",
        **(settings or {}),
    }
    process = hive_worker(
        f"worker-{port}",
        environ,
        folder,
        ready=lambda: not ready or get(port, "/health/ready")[0] == 200,
        start_timeout_s=READY_S,
    )
    return process, port


def new_group(kafka: str, name: str = "test") -> str:
    """Return an application of one's own, that begins with what comes from now on.

    The plans of others that have not ended are forgotten: their time comes while it runs, and it would end them.
    """
    app_id = f"{name}-{uuid.uuid4().hex[:8]}"
    leave_behind(kafka, app_id)
    Cluster(kafka).forget(topics.PLANS_STATES.name)
    return app_id


@contextmanager
def worker(addresses: Mapping[str, str], folder: Path, **settings: str) -> Iterator[tuple[ManagedProcess, int]]:
    """Run a worker until the block is left; one of a group of its own begins with what comes from now on."""
    if "HIVE_APP_ID" not in settings:
        settings = {**settings, "HIVE_APP_ID": new_group(addresses["HIVE_KAFKA"])}
    process, port = worker_process(addresses, folder, settings)
    process.start()
    try:
        yield process, port
    finally:
        process.stop(timeout_s=30)


def producer(kafka: str) -> Producer:
    """Return a producer that takes any size and puts keys where ours do."""
    return Producer(
        {
            "bootstrap.servers": kafka,
            "partitioner": "murmur2_random",
            "message.max.bytes": 32 * 1024 * 1024,
            "linger.ms": 0,
        }
    )


def read(
    kafka: str, topics: list[str], enough: Callable[[list[Any]], bool], *, timeout_s: float = ANSWER_S
) -> list[Any]:
    """Return the committed messages of topics from their beginning, once there are enough (or time is up)."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": f"read-{uuid.uuid4().hex}",
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.message.max.bytes": 32 * 1024 * 1024,
        }
    )
    try:
        known = consumer.list_topics(timeout=10).topics
        consumer.assign(
            [TopicPartition(topic, p, OFFSET_BEGINNING) for topic in topics for p in known[topic].partitions]
        )
        found: list[Any] = []
        deadline_s = time.monotonic() + timeout_s
        while not enough(found) and time.monotonic() < deadline_s:
            found += [message for message in consumer.consume(1000, 0.2) if message.error() is None]
        return found
    finally:
        consumer.close()


def submit(kafka: str, text: str) -> str:
    """Submit an intention; return its id."""
    identity = str(uuid.uuid4())
    to = producer(kafka)
    to.produce("intentions.submitted", json.dumps({"id": identity, "text": text}), key=identity)
    assert to.flush(10) == 0
    return identity


def answers(kafka: str, identities: set[str], *, timeout_s: float = ANSWER_S) -> dict[str, dict[str, Any]]:
    """Return the answers to these intentions that came in time."""

    def of(messages: list[Any]) -> dict[str, dict[str, Any]]:
        keyed = ((m.key().decode(), m) for m in messages if m.key())
        return {identity: json.loads(m.value()) for identity, m in keyed if identity in identities}

    return of(read(kafka, ["plans.completed"], lambda found: identities <= of(found).keys(), timeout_s=timeout_s))
