from __future__ import annotations

from typing import cast

from faust.types import TP

from app.engine.consumer import Delivery
from app.engine.run import Generation, Run

GENERATION = Generation(3, "me")
PARTITION = TP("t", 0)


class FakeRun:
    """As much of a run as the delivery looks at."""

    def __init__(self, first: int, size: int, after: int | None, generation: Generation = GENERATION) -> None:
        self.tp = PARTITION
        self.size = size
        self.after = after
        self.next_offset = first + size
        self.generation = generation


def _run(first: int, size: int, after: int | None = None, generation: Generation = GENERATION) -> Run:
    return cast("Run", FakeRun(first, size, after, generation))


def _delivery(most: int = 100) -> Delivery:
    delivery = Delivery(most)
    delivery.begin(GENERATION)
    return delivery


def test_a_partition_with_too_much_waiting_is_held_back_until_an_eighth_is_done() -> None:
    delivery = _delivery(100)
    delivery.add(PARTITION, 60, 5_000)
    assert set() == delivery.full
    delivery.add(PARTITION, 40, 6_000)
    assert {PARTITION} == delivery.full
    assert list(delivery.since_ms[PARTITION]) == [5_000, 6_000]
    delivery.release(_run(0, 11))
    assert list(delivery.since_ms[PARTITION]) == [6_000], "the oldest run is done first"
    assert {PARTITION} == delivery.full
    delivery.release(_run(11, 2))
    assert set() == delivery.full


def test_what_an_older_generation_releases_does_not_count() -> None:
    delivery = _delivery(100)
    delivery.add(PARTITION, 100, 5_000)
    delivery.release(_run(0, 100, generation=Generation(2, "me")))
    assert {PARTITION} == delivery.full


def test_runs_that_follow_each_other_may_be_committed() -> None:
    delivery = _delivery()
    assert delivery.follows(_run(7, 3))
    assert delivery.follows(_run(12, 3, after=10)), "control records leave gaps"


def test_a_run_that_was_left_out_is_noticed() -> None:
    delivery = _delivery()
    assert delivery.follows(_run(7, 3))
    assert not delivery.follows(_run(20, 3, after=15))


def test_a_new_assignment_begins_anywhere() -> None:
    delivery = _delivery()
    assert delivery.follows(_run(7, 3))
    delivery.begin(Generation(4, "me"))
    assert delivery.follows(_run(2, 3))
