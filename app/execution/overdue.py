"""Ends calls that take far too long, all with one timer: each has limits of its own, this is the last one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["Overdue"]

T = TypeVar("T")

LOOK_S = 0.2
"""How often is looked, while there are any; a call may be so much later."""


class Overdue:
    """Watches calls; a task makes one at a time."""

    def __init__(self) -> None:
        self._until_s: dict[asyncio.Task[object], float] = {}
        self._ended: set[asyncio.Task[object]] = set()
        self._looking = False

    async def within(self, limit_s: float, call: Awaitable[T]) -> T:
        """Return what a call gives.

        Raises:
            TimeoutError: it took longer than the limit, and has been cancelled.
        """
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None  # noqa: S101 — a coroutine runs in one
        self._until_s[task] = loop.time() + limit_s
        if not self._looking:
            self._looking = True
            loop.call_later(min(LOOK_S, limit_s), self._look)
        try:
            return await call
        except asyncio.CancelledError:
            # As `asyncio.timeout` does it: whoever else has cancelled the task is not to wait for it in vain.
            if task in self._ended and task.uncancel() <= 0:
                raise TimeoutError from None
            raise
        finally:
            del self._until_s[task]
            if self._ended:
                self._ended.discard(task)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        for task, until_s in self._until_s.items():
            if until_s <= now_s and task not in self._ended:
                self._ended.add(task)
                task.cancel()
        self._looking = bool(self._until_s)
        if self._looking:
            loop.call_later(LOOK_S, self._look)
