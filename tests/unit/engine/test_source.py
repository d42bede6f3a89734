"""Offsets are asked for until they are known: what a broker says in the meantime passes."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from faust.types import TP

from app.engine.source import Source
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
