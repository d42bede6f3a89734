from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tables.domain_counts import WINDOW_MINUTES, RollingCount, counted, within

MINUTE_MS = 60_000


@given(st.lists(st.integers(0, 200)))
def test_holds_the_events_of_the_window_and_no_more(minutes: list[int]) -> None:
    state = RollingCount()
    for minute in minutes:
        state = counted(state, event_time_ms=minute * MINUTE_MS + 59_999)
    newest = max(minutes, default=0)
    in_time = []  # an event counts when it is inside the window at the moment it comes
    seen = 0
    for minute in minutes:
        seen = max(seen, minute)
        if minute > seen - WINDOW_MINUTES:
            in_time.append(minute)
    assert sum(m > newest - WINDOW_MINUTES for m in in_time) == within(state, now_ms=newest * MINUTE_MS)
    assert len(minutes) == state.total
    assert len(state.minutes) <= WINDOW_MINUTES


def test_a_shorter_span_counts_less() -> None:
    state = counted(counted(RollingCount(), event_time_ms=0), event_time_ms=10 * MINUTE_MS)
    assert within(state, now_ms=10 * MINUTE_MS, minutes=5) == 1
    assert within(state, now_ms=10 * MINUTE_MS, minutes=11) == 2
