"""The wall clock, for the edges: what decides is told the time.

A rehearsal puts another one on: `HIVE_CLOCK` names a file that holds the time, and time goes by when somebody writes a
later one. So three days of an experiment pass while a test looks on, in every process that has the variable. It is no
setting, so that no file of settings can carry it somewhere else, and a worker says in its log that it has it.

Kafka stamps records and MongoDB forgets documents by clocks of their own. A rehearsal's clock is therefore never ahead
of the machine's: it begins in the past, and what it says is at most the time that it is.
"""

from __future__ import annotations

import mmap
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["VARIABLE", "Rehearsal", "now_ms", "rehearsed", "rehearses"]

VARIABLE: Final = "HIVE_CLOCK"
_BYTES: Final = 8


class Rehearsal:
    """A clock that stands still until it is moved on: eight bytes of a file, epoch milliseconds, the lowest first.

    Args:
        path: The file, which is there.

    Raises:
        ConfigurationError: it is not, or is none of a clock.
    """

    def __init__(self, path: Path) -> None:
        try:
            with path.open("r+b") as file:
                self._told = mmap.mmap(file.fileno(), _BYTES)
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{VARIABLE} names {path}, which is no clock of a rehearsal ({error}): unset it"
            ) from error

    @classmethod
    def begin(cls, path: Path, *, at_ms: int) -> Rehearsal:
        """Make the file; what time it is then must have been."""
        path.write_bytes(at_ms.to_bytes(_BYTES, "little"))
        return cls(path)

    def now_ms(self) -> int:
        """Return the time in epoch milliseconds."""
        return min(int.from_bytes(self._told[:_BYTES], "little"), _machine_ms())

    def forward(self, by_ms: int) -> None:
        """Let time go by, for all who look at the file; one writes it.

        Raises:
            ValueError: it would go back, or on to what has not been yet.
        """
        after_ms = self.now_ms() + by_ms
        if by_ms < 0:
            raise ValueError(f"time does not go back: by_ms={by_ms}")
        if after_ms > _machine_ms():
            raise ValueError(f"by_ms={by_ms} leads past the machine's time: let the rehearsal begin earlier")
        self._told[:_BYTES] = after_ms.to_bytes(_BYTES, "little")


def _machine_ms() -> int:
    return time.time_ns() // 1_000_000


_clock: Callable[[], int] | None = None
"""What tells the time; None: nobody has asked yet."""


def now_ms() -> int:
    """Return the time in epoch milliseconds.

    Raises:
        ConfigurationError: `HIVE_CLOCK` names no clock; it is said when somebody first asks.
    """
    global _clock  # noqa: PLW0603 — one clock for the process
    if _clock is None:
        named = os.environ.get(VARIABLE)
        _clock = Rehearsal(Path(named)).now_ms if named else _machine_ms
    return _clock()


def rehearses() -> str | None:
    """Return the file that tells the time; None: it is the machine's."""
    return os.environ.get(VARIABLE) or None


@contextmanager
def rehearsed(path: Path, *, at_ms: int) -> Iterator[Rehearsal]:
    """Put a rehearsal's clock on, in this process and in those that it starts, until the block is left."""
    global _clock  # noqa: PLW0603 — one clock for the process
    before, named = _clock, os.environ.get(VARIABLE)
    clock = Rehearsal.begin(path, at_ms=at_ms)
    _clock, os.environ[VARIABLE] = clock.now_ms, str(path)
    try:
        yield clock
    finally:
        _clock = before
        if named is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = named
