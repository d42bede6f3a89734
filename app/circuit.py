"""A circuit breaker: what has failed some times in a row is left alone for a while, then tried once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Circuit", "State"]

State = Literal["closed", "half-open", "open"]


class Circuit:
    """Opens after failures in a row, and lets one try through when it has been open for long enough.

    Args:
        clock: Monotonic seconds.
        failures: How many in a row open it.
        open_s: For how long.
    """

    def __init__(self, *, clock: Callable[[], float], failures: int = 3, open_s: float = 15.0) -> None:
        self._clock = clock
        self._most = failures
        self._open_s = open_s
        self._failed = 0
        self._until_s = 0.0

    @property
    def state(self) -> State:
        """Closed: all goes through; open: nothing does; half-open: the next try does, and decides."""
        if self._failed < self._most:
            return "closed"
        return "open" if self._clock() < self._until_s else "half-open"

    @property
    def open_for_s(self) -> float:
        """How long nothing is let through from now on."""
        return max(0.0, self._until_s - self._clock()) if self._failed >= self._most else 0.0

    def allows(self) -> bool:
        """Whether to try now; of those who ask while it is half-open, the first one is to.

        Should that one never note how it ended, another may try after the same while.
        """
        if self._failed < self._most:
            return True
        now_s = self._clock()
        if now_s < self._until_s:
            return False
        self._until_s = now_s + self._open_s
        return True

    def note(self, *, good: bool) -> None:
        """Note how a try ended."""
        self._failed = 0 if good else self._failed + 1
        if self._failed >= self._most:
            self._until_s = self._clock() + self._open_s
