"""How much each asker has had lately: buckets of bytes, rows and seconds that fill again, on each worker."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from app.errors import QueryRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["AnswerBudget"]

MOST_ASKERS: Final = 10_000
MINUTE_S: Final = 60.0
_SAID: Final = {
    "bytes": "your answers of the last minute have more than {most:,.0f} bytes",
    "rows": "your answers of the last minute have more than {most:,.0f} rows",
    "seconds": "your queries of the last minute took more than {most:,.0f} seconds",
}


class AnswerBudget:
    """Refuses an asker who has had more in the last minute than one may.

    What a query costs is only known when it has ended, so that the last one may overdraw; the next waits the longer.

    Args:
        per_minute: For each asker, by what is measured: `bytes` and `rows` of answers, `seconds` of queries, those that
            failed too. 0, or absent: any number.
        clock: Monotonic seconds.

    Raises:
        ValueError: something else is to be measured.
    """

    def __init__(self, per_minute: Mapping[str, float], *, clock: Callable[[], float]) -> None:
        if unknown := per_minute.keys() - _SAID.keys():
            raise ValueError(f"{', '.join(sorted(unknown))}: {', '.join(_SAID)} can be measured")
        self._per_minute = {what: most for what, most in per_minute.items() if most > 0}
        self._clock = clock
        self._left: OrderedDict[str, tuple[dict[str, float], float]] = OrderedDict()  # what is left, and when that was

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return bool(self._per_minute)

    def check(self, asker: str) -> None:
        """Let an asker ask.

        Raises:
            QueryRefused: it has had enough for now.
        """
        for what, left in self._now(asker).items():
            most = self._per_minute[what]
            if left <= 0:
                wait_s = -left / most * MINUTE_S + 1
                raise QueryRefused(f"{_SAID[what].format(most=most)}: wait {wait_s:.0f} s", "limit")

    def spend(self, asker: str, spent: Mapping[str, float]) -> None:
        """Note what an asker's query has cost."""
        if not self._per_minute:
            return
        left = {what: left - spent.get(what, 0.0) for what, left in self._now(asker).items()}
        self._left[asker] = (left, self._clock())
        self._left.move_to_end(asker)
        if len(self._left) > MOST_ASKERS:
            self._left.popitem(last=False)

    def _now(self, asker: str) -> dict[str, float]:
        left, at_s = self._left.get(asker, (self._per_minute, 0.0))
        passed = (self._clock() - at_s) / MINUTE_S
        return {what: min(most, left[what] + passed * most) for what, most in self._per_minute.items()}
