"""What benchmarks run on: the real Kafka, and one worker of the whole application with its stores."""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from confluent_kafka import TopicPartition
from pymongo import MongoClient

from app import topics
from app.embedded.ports import free_port
from app.embedded.process import ManagedProcess
from app.embedded.stack import Stack
from app.engine.admin import create_missing
from app.sample.generate import generate
from app.settings import Settings
from app.stores import kafka
from benchmarks.report import progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 25.0
LOOK_S = 0.2
DATABASE = "hive_bench"
ANSWERING = "understand,plan,execute,orchestrate"
"""What stands between a question and its answer; the ledger and the memory are written behind it, by other workers."""
DOCUMENTS = 50
"""Documents of each collection: a query must cost little, or the latency is that of the store."""


_WORKER = (sys.executable, "-m", "faust", "-A", "app.main", "worker", "-l", "info")


class NotReady(Exception):
    """The worker ended, or did not become ready."""


@contextmanager
def real_kafka(data_dir: Path, *, to_kill: bool = False) -> Iterator[Stack]:
    """Run Apache Kafka, downloaded the first time; a version that keeps its word when it is to be killed."""
    with Stack.real(data_dir, parts=("kafka-to-kill" if to_kill else "kafka",), on_progress=progress) as stack:
        yield stack


@contextmanager
def real_redis(data_dir: Path) -> Iterator[Stack]:
    """Run Redis."""
    with Stack.real(data_dir, parts=("redis",), on_progress=progress) as stack:
        yield stack


@contextmanager
def real_kafka_and_redis(data_dir: Path) -> Iterator[Stack]:
    """Run Apache Kafka and Redis."""
    with Stack.real(data_dir, parts=("kafka", "redis"), on_progress=progress) as stack:
        yield stack


@contextmanager
def real_redis_and_neo4j(data_dir: Path) -> Iterator[Stack]:
    """Run Redis and Neo4j."""
    with Stack.real(data_dir, parts=("redis", "neo4j"), on_progress=progress) as stack:
        yield stack


@contextmanager
def real_stack(data_dir: Path) -> Iterator[Stack]:
    """Run Apache Kafka, Neo4j, Redis and what there is of MongoDB."""
    with Stack.real(data_dir, parts=("kafka", "neo4j", "redis", "mongo"), on_progress=progress) as stack:
        yield stack


@contextmanager
def embedded_stack(data_dir: Path, *more: str) -> Iterator[Stack]:
    """Run the embedded Kafka and MongoDB, and these other parts."""
    with Stack.embedded(data_dir, parts=("kafka", "mongo", *more), on_progress=progress) as stack:
        stack.wait_ready()
        yield stack


@contextmanager
def mlflow(data_dir: Path) -> Iterator[str]:
    """Run MLflow; give its address."""
    with Stack.embedded(data_dir, parts=("mlflow",), on_progress=progress) as stack:
        stack.wait_ready()
        yield stack.addresses["HIVE_MLFLOW"]


@contextmanager
def real_kafka_and_stores(data_dir: Path) -> Iterator[dict[str, str]]:
    """Run Apache Kafka and the embedded stores with a little data; return the addresses of all."""
    with (
        real_kafka(data_dir / "kafka") as broker,
        Stack.embedded(data_dir / "stores", parts=("mongo", "graph")) as stores,
    ):
        addresses = {**stores.addresses, "HIVE_KAFKA": broker.addresses["HIVE_KAFKA"], "HIVE_MONGO_DATABASE": DATABASE}
        settings = Settings.load({**os.environ, **addresses})
        create_missing(settings, topics.TOPICS)
        _seed(str(settings.mongo))
        yield addresses


@contextmanager
def whole_application(address: str, data_dir: Path) -> Iterator[ManagedProcess]:
    """Run one worker with all stages on this Kafka and the embedded stores, and wait until it takes work."""
    with Stack.embedded(data_dir / "stores", parts=("mongo", "graph"), on_progress=progress) as stack:
        port = free_port()
        settings = Settings.load({**os.environ, **stack.addresses, "HIVE_KAFKA": address})
        create_missing(settings, topics.TOPICS)
        _seed(str(settings.mongo))
        env = {
            **stack.addresses,
            "HIVE_KAFKA": address,
            "HIVE_MONGO_DATABASE": DATABASE,
            "HIVE_DATA_DIR": str(data_dir),
            "HIVE_WORKER": "worker-1",
            "HIVE_STAGES": ANSWERING,
            "HIVE_WEB_PORT": str(port),
        }
        argv = (sys.executable, "-m", "faust", "-A", "app.main", "worker", "-l", "warn", "--web-port", str(port))
        worker = ManagedProcess("worker-1", argv, env=env, log_path=data_dir / "worker-1.log")
        worker.start()
        try:
            _wait_ready(worker, port)
            yield worker
        finally:
            worker.stop(STOP_TIMEOUT_S)


def hive_worker(name: str, settings: Mapping[str, str], folder: Path, **how: Any) -> ManagedProcess:
    """Return a worker of the whole application, which has not been started yet.

    Args:
        name: Its name, which stays the same over restarts.
        settings: Its settings (`HIVE_…`), over those of this process, its name and its folder.
        folder: Where it keeps its things, and its log.
        how: What else is said of its process (:class:`ManagedProcess`), such as when it is ready.
    """
    env = {"HIVE_WORKER": name, "HIVE_DATA_DIR": str(folder), **settings}
    return ManagedProcess(name, _WORKER, env=env, log_path=folder / f"{name}.log", **how)


def leave_behind(address: str, group: str) -> None:
    """Have a new group begin at the ends: what others have sent, it would work off before it comes to its own."""
    with kafka.reader(Settings(kafka=address), group=group) as consumer:
        ends = kafka.ends(consumer, [spec.name for spec in topics.TOPICS])
        if ends:
            places = [TopicPartition(*place, end) for place, end in ends.items()]
            consumer.commit(offsets=places, asynchronous=False)


def _wait_ready(worker: ManagedProcess, port: int) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not is_ready(port):
        if not worker.alive or time.monotonic() > deadline:
            raise NotReady("\n".join(["the worker is not ready", *worker.log_lines()]))
        time.sleep(LOOK_S)


def is_ready(port: int) -> bool:
    """Ask a worker whether it takes work."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def _seed(address: str) -> None:
    """Put the first documents of each collection of the sample into a database of the benchmark's own."""
    sample = generate(as_of=dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0))
    client: MongoClient[dict[str, Any]] = MongoClient(address, tz_aware=True)
    with client:
        client.drop_database(DATABASE)
        for name, documents in sample.collections.items():
            client[DATABASE][name].insert_many([dict(document) for document in documents[:DOCUMENTS]])
