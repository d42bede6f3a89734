"""Offsets are asked for until they are known: what a broker says in the meantime passes."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from faust.types import TP

from app.engine.run import Generation
from app.engine.source import HOLD_AFTER_S, Source
from app.errors import BrokerUnavailable

NOT_YET = KafkaException(KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION))


class Broker:
    """A consumer whose answers are given; an exception is raised."""

    def __init__(self, committed: list[Any], watermarks: list[Any]) -> None:
        self._committed, self._watermarks = committed, watermarks

    def committed(self, wanted: list[TopicPartition], timeout: float) -> Any:
        del wanted, timeout
        return self._next(self._committed)

    def get_watermark_offsets(self, partition: TopicPartition, timeout: float) -> Any:
        del partition, timeout
        return self._next(self._watermarks)

    @staticmethod
    def _next(answers: list[Any]) -> Any:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def source(monkeypatch: pytest.MonkeyPatch, broker: Broker, *, patience_s: float) -> Source:
    made = Source({}, group="g", patience_s=patience_s, run_records=1, fetch_records=1, fetch_max_wait_ms=1)
    monkeypatch.setattr(made, "_ensure", lambda: broker)
    return made


def test_a_topic_whose_leader_does_not_know_it_yet_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ended the worker before: seen once in a test whose topics had just been made."""
    none = [TopicPartition("t", 0, -1001)]
    broker = Broker([NOT_YET, none], [NOT_YET, NOT_YET, (7, 9)])
    assert source(monkeypatch, broker, patience_s=5).settled_offsets([TP("t", 0)]) == {TP("t", 0): 7}


def test_in_the_end_it_is_an_error_that_names_the_brokers_words(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker([[TopicPartition("t", 0, -1001)]], [NOT_YET])
    with pytest.raises(BrokerUnavailable, match="NOT_LEADER"):
        source(monkeypatch, broker, patience_s=0.1).settled_offsets([TP("t", 0)])


class Held:
    """A consumer with nothing to give, which remembers what it was told to hold back."""

    def __init__(self) -> None:
        self.paused: list[set[int]] = []

    def assign(self, partitions: list[TopicPartition]) -> None:
        """Nothing to do."""

    def resume(self, partitions: list[TopicPartition]) -> None:
        """Nothing to do."""

    def pause(self, partitions: list[TopicPartition]) -> None:
        self.paused.append({partition.partition for partition in partitions})

    def poll(self, timeout_s: float) -> None:
        return None


def test_a_partition_is_held_back_only_when_it_stays_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was fetched ahead of it would be thrown away, and fetched again."""
    now_s = 100.0
    monkeypatch.setattr("app.engine.source.time.monotonic", lambda: now_s)
    made = Source({}, group="g", patience_s=1, run_records=1, fetch_records=1, fetch_max_wait_ms=1)
    held = Held()
    monkeypatch.setattr(made, "_ensure", lambda: held)
    one, other = TP("t", 0), TP("t", 1)
    made.assign({one: 0, other: 0}, Generation(1, "me"))
    made.fetch(frozenset({one}), 0)
    made.fetch(frozenset(), 0)
    now_s += HOLD_AFTER_S
    made.fetch(frozenset({one}), 0)
    assert held.paused == [], "it had room in between"
    now_s += HOLD_AFTER_S
    made.fetch(frozenset({one}), 0)
    assert held.paused == [{0}]
    now_s += HOLD_AFTER_S
    made.fetch(frozenset({one, other}), 0)
    assert held.paused == [{0}], "nothing is wanted at all: nothing is asked"
