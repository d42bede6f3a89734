"""The commands that talk to Kafka alone, on whatever broker the `stack` fixture gives."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app import topics
from app.cli import main
from app.embedded.stack import Stack
from app.errors import HiveError
from app.settings import Settings
from app.stores import kafka
from benchmarks.cluster import Cluster


@pytest.fixture
def settings(stack: Stack) -> Settings:
    return Settings.load(stack.addresses)


@pytest.fixture
def topic(settings: Settings) -> Iterator[str]:
    """A topic: three records in one batch on one partition, a transaction of two on the other."""
    name = f"contract-{uuid.uuid4()}"
    cluster = Cluster(settings.kafka)
    cluster.create(name, 2)
    plain = kafka.producer(settings)
    for number in range(3):
        plain.produce(name, key=b"k", value=b"%d" % number, partition=0)
    assert plain.flush(10) == 0
    sure = kafka.producer(settings, {"transactional.id": name})
    sure.init_transactions(10)
    sure.begin_transaction()
    for number in range(3, 5):
        sure.produce(name, value=b"%d" % number, partition=1, headers=[("h", b"\xff")])
    sure.commit_transaction(10)
    yield name
    cluster.delete([name])


def hive(stack: Stack, tmp_path: Path, *arguments: str) -> Result:
    environ = {**stack.addresses, "HIVE_DATA_DIR": str(tmp_path)}
    return CliRunner().invoke(main, arguments, env=environ)


def test_everything_up_to_the_end_is_read(settings: Settings, topic: str) -> None:
    with kafka.reader(settings) as consumer:
        found = list(kafka.read_to_end(consumer, kafka.starts(consumer, [topic]), timeout_s=30))

    assert sorted((record.partition, record.value) for record in found) == [
        (0, b"0"),
        (0, b"1"),
        (0, b"2"),
        (1, b"3"),
        (1, b"4"),
    ]


def test_what_comes_after_the_end_is_not_missed(settings: Settings, topic: str) -> None:
    with kafka.reader(settings) as consumer:
        ends = kafka.ends(consumer, [topic])
        producer = kafka.producer(settings)
        producer.produce(topic, value=b"new", partition=1)
        assert producer.flush(10) == 0
        found = [record.value for record in kafka.read_to_end(consumer, ends, timeout_s=30)]

    assert b"new" in found


def test_a_topic_that_is_missing_says_what_to_do(settings: Settings) -> None:
    with kafka.reader(settings) as consumer, pytest.raises(HiveError, match="topics --apply"):
        kafka.required(kafka.ends(consumer, ["no-such-topic"]), "no-such-topic")


def test_what_is_to_be_written_to_must_be_there(settings: Settings, topic: str) -> None:
    missing = f"missing-{uuid.uuid4().hex}"
    kafka.check_reachable(settings, topic)
    for _ in range(2):  # to ask has made none
        with pytest.raises(HiveError, match=f"there is no topic '{missing}'"):
            kafka.check_reachable(settings, topic, missing)


def test_topics_are_created_once_and_are_then_as_listed(stack: Stack, tmp_path: Path) -> None:
    assert hive(stack, tmp_path, "topics", "--apply").exit_code == 0

    again = hive(stack, tmp_path, "topics", "--apply", "--json")
    check = hive(stack, tmp_path, "topics", "--check", "--json")

    assert json.loads(again.stdout) == {"created": []}
    assert (check.exit_code, json.loads(check.stdout)["differences"]) == (0, [])


def test_another_number_of_partitions_is_a_difference(stack: Stack, tmp_path: Path) -> None:
    assert hive(stack, tmp_path, "topics", "--apply").exit_code == 0

    environ = {**stack.addresses, "HIVE_DATA_DIR": str(tmp_path), "HIVE_PARTITIONS": "3"}
    check = CliRunner().invoke(main, ["topics", "--check", "--json"], env=environ)

    found = {item["topic"]: item for item in json.loads(check.stdout)["differences"]}
    assert check.exit_code == 1
    assert (found["plans.ready"]["listed"], found["plans.ready"]["found"]) == ("3", "4")


def test_good_lines_are_sent_and_bad_ones_reported(stack: Stack, settings: Settings, tmp_path: Path) -> None:
    assert hive(stack, tmp_path, "topics", "--apply").exit_code == 0
    ids = [str(uuid.uuid4()) for _ in range(50)]
    lines = [json.dumps({"id": id_, "text": "vendas por região"}) for id_ in ids]
    path = tmp_path / "some.jsonl"
    path.write_text("\n".join([*lines[:10], "nope", *lines[10:]]), encoding="utf-8")

    result = hive(stack, tmp_path, "send", str(path))

    with kafka.reader(settings) as consumer:
        starts = kafka.starts(consumer, [topics.INTENTIONS_SUBMITTED.name])
        found = [record.key for record in kafka.read_to_end(consumer, starts, timeout_s=30)]
    assert result.exit_code == 1
    assert "line 11: not-json" in result.stderr
    assert "50 sent, 1 bad lines" in result.stdout
    assert [found.count(id_.encode()) for id_ in ids] == [1] * 50


def test_tail_shows_as_many_records_as_asked_for(stack: Stack, tmp_path: Path, topic: str) -> None:
    result = hive(stack, tmp_path, "tail", topic, "--from-beginning", "-n", "5")

    shown = [json.loads(line) for line in result.stdout.splitlines()]
    assert sorted(record["value"] for record in shown) == [0, 1, 2, 3, 4]
