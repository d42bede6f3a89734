"""The sources of an executor: which runner asks them, how many at once, and how each of them is."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from app.circuit import Circuit
from app.errors import HiveError, QueryRefused, StoreUnavailable
from app.execution.asking import Asking
from app.execution.last_good import LastGood
from app.execution.overdue import Overdue
from app.execution.slots import FairSlots
from models.transform import TransformError, run_steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.execution.chain import Link
    from models.queries import Limits

__all__ = ["AT_ONCE", "GRACE_S", "CircuitOpen", "Runner", "Sources", "StandIns"]

AT_ONCE = 8  # queries of one worker that are under way at the same time on one store
GRACE_S = 2.0  # beyond its limit, after which a query is given up whatever its store's driver is doing
OPEN_S = 5.0
LEAST_S = 0.001


class Runner(Protocol):
    """Runs the queries of one type."""

    async def ping(self) -> None:
        """Ask the store for a sign of life; raise StoreUnavailable when there is none in time."""

    async def close(self) -> None:
        """Close every connection to the store."""

    async def run(self, parameters: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
        """Run one query and return its output.

        Raises:
            QueryRefused: now and later.
            StoreUnavailable: for now.
        """


@dataclass(frozen=True, slots=True)
class StandIns:
    """What is needed for others to stand in for a source.

    Attributes:
        names: Of the catalog's sources; whatever else is said to be one goes by its query type.
        last_good: The answers that may be given while a source gives none.
    """

    names: frozenset[str] = frozenset()
    last_good: LastGood = field(default_factory=lambda: LastGood(None, Circuit(clock=time.monotonic), scope=""))


class CircuitOpen(StoreUnavailable):
    """Say that a source isn't asked, since it was down a moment ago."""

    def __init__(self, store: str, circuit: Circuit) -> None:
        super().__init__(store, "it was down lately", again_in_s=circuit.open_for_s)


class Sources:
    """Asks sources, each on its store.

    Args:
        runners: For each query type, what runs its parameters.
        limits: Of every query.
        stand_ins: What is needed for others to stand in for a source.
    """

    def __init__(self, runners: Mapping[str, Runner], limits: Limits, stand_ins: StandIns) -> None:
        self.runners = dict(runners)
        self.limits = limits
        self.last_good = stand_ins.last_good
        self._names = stand_ins.names
        self._asking = Asking()
        self._overdue = Overdue()
        self._circuits: dict[str, Circuit] = {}
        # For each store: one that is slow keeps its own queries waiting, and no others.
        self._slots: defaultdict[str, FairSlots] = defaultdict(lambda: FairSlots(AT_ONCE))

    def name_of(self, source: object, kind: str) -> str:
        """Return what a source is called in results and metrics."""
        return source if isinstance(source, str) and source in self._names else kind

    def circuit(self, source: str) -> Circuit:
        """Return the breaker of a source."""
        found = self._circuits.get(source)
        if found is None:
            found = self._circuits[source] = Circuit(clock=time.monotonic, open_s=OPEN_S)
        return found

    @property
    def circuits(self) -> Mapping[str, Circuit]:
        """The breakers of the sources that have been asked."""
        return self._circuits

    async def ask(self, link: Link, asker: str, left_s: float) -> dict[str, Any]:
        """Ask a source, in its turn; who asks the same meanwhile gets the same answer.

        Raises:
            QueryRefused: now and later.
            StoreUnavailable: for now.
        """
        if left_s <= 0:
            raise StoreUnavailable(link.kind, "no time is left to ask it", again_in_s=0.0)
        limits = self.limits.lowered(time_s=left_s)
        # Of the same time: who has more of it is not to be told that somebody else's was too short.
        question = (link.kind, link.question, limits.time_s)
        try:
            return await self._asking.ask(question, left_s, lambda: self._in_turn(link, limits, asker, left_s))
        except TimeoutError as error:
            raise StoreUnavailable(link.kind, "it is being asked the same for another", again_in_s=0.0) from error

    async def _in_turn(self, link: Link, limits: Limits, asker: str, left_s: float) -> dict[str, Any]:
        circuit = self.circuit(link.source)
        if circuit.state == "open":
            raise CircuitOpen(link.kind, circuit)
        slots = self._slots[link.kind]
        if not slots.take_free():
            limits = await _turn(slots, link.kind, asker, left_s, limits)
        if not circuit.allows():  # it may have failed while this one waited
            slots.give()
            raise CircuitOpen(link.kind, circuit)
        try:
            asked = self.runners[link.kind].run(link.parameters, limits)
            output = await self._overdue.within(limits.time_s + GRACE_S, asked)
        except TimeoutError as error:
            circuit.note(good=False)
            raise StoreUnavailable(link.kind, f"no answer in {limits.time_s:g} s") from error
        except HiveError as error:
            circuit.note(good=not isinstance(error, StoreUnavailable))  # one that refuses does answer
            raise
        finally:
            slots.give()
        circuit.note(good=True)
        return await _after(output, link) if link.steps else output


async def _turn(slots: FairSlots, kind: str, asker: str, left_s: float, limits: Limits) -> Limits:
    """Wait for a slot; return the limits in the time that is left then."""
    until_s = time.monotonic() + left_s
    try:
        async with asyncio.timeout(left_s):
            await slots.take(asker)
    except TimeoutError as error:
        raise StoreUnavailable(kind, f"{slots.waiting} wait for it", again_in_s=0.0) from error
    return limits.lowered(time_s=max(LEAST_S, until_s - time.monotonic()))


async def _after(output: dict[str, Any], link: Link) -> dict[str, Any]:
    """Do with the rows of a source that stands in what makes of them those of the first."""
    try:
        rows = await asyncio.to_thread(run_steps, output["documents"], link.steps, {})
    except TransformError as error:
        raise QueryRefused(f"the rows of {link.source} can't be made those that are asked for: {error}") from error
    return output | {"documents": rows, "count": len(rows)}
