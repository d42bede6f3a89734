from __future__ import annotations

from models.records import (
    CompletedPlan,
    CompletionStatus,
    Domain,
    IntentAudit,
    IntentOutcome,
    PlanOutcome,
    Recommendation,
    SpecialistType,
    StageFact,
    TaskReport,
    TaskStatus,
    TaskType,
)
from models.rolling.facts import Fact, facts_of


def test_an_audit_tells_of_understanding() -> None:
    audit = IntentAudit(
        intention_id="i",
        outcome=IntentOutcome.VALIDATION,
        text="t",
        actor="a",
        at=7,
        domain=Domain.SECURITY,
        confidence=0.4,
        latency_ms=12,
    )
    assert facts_of(audit) == [Fact(7, "understand/SECURITY///validation", failed=True, confidence=0.4, latency_ms=12)]


def test_a_stage_tells_of_itself_and_of_each_specialist() -> None:
    fact = StageFact(
        stage="plan",
        at=7,
        domain=Domain.BUSINESS,
        outcome="approve",
        confidence=0.9,
        latency_ms=30,
        opinions={SpecialistType.TECHNICAL: (Recommendation.REVIEW_REQUIRED, 0.6)},
    )
    assert facts_of(fact) == [
        Fact(7, "plan/BUSINESS///approve", failed=False, confidence=0.9, latency_ms=30),
        Fact(7, "deliberate/BUSINESS/technical//review_required", failed=False, confidence=0.6),
    ]


def test_an_answer_tells_of_its_tasks_too() -> None:
    completed = CompletedPlan(
        intention_id="i",
        status=CompletionStatus.FAILED,
        question="q",
        submitted_at=1_000,
        completed_at=1_250,
        domain=Domain.TECHNICAL,
        outcome=PlanOutcome.PARTIAL,
        tasks=[
            TaskReport(id="a", type=TaskType.QUERY, status=TaskStatus.COMPLETED, duration_ms=40, query_type="neo4j"),
            TaskReport(id="b", type=TaskType.TRANSFORM, status=TaskStatus.FAILED),
        ],
    )
    assert facts_of(completed) == [
        Fact(1_250, "answer/TECHNICAL///partial", failed=True, confidence=None, latency_ms=250),
        Fact(1_250, "execute/TECHNICAL//neo4j/completed", failed=False, latency_ms=40),
        Fact(1_250, "execute/TECHNICAL//transform/failed", failed=True, latency_ms=None),
    ]
