"""What was asked before: written by the stage ``remember``, looked up by planning, which never waits for it.

A look-up goes to Redis, then to the graph, and what the graph says is kept in Redis for ten minutes. All intentions
that are planned together share one short deadline. What is not there by then is planned without, and says so; a look-up
that is late goes on, so that the next one finds it in Redis. After some failures in a row nothing is asked for a while.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from app.errors import QueryRefused, StoreUnavailable
from models.errors import HiveError
from models.planning.memory import CONSTRAINTS, RECALL, Recalled, Similar, keys_of, similar_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.stores.neo4j import GraphStore
    from app.stores.redis import RedisStore
    from models.records import IntentEnvelope

__all__ = ["RECALL_TIMEOUT_S", "Circuit", "Memory", "Recaller"]

RECALL_TIMEOUT_S: Final = 1.0
"""How long a look-up goes on behind the deadline."""

MOST_AT_ONCE: Final = 20
"""Look-ups that are under way: beyond that planning goes on without, and the graph is left alone."""

_KEPT_S: Final = 600


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
    def is_open(self) -> bool:
        """Whether nothing is to be asked now."""
        return self._failed >= self._most and self._clock() < self._until_s

    def note(self, *, good: bool) -> None:
        """Note how a call ended."""
        self._failed = 0 if good else self._failed + 1
        if self._failed >= self._most:
            self._until_s = self._clock() + self._open_s


class Memory:
    """The graph of intentions, to write to."""

    def __init__(self, graph: GraphStore) -> None:
        self._graph = graph
        self._constrained = False

    async def write(self, statement: str, parameters: Mapping[str, Any]) -> None:
        """Run a statement; the first time after the constraints are there.

        Raises:
            StoreUnavailable: the graph does not answer: to be tried again.
        """
        if not self._constrained:
            for constraint, label, name in CONSTRAINTS:
                try:
                    await self._graph.run_write(constraint)
                except QueryRefused:
                    with suppress(QueryRefused):  # the index is there already
                        await self._graph.run_write(f"CREATE INDEX FOR (n:{label}) ON (n.{name})")
            self._constrained = True
        await self._graph.run_write(statement, parameters)


class Recaller:
    """Looks up similar intentions.

    Args:
        graph: Where they are.
        redis: Where answers are kept.
        deadline_s: How long planning may wait; 0 switches it off.
        circuit: Guards the graph.
    """

    def __init__(self, graph: GraphStore, redis: RedisStore, *, deadline_s: float, circuit: Circuit) -> None:
        self._graph = graph
        self._redis = redis
        self._deadline_s = deadline_s
        self._circuit = circuit
        self._under_way: set[asyncio.Task[Recalled]] = set()

    async def recall(self, envelopes: Sequence[IntentEnvelope]) -> dict[str, Recalled]:
        """Return what is known by the deadline, by intention; whatever happens, it raises nothing of a store's."""
        if self._deadline_s <= 0:
            return {}
        if self._circuit.is_open:
            return dict.fromkeys(
                (envelope.id for envelope in envelopes), Recalled(without=["neo4j: it was down lately"])
            )
        tasks: dict[str, asyncio.Task[Recalled]] = {}
        for envelope in envelopes:
            if len(self._under_way) < MOST_AT_ONCE and (keys := keys_of(envelope)):
                task = tasks[envelope.id] = asyncio.create_task(self._look_up(envelope.id, keys))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
        if tasks:
            await asyncio.wait(tasks.values(), timeout=self._deadline_s)
        # What has no words to compare is asked about by nobody, and misses nothing.
        return {envelope.id: self._told(tasks.get(envelope.id)) for envelope in envelopes if keys_of(envelope)}

    def _told(self, task: asyncio.Task[Recalled] | None) -> Recalled:
        if task is None:
            return Recalled(without=["neo4j: too many look-ups at once"])
        if not task.done():
            return Recalled(without=[f"neo4j: no answer in {self._deadline_s * 1000:.0f} ms"])
        return task.result()

    async def _look_up(self, intent_id: str, keys: tuple[str, ...]) -> Recalled:
        name = "neo4j:similar:" + hashlib.md5("\n".join(keys).encode(), usedforsecurity=False).hexdigest()
        without: list[str] = []
        try:
            [raw] = await self._redis.run([["GET", name]])
            if raw is not None:
                known = msgspec.json.decode(raw, type=list[Similar])
                return Recalled([similar for similar in known if similar.intent_id != intent_id])
        except (HiveError, msgspec.MsgspecError) as error:
            without.append(f"redis: {error}")
        try:
            rows = await self._graph.run_write(RECALL, {"id": intent_id, "keys": list(keys), "of": len(keys)})
            found = similar_of(rows, len(keys))
        except (HiveError, msgspec.MsgspecError) as error:
            self._circuit.note(good=not isinstance(error, StoreUnavailable))
            return Recalled(without=[*without, f"neo4j: {error}"])
        self._circuit.note(good=True)
        if not without:
            with suppress(HiveError):
                await self._redis.run([["SETEX", name, _KEPT_S, msgspec.json.encode(found).decode()]])
        return Recalled(found, without)
