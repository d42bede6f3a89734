"""Run one command, and end it when the process that asked for it is gone.

    python guard.py GRACE_S COMMAND [ARGUMENT ...]

Standard input is a pipe whose other end only the parent holds. Each byte that comes through it is the
number of a signal for the command's process group. Its end means that the parent has gone, however it died
(even by SIGKILL, when no handler of its own could run): the group then gets SIGTERM, and SIGKILL after
GRACE_S seconds. The command's pid goes to standard output, its own output to standard error. This file uses
the standard library alone and is run by its path with `-I -S`, so that it starts in milliseconds and
whatever the working directory is.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

EXEC_FAILED = 127


def _signal_group(child: subprocess.Popen[bytes], number: int) -> None:
    # macOS says "not permitted" where Linux says "no such process": only a zombie is left of the group.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def _relay(child: subprocess.Popen[bytes]) -> None:
    while numbers := os.read(0, 64):
        for number in numbers:
            _signal_group(child, number)
    os.kill(os.getpid(), signal.SIGTERM)  # the parent is gone: the main thread ends the command


def _end(child: subprocess.Popen[bytes], grace_s: float) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if child.poll() is None:
        _signal_group(child, signal.SIGTERM)
        _signal_group(child, signal.SIGCONT)  # a paused process takes no other signal
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(grace_s)
    _signal_group(child, signal.SIGKILL)  # what is left of the group, when its leader has ended too
    child.wait()


def main() -> int:
    """Run the command until it ends or the parent is gone; return its exit code, 128 + n after signal n."""
    grace_s, command = float(sys.argv[1]), sys.argv[2:]
    # A handler, not SIG_IGN: that would be inherited by the command.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True)
    except OSError as exc:
        sys.stderr.write(f"{command[0]}: {exc.strerror}\n")
        return EXEC_FAILED
    try:
        sys.stdout.write(f"{child.pid}\n")
        sys.stdout.close()
        threading.Thread(target=_relay, args=(child,), daemon=True).start()
        code = child.wait()
    finally:
        _end(child, grace_s)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
