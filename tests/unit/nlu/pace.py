"""Times of hostile texts, as multiples of what this machine takes for a sum: no test may depend on how busy it is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SUM_S = 0.014
"""Adding up a million numbers on the machine that the targets are for, when nothing else runs there."""

EXPLODES_S = 0.020
"""Four times the target of 5 ms, which the benchmark checks: a pattern that explodes takes a hundred times as long."""


def slowness() -> float:
    """Return how many times as long as on that machine things take here and now; at least 1."""
    return max(1.0, _spent_s(lambda: sum(range(1_000_000))) / SUM_S)


def explodes(call: Callable[[], object], *, tries: int = 5) -> bool:
    """Tell whether a call takes too long each time, by the pace of the machine at that moment."""
    return all((spent_s := _spent_s(call)) > EXPLODES_S and spent_s / slowness() > EXPLODES_S for _ in range(tries))


def _spent_s(call: Callable[[], object]) -> float:
    begin_s = time.thread_time()
    call()
    return time.thread_time() - begin_s
