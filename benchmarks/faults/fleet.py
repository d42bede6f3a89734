"""The workers of a fault run, and the supervisor that starts again what has ended."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from benchmarks.faults.trace import Hit
from benchmarks.report import progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from app.embedded.process import ManagedProcess

RESTART_PAUSE_S = 0.5
SIGNAL_S = 0.2
"""After so long a signal has surely been delivered."""
STOP_TIMEOUT_S = 25.0


class Fleet:
    """Workers with static names (`worker-1`, …).

    Args:
        make: Makes the process of a worker with a name, not started yet.

    Attributes:
        exits: How often a worker ended by itself: it gives up rather than go on in doubt.
    """

    def __init__(self, make: Callable[[str], ManagedProcess]) -> None:
        self._make = make
        self._workers: dict[str, ManagedProcess] = {}
        self._paused: dict[str, float] = {}
        self._restart_at: dict[str, float] = {}
        self.exits = 0

    def scale(self, count: int) -> None:
        """Start or stop workers until there are `count`; those that go are asked to, and may finish."""
        for number in range(1, count + 1):
            name = f"worker-{number}"
            if name not in self._workers:
                self._workers[name] = self._make(name)
                self._workers[name].start()
        for name in sorted(self._workers)[count:]:
            self.resume(name)
            self._workers.pop(name).stop(STOP_TIMEOUT_S)

    def tend(self) -> None:
        """Start what has ended, after a pause; let go on what has been stopped for long enough."""
        now_s = time.monotonic()
        for name, until_s in list(self._paused.items()):
            if now_s >= until_s:
                self.resume(name)
        for name, worker in self._workers.items():
            if worker.alive:
                continue
            if name not in self._restart_at:
                self.exits += 1
                progress(f"{name} ended by itself: {worker.log_lines(1)}")
                self._restart_at[name] = now_s + RESTART_PAUSE_S
            elif now_s >= self._restart_at[name]:
                del self._restart_at[name]
                worker.start()

    def kill(self, rng: Random) -> Hit:
        """SIGKILL one worker that is up (a stopped one only if no other is)."""
        name = self._choose(rng)
        pid = self._workers[name].pid or 0
        self._workers[name].kill()
        self._paused.pop(name, None)
        self._restart_at[name] = time.monotonic() + RESTART_PAUSE_S
        progress(f"SIGKILL {name}")
        return Hit(pid, time.time())  # now that it is dead: what it did until then is not recovery

    def pause(self, rng: Random, stop_s: float) -> Hit:
        """SIGSTOP one worker; `tend` lets it go on."""
        name = self._choose(rng)
        self._workers[name].send_signal(signal.SIGSTOP)
        self._paused[name] = time.monotonic() + stop_s
        progress(f"SIGSTOP {name} for {stop_s:.0f} s")
        time.sleep(SIGNAL_S)
        return Hit(self._workers[name].pid or 0, time.time())

    def resume(self, name: str) -> None:
        if self._paused.pop(name, None) is not None:
            self._workers[name].send_signal(signal.SIGCONT)
            progress(f"SIGCONT {name}")

    @property
    def undisturbed(self) -> bool:
        """Tell whether no worker is stopped and all are up."""
        return not self._paused and all(worker.alive for worker in self._workers.values())

    def stop(self) -> None:
        """Ask all to end."""
        for name in list(self._paused):
            self.resume(name)
        for worker in self._workers.values():
            worker.send_signal(signal.SIGTERM)
        for worker in self._workers.values():
            worker.stop(STOP_TIMEOUT_S)
        self._workers.clear()

    def _choose(self, rng: Random) -> str:
        alive = sorted(name for name, worker in self._workers.items() if worker.alive)
        awake = [name for name in alive if name not in self._paused]
        while not alive:  # all are being started again: take the first one that is up
            time.sleep(RESTART_PAUSE_S / 5)
            self.tend()
            alive = awake = sorted(name for name, worker in self._workers.items() if worker.alive)
        return rng.choice(awake or alive)
