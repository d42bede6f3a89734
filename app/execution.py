"""Execute tickets on the stores."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import msgspec

from app.clock import now_ms
from app.errors import QueryRefused
from models.records import ExecutionResult, ExecutionTicket, ResultStatus, TaskOutcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ["QueryExecutor"]

AT_ONCE = 8  # queries of one worker that are under way at the same time
MOST_BYTES = 3 * 1024 * 1024  # of an output, so that the result with all that goes with it stays under the record limit


class QueryExecutor:
    """Executes QUERY tickets, each on the store that its ``query_type`` names.

    Args:
        agent_id: Who executes: stands in the results.
        stores: For each query type, what runs its parameters.
    """

    def __init__(self, agent_id: str, stores: Mapping[str, Callable[[Mapping[str, Any]], Awaitable[Any]]]) -> None:
        self._agent_id = agent_id
        self._stores = stores
        self._under_way: dict[bytes, asyncio.Future[Any]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def execute(self, ticket: ExecutionTicket) -> ExecutionResult:
        """Execute a ticket; what is refused gives a FAILED result that says why.

        Raises:
            StoreUnavailable: the store does not answer: to be tried again.
        """
        began_s = time.perf_counter()
        kind = str(ticket.parameters.get("query_type", "mongodb"))
        try:
            output = await self._run(ticket, kind)
        except QueryRefused as exc:
            return self._result(ticket, began_s, TaskOutcome(success=False, metadata={"query_type": kind}), str(exc))
        return self._result(
            ticket, began_s, TaskOutcome(success=True, output=output, metadata={"query_type": kind}), None
        )

    async def _run(self, ticket: ExecutionTicket, kind: str) -> dict[str, Any]:
        if ticket.task_type.value != "QUERY":
            raise QueryRefused(f"no hands for a task of type {ticket.task_type.value}: only QUERY is executed here")
        store = self._stores.get(kind)
        if store is None:
            raise QueryRefused(f"query type {kind!r} is not supported; supported: {', '.join(sorted(self._stores))}")
        output: dict[str, Any] = await self._ask(store, ticket.parameters)
        if (size := len(msgspec.json.encode(output))) > MOST_BYTES:
            raise QueryRefused(
                f"the answer has {size:,} bytes, the limit is {MOST_BYTES:,}: ask for less, or for a summary"
            )
        return output

    async def _ask(self, store: Callable[[Mapping[str, Any]], Awaitable[Any]], parameters: Mapping[str, Any]) -> Any:
        # A question that is being asked, or waits for a slot, is not asked again: all who wait get its answer.
        question = msgspec.json.encode(parameters, order="sorted")
        under_way = self._under_way.get(question)
        if under_way is None:
            under_way = self._under_way[question] = asyncio.ensure_future(self._in_turn(store, parameters))
            under_way.add_done_callback(lambda _: self._under_way.pop(question))
        return await asyncio.shield(under_way)

    async def _in_turn(
        self, store: Callable[[Mapping[str, Any]], Awaitable[Any]], parameters: Mapping[str, Any]
    ) -> Any:
        async with self._slots:
            return await store(parameters)

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
