"""The judge of `python -m benchmarks rolling-faults` sees what is wrong; the run itself is part of `make faults`."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import pytest

from benchmarks.faults.recomputed import Numbers, numbers_of
from benchmarks.faults.rolling_events import SOURCES, WEEK_MS, records
from benchmarks.faults.rolling_judge import Outcome, Place, judge
from models.records import decode
from models.rolling.cells import Bucket, Series
from models.rolling.facts import Fact, facts_of
from models.rolling.levels import Level
from models.rolling.reading import ask, cells_between, merged, rows_of, totals
from tables.rolling import Clock, fold, key_of

UNTIL_MS = 1_790_000_000_000
COUNT = 900
At = tuple[str, int]


class _Right:
    """What a stage that makes no mistake leaves behind."""

    def __init__(self) -> None:
        self.logs: dict[At, list[Fact]] = {}
        self.sent: dict[Place, tuple[dict[str, Numbers], int]] = {}
        self.held: dict[Place, dict[str, Numbers]] = {}
        buckets: dict[str, Bucket] = {}
        clocks: dict[str, Clock] = {}
        for topic, _, raw in records(1, COUNT, until_ms=UNTIL_MS):
            assert topic.record is not None
            self.logs.setdefault((topic.name, 0), []).extend(facts_of(decode(topic.record, raw)))
        for (source, partition), facts in self.logs.items():
            for each in fold(buckets, clocks, source, facts, now_ms=UNTIL_MS).closed:
                self.sent[(source, partition), each.level.name, each.slot] = numbers_of(each.cells), 1
        for key, bucket in buckets.items():
            source, level, slot = key.split("/")
            self.held[(source, 0), level, int(slot)] = numbers_of(bucket.cells)
        question = ask({"window": "24h", "by": ",".join(Series._fields)})
        slots = question.slots(UNTIL_MS)
        parts = []
        for source, clock in clocks.items():
            held = partial(_held, buckets, source)
            found = cells_between(question, slots, clock.watermark_ms, held)
            parts.append(totals(question, slots, ((slot, bucket.cells) for slot, bucket in found)))
        self.answer: dict[str, Any] = rows_of(question, merged(parts), now_ms=UNTIL_MS)
        self.answer["late"] = sum(clock.late for clock in clocks.values())
        self.answer["early"] = sum(clock.early for clock in clocks.values())

    def judged(self) -> Outcome:
        return judge(self.logs, self.sent, self.held, [self.answer], now_ms=UNTIL_MS)[0]


def _held(buckets: dict[str, Bucket], source: str, level: Level, slot: int) -> Bucket | None:
    return buckets.get(key_of(source, level, slot))


@pytest.fixture(scope="module")
def whole() -> _Right:
    return _Right()


@pytest.fixture
def right(whole: _Right) -> _Right:
    return copy.deepcopy(whole)


def test_what_is_right_is_found_right(right: _Right) -> None:
    outcome, told = judge(right.logs, right.sent, right.held, [right.answer], now_ms=UNTIL_MS)
    assert outcome.right, outcome
    assert told["late"] > 0, "some are late"
    assert told["buckets_checked"] > COUNT / 2
    assert right.answer["rows"], "the answer is about something"


def test_the_week_has_all_sources() -> None:
    found = list(records(2, 300, until_ms=UNTIL_MS))
    assert {topic.name for topic, _, _ in found} == {topic.name for topic in SOURCES}
    assert found == list(records(2, 300, until_ms=UNTIL_MS)), "the same each time"
    assert WEEK_MS == 7 * 86_400_000


def test_a_bucket_that_is_wrong_missing_or_sent_twice_is_seen(right: _Right) -> None:
    wrong, missing, twice = list(right.sent)[:3]
    numbers = right.sent[wrong][0]
    series, counted = next(iter(numbers.items()))
    right.sent[wrong] = {**numbers, series: (counted[0] + 1, *counted[1:])}, 1
    del right.sent[missing]
    right.sent[twice] = right.sent[twice][0], 2
    outcome = right.judged()
    assert (outcome.sent_wrong, outcome.sent_missing, outcome.sent_twice) == (1, 1, 1)


def test_a_table_that_forgets_too_much_or_too_little_is_seen(right: _Right) -> None:
    kept = next(place for place in right.held if place in right.sent)
    del right.held[kept]
    old = min((place for place in right.sent if place[1] == "1m"), key=lambda place: place[2])
    right.held[old] = right.sent[old][0]
    outcome = right.judged()
    assert (outcome.held_missing, outcome.held_beyond) == (1, 1)


def test_an_answer_that_is_wrong_is_seen(right: _Right) -> None:
    right.answer["rows"][0]["count"] += 1
    right.answer["late"] += 1
    outcome = right.judged()
    assert (outcome.answer_wrong, outcome.clocks_wrong) == (1, 1)
