"""Plans made by hand, and a world without Kafka in which they are carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from models.orchestration import End, Keep, PlanState, Rules, Step, apply, due_at
from models.orchestration.apply import Event
from models.planning.tickets import first_tickets
from models.presentation import Presentation
from models.records import (
    CognitivePlan,
    CommandKind,
    CompletedPlan,
    Domain,
    ExecutionResult,
    ExecutionTicket,
    PlanCommand,
    PlanTask,
    Priority,
    ResultStatus,
    RiskBand,
    SecurityLevel,
    TaskOutcome,
    TaskType,
)

START_MS = 1_790_000_000_000
DAY_MS = 86_400_000
SHOWN = Presentation(
    columns=["n"],
    source="mongodb:things",
    title="things",
    operation="find",
    unit=None,
    limit=1000,
    limit_asked=False,
    of_nothing=None,
    ignored=[],
)


def query(task_id: str, *after: str) -> PlanTask:
    """A query, answered here."""
    return _task(task_id, TaskType.QUERY, after, {"query_type": "mongodb", "columns": ["n"]}, here=True)


def transform(task_id: str, *after: str, steps: list[dict[str, Any]] | None = None) -> PlanTask:
    """A transformation of the first of the tasks that it depends on."""
    parameters = {"input": after[0], "steps": steps or [], "columns": ["n"]}
    return _task(task_id, TaskType.TRANSFORM, after, parameters, here=True)


def outside(task_id: str, *after: str, kind: TaskType = TaskType.DEPLOY) -> PlanTask:
    """Work for an outside worker."""
    return _task(task_id, kind, after, {}, here=False)


def _task(task_id: str, kind: TaskType, after: tuple[str, ...], parameters: dict[str, Any], *, here: bool) -> PlanTask:
    metadata: dict[str, Any] = {"handled_by": "here" if here else "outside"}
    return PlanTask(
        task_id=task_id,
        task_type=kind,
        description=task_id,
        dependencies=list(after),
        parameters=parameters,
        metadata=metadata,
    )


def plan_of(*tasks: PlanTask, band: RiskBand = RiskBand.LOW, valid_ms: int = DAY_MS) -> CognitivePlan:
    """A plan of these tasks, in this order; the last one is the answer."""
    from msgspec import structs, to_builtins

    if all(task.metadata["handled_by"] == "here" for task in tasks):
        last = structs.replace(tasks[-1], metadata={**tasks[-1].metadata, "answer": to_builtins(SHOWN)})
        tasks = (*tasks[:-1], last)
    return CognitivePlan(
        plan_id="plan-1",
        intent_id="intent-1",
        tasks=list(tasks),
        execution_order=[task.task_id for task in tasks],
        risk_score=0.1,
        risk_band=band,
        risk_factors={},
        explainability_token="t",  # noqa: S106 — names an explanation
        reasoning_summary="because",
        created_at=START_MS,
        valid_until=START_MS + valid_ms,
        complexity_score=0.1,
        original_domain=Domain.BUSINESS,
        original_priority=Priority.NORMAL,
        original_security_level=SecurityLevel.INTERNAL,
    )


def done(ticket: ExecutionTicket, rows: list[dict[str, Any]] | None = None) -> ExecutionResult:
    """A ticket that was executed."""
    found = [{"n": 1}] if rows is None else rows
    return _result(ticket, ResultStatus.COMPLETED, {"documents": found, "count": len(found), "truncated": False}, {})


def failed(ticket: ExecutionTicket, *, retryable: bool = False, error: str = "no such field") -> ExecutionResult:
    """A ticket that could not be executed."""
    return _result(ticket, ResultStatus.FAILED, {}, {"retryable": retryable}, error=error)


def claimed(ticket: ExecutionTicket) -> ExecutionResult:
    """A ticket that an outside worker has taken up."""
    return _result(ticket, ResultStatus.RUNNING, {}, {})


def _result(
    ticket: ExecutionTicket,
    status: ResultStatus,
    output: dict[str, Any],
    metadata: dict[str, Any],
    *,
    error: str | None = None,
) -> ExecutionResult:
    return ExecutionResult(
        ticket_id=ticket.ticket_id,
        status=status,
        result=TaskOutcome(success=status is ResultStatus.COMPLETED, output=output, metadata=metadata),
        agent_id="test",
        timestamp=START_MS,
        plan_id=ticket.plan_id,
        error_message=error,
        metadata=ticket.metadata,
    )


class World:
    """One plan's state, what was kept of it, the tickets that are out, the marker of its end, and the clock."""

    def __init__(self, plan: CognitivePlan, rules: Rules | None = None) -> None:
        self.plan = plan
        self.rules = rules or Rules()
        self.now_ms = START_MS
        self.state: PlanState | None = None
        self.outputs: dict[str, dict[str, Any]] = {}
        self.tickets: list[ExecutionTicket] = []
        self.ends: list[CompletedPlan] = []
        self.has_ended = False

    def release(self) -> World:
        """Let the plan go, with its first tickets."""
        self.tickets += first_tickets(self.plan, now_ms=self.now_ms)
        self.happen(self.plan)
        return self

    def happen(self, event: Event) -> Step:
        """Apply an event."""
        step = apply(
            self.state,
            event,
            now_ms=self.now_ms,
            outputs=self.outputs,
            rules=self.rules,
            has_ended=self.has_ended and self.state is None,
        )
        for effect in step.effects:
            if isinstance(effect, Keep):
                self.outputs[effect.task_id] = effect.output
            elif isinstance(effect, End):
                self.ends.append(effect.completed)
                self.has_ended = True
            else:
                self.tickets.append(effect)
        self.state = step.state
        if step.state is None:
            self.outputs.clear()
        return step

    def wait(self) -> None:
        """Let time pass until it changes something, and say so."""
        assert self.state is not None
        self.now_ms = max(self.now_ms, due_at(self.state, self.rules))
        self.say(CommandKind.TICK)

    def say(self, kind: CommandKind) -> None:
        """Say something to the plan."""
        self.happen(PlanCommand(plan_id=self.plan.plan_id, kind=kind, by="ana", at=self.now_ms))

    def run(self, answer: Callable[[ExecutionTicket], ExecutionResult | None] = done) -> CompletedPlan:
        """Answer every ticket in turn, let time pass where nobody answers, and return the plan's one end."""
        at = 0
        for _ in range(10_000):
            if self.ends:
                break
            if at < len(self.tickets):
                result = answer(self.tickets[at])
                at += 1
                if result is not None:
                    self.happen(result)
            else:
                self.wait()
        [end] = self.ends
        return end

    @property
    def statuses(self) -> Mapping[str, str]:
        """How the tasks stand, or have ended."""
        if self.ends:
            return {task.id: task.status.value for task in self.ends[0].tasks or ()}
        assert self.state is not None
        return {task_id: task.status.value for task_id, task in self.state.tasks.items()}
