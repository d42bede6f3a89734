"""Plans, their ids, risk and tickets."""

from __future__ import annotations

from itertools import pairwise, product

import msgspec
import pytest

from models.ids import stable_id
from models.planning import first_tickets, make_plan
from models.planning.risk import assess
from models.records import (
    CognitivePlan,
    Constraints,
    DeliveryMode,
    ExecutionTicket,
    PlanStatus,
    PlanTask,
    Priority,
    RiskBand,
    SecurityLevel,
    TaskType,
    decode,
    encode,
)
from tests.unit.planning.catalogs import CATALOG, NOW_MS, envelope_of, plan_of


def test_a_question_becomes_one_query_task() -> None:
    plan = plan_of("vendas por região")
    assert [task.task_type for task in plan.tasks] == [TaskType.QUERY]
    assert plan.status is PlanStatus.VALIDATED
    assert not plan.requires_approval
    assert plan.valid_until == NOW_MS + 86_400_000
    assert decode(CognitivePlan, encode(plan)) == plan


def test_a_record_delivered_again_gives_the_same_plan_and_tickets() -> None:
    envelope = envelope_of("vendas por região")
    first, again = (make_plan(envelope, CATALOG, now_ms=NOW_MS) for _ in range(2))
    assert first == again
    assert first_tickets(first, now_ms=NOW_MS) == first_tickets(again, now_ms=NOW_MS)
    later = make_plan(envelope, CATALOG, now_ms=NOW_MS + 5_000)
    assert later.plan_id == first.plan_id
    assert [ticket.ticket_id for ticket in first_tickets(later, now_ms=0)] == [
        ticket.ticket_id for ticket in first_tickets(first, now_ms=0)
    ]


def test_two_intentions_never_share_an_id() -> None:
    other = msgspec.structs.replace(envelope_of("vendas por região"), id="i-2")
    assert make_plan(other, CATALOG, now_ms=NOW_MS).plan_id != plan_of("vendas por região").plan_id


def test_stable_ids_depend_on_where_their_parts_end() -> None:
    assert stable_id("plan", "a", "bc") != stable_id("plan", "ab", "c")
    assert stable_id("plan", "a:1", "b") != stable_id("plan", "a", "1:b")
    assert stable_id("plan", "a") != stable_id("ticket", "a")
    assert stable_id("topic", "t", 0, 42) == stable_id("topic", "t", 0, 42)


def test_the_ticket_carries_all_that_the_answer_needs() -> None:
    plan = plan_of("vendas por região", constraints=Constraints(priority=Priority.HIGH))
    [ticket] = first_tickets(plan, now_ms=NOW_MS)
    assert ticket.parameters == plan.tasks[0].parameters
    assert ticket.metadata["asker"]["question"] == "vendas por região"
    assert ticket.metadata["answer"]["columns"] == ["region", "revenue"]
    assert ticket.priority is Priority.HIGH
    assert ticket.sla.timeout_ms == 60_000
    assert ticket.sla.deadline == NOW_MS + 60_000
    assert decode(ExecutionTicket, encode(ticket)) == ticket


@pytest.mark.parametrize(
    ("band", "retries", "mode"),
    [
        (RiskBand.LOW, 1, DeliveryMode.AT_LEAST_ONCE),
        (RiskBand.MEDIUM, 2, DeliveryMode.AT_LEAST_ONCE),
        (RiskBand.HIGH, 3, DeliveryMode.EXACTLY_ONCE),
        (RiskBand.CRITICAL, 5, DeliveryMode.EXACTLY_ONCE),
    ],
)
def test_the_ticket_follows_the_risk(band: RiskBand, retries: int, mode: DeliveryMode) -> None:
    plan = msgspec.structs.replace(plan_of("vendas por região"), risk_band=band)
    [ticket] = first_tickets(plan, now_ms=NOW_MS)
    assert (ticket.sla.max_retries, ticket.qos.delivery_mode) == (retries, mode)


def test_only_tasks_that_wait_for_nothing_are_released_first() -> None:
    tasks = [
        PlanTask(task_id="b", task_type=TaskType.TRANSFORM, description="", dependencies=["a"]),
        PlanTask(task_id="a", task_type=TaskType.QUERY, description="", estimated_duration_ms=50_000),
        PlanTask(task_id="c", task_type=TaskType.QUERY, description=""),
    ]
    plan = msgspec.structs.replace(plan_of("vendas"), tasks=tasks, execution_order=["c", "a", "b"])
    tickets = first_tickets(plan, now_ms=NOW_MS)
    assert [ticket.task_id for ticket in tickets] == ["c", "a"]
    assert [ticket.sla.timeout_ms for ticket in tickets] == [60_000, 150_000]


def test_a_rejected_plan_releases_nothing() -> None:
    plan = plan_of("apagar os clientes")
    assert plan.status is PlanStatus.REJECTED
    assert first_tickets(plan, now_ms=NOW_MS) == []
    assert decode(CognitivePlan, encode(plan)) == plan


def test_risk_rises_with_each_of_its_factors() -> None:
    for priority, level, pii in product(Priority, SecurityLevel, (False, True)):
        sizes = [assess(priority=priority, level=level, tasks=n, pii=pii).score for n in (1, 5, 10, 15)]
        assert sizes == sorted(set(sizes))
        without, with_pii = (assess(priority=priority, level=level, tasks=1, pii=p).score for p in (False, True))
        assert without < with_pii
    for low, high in pairwise(Priority):
        level = SecurityLevel.INTERNAL
        assert (
            assess(priority=low, level=level, tasks=1, pii=False).score
            < assess(priority=high, level=level, tasks=1, pii=False).score
        )
    for public, secret in pairwise(SecurityLevel):
        assert (
            assess(priority=Priority.LOW, level=public, tasks=1, pii=False).score
            < assess(priority=Priority.LOW, level=secret, tasks=1, pii=False).score
        )


@pytest.mark.parametrize("priority", Priority)
def test_destruction_is_at_least_high_risk(priority: Priority) -> None:
    risk = assess(priority=priority, level=SecurityLevel.PUBLIC, tasks=1, pii=False, destructive=True)
    assert risk.band in (RiskBand.HIGH, RiskBand.CRITICAL)


def test_a_source_with_personal_data_is_riskier() -> None:
    assert plan_of("quantos clientes").risk_score > plan_of("quantas vendas").risk_score
