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
        limited = {what: most for what, most in per_minute.items() if most > 0}
        self.measures = tuple(limited)
        """What has a limit, and has to be told to `spend`."""
        self._most = tuple(limited.values())
        self._clock = clock
        self._left: OrderedDict[str, _Left] = OrderedDict()

    def check(self, asker: str) -> None:
        """Let an asker ask.

        Raises:
            QueryRefused: it has had enough for now.
        """
        had = self._left.get(asker)
        if had is None or min(had.of) > 0:
            return  # since then it has only become more
        self._fill(had)
        for what, most, left in zip(self.measures, self._most, had.of, strict=True):
            if left <= 0:
                wait_s = -left / most * MINUTE_S + 1
                raise QueryRefused(f"{_SAID[what].format(most=most)}: wait {wait_s:.0f} s", "limit")

    def spend(self, asker: str, spent: Mapping[str, float]) -> None:
        """Note what an asker's query has cost."""
        if not self.measures:
            return
        had = self._left.get(asker)
        if had is None:
            had = self._left[asker] = _Left(list(self._most), self._clock())
            if len(self._left) > MOST_ASKERS:
                self._left.popitem(last=False)
        else:
            self._left.move_to_end(asker)
            self._fill(had)
        for number, what in enumerate(self.measures):
            had.of[number] -= spent.get(what, 0.0)

    def _fill(self, had: _Left) -> None:
        """Give back what the time since the last look is worth."""
        now_s = self._clock()
        minutes, had.at_s = (now_s - had.at_s) / MINUTE_S, now_s
        for number, most in enumerate(self._most):
            had.of[number] = min(most, had.of[number] + minutes * most)


class _Left:
    """What an asker has left of each measure, and when that was."""

    __slots__ = ("at_s", "of")

    def __init__(self, of: list[float], at_s: float) -> None:
        self.of = of
        self.at_s = at_s
