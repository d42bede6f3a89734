"""Execute QUERY tickets: from one to its result, within the limits of the query, of its asker and of its deadline."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgspec

from app.clock import now_ms
from app.errors import HiveError, QueryRefused, StoreUnavailable
from app.execution.budgets import AnswerBudget
from app.execution.chain import CACHE, Answer, Cached, Link, Trail, walk
from app.execution.sources import Runner, Sources, StandIns
from models.queries import Limits, check_shape
from models.records import ExecutionResult, ExecutionTicket, ResultStatus, TaskOutcome, TaskType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.circuit import Circuit

    Observer = Callable[[str, str, float], None]
    """Told the query type, how it ended (`completed`, `unavailable`, or why it was refused), and the seconds."""
    LinkObserver = Callable[[str, str], None]
    """Told a source, and how asking it ended."""

__all__ = ["QueryExecutor"]

DEFAULT_TYPE = "mongodb"
MOST_LINKS = 8
MOST_WAITING = 4096
_PASSING = frozenset({"limit"})
"""Reasons for which a query is refused now, and perhaps not later."""


class QueryExecutor:
    """Executes QUERY tickets, each on the store that its ``query_type`` names, or on what stands in for it.

    The result's metadata has `query_type`, `source` (which has answered), `chain` (what was tried: source, ending, ms,
    attempts), `attempts`, `fallback`, `partial` and `cached_age_s`; of a failure also `reason` and `retryable`.

    Args:
        agent_id: Who executes: stands in the results.
        runners: For each query type, what runs its parameters.
        limits: Of every query; a ticket may lower the time.
        stand_ins: What is needed for others to stand in for a source.
        budget: What each asker may be answered.
        clock_ms: Epoch milliseconds, for deadlines.
    """

    def __init__(
        self,
        agent_id: str,
        runners: Mapping[str, Runner],
        limits: Limits | None = None,
        *,
        stand_ins: StandIns | None = None,
        budget: AnswerBudget | None = None,
        clock_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._agent_id = agent_id
        self._limits = limits or Limits()
        self._sources = Sources(runners, self._limits, stand_ins or StandIns())
        self._budget = budget or AnswerBudget({}, clock=time.monotonic)
        self._clock_ms = clock_ms
        # What was tried before of tickets that wait for their store, until they come again.
        self._waiting: OrderedDict[str, Trail] = OrderedDict()
        self.observers: list[Observer] = []
        self.link_observers: list[LinkObserver] = []

    @property
    def circuits(self) -> Mapping[str, Circuit]:
        """The breakers of the sources that have been asked."""
        return self._sources.circuits

    async def execute(self, ticket: ExecutionTicket) -> ExecutionResult:
        """Execute a ticket; what is refused, or can't be had before its deadline, gives a FAILED result that says why.

        Raises:
            StoreUnavailable: neither the store nor what stands in for it answers: to be tried again.
        """
        began_s = time.perf_counter()
        kind = str(ticket.parameters.get("query_type") or DEFAULT_TYPE)
        asker = _asker(ticket)
        trail = self._waiting.pop(ticket.ticket_id, None) or Trail()
        tried_before = len(trail.entries)
        ending = "unavailable"
        try:
            links = self._links(ticket, kind)
            self._budget.check(asker)
            until_s = self._until_s(ticket, kind)
            answer = await walk(links, self._sources, trail, asker=asker, until_s=until_s)
        except QueryRefused as error:
            ending = error.reason
            self._spend(asker, trail, None)
            return self._failed(ticket, began_s, kind, trail, ending, str(error))
        except StoreUnavailable as error:
            if (left_s := self._left_s(ticket)) > 0:
                error.again_in_s = left_s if error.again_in_s is None else min(error.again_in_s, left_s)
                self._wait(ticket, trail)
                raise
            ending = "deadline"
            self._spend(asker, trail, None)  # what runs into its time costs most
            return self._failed(ticket, began_s, kind, trail, ending, f"no answer before the deadline: {error}")
        else:
            ending = "completed"
            self._spend(asker, trail, answer.output)
            return self._completed(ticket, began_s, kind, trail, answer, links)
        finally:
            self._tell(kind, ending, began_s, trail.entries[tried_before:])

    async def health(self) -> dict[str, str]:
        """Ask every store for a sign of life; return for each query type "" or what is wrong."""
        runners = self._sources.runners
        answers = await asyncio.gather(*(_health(runner) for runner in runners.values()))
        return dict(zip(runners, answers, strict=True))

    async def close(self) -> None:
        """Close every connection to every store; a later query opens them again."""
        await asyncio.gather(*(runner.close() for runner in self._sources.runners.values()))
        await self._sources.last_good.close()

    def _links(self, ticket: ExecutionTicket, kind: str) -> list[Link | Cached]:
        """Return what can answer a ticket, its own source first."""
        if ticket.task_type is not TaskType.QUERY:
            raise QueryRefused(
                f"no hands for a task of type {ticket.task_type.value}: only QUERY is executed here", "unsupported"
            )
        parameters, limits = ticket.parameters, self._limits
        question = check_shape(parameters, depth=limits.depth, size_bytes=limits.query_bytes)
        links: list[Link | Cached] = [self._link(parameters, kind, question)]
        for number, fallback in enumerate(_fallbacks(parameters.get("fallbacks"))):
            if fallback.cached_s is not None:
                links.append(Cached(fallback.cached_s))
                continue
            asked = {**fallback.parameters, "source": fallback.source}
            other = str(asked.get("query_type") or DEFAULT_TYPE)
            links.append(self._link(asked, other, b"%d:%d:" % (number, len(question)) + question, fallback.steps))
        return links

    def _link(
        self, parameters: Mapping[str, Any], kind: str, question: bytes, steps: list[dict[str, Any]] | None = None
    ) -> Link:
        if kind not in self._sources.runners:
            supported = ", ".join(sorted(self._sources.runners))
            raise QueryRefused(f"query type {kind!r} is not supported; supported: {supported}", "unsupported")
        return Link(self._sources.name_of(parameters.get("source"), kind), kind, parameters, question, steps or ())

    def _until_s(self, ticket: ExecutionTicket, kind: str) -> float:
        """Return until when a ticket may be answered, in seconds of the monotonic clock."""
        left_s = self._left_s(ticket)
        if left_s <= 0:
            raise StoreUnavailable(kind, "its time was over")
        return time.monotonic() + min(left_s, ticket.sla.timeout_ms / 1000 or left_s)

    def _left_s(self, ticket: ExecutionTicket) -> float:
        return (ticket.sla.deadline - self._clock_ms()) / 1000

    def _wait(self, ticket: ExecutionTicket, trail: Trail) -> None:
        """Remember how often a ticket's sources were asked, each in one entry."""
        by_source: dict[str, dict[str, Any]] = {}
        for entry in trail.entries:
            before = by_source.get(entry["source"], {"ms": 0.0, "attempts": 0})
            by_source[entry["source"]] = entry | {
                "ms": round(before["ms"] + entry["ms"], 1),
                "attempts": before["attempts"] + entry["attempts"],
            }
        self._waiting[ticket.ticket_id] = Trail(list(by_source.values()))
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popitem(last=False)

    def _completed(
        self,
        ticket: ExecutionTicket,
        began_s: float,
        kind: str,
        trail: Trail,
        answer: Answer,
        links: list[Link | Cached],
    ) -> ExecutionResult:
        first = links[0]
        assert isinstance(first, Link)  # noqa: S101 — see `_links`
        partial = answer.partial
        if answer.source != CACHE and not partial:
            for link in links:
                if isinstance(link, Cached):
                    self._sources.last_good.keep(first.question, answer.output, link.max_age_s)
        about = {
            "query_type": kind,
            "source": answer.source,
            "chain": trail.entries,
            "attempts": trail.attempts,
            "fallback": answer.source != first.source,
            "partial": partial,
            "cached_age_s": answer.cached_age_s,
        }
        return self._result(ticket, began_s, TaskOutcome(success=True, output=answer.output, metadata=about), None)

    def _failed(
        self, ticket: ExecutionTicket, began_s: float, kind: str, trail: Trail, reason: str, error: str
    ) -> ExecutionResult:
        about = {
            "query_type": kind,
            "source": None,
            "chain": trail.entries,
            "attempts": trail.attempts,
            "fallback": False,
            "partial": False,
            "cached_age_s": None,
            "reason": reason,
            "retryable": reason in _PASSING,
        }
        return self._result(ticket, began_s, TaskOutcome(success=False, metadata=about), error)

    def _spend(self, asker: str, trail: Trail, output: Mapping[str, Any] | None) -> None:
        """Take what a query has cost from its asker's budget; what nobody limits is not measured."""
        cost: dict[str, float] = {}
        for what in self._budget.measures:
            if what == "seconds":
                cost[what] = _seconds_of(trail)
            elif output is not None:
                cost[what] = len(msgspec.json.encode(output)) if what == "bytes" else _rows_of(output)
        if cost:
            self._budget.spend(asker, cost)

    def _tell(self, kind: str, ending: str, began_s: float, tried: list[dict[str, Any]]) -> None:
        known = kind if kind in self._sources.runners else "other"
        took_s = time.perf_counter() - began_s
        for observer in self.observers:
            observer(known, ending, took_s)
        for link_observer in self.link_observers:
            for entry in tried:
                link_observer(entry["source"], entry["ending"])

    def _result(
        self, ticket: ExecutionTicket, began_s: float, outcome: TaskOutcome, error: str | None
    ) -> ExecutionResult:
        return ExecutionResult(
            ticket_id=ticket.ticket_id,
            status=ResultStatus.COMPLETED if outcome.success else ResultStatus.FAILED,
            result=outcome,
            agent_id=self._agent_id,
            timestamp=self._clock_ms(),
            plan_id=ticket.plan_id,
            intent_id=ticket.intent_id,
            correlation_id=ticket.correlation_id,
            error_message=error,
            actual_duration_ms=int((time.perf_counter() - began_s) * 1000),
            metadata=ticket.metadata,
        )


class _Fallback(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may stand in, as a ticket says it."""

    source: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    steps: list[dict[str, Any]] = msgspec.field(default_factory=list[dict[str, Any]])
    cached_s: int | None = None


def _fallbacks(given: Any) -> list[_Fallback]:
    if given is None:
        return []
    try:
        found = msgspec.convert(given, list[_Fallback])
    except msgspec.ValidationError as error:
        raise QueryRefused(f"fallbacks: {error}", "parameters") from error
    if len(found) > MOST_LINKS:
        raise QueryRefused(f"{len(found)} fallbacks are more than the {MOST_LINKS} that a query may have", "size")
    return found


def _asker(ticket: ExecutionTicket) -> str:
    asker = ticket.metadata.get("asker")
    return str(asker.get("actor") or "") if isinstance(asker, dict) else ""


async def _health(runner: Runner) -> str:
    try:
        await runner.ping()
    except HiveError as error:
        return str(error)
    return ""


def _rows_of(output: Mapping[str, Any]) -> int:
    return max((len(value) for value in output.values() if isinstance(value, list)), default=1)


def _seconds_of(trail: Trail) -> float:
    return float(sum(entry["ms"] for entry in trail.entries)) / 1000
