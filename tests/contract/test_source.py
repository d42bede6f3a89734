"""The engine's reader and restore against both brokers."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Producer
from faust.types import TP

from app.engine.restore import restore
from app.engine.run import Generation
from app.engine.source import Source
from benchmarks.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.embedded.stack import Stack

ONE, TWO = Generation(1, "me"), Generation(2, "me")


@pytest.fixture
def kafka(stack: Stack) -> str:
    return stack.addresses["HIVE_KAFKA"]


@pytest.fixture
def topic(kafka: str) -> str:
    return _create(kafka, partitions=2)


@pytest.fixture
def source(kafka: str) -> Iterator[Source]:
    made = Source(
        {"bootstrap.servers": kafka},
        group=f"group-{uuid.uuid4().hex}",
        patience_s=30,
        run_records=4,
        fetch_records=1000,
        fetch_max_wait_ms=50,
    )
    yield made
    made.close()


def _create(kafka: str, *, partitions: int) -> str:
    name = f"source-{uuid.uuid4().hex}"
    Cluster(kafka).create(name, partitions)
    return name


def _produce(kafka: str, topic: str, *values: bytes, partition: int = 0, transaction: str = "") -> None:
    config: dict[str, Any] = {"bootstrap.servers": kafka, "linger.ms": 5}
    if transaction:
        config["transactional.id"] = f"{topic}-{uuid.uuid4().hex}"
    producer = Producer(config)
    if transaction:
        producer.init_transactions(30)
        producer.begin_transaction()
    for value in values:
        producer.produce(topic, value or None, key=value[:1] or b"a", partition=partition)
    assert producer.flush(30) == 0
    if transaction == "commit":
        producer.commit_transaction(30)
    elif transaction == "abort":
        producer.abort_transaction(30)


def _fetch(source: Source, count: int, generation: Generation) -> list[bytes]:
    found: list[bytes] = []
    for _ in range(300):
        runs, of = source.fetch(frozenset(), 0.1)
        assert generation == of
        found += [record.value() for run in runs for record in run.records]
        if len(found) >= count:
            break
    return found


def test_reads_from_the_offset_given_in_runs_that_name_the_one_before(kafka: str, topic: str, source: Source) -> None:
    values = [b"%d" % n for n in range(10)]
    _produce(kafka, topic, *values)
    tp = TP(topic, 0)
    source.assign({tp: 1}, ONE)
    runs: list[Any] = []
    while sum(len(run.records) for run in runs) < 9:
        runs += source.fetch(frozenset(), 0.1)[0]
    assert values[1:] == [record.value() for run in runs for record in run.records]
    assert all(len(run.records) <= 4 for run in runs)
    ends = [run.records[-1].offset() + 1 for run in runs]
    assert [None, *ends[:-1]] == [run.after for run in runs]


def test_a_partition_without_commits_is_read_from_its_beginning(kafka: str, topic: str, source: Source) -> None:
    assert {TP(topic, 0): 0, TP(topic, 1): 0} == source.settled_offsets([TP(topic, 0), TP(topic, 1)])


def test_a_partition_that_is_held_back_rests_and_the_others_go_on(kafka: str, topic: str, source: Source) -> None:
    source.assign({TP(topic, 0): 0, TP(topic, 1): 0}, ONE)
    source.hold({TP(topic, 0)})
    _produce(kafka, topic, b"held", partition=0)
    _produce(kafka, topic, b"goes", partition=1)
    found: list[bytes] = []
    while not found:
        runs, _ = source.fetch(frozenset({TP(topic, 0)}), 0.1)
        found += [record.value() for run in runs for record in run.records]
    assert found == [b"goes"]
    assert _fetch(source, 1, ONE) == [b"held"]


def test_what_was_held_back_is_read_after_the_next_assignment(kafka: str, topic: str, source: Source) -> None:
    """Librdkafka keeps a partition paused over an assignment: a backlog was never read again (faults, seed 3)."""
    _produce(kafka, topic, b"1")
    source.assign({TP(topic, 0): 0}, ONE)
    source.hold({TP(topic, 0)})
    source.assign({TP(topic, 0): 0}, TWO)
    assert _fetch(source, 1, TWO) == [b"1"]


def test_lag_is_what_has_not_been_fetched_and_ends_at_zero_behind_control_records(
    kafka: str, topic: str, source: Source
) -> None:
    _produce(kafka, topic, b"1", b"2", transaction="commit")
    source.assign({TP(topic, 0): 0}, ONE)
    assert _fetch(source, 2, ONE) == [b"1", b"2"]
    for _ in range(100):
        source.fetch(frozenset(), 0.1)
        if source.lag() == {TP(topic, 0): 0}:
            break
    assert {TP(topic, 0): 0} == source.lag()


def test_lag_ends_at_zero_too_when_the_records_and_the_end_come_at_once(kafka: str, topic: str, source: Source) -> None:
    """A quiet partition had a lag of 1 for ever, and the watchdog ended a healthy worker after a minute."""
    _produce(kafka, topic, b"1", transaction="commit")
    source.assign({TP(topic, 0): 0}, ONE)
    time.sleep(1)  # the record, and the end behind its control record, are both fetched ahead
    for _ in range(20):
        source.fetch(frozenset(), 0.1)
    assert source.lag() == {TP(topic, 0): 0}


def test_a_restore_reads_the_last_value_of_each_key_and_no_tombstones(kafka: str, topic: str) -> None:
    _produce(kafka, topic, b"a1", b"b1", transaction="commit")
    _produce(kafka, topic, b"b2", b"c1", transaction="commit")
    _produce(kafka, topic, b"", transaction="commit")  # a tombstone of key a
    found = restore({"bootstrap.servers": kafka}, topic, [0, 1], patience_s=20)
    assert found.partitions == {0: {b"b": b"b2", b"c": b"c1"}, 1: {}}


@pytest.mark.real
def test_a_restore_leaves_out_what_was_aborted_also_at_the_end(real_stack: Stack) -> None:
    kafka = real_stack.addresses["HIVE_KAFKA"]
    topic = _create(kafka, partitions=1)
    _produce(kafka, topic, b"a1", transaction="commit")
    _produce(kafka, topic, b"a2", b"b1", transaction="abort")
    _produce(kafka, topic, b"c1", transaction="commit")
    _produce(kafka, topic, b"c2", transaction="abort")
    found = restore({"bootstrap.servers": kafka}, topic, [0], patience_s=20)
    assert found.partitions == {0: {b"a": b"a1", b"c": b"c1"}}
