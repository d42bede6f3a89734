"""The workers of `hive up`: child processes that are started again, under their own names, when they end."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from app.cli._health import is_ready
from app.cli._state import WorkerState
from app.embedded.process import ManagedProcess
from app.errors import HiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

RESTART_FIRST_S = 0.5
RESTART_MAX_S = 30.0
STEADY_S = 60.0
"""A worker that has lived for so long has got over what ended it before."""
HOPELESS_ENDS = 3
"""A worker that has ended so often, and was never ready, will not be."""
LOOK_S = 0.2


def restart_delay_s(early_ends: int) -> float:
    """Return how long to wait before the next start, given how often the worker has ended early in a row."""
    return float(min(RESTART_MAX_S, RESTART_FIRST_S * 2 ** min(early_ends, 16)))


class Worker:
    """One worker, started again each time that it ends.

    Args:
        name: Stays the same over restarts, so that a restarted worker decides its own open transaction.
        port: Its web port.
        process: What runs it.
        stop_timeout_s: How long it may take to finish what it has begun.
    """

    def __init__(self, name: str, port: int, process: ManagedProcess, *, stop_timeout_s: float) -> None:
        self.name = name
        self.port = port
        self.early_ends = 0
        self.on_restart: Callable[[], object] = lambda: None
        self._process = process
        self._stop_timeout_s = stop_timeout_s

    @property
    def state(self) -> WorkerState:
        """Its process as it is now."""
        return WorkerState(self.name, self._process.pid or 0, self.port)

    @property
    def complaint(self) -> str:
        """What it said last, and where the rest is."""
        said = self._process.log_lines(1)
        return f"{said[0].strip() if said else 'it said nothing'} (see {self._process.log_path})"

    def run(self, stopping: threading.Event) -> None:
        """Keep it running until told to stop, then stop it."""
        self._process.spawn()
        while not stopping.is_set():
            began = time.monotonic()
            while self._process.alive and not stopping.wait(LOOK_S):
                pass
            if stopping.is_set():
                break
            self.early_ends = self.early_ends + 1 if time.monotonic() - began < STEADY_S else 0
            if not stopping.wait(restart_delay_s(self.early_ends)):
                self._process.spawn()
                self.on_restart()
        self._process.stop(self._stop_timeout_s)


class Workers:
    """All workers of one `hive up`, each with a thread that watches over it."""

    def __init__(self, workers: list[Worker]) -> None:
        self._workers = workers
        self._stopping = threading.Event()
        self._threads = ThreadPoolExecutor(max_workers=len(workers), thread_name_prefix="watch")

    @classmethod
    def of_faust(cls, ports: list[int], *, environ: Mapping[str, str], log_dir: Path, stop_timeout_s: float) -> Workers:
        """Make Faust workers of this application.

        Args:
            ports: Web port of each worker; there are as many workers as ports.
            environ: Variables that say where everything is.
            log_dir: Where each worker's log goes.
            stop_timeout_s: How long one may take to finish what it has begun.
        """
        workers = []
        for number, port in enumerate(ports, start=1):
            name = f"worker-{number}"
            process = ManagedProcess(
                name,
                [sys.executable, *f"-m faust -A app.main worker -l warn --web-port {port}".split()],
                env={**environ, "HIVE_WORKER": name, "HIVE_WEB_PORT": str(port)},
                log_path=log_dir / f"{name}.log",
            )
            workers.append(Worker(name, port, process, stop_timeout_s=stop_timeout_s))
        return cls(workers)

    @property
    def states(self) -> list[WorkerState]:
        """The workers as they are now; a pid changes with each restart."""
        return [worker.state for worker in self._workers]

    def start(self, *, timeout_s: float) -> None:
        """Start all of them at once (one rebalance instead of one each) and wait until every one takes work.

        Raises:
            HiveError: one does not in time, or ends again and again.
        """
        for worker in self._workers:
            self._threads.submit(worker.run, self._stopping)
        deadline = time.monotonic() + timeout_s
        for worker in self._workers:
            while not is_ready(worker.port):
                if worker.early_ends >= HOPELESS_ENDS:
                    raise HiveError(f"{worker.name} ends again and again: {worker.complaint}")
                if time.monotonic() > deadline:
                    raise HiveError(f"{worker.name} is not ready after {timeout_s:g} s: {worker.complaint}")
                time.sleep(LOOK_S)

    def call_on_restart(self, callback: Callable[[], object]) -> None:
        """Call back, from another thread, when a worker runs again with another pid."""
        for worker in self._workers:
            worker.on_restart = callback

    def stop(self) -> None:
        """Let all of them finish what they have begun, at the same time, and wait until they have ended."""
        self._stopping.set()
        self._threads.shutdown(wait=True)
