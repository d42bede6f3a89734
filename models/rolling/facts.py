"""What is counted of a record: which stage decided what, how sure it was, and how long it took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from models.records import CompletedPlan, IntentAudit, StageFact
from models.rolling.cells import Series

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAILURES", "STAGES", "Fact", "facts_of"]

FAILURES: Final[Mapping[str, frozenset[str]]] = {
    "understand": frozenset({"validation", "rate_limited"}),
    "plan": frozenset({"refused", "reject"}),
    "deliberate": frozenset(),
    "approve": frozenset({"expired"}),
    "execute": frozenset({"failed", "uncompensated"}),
    "answer": frozenset({"failed", "partial", "not_understood", "not_grounded", "rejected"}),
}
"""Which outcomes of each stage count as failed; what a person has refused on purpose does not fail its stage."""
STAGES: Final = tuple(FAILURES)


class Fact(NamedTuple):
    """One event.

    Attributes:
        at_ms: Its event time: when the stage decided.
        series: The key of its series.
        failed: Whether it ended badly.
        confidence: How sure the stage was; None where it does not say.
        latency_ms: How long it took; None where nothing was measured.
    """

    at_ms: int
    series: str
    failed: bool
    confidence: float | None = None
    latency_ms: int | None = None


def facts_of(record: IntentAudit | StageFact | CompletedPlan) -> list[Fact]:
    """Return what a record tells."""
    if isinstance(record, IntentAudit):
        domain = record.domain.value if record.domain else ""
        return [_fact(record.at, "understand", domain, record.outcome.value, record.confidence, record.latency_ms)]
    if isinstance(record, StageFact):
        return _of_stage(record)
    return _of_answer(record)


def _of_stage(record: StageFact) -> list[Fact]:
    at_ms, domain = record.at, record.domain.value
    facts = [_fact(at_ms, record.stage, domain, record.outcome, record.confidence, record.latency_ms)]
    for specialist, (recommendation, confidence) in record.opinions.items():
        series = Series("deliberate", domain, specialist.value, outcome=recommendation.value)
        facts.append(Fact(at_ms, series.key, failed=False, confidence=confidence))
    return facts


def _of_answer(record: CompletedPlan) -> list[Fact]:
    at_ms, domain = record.completed_at, record.domain.value if record.domain else ""
    outcome = record.outcome.value if record.outcome else record.status.value
    took_ms = max(0, at_ms - record.submitted_at)
    facts = [_fact(at_ms, "answer", domain, outcome, record.confidence, took_ms)]
    for task in record.tasks:
        kind = task.query_type or task.type.value.lower()
        series = Series("execute", domain, query_type=kind, outcome=task.status.value)
        failed = task.status.value in FAILURES["execute"]
        facts.append(Fact(at_ms, series.key, failed=failed, latency_ms=task.duration_ms))
    return facts


def _fact(at_ms: int, stage: str, domain: str, outcome: str, confidence: float | None, latency_ms: int | None) -> Fact:
    failed = outcome in FAILURES.get(stage, ())
    return Fact(at_ms, Series(stage, domain, outcome=outcome).key, failed, confidence, latency_ms)
