"""A week of events for a run of faults on rolling metrics: audits, facts and answers, with disorder."""

from __future__ import annotations

import uuid
from random import Random
from typing import TYPE_CHECKING, Final

from app import topics
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
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.topics import TopicSpec

SOURCES: Final = (topics.INTENTIONS_AUDIT, topics.METRICS_FACTS, topics.PLANS_COMPLETED)
WEEK_MS: Final = 7 * topics.DAY_MS
LATE_SHARE: Final = 0.01
EARLY_SHARE: Final = 0.0005
DISORDER_MS: Final = 20_000


def records(seed: int, count: int, *, until_ms: int) -> Iterator[tuple[TopicSpec, str, bytes]]:
    """Yield records with their topics and keys; their event times run through the week that ends at `until_ms`."""
    chance = Random(seed)
    for number in range(count):
        at_ms = until_ms - WEEK_MS + number * WEEK_MS // count - chance.randrange(DISORDER_MS)
        fate = chance.random()
        if fate < LATE_SHARE:
            at_ms -= chance.randrange(120_000, 7_200_000)
        elif fate < LATE_SHARE + EARLY_SHARE:
            at_ms = until_ms + topics.DAY_MS
        topic = SOURCES[number % len(SOURCES)]
        yield topic, str(uuid.UUID(int=chance.getrandbits(128), version=4)), encode(_record(topic, chance, at_ms))


def _record(topic: TopicSpec, chance: Random, at_ms: int) -> IntentAudit | StageFact | CompletedPlan:
    domain, took_ms = chance.choice(tuple(Domain)), int(chance.lognormvariate(4, 1))
    if topic is topics.INTENTIONS_AUDIT:
        return IntentAudit(
            intention_id="i",
            outcome=chance.choice((IntentOutcome.DOMAIN, IntentOutcome.VALIDATION)),
            text="",
            actor="",
            at=at_ms,
            domain=domain,
            confidence=chance.random(),
            latency_ms=took_ms,
        )
    if topic is topics.METRICS_FACTS:
        return StageFact(
            stage="plan",
            at=at_ms,
            domain=domain,
            outcome=chance.choice(("approve", "reject", "refused")),
            confidence=chance.random(),
            latency_ms=took_ms,
            opinions={each: (chance.choice(tuple(Recommendation)), chance.random()) for each in SpecialistType},
        )
    ended = chance.choice((PlanOutcome.ANSWERED, PlanOutcome.FAILED))
    status = TaskStatus.COMPLETED if ended is PlanOutcome.ANSWERED else TaskStatus.FAILED
    store = chance.choice(("mongodb", "neo4j", "kafka", "redis"))
    return CompletedPlan(
        intention_id="i",
        status=CompletionStatus.COMPLETED,
        question="",
        submitted_at=at_ms - took_ms,
        completed_at=at_ms,
        domain=domain,
        outcome=ended,
        tasks=[TaskReport(id="t", type=TaskType.QUERY, status=status, duration_ms=took_ms // 2, query_type=store)],
    )
