"""A token bucket: never more than the limit in the long run, never less than the burst at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.engine.tables import Table
from tables import forget
from tables.actor_rates import Bucket, Limit, take

LIMIT = Limit(per_minute=60, burst=5)


def _table() -> Table[Bucket]:
    return Table("actor-rates", changelog="c", value_type=Bucket, count=1)


@given(st.lists(st.integers(-2_000, 5_000), max_size=100))
def test_no_span_of_time_sees_more_than_the_burst_and_what_has_come_in(gaps_ms: list[int]) -> None:
    view = _table().view(0)
    now_ms, highest_ms = 1_000_000, 0
    taken: list[int] = []
    for gap_ms in gaps_ms:
        now_ms += gap_ms  # backwards too: event times are not quite in order
        highest_ms = max(highest_ms, now_ms)
        if take(view, "ana", LIMIT, event_time_ms=now_ms) == 0:
            taken.append(highest_ms)
    for at, start_ms in enumerate(taken):
        for count, end_ms in enumerate(taken[at:], start=1):
            assert count <= LIMIT.burst + (end_ms - start_ms) / 1000 + 0.001


def test_the_burst_is_there_at_once_and_the_next_token_when_it_was_said() -> None:
    view = _table().view(0)
    assert [take(view, "ana", LIMIT, event_time_ms=0) for _ in range(5)] == [0] * 5
    wait_ms = take(view, "ana", LIMIT, event_time_ms=0)
    assert wait_ms == 1_001
    assert take(view, "ana", LIMIT, event_time_ms=wait_ms - 100) > 0
    assert take(view, "ana", LIMIT, event_time_ms=wait_ms) == 0
    assert take(view, "bob", LIMIT, event_time_ms=0) == 0, "each actor has a bucket"


def test_a_bucket_that_is_full_again_is_forgotten_without_a_difference() -> None:
    table = _table()
    view = table.view(0)
    take(view, "ana", LIMIT, event_time_ms=0)
    take(view, "bob", LIMIT, event_time_ms=6_000)
    changes = view.changes()
    table.hand_over(0, changes)
    table.settle(0, changes, committed=True)
    view = table.view(0)
    assert forget(view, before_ms=6_000 - LIMIT.full_after_ms + 1_000, most=100) == 1
    assert list(view) == ["bob"]
    assert [take(view, "ana", LIMIT, event_time_ms=6_000) for _ in range(6)] == [0] * 5 + [1_001]
