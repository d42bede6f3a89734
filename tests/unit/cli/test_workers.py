from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.cli import _workers
from app.cli._workers import RESTART_MAX_S, Worker, Workers, restart_delay_s
from app.embedded.process import ManagedProcess
from app.errors import HiveError

SLEEPS = "import time; time.sleep(60)"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_workers, "RESTART_FIRST_S", 0.01)
    monkeypatch.setattr(_workers, "LOOK_S", 0.01)


def worker(tmp_path: Path, code: str) -> Worker:
    process = ManagedProcess("worker-1", [sys.executable, "-c", code], log_path=tmp_path / "worker-1.log")
    return Worker("worker-1", 1, process, stop_timeout_s=10)


@contextmanager
def watched(one: Worker) -> Iterator[threading.Event]:
    """Run a worker; yields an event that is set each time it has been started again."""
    restarted, stopping = threading.Event(), threading.Event()
    one.on_restart = restarted.set
    thread = threading.Thread(target=one.run, args=[stopping])
    thread.start()
    try:
        yield restarted
    finally:
        stopping.set()
        thread.join()


def test_the_time_between_starts_doubles_up_to_a_limit() -> None:
    delays = [restart_delay_s(ends) for ends in range(40)]

    assert delays == sorted(delays)
    assert delays[1] == 2 * delays[0]
    assert delays[-1] == RESTART_MAX_S


def test_a_worker_that_ends_is_started_again_under_its_name(tmp_path: Path) -> None:
    once = f"from pathlib import Path; p = Path({str(tmp_path / 'once')!r}); again = p.exists(); p.touch()"
    one = worker(tmp_path, f"{once}\nif again: {SLEEPS}")

    with watched(one) as restarted:
        assert restarted.wait(30)
        assert (one.name, one.state.pid > 0, one.early_ends) == ("worker-1", True, 1)


def test_a_worker_is_gone_when_it_is_told_to_stop(tmp_path: Path) -> None:
    one = worker(tmp_path, SLEEPS)

    with watched(one):
        pass

    assert not one._process.alive


def test_a_worker_that_ends_again_and_again_is_given_up_with_what_it_said(tmp_path: Path) -> None:
    team = Workers([worker(tmp_path, "raise SystemExit('no such catalog')")])

    with pytest.raises(HiveError, match=r"worker-1 ends again and again: no such catalog .*worker-1\.log"):
        team.start(timeout_s=30)
    team.stop()


def test_a_worker_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    team = Workers([worker(tmp_path, SLEEPS)])

    with pytest.raises(HiveError, match="worker-1 is not ready"):
        team.start(timeout_s=0.1)
    team.stop()
