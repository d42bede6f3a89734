"""What was asked before: written by the stage ``remember``, looked up by planning, which never waits for it.

A look-up goes to Redis, then to the graph, and what the graph says is kept in Redis for ten minutes. All intentions
that are planned together share one short deadline. What is not there by then is planned without, and says so; a look-up
that is late goes on, so that the next one finds it in Redis. After some failures in a row a store is left alone for a
while. Why nothing else is kept in Redis is said in docs/decisions/0006.
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
    from collections.abc import Mapping, Sequence

    from app.circuit import Circuit
    from app.stores.neo4j import GraphStore
    from app.stores.redis import RedisStore
    from models.records import IntentEnvelope

__all__ = ["RECALL_TIMEOUT_S", "Memory", "Recaller"]

RECALL_TIMEOUT_S: Final = 1.0
"""How long a look-up goes on behind the deadline."""

MOST_AT_ONCE: Final = 20
"""Look-ups that are under way: beyond that planning goes on without, and the graph is left alone."""

_KEPT_S: Final = 600


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


class _LookUp:
    """One look-up that is under way, and which store it waits for."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self.at = "redis"
        self.task: asyncio.Task[Recalled] | None = None


class Recaller:
    """Looks up similar intentions.

    Args:
        graph: Where they are.
        redis: Where answers are kept.
        deadline_s: How long planning may wait; 0 switches it off.
        graph_circuit: Guards the graph.
        redis_circuit: Guards Redis: while it hangs, the graph is asked at once.
    """

    def __init__(
        self,
        graph: GraphStore,
        redis: RedisStore,
        *,
        deadline_s: float,
        graph_circuit: Circuit,
        redis_circuit: Circuit,
    ) -> None:
        self._graph = graph
        self._redis = redis
        self._deadline_s = deadline_s
        self._graph_circuit = graph_circuit
        self._redis_circuit = redis_circuit
        self._under_way: set[asyncio.Task[Recalled]] = set()

    async def recall(self, envelopes: Sequence[IntentEnvelope]) -> dict[str, Recalled]:
        """Return what is known by the deadline, by intention; whatever happens, it raises nothing of a store's."""
        if self._deadline_s <= 0:
            return {}
        # What has no words to compare is asked about by nobody, and misses nothing.
        look_ups = {envelope.id: _LookUp(keys) for envelope in envelopes if (keys := keys_of(envelope))}
        for intent_id, look_up in look_ups.items():
            if len(self._under_way) < MOST_AT_ONCE:
                look_up.task = asyncio.create_task(self._look_up(intent_id, look_up))
                self._under_way.add(look_up.task)
                look_up.task.add_done_callback(self._under_way.discard)
        if tasks := [look_up.task for look_up in look_ups.values() if look_up.task is not None]:
            await asyncio.wait(tasks, timeout=self._deadline_s)
        return {intent_id: self._told(look_up) for intent_id, look_up in look_ups.items()}

    def _told(self, look_up: _LookUp) -> Recalled:
        if look_up.task is None:
            return Recalled(without=["neo4j: too many look-ups at once"])
        if not look_up.task.done():
            return Recalled(without=[f"{look_up.at}: no answer in {self._deadline_s * 1000:.0f} ms"])
        return look_up.task.result()

    async def _look_up(self, intent_id: str, look_up: _LookUp) -> Recalled:
        keys = look_up.keys
        name = "neo4j:similar:" + hashlib.md5("\n".join(keys).encode(), usedforsecurity=False).hexdigest()
        known, without = await self._kept(name)
        if known is not None:
            return Recalled([similar for similar in known if similar.intent_id != intent_id])
        if not self._graph_circuit.allows():
            return Recalled(without=[*without, "neo4j: it was down lately"])
        look_up.at = "neo4j"
        try:
            rows = await self._graph.rows(RECALL, {"id": intent_id, "keys": list(keys), "of": len(keys)})
            found = similar_of(rows, len(keys))
        except (HiveError, msgspec.MsgspecError) as error:
            self._graph_circuit.note(good=not isinstance(error, StoreUnavailable))
            return Recalled(without=[*without, f"neo4j: {error}"])
        self._graph_circuit.note(good=True)
        if not without:
            with suppress(HiveError):
                await self._redis.run([["SETEX", name, _KEPT_S, msgspec.json.encode(found).decode()]])
        return Recalled(found, without)

    async def _kept(self, name: str) -> tuple[list[Similar] | None, list[str]]:
        """Return what Redis has kept, or None, and why Redis was of no use."""
        if not self._redis_circuit.allows():
            return None, ["redis: it was down lately"]
        try:
            [raw] = await self._redis.run([["GET", name]])
            known = None if raw is None else msgspec.json.decode(raw, type=list[Similar])
        except (HiveError, msgspec.MsgspecError) as error:
            self._redis_circuit.note(good=not isinstance(error, StoreUnavailable))
            return None, [f"redis: {error}"]
        self._redis_circuit.note(good=True)
        return known, []
