"""How much each asker has been answered lately: a bucket of bytes that fills again, on each worker."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from app.errors import QueryRefused

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AnswerBudget"]

MOST_ASKERS = 10_000
MINUTE_S = 60.0


class AnswerBudget:
    """Refuses an asker whose answers have had more bytes in the last minute than one may get.

    What an answer has is only known when it is there, so that the last one may overdraw; the next waits the longer.

    Args:
        bytes_per_minute: For each asker; 0: any number.
        clock: Monotonic seconds.
    """

    def __init__(self, bytes_per_minute: float, *, clock: Callable[[], float]) -> None:
        self._per_minute = bytes_per_minute
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # bytes left, and when that was

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._per_minute > 0

    def check(self, asker: str) -> None:
        """Let an asker ask.

        Raises:
            QueryRefused: it has had enough for now.
        """
        if self._per_minute and (left := self._now(asker)) <= 0:
            wait_s = -left / self._per_minute * MINUTE_S + 1
            raise QueryRefused(
                f"your answers of the last minute have more than {self._per_minute:,.0f} bytes: wait {wait_s:.0f} s",
                "limit",
            )

    def spend(self, asker: str, size_bytes: int) -> None:
        """Note what an asker has been answered."""
        if not self._per_minute:
            return
        self._left[asker] = (self._now(asker) - size_bytes, self._clock())
        self._left.move_to_end(asker)
        if len(self._left) > MOST_ASKERS:
            self._left.popitem(last=False)

    def _now(self, asker: str) -> float:
        left, at_s = self._left.get(asker, (self._per_minute, 0.0))
        return min(self._per_minute, left + (self._clock() - at_s) * self._per_minute / MINUTE_S)
