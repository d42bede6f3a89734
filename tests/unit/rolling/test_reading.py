from __future__ import annotations

from collections import Counter
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.faults.recomputed import numbers_of, recompute
from models.rolling.cells import Series, quantile_ms
from models.rolling.facts import Fact
from models.rolling.reading import WINDOWS, InvalidQuestion, Partial, ask, cells_between, merged, rows_of, totals
from tables.rolling import fold, key_of

if TYPE_CHECKING:
    from models.rolling.cells import Bucket, Cells
    from models.rolling.levels import Level
    from models.rolling.reading import Question
    from tables.rolling import Clock

SOURCE = "metrics.facts"
BEGIN_MS = 1_790_000_000_000
STAGES = ("understand", "plan", "answer")
_logs = st.lists(st.tuples(st.integers(0, 9_000_000), st.sampled_from(STAGES)), min_size=1, max_size=50)
"""Up to five days, in steps of up to two and a half hours."""


def _log(steps: list[tuple[int, str]]) -> list[Fact]:
    at_ms, log = BEGIN_MS, []
    for step_ms, stage in steps:
        at_ms += step_ms
        log.append(Fact(at_ms, f"{stage}/SECURITY///approve", failed=False, confidence=0.25, latency_ms=step_ms % 997))
    return log


def _read(question: Question, log: list[Fact], now_ms: int) -> Partial:
    buckets: dict[str, Bucket] = {}
    clocks: dict[str, Clock] = {}
    fold(buckets, clocks, SOURCE, log, now_ms=now_ms)

    def held(level: Level, slot: int) -> Cells | None:
        found = buckets.get(key_of(SOURCE, level, slot))
        return found.cells if found else None

    slots = question.slots(now_ms)
    return totals(question, slots, cells_between(question, slots, clocks[SOURCE].watermark_ms, held))


@given(_logs, st.integers(0, 7_200_000), st.sampled_from([(w, s) for w, (_, steps) in WINDOWS.items() for s in steps]))
def test_a_window_is_the_sum_of_its_minutes_whatever_is_final(
    steps: list[tuple[int, str]], later_ms: int, asked: tuple[str, str]
) -> None:
    log = _log(steps)
    now_ms = log[-1].at_ms + later_ms
    question = ask({"window": asked[0], "step": asked[1], "points": "true"})
    found = _read(question, log, now_ms)
    slots, length_ms = question.slots(now_ms), question.level.length_ms
    wanted: Counter[str] = Counter()
    points: dict[str, list[int]] = {}
    for (level, slot), cells in recompute(log, now_ms=now_ms)[0].items():
        if level == "1m" and (place := slot * 60_000 // length_ms) in slots:
            for key, numbers in cells.items():
                row = Series(Series.of(key).stage).key
                wanted[row] += numbers[0]
                points.setdefault(row, [0] * len(slots))[place - slots.start] += numbers[0]
    assert {row: cell.count for row, cell in found.cells.items()} == dict(wanted)
    assert found.points == points


@given(st.lists(_logs, min_size=3, max_size=3))
def test_parts_add_up_in_any_order_and_grouping(logs: list[list[tuple[int, str]]]) -> None:
    question = ask({"window": "24h", "points": "true"})
    now_ms = BEGIN_MS + 3_600_000
    parts = [_read(question, _log(steps), now_ms) for steps in logs]
    whole = merged(parts)
    for a, b, c in permutations(parts):
        for other in (merged([merged([a, b]), c]), merged([a, merged([b, c])])):
            assert numbers_of(other.cells) == numbers_of(whole.cells)
            assert {row: cell.bins for row, cell in other.cells.items()} == {
                row: cell.bins for row, cell in whole.cells.items()
            }
            assert other.points == whole.points


@given(st.lists(st.integers(0, 5_000_000), min_size=1, max_size=200), st.sampled_from([0.0, 0.5, 0.95, 0.99, 1.0]))
def test_a_quantile_is_within_the_stated_accuracy(latencies_ms: list[int], share: float) -> None:
    log = [Fact(BEGIN_MS, "plan////", failed=False, latency_ms=ms) for ms in latencies_ms]
    bins = _read(ask({"window": "1m"}), log, BEGIN_MS).cells["plan////"].bins
    exact = sorted(latencies_ms)[int(share * (len(latencies_ms) - 1))]
    found = quantile_ms(bins, share)
    assert found is not None
    assert abs(found - exact) <= 0.02 * exact * (1 + 1e-9)


def test_a_row_says_counts_rates_errors_confidence_and_latency() -> None:
    log = [
        Fact(BEGIN_MS, Series("plan", "SECURITY", outcome="approve").key, failed=False, confidence=0.5, latency_ms=10),
        Fact(BEGIN_MS, Series("plan", "SECURITY", outcome="reject").key, failed=True, confidence=1.0, latency_ms=30),
    ]
    question = ask({"window": "1m", "by": "stage,domain", "domain": "security"})
    (row,) = rows_of(question, _read(question, log, BEGIN_MS), now_ms=BEGIN_MS)["rows"]
    assert (row["stage"], row["domain"], row["count"], row["failed"]) == ("plan", "SECURITY", 2, 1)
    assert row["error_ratio"] == 0.5
    assert row["confidence"] == 0.75
    assert row["latency_ms"]["mean"] == 20
    seconds = (BEGIN_MS % 60_000 + 60_000) / 1000
    assert row["per_second"] == pytest.approx(2 / seconds, abs=1e-4)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"window": "2m"}, "1m, 5m, 1h, 24h"),
        ({"window": "1m", "step": "1h"}, "1m for window=1m"),
        ({"by": "colour"}, "stage, domain, specialist, query_type, outcome"),
        ({"colour": "red"}, "'colour' can't be asked for"),
        ({"points": "perhaps"}, "true or false"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_may_be_asked(asked: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidQuestion, match=r".") as refused:
        ask(asked)
    assert says in str(refused.value)


def test_a_question_travels_as_it_was_asked() -> None:
    question = ask({"window": "1h", "step": "1m", "by": "domain,outcome", "stage": "plan", "points": "1"})
    assert ask(question.asked()) == question
