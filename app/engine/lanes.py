"""A worker's committers: one for all stages, and one more for each stage that others must not hold up.

What a transaction takes grows with the partitions that it writes to. In one transaction with everything else, a stage
of few outputs waits for those of all others; in one of its own it doesn't, and costs the broker one more.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.engine.committer import Committer, Work

__all__ = ["Lanes"]


class Lanes:
    """Takes work as a committer does, and gives it to that of its stage: one stage's work is committed in order.

    Args:
        make: Makes a committer, given what its producers are named after besides the worker.
        own: The stages that have one of their own.
    """

    def __init__(self, make: Callable[[str], Committer], own: Iterable[str]) -> None:
        self._shared = make("")
        self._own = {stage: make(f"-{stage}") for stage in own}
        self._all = (self._shared, *self._own.values())

    async def start(self) -> None:
        """Register all producers."""
        await asyncio.gather(*(each.start() for each in self._all))

    @property
    def started(self) -> bool:
        """Tell whether all producers are registered."""
        return all(each.started for each in self._all)

    def submit(self, work: Work) -> asyncio.Future[None]:
        """Take a stage's work: see :meth:`app.engine.committer.Committer.submit`."""
        return self._own.get(work.stage, self._shared).submit(work)

    async def settle(self) -> None:
        """Wait until nothing waits and nothing is being committed."""
        await asyncio.gather(*(each.settle() for each in self._all))

    async def stop(self) -> None:
        """Commit what waits, then close."""
        await asyncio.gather(*(each.stop() for each in self._all))
