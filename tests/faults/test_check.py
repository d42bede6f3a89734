"""The checker of the fault runs must see what is wrong: a checker that can't fail proves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import orjson

from benchmarks.faults.check import check
from benchmarks.faults.trace import Attempt, Hit, recovery_s

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.cluster import Cluster
    from benchmarks.faults.watch import Watcher


class FakeMessage(NamedTuple):
    at_partition: int
    at_offset: int
    raw_key: bytes
    raw_value: bytes | None

    def partition(self) -> int:
        return self.at_partition

    def offset(self) -> int:
        return self.at_offset

    def key(self) -> bytes:
        return self.raw_key

    def value(self) -> bytes | None:
        return self.raw_value


class FakeCluster:
    """Topics of one partition: an input of three records of one key, and what came of it."""

    def __init__(self, outputs: Sequence[tuple[int, int]], table: Sequence[tuple[str, int | None]]) -> None:
        inputs = [orjson.dumps({"key": "a", "value": value}) for value in (1, 2, 4)]
        sent = [orjson.dumps({"partition": 0, "offset": o, "key": "a", "total": t}) for o, t in outputs]
        self._topics: dict[str, list[tuple[bytes, bytes | None]]] = {
            "in": [(b"a", value) for value in inputs],
            "out": [(b"a", value) for value in sent],
            "changelog": [(key.encode(), None if v is None else orjson.dumps(v)) for key, v in table],
        }

    def partitions(self, topic: str) -> list[int]:
        return [0]

    def scan(self, topic: str, **_: Any) -> Iterator[FakeMessage]:
        for offset, (key, value) in enumerate(self._topics[topic]):
            yield FakeMessage(0, offset, key, value)


def judge(outputs: Sequence[tuple[int, int]], table: Sequence[tuple[str, int | None]] = (("a", 7),)) -> dict[str, Any]:
    cluster = cast("Cluster", FakeCluster(outputs, table))
    verdict = check(cluster, source="in", target="out", changelog="changelog")
    return {**verdict.fields(), "right": verdict.right}


RIGHT = {"lost": 0, "duplicated": 0, "out_of_order": 0, "wrong_totals": 0, "table_equal": True, "right": True}


def test_each_record_once_in_order_with_its_total_is_right() -> None:
    assert judge([(0, 1), (1, 3), (2, 7)]) == RIGHT


def test_a_missing_output_is_lost() -> None:
    assert judge([(0, 1), (2, 7)]) == {**RIGHT, "lost": 1, "right": False}


def test_a_second_output_is_a_duplicate() -> None:
    assert judge([(0, 1), (1, 3), (1, 3), (2, 7)]) == {**RIGHT, "duplicated": 1, "right": False}


def test_an_output_behind_a_later_one_is_out_of_order() -> None:
    assert judge([(1, 3), (0, 1), (2, 7)]) == {**RIGHT, "out_of_order": 1, "right": False}


def test_a_total_that_the_input_does_not_make_is_wrong() -> None:
    assert judge([(0, 1), (1, 3), (2, 6)]) == {**RIGHT, "wrong_totals": 1, "right": False}


def test_a_table_with_another_value_a_missing_key_or_a_key_too_many_is_not_equal() -> None:
    outputs = [(0, 1), (1, 3), (2, 7)]

    assert not judge(outputs, [("a", 6)])["table_equal"]
    assert not judge(outputs, [("a", 7), ("a", None)])["table_equal"]
    assert not judge(outputs, [("a", 7), ("b", 1)])["table_equal"]


def test_recovery_is_the_wait_of_the_slowest_partition_that_the_struck_worker_held() -> None:
    class FakeWatcher:
        def first_beyond(self, partition: int, offset: int) -> float | None:
            return {(0, 9): 103.0, (1, 4): 105.0, (2, 0): 200.0}[(partition, offset)]

    attempts = [
        Attempt(pid=1, at_s=99.0, partition=0, first=0, last=9, records=10),
        Attempt(pid=1, at_s=98.0, partition=1, first=0, last=4, records=5),
        Attempt(pid=2, at_s=99.5, partition=2, first=0, last=0, records=1),
        Attempt(pid=2, at_s=104.0, partition=1, first=5, last=6, records=2),
    ]

    assert recovery_s(Hit(pid=1, at_s=100.0), attempts, cast("Watcher", FakeWatcher())) == 5.0
    assert recovery_s(Hit(pid=3, at_s=100.0), attempts, cast("Watcher", FakeWatcher())) is None
