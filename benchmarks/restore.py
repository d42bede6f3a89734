"""Restore a table of 1,000,000 keys whose changelog holds aborted transactions: time, memory, rightness."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import uuid
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from confluent_kafka import Producer

from app.engine.restore import restore
from app.topics import changelog
from benchmarks.report import emit, progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.cluster import Cluster

KEYS = 1_000_000
PARTITIONS = 4
TRANSACTION_RECORDS = 10_000
ABORT_EVERY = 4
DELETED_EVERY = 100
PATIENCE_S = 30.0
TIMEOUT_S = 60.0

Change = tuple[int, bytes, bytes | None]


class Outcome(NamedTuple):
    """What the restoring process has found."""

    seconds: float
    rss_mb: float
    records: int
    right: bool


def run(cluster: Cluster, *, keys: int = KEYS) -> bool:
    """Write the changelog, restore it in a process of its own, print the result, and return whether it is right."""
    topic = changelog(f"bench-restore-{uuid.uuid4().hex[:8]}", "table")
    cluster.create(topic.name, PARTITIONS, topic.config())
    progress(f"writing a changelog of {keys:,} keys")
    aborted = write(cluster.bootstrap, topic.name, keys)
    progress("restoring")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        outcome = pool.submit(measure, cluster.bootstrap, topic.name, keys).result()
    cluster.delete([topic.name])
    emit(
        "restore",
        keys=keys,
        records=outcome.records,
        aborted_records=aborted,
        seconds=round(outcome.seconds, 2),
        rss_mb=round(outcome.rss_mb),
        right=outcome.right,
    )
    return outcome.right


def expected(keys: int) -> Iterator[Change]:
    """Yield what the table must hold: partition, key and value of every key, `None` for one that was deleted."""
    for number in range(keys):
        gone = number % DELETED_EVERY == 0
        yield number % PARTITIONS, f"key-{number:08}".encode(), None if gone else str(number * 7).encode()


def write(bootstrap: str, topic: str, keys: int) -> int:
    """Write the changelog in transactions and return how many records were in aborted ones.

    Every key is first set to a wrong value and then, in a later transaction, to the right one (or deleted). In between,
    and at the very end, aborted transactions overwrite and delete keys and add some that must never appear.
    """
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "transactional.id": f"{topic}-writer",
            "queue.buffering.max.messages": 200_000,
            "compression.type": "snappy",
            "log_level": 2,
        }
    )
    producer.init_transactions(TIMEOUT_S)
    aborted = number = 0
    pending: list[Change] = []

    def transact(*, commit: bool) -> None:
        producer.begin_transaction()
        for partition, key, value in pending if commit else map(_spoilt, pending):
            producer.produce(topic, value, key, partition)
        producer.flush()
        (producer.commit_transaction if commit else producer.abort_transaction)(TIMEOUT_S)

    for change in _history(keys):
        pending.append(change)
        if len(pending) == TRANSACTION_RECORDS:
            number += 1
            if number % ABORT_EVERY == 0:
                transact(commit=False)
                aborted += len(pending)
            transact(commit=True)
            last, pending = pending, []
    if pending:
        transact(commit=True)
        last = pending
    pending = last
    transact(commit=False)
    return aborted + len(pending)


def _history(keys: int) -> Iterator[Change]:
    for partition, key, _ in expected(keys):
        yield partition, key, b"-1"
    yield from expected(keys)


def _spoilt(change: Change) -> Change:
    partition, key, value = change
    if value is None:
        return partition, key, b"-3"
    return (partition, key + b"-never", b"-2") if value.endswith(b"1") else (partition, key, None)


def measure(bootstrap: str, topic: str, keys: int) -> Outcome:
    """Restore and compare; runs in a fresh process, so that its peak memory is the restore's."""
    found = restore({"bootstrap.servers": bootstrap}, topic, range(PARTITIONS), patience_s=PATIENCE_S)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rss_mb = peak / (1 << 20) if sys.platform == "darwin" else peak / 1024  # bytes there, KiB elsewhere
    living = 0
    right = True
    for partition, key, value in expected(keys):
        right = right and found.partitions[partition].get(key) == value
        living += value is not None
    right = right and living == sum(map(len, found.partitions.values()))
    return Outcome(found.elapsed_s, rss_mb, found.records, right)
