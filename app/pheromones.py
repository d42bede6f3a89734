"""The specialists' trails in Redis: what judged opinions leave, shared by all workers, and read from memory.

A trail is a sorted set of signals by their time, for each specialist and domain. A signal that is written twice is
there once; how much of it is left follows from its age when it is read. Planning reads what was fetched last: a Redis
that is down costs nothing but news.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from models.deliberation.weights import EVEN, FORGOTTEN_AFTER_MS, MOST_SIGNALS, Signal, Trail, trails_of
from models.errors import HiveError
from models.records import Domain, SpecialistType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from app.stores.redis import RedisStore

__all__ = ["Pheromones"]

logger = logging.getLogger(__name__)

REFRESH_S: Final = 5.0
"""How old what is read may be: a signal fades to nine tenths in an hour."""

_KEPT: Final = 2 * MOST_SIGNALS
"""Of two about one opinion the newer counts, so that more are kept than count."""

_Key = tuple[SpecialistType, Domain]


class Pheromones:
    """Writes signals, and knows the trails.

    Args:
        redis: Where they are.
        scope: Whose: the application's id, so that two on one server don't mix.
        clock: Epoch milliseconds.
        refresh_s: How often they are fetched.
    """

    def __init__(
        self, redis: RedisStore, *, scope: str, clock: Callable[[], int], refresh_s: float = REFRESH_S
    ) -> None:
        self._redis = redis
        self._scope = scope
        self._clock = clock
        self._refresh_s = refresh_s
        self._trails: dict[Domain, Mapping[SpecialistType, Trail]] = {}
        self._task: asyncio.Task[None] | None = None

    def trails(self, domain: Domain) -> Mapping[SpecialistType, Trail]:
        """Return the trails in a domain as they were fetched last; all alike before that."""
        return self._trails.get(domain, EVEN)

    async def reinforce(self, outcomes: Iterable[Signal]) -> None:
        """Leave what judged opinions leave (`models.deliberation.weights.judged`); the same again changes nothing.

        Raises:
            StoreUnavailable: Redis does not answer: to be tried again, all of it.
        """
        of: dict[_Key, list[Signal]] = defaultdict(list)
        for signal in outcomes:
            of[signal.specialist, signal.domain].append(signal)
        await asyncio.gather(*(self._write(key, signals) for key, signals in of.items()))

    async def _write(self, key: _Key, signals: list[Signal]) -> None:
        name = self._name(key)
        added: list[str | int] = []
        for signal in signals:
            added += [signal.at, msgspec.json.encode(signal).decode()]
        await self._redis.run(
            [
                ["ZADD", name, *added],
                ["ZREMRANGEBYRANK", name, 0, -_KEPT - 1],
                ["PEXPIRE", name, FORGOTTEN_AFTER_MS],
            ]
        )

    async def refresh(self) -> None:
        """Fetch the trails.

        Raises:
            StoreUnavailable: Redis does not answer; what was known stays.
        """
        keys = [(specialist, domain) for domain in Domain for specialist in SpecialistType]
        found = await self._redis.read([["ZRANGE", self._name(key), 0, -1] for key in keys])
        signals: dict[Domain, list[Signal]] = {domain: [] for domain in Domain}
        for (_, domain), members in zip(keys, found, strict=True):
            for member in members:
                with suppress(msgspec.MsgspecError):  # somebody else's: it counts for nothing
                    signals[domain].append(msgspec.json.decode(member, type=Signal))
        now = self._clock()
        self._trails = {domain: trails_of(known, now_ms=now) for domain, known in signals.items()}

    async def start(self) -> None:
        """Fetch them from now on, behind the work; nobody waits for the first time either."""
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Fetch them no longer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self) -> None:
        known = True
        while True:
            try:
                await self.refresh()
            except HiveError as error:
                if known:
                    logger.warning("the specialists' trails can't be fetched, what was known stays: %s", error)
                known = False
            else:
                known = True
            await asyncio.sleep(self._refresh_s)

    def _name(self, key: _Key) -> str:
        specialist, domain = key
        return f"pheromones:{self._scope}:{specialist.value}:{domain.value}"
