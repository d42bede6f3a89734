from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.faults.recomputed import numbers_of, recompute
from models.rolling.facts import Fact
from models.rolling.levels import AHEAD_MS, LATENESS_MS, LEVELS
from tables.rolling import Clock, Closed, fold, key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.rolling.cells import Bucket

SOURCE = "plans.completed"
NOW_MS = 1_790_000_000_000
MINUTE_MS = 60_000
SERIES = ("understand/SECURITY///domain", "plan/SECURITY///approve", "execute//redis//failed")

_facts = st.builds(
    Fact,
    at_ms=st.integers(NOW_MS - 4 * 86_400_000, NOW_MS + 2 * AHEAD_MS),
    series=st.sampled_from(SERIES),
    failed=st.booleans(),
    confidence=st.none() | st.floats(0, 1),
    latency_ms=st.none() | st.integers(0, 10_000_000),
)
_steady = st.lists(st.tuples(st.integers(0, 120_000), st.integers(-LATENESS_MS, LATENESS_MS)), max_size=60)
"""Steps of time, each with a little disorder: what real logs look like."""


def _log(steps: Sequence[tuple[int, int]]) -> list[Fact]:
    at_ms, log = NOW_MS - 20 * 86_400_000, []
    for number, (step_ms, off_ms) in enumerate(steps):
        at_ms += step_ms
        log.append(Fact(at_ms + off_ms, SERIES[number % 3], failed=number % 3 == 2, confidence=0.5, latency_ms=number))
    return log


def _run(log: Sequence[Fact], cuts: Sequence[int]) -> tuple[dict[str, Bucket], dict[str, Clock], list[Closed]]:
    buckets: dict[str, Bucket] = {}
    clocks: dict[str, Clock] = {}
    closed: list[Closed] = []
    edges = [0, *sorted({min(cut, len(log)) for cut in cuts}), len(log)]
    for begin, end in pairwise(edges):
        closed += fold(buckets, clocks, SOURCE, log[begin:end], now_ms=NOW_MS).closed
    return buckets, clocks, sorted(closed, key=lambda each: (each.level.length_ms, each.slot))


def _check(log: Sequence[Fact], cuts: Sequence[int]) -> None:
    buckets, clocks, closed = _run(log, cuts)
    wanted, newest, late, early = recompute(log, now_ms=NOW_MS)
    if not log:
        assert (buckets, clocks, closed) == ({}, {}, [])
        return
    clock = clocks[SOURCE]
    assert (clock.newest_ms, clock.late, clock.early) == (newest, late, early)
    final = {
        (level.name, slot)
        for level in LEVELS
        for name, slot in wanted
        if name == level.name and (slot + 1) * level.length_ms <= newest - LATENESS_MS
    }
    assert sorted((each.level.name, each.slot) for each in closed) == sorted(final), "each once, when it is final"
    for each in closed:
        assert numbers_of(each.cells) == wanted[each.level.name, each.slot]
    for level in LEVELS:
        first = level.slot(newest - LATENESS_MS) - level.kept
        kept = {slot for name, slot in final if name == level.name and slot >= first}
        held = {int(key.rpartition("/")[2]) for key in buckets if key.startswith(f"{SOURCE}/{level.name}/")}
        assert kept <= held, "final ones are kept for as long as is said"
        assert all(slot >= first for slot in held), "and no longer"
        for slot in kept:
            assert numbers_of(buckets[key_of(SOURCE, level, slot)].cells) == wanted[level.name, slot]


@given(st.lists(_facts, max_size=40), st.lists(st.integers(0, 40), max_size=5))
def test_every_bucket_is_that_of_a_recomputation_whatever_comes(log: list[Fact], cuts: list[int]) -> None:
    _check(log, cuts)


@given(_steady, st.lists(st.integers(0, 60), max_size=8))
def test_every_bucket_is_that_of_a_recomputation_of_an_ordinary_log(
    steps: list[tuple[int, int]], cuts: list[int]
) -> None:
    _check(_log(steps), cuts)
    assert _run(_log(steps), cuts) == _run(_log(steps), []), "however it is cut into batches"


@given(_steady)
def test_the_order_within_the_lateness_does_not_matter(steps: list[tuple[int, int]]) -> None:
    log = _log([(step_ms, 0) for step_ms, _ in steps])
    # Swapping neighbours that lie close together keeps everything within the lateness.
    swapped = list(log)
    for at in range(0, len(swapped) - 1, 2):
        if swapped[at + 1].at_ms - swapped[at].at_ms < LATENESS_MS:
            swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
    buckets, clocks, closed = _run(log, [])
    assert _run(swapped, [7]) == (buckets, clocks, closed)
    assert not clocks or clocks[SOURCE].late == 0


def test_a_simulated_week_leaves_no_more_than_the_bound() -> None:
    buckets: dict[str, Bucket] = {}
    clocks: dict[str, Clock] = {}
    most = 0
    for minute in range(7 * 24 * 60):
        at_ms = NOW_MS - 7 * 86_400_000 + minute * MINUTE_MS
        fold(buckets, clocks, SOURCE, [Fact(at_ms, SERIES[0], failed=False)], now_ms=NOW_MS)
        most = max(most, len(buckets))
    final = sum(min(level.kept, 7 * 86_400_000 // level.length_ms) for level in LEVELS)
    assert final <= most <= final + 2 * len(LEVELS), "what is kept, and at most two open ones a level"


def test_an_event_of_a_wrong_clock_closes_nothing() -> None:
    buckets: dict[str, Bucket] = {}
    clocks: dict[str, Clock] = {}
    fold(buckets, clocks, SOURCE, [Fact(NOW_MS, SERIES[0], failed=False)], now_ms=NOW_MS)
    folded = fold(buckets, clocks, SOURCE, [Fact(NOW_MS + 86_400_000, SERIES[0], failed=False)], now_ms=NOW_MS)
    assert (folded.closed, folded.early) == ([], 1)
    assert clocks[SOURCE].newest_ms == NOW_MS
