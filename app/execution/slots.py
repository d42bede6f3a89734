"""Who may ask a store now: so many at once, and each asker in turn, so that none has all of a store for itself."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque

__all__ = ["FairSlots"]


class FairSlots:
    """Slots of one store. Those who wait for one get it by turns of their askers, each asker's own in their order.

    Args:
        at_once: How many slots there are.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    def take_free(self) -> bool:
        """Take a slot if one is free."""
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    async def take(self, asker: str) -> None:
        """Wait for a slot."""
        if self.take_free():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(asker, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give()  # it had just been given
            raise

    def give(self) -> None:
        """Give a slot back, to whoever's turn it is."""
        while self._waiting:
            asker, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[asker] = turns  # behind the others
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
