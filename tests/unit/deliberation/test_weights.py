"""Weights: they rise and fall with the record, fade with time, and depend on nothing else."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.deliberation.weights import (
    BASE_WEIGHT,
    EVEN,
    MOST_SIGNALS,
    Signal,
    SignalKind,
    Trail,
    faded,
    judged,
    trail_of,
    trails_of,
    weight_of,
)
from models.records import Domain, Recommendation, SpecialistType
from tests.unit.planning.catalogs import NOW_MS

HOUR_MS = 3_600_000
ONE = SpecialistType.TECHNICAL


def signal(kind: SignalKind, strength: float, at_ms: int, number: int = 0) -> Signal:
    return Signal(
        signal_id=f"s-{number}", specialist=ONE, domain=Domain.TECHNICAL, kind=kind, strength=strength, at=at_ms
    )


RECORDS = st.lists(
    st.tuples(st.sampled_from(SignalKind), st.floats(0.05, 1.0), st.integers(0, 20 * HOUR_MS)), max_size=40
).map(lambda told: [signal(kind, strength, NOW_MS - age, place) for place, (kind, strength, age) in enumerate(told)])
STRENGTHS = st.floats(0.05, 1.0)


def weight(signals: list[Signal], now_ms: int = NOW_MS) -> float:
    return weight_of(trail_of(signals, now_ms=now_ms))


def net(signals: list[Signal], now_ms: int = NOW_MS) -> float:
    return trail_of(signals, now_ms=now_ms).net


def test_who_has_no_record_counts_as_all_others() -> None:
    assert {weight_of(trail) for trail in EVEN.values()} == {BASE_WEIGHT}


@given(RECORDS, STRENGTHS)
def test_a_success_raises_and_a_failure_lowers(record: list[Signal], strength: float) -> None:
    up = net([*record, signal(SignalKind.SUCCESS, strength, NOW_MS, 99)])
    down = net([*record, signal(SignalKind.FAILURE, strength, NOW_MS, 99)])
    assert down < net(record) < up or (net(record) in (-1.0, 1.0))


@given(st.integers(5, 40))
def test_failures_alone_go_below_the_base_and_successes_alone_above(number: int) -> None:
    bad = [signal(SignalKind.FAILURE, 0.8, NOW_MS, place) for place in range(number)]
    good = [signal(SignalKind.SUCCESS, 0.8, NOW_MS, place) for place in range(number)]
    assert 0.05 <= weight(bad) < 0.14
    assert 0.26 < weight(good) <= 0.4


@given(RECORDS)
def test_a_weight_stays_within_its_bounds(record: list[Signal]) -> None:
    trail = trail_of(record, now_ms=NOW_MS)
    assert 0.05 <= weight_of(trail) <= 0.4
    assert 0.0 <= trail.success + trail.failure + trail.warning < 1.0


@given(RECORDS, st.integers(0, 100 * HOUR_MS), st.integers(0, 100 * HOUR_MS))
def test_time_takes_it_back_to_the_base(record: list[Signal], one_ms: int, other_ms: int) -> None:
    sooner, later = sorted((one_ms, other_ms))
    assert abs(net(record, NOW_MS + later)) <= abs(net(record, NOW_MS + sooner)) + 1e-12
    assert weight(record, NOW_MS + 1000 * HOUR_MS) == pytest.approx(BASE_WEIGHT, abs=1e-6)


def test_an_hour_takes_a_tenth() -> None:
    one = signal(SignalKind.SUCCESS, 1.0, NOW_MS)
    assert [round(faded(one, now_ms=NOW_MS + hours * HOUR_MS), 4) for hours in (-1, 0, 1, 2)] == [1.0, 1.0, 0.9, 0.81]


@given(RECORDS, st.randoms(use_true_random=False))
def test_order_and_repetition_make_no_difference(record: list[Signal], random: object) -> None:
    shuffled = [*record, *record]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert trail_of(shuffled, now_ms=NOW_MS) == trail_of(record, now_ms=NOW_MS)


def test_of_two_signals_about_one_opinion_the_newer_counts() -> None:
    labels = (Recommendation.APPROVE, Recommendation.REJECT)
    first, after = (
        judged("p", ONE, Domain.SECURITY, said=labels[0], confidence=0.9, label=label, at_ms=NOW_MS + place)
        for place, label in enumerate(labels)
    )
    assert (first.kind, after.kind) == (SignalKind.SUCCESS, SignalKind.FAILURE)
    assert weight([first, after]) == weight([after]) < BASE_WEIGHT


def test_only_the_newest_count() -> None:
    old = [signal(SignalKind.SUCCESS, 1.0, NOW_MS - 1000, place) for place in range(MOST_SIGNALS)]
    new = [signal(SignalKind.FAILURE, 1.0, NOW_MS, 1000 + place) for place in range(MOST_SIGNALS)]
    assert weight([*old, *new]) == weight(new) < BASE_WEIGHT


@pytest.mark.parametrize(
    ("said", "label", "kind"),
    [
        (Recommendation.APPROVE, Recommendation.APPROVE, SignalKind.SUCCESS),
        (Recommendation.APPROVE, Recommendation.CONDITIONAL, SignalKind.WARNING),
        (Recommendation.REVIEW_REQUIRED, Recommendation.CONDITIONAL, SignalKind.WARNING),
        (Recommendation.APPROVE, Recommendation.REVIEW_REQUIRED, SignalKind.FAILURE),
        (Recommendation.REJECT, Recommendation.APPROVE, SignalKind.FAILURE),
    ],
)
def test_what_a_judged_opinion_leaves(said: Recommendation, label: Recommendation, kind: SignalKind) -> None:
    left = judged("p", ONE, Domain.SECURITY, said=said, confidence=0.8, label=label, at_ms=NOW_MS)
    assert (left.kind, left.strength) == (kind, 0.5 if kind is SignalKind.WARNING else 0.8)


def test_each_specialist_has_its_own_trail() -> None:
    bad = [signal(SignalKind.FAILURE, 0.9, NOW_MS, place) for place in range(10)]
    other = [msgspec.structs.replace(one, specialist=SpecialistType.BUSINESS, kind=SignalKind.SUCCESS) for one in bad]
    trails = trails_of([*bad, *other], now_ms=NOW_MS)
    assert weight_of(trails[ONE]) < BASE_WEIGHT < weight_of(trails[SpecialistType.BUSINESS])
    assert trails[SpecialistType.EVOLUTION] == Trail()
