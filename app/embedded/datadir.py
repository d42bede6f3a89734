"""One stack at a time on a data folder."""

from __future__ import annotations

import contextlib
import fcntl
import time
from typing import TYPE_CHECKING

from app.embedded.errors import StackInUse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEFTOVERS_S = 35.0
"""How long the servers of a crashed stack may take to end: a little more than the slowest one's grace."""
_POLL_S = 0.1


@contextlib.contextmanager
def exclusive(data_dir: Path) -> Iterator[int]:
    """Hold the data folder, and yield a file descriptor for the servers' guards to hold as well.

    The first lock dies with this process: who finds it taken has met a living stack. The second lives until
    the last guard has ended its server, so that after a crash nobody opens files that an old server still writes.

    Raises:
        StackInUse: another stack is running on it.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "stack.lock").open("w") as stack, (data_dir / "servers.lock").open("w") as servers:
        _lock(stack.fileno(), data_dir, patience_s=0)
        _lock(servers.fileno(), data_dir, patience_s=LEFTOVERS_S)
        yield servers.fileno()


def _lock(file: int, data_dir: Path, *, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise StackInUse(data_dir) from None
            time.sleep(_POLL_S)
        else:
            return
