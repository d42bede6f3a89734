"""Dispatch QUERY tickets by their ``query_type``, within limits of time, size and number at once."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Protocol

from app.clock import now_ms
from app.errors import HiveError, QueryRefused, StoreUnavailable
from models.queries import Limits, check_shape
from models.records import ExecutionResult, ExecutionTicket, ResultStatus, TaskOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Observer = Callable[[str, str, float], None]
    """Told the query type, how it ended (`completed`, `unavailable`, or why it was refused), and the seconds."""

__all__ = ["AT_ONCE", "QueryExecutor", "Runner"]

AT_ONCE = 8  # queries of one worker that are under way at the same time on one store
GRACE_S = 2.0  # beyond its limit, after which a query is given up whatever its store's driver is doing
DEFAULT_TYPE = "mongodb"


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


class QueryExecutor:
    """Executes QUERY tickets, each on the store that its ``query_type`` names.

    Args:
        agent_id: Who executes: stands in the results.
        runners: For each query type, what runs its parameters.
        limits: Of every query; a ticket may lower the time.
    """

    def __init__(self, agent_id: str, runners: Mapping[str, Runner], limits: Limits | None = None) -> None:
        self._agent_id = agent_id
        self._runners = dict(runners)
        self._limits = limits or Limits()
        self._under_way: dict[bytes, asyncio.Future[dict[str, Any]]] = {}
        # For each store: one that is slow keeps its own queries waiting, and no others.
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
        self.observers: list[Observer] = []

    async def execute(self, ticket: ExecutionTicket) -> ExecutionResult:
        """Execute a ticket; what is refused gives a FAILED result that says why.

        Raises:
            StoreUnavailable: the store does not answer: to be tried again.
        """
        began_s = time.perf_counter()
        kind = str(ticket.parameters.get("query_type") or DEFAULT_TYPE)
        ending = "unavailable"
        try:
            output = await self._run(ticket, kind)
        except QueryRefused as exc:
            ending = exc.reason
            outcome = TaskOutcome(success=False, metadata={"query_type": kind, "reason": exc.reason})
            return self._result(ticket, began_s, outcome, str(exc))
        else:
            ending = "completed"
            outcome = TaskOutcome(success=True, output=output, metadata={"query_type": kind})
            return self._result(ticket, began_s, outcome, None)
        finally:
            known = kind if kind in self._runners else "other"
            for observer in self.observers:
                observer(known, ending, time.perf_counter() - began_s)

    async def health(self) -> dict[str, str]:
        """Ask every store for a sign of life; return for each query type "" or what is wrong."""
        answers = await asyncio.gather(*(_health(runner) for runner in self._runners.values()))
        return dict(zip(self._runners, answers, strict=True))

    async def close(self) -> None:
        """Close every connection to every store; a later query opens them again."""
        await asyncio.gather(*(runner.close() for runner in self._runners.values()))

    async def _run(self, ticket: ExecutionTicket, kind: str) -> dict[str, Any]:
        if ticket.task_type.value != "QUERY":
            raise QueryRefused(
                f"no hands for a task of type {ticket.task_type.value}: only QUERY is executed here", "unsupported"
            )
        runner = self._runners.get(kind)
        if runner is None:
            supported = ", ".join(sorted(self._runners))
            raise QueryRefused(f"query type {kind!r} is not supported; supported: {supported}", "unsupported")
        limits = self._limits
        question = check_shape(ticket.parameters, depth=limits.depth, size_bytes=limits.query_bytes)
        # A question that is being asked, or waits for a slot, is not asked again: all who wait get its answer.
        under_way = self._under_way.get(question)
        if under_way is None:
            limits = limits.lowered(time_s=ticket.sla.timeout_ms / 1000 or None)
            under_way = asyncio.ensure_future(self._in_turn(kind, runner, ticket.parameters, limits))
            self._under_way[question] = under_way
            under_way.add_done_callback(lambda _: self._under_way.pop(question))
        return await asyncio.shield(under_way)

    async def _in_turn(
        self, kind: str, runner: Runner, parameters: Mapping[str, Any], limits: Limits
    ) -> dict[str, Any]:
        async with self._slots[kind]:
            try:
                async with asyncio.timeout(limits.time_s + GRACE_S):
                    return await runner.run(parameters, limits)
            except TimeoutError as error:
                raise StoreUnavailable(kind, f"no answer in {limits.time_s:g} s") from error

    def _result(
        self, ticket: ExecutionTicket, began_s: float, outcome: TaskOutcome, error: str | None
    ) -> ExecutionResult:
        return ExecutionResult(
            ticket_id=ticket.ticket_id,
            status=ResultStatus.COMPLETED if outcome.success else ResultStatus.FAILED,
            result=outcome,
            agent_id=self._agent_id,
            timestamp=now_ms(),
            plan_id=ticket.plan_id,
            intent_id=ticket.intent_id,
            correlation_id=ticket.correlation_id,
            error_message=error,
            actual_duration_ms=int((time.perf_counter() - began_s) * 1000),
            metadata=ticket.metadata,
        )


async def _health(runner: Runner) -> str:
    try:
        await runner.ping()
    except HiveError as error:
        return str(error)
    return ""
