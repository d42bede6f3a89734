"""A child process that is ready when it answers, and that never outlives its parent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.embedded.errors import ServerExited, ServerNotReady

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

GUARD = Path(__file__).with_name("guard.py")
POLL_S = 0.02
LOG_LINES = 15
GUARD_MARGIN_S = 5.0
"""What the guard gets to reap a killed process, before it is killed itself."""


@dataclass
class ManagedProcess:
    """Start, watch, signal and stop one child process in a session of its own, under a guard (see `guard.py`).

    A process can be started again after it has ended; its log goes on in the same file.
    """

    name: str
    """What messages call it."""
    argv: Sequence[str]
    """Command and arguments."""
    _: KW_ONLY
    log_path: Path
    """Where its output goes, appended."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment variables, added to those of this process."""
    cwd: Path | None = None
    """Working directory; this process's own by default."""
    ready: Callable[[], bool] | None = None
    """Asks it, in its own protocol, whether it answers; None: it is ready once it runs."""
    start_timeout_s: float = 30.0
    """How long it may take to answer."""
    grace_s: float = 10.0
    """How long it may take to end when this process is gone."""
    hold: tuple[int, ...] = ()
    """File descriptors that stay open until the process has ended, such as that of a lock."""

    pid: int | None = field(default=None, init=False)
    """The process's id, once started."""
    _guard: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _log_start: int = field(default=0, init=False, repr=False)

    @property
    def alive(self) -> bool:
        """Whether the process runs (a paused one does)."""
        return self._guard is not None and self._guard.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Its exit code, 128 + n after signal n; None while it runs."""
        return None if self._guard is None else self._guard.poll()

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            ServerExited: it ended first; holds its last log lines.
            ServerNotReady: it did not answer in time, and was stopped.
        """
        self.spawn()
        self.wait_ready()

    def spawn(self) -> None:
        """Start it without waiting for an answer."""
        if self.alive:
            return
        self._wait(0)
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._log_start = log.tell()
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARD), str(self.grace_s), *self.argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **self.env},
                cwd=self.cwd,
                bufsize=0,
                pass_fds=self.hold,
                start_new_session=True,
            )
        assert self._guard.stdout is not None  # noqa: S101 - it is a pipe
        with self._guard.stdout as stdout:
            said = stdout.readline()
        self.pid = int(said) if said else None  # nothing: the command could not be run, see the log

    def wait_ready(self) -> None:
        """Wait until it answers; raises as `start` does."""
        deadline = time.monotonic() + self.start_timeout_s
        while self.alive and self.ready is not None and not self.ready():
            if time.monotonic() > deadline:
                self.stop(self.grace_s)
                raise ServerNotReady(
                    self.name, self.start_timeout_s, log_path=self.log_path, log_lines=self.log_lines()
                )
            time.sleep(POLL_S)
        # Also after an answer: another server on the same port may have given it.
        if self.pid is None or not self.alive:
            self._wait(GUARD_MARGIN_S)
            raise ServerExited(self.name, self.exit_code, log_path=self.log_path, log_lines=self.log_lines())

    def send_signal(self, number: int) -> None:
        """Send a signal to the process and its children; does nothing when it has ended."""
        # Through the guard's pipe: the guard alone knows that the pid is still theirs.
        if self._guard is not None and self._guard.stdin is not None:
            with contextlib.suppress(BrokenPipeError, ValueError):
                self._guard.stdin.write(bytes([number]))

    def stop(self, timeout_s: float | None = None) -> None:
        """Ask it to end, wait, and kill it when it does not; does nothing when it has ended.

        Args:
            timeout_s: How long to wait between SIGTERM and SIGKILL; `grace_s` by default.
        """
        self.send_signal(signal.SIGTERM)
        self.send_signal(signal.SIGCONT)
        if not self._wait(self.grace_s if timeout_s is None else timeout_s):
            self.kill()

    def kill(self) -> None:
        """End it at once by SIGKILL, as a crash would, and wait until it is gone."""
        self.send_signal(signal.SIGKILL)
        if not self._wait(GUARD_MARGIN_S) and self._guard is not None:
            self._guard.kill()
            self._wait(GUARD_MARGIN_S)

    def log_lines(self, count: int = LOG_LINES) -> list[str]:
        """Return the last lines that it has logged since it was started."""
        try:
            with self.log_path.open("rb") as log:
                log.seek(self._log_start)
                return log.read().decode(errors="replace").splitlines()[-count:]
        except FileNotFoundError:
            return []

    def _wait(self, timeout_s: float) -> bool:
        """Wait for the end, and clean up after it."""
        if self._guard is None:
            return True
        try:
            self._guard.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        return True
