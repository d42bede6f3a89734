from __future__ import annotations

from app.engine.watchdog import Watchdog
from app.errors import StoreUnavailable


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def _watchdog(lag: dict[str, int]) -> tuple[Watchdog, Clock]:
    clock = Clock()
    return Watchdog(stuck_s=10, loop_lag_s=30, lag=lambda: lag, fail=lambda _: None, clock=clock), clock


def _pass(watchdog: Watchdog, clock: Clock, seconds: int, *, beating: bool = True) -> str | None:
    verdict = None
    for _ in range(seconds):
        clock.now_s += 1
        if beating:
            watchdog.note_beat()
        verdict = verdict or watchdog.verdict()
    return verdict


def test_a_worker_without_work_lives() -> None:
    watchdog, clock = _watchdog({"t": 0})
    assert _pass(watchdog, clock, 1000) is None


def test_records_that_wait_while_nothing_is_committed_end_the_worker() -> None:
    watchdog, clock = _watchdog({"t": 5})
    reason = _pass(watchdog, clock, 12)
    assert reason is not None
    assert "5 records of t wait" in reason


def test_one_topic_that_moves_does_not_hide_another_that_is_stuck() -> None:
    watchdog, clock = _watchdog({"moves": 5, "stuck": 5})
    reason = None
    for _ in range(12):
        watchdog.committed({"moves"})
        reason = reason or _pass(watchdog, clock, 1)
    assert reason is not None
    assert "of stuck wait" in reason


def test_a_shrinking_lag_is_progress() -> None:
    lag = {"t": 1000}
    watchdog, clock = _watchdog(lag)
    for _ in range(100):
        lag["t"] -= 1
        assert _pass(watchdog, clock, 1) is None


def test_a_stage_that_waits_for_a_store_is_not_stuck() -> None:
    watchdog, clock = _watchdog({"t": 5})
    watchdog.pause("execute", StoreUnavailable("mongo", "down"))
    assert _pass(watchdog, clock, 100) is None
    watchdog.resume("execute")
    assert _pass(watchdog, clock, 9) is None
    assert _pass(watchdog, clock, 3) is not None


def test_an_event_loop_that_stands_still_ends_the_worker() -> None:
    watchdog, clock = _watchdog({})
    assert "event loop" in (_pass(watchdog, clock, 32, beating=False) or "")


def test_a_process_that_was_stopped_as_a_whole_gets_time() -> None:
    watchdog, clock = _watchdog({"t": 5})
    assert _pass(watchdog, clock, 3) is None
    clock.now_s += 3600
    assert watchdog.verdict() is None
    assert _pass(watchdog, clock, 9) is None


def test_a_new_assignment_begins_anew() -> None:
    watchdog, clock = _watchdog({"t": 5})
    for _ in range(10):
        assert _pass(watchdog, clock, 8) is None
        watchdog.rebalanced()
