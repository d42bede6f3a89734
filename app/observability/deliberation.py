"""What is measured of deliberation: decisions, how sure and how far apart, and how much a specialist counts.

The names are the original's, as far as it had any of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.observability.declared import Metric

if TYPE_CHECKING:
    from app.observability.metrics import WorkerMetrics
    from models.records import Consensus

__all__ = ["DELIBERATION_METRICS", "DeliberationMetrics"]

_TENTHS: Final = tuple(tenth / 10 for tenth in range(1, 11))

DELIBERATION_METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "consensus_decisions_total",
        "counter",
        ("domain", "decision", "method"),
        "Plans decided by the specialists.",
        "Many by `fallback`: see compliance_violations_total. Many review_required: people have to decide them.",
    ),
    Metric(
        "compliance_violations_total",
        "counter",
        ("domain", "violation"),
        "What stood in the way of decisions: checks that do not hold, and guardrails.",
        "Many of `confidence`: the specialists are not sure; they need labels. Many of `divergence`: they disagree.",
    ),
    Metric(
        "aggregated_confidence",
        "histogram",
        ("domain",),
        "How sure decisions are.",
        "Falling: plans of a new kind, or learners that were reset.",
        _TENTHS,
    ),
    Metric(
        "specialist_divergence",
        "histogram",
        ("domain",),
        "How far apart the opinions of a plan are.",
        "Rising: one specialist sees what the others do not; `hive plan` and the collection of decisions say which.",
        (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5),
    ),
    Metric(
        "specialist_dynamic_weight",
        "gauge",
        ("specialist", "domain"),
        "How much a specialist counted in the newest decision of a domain: 0.05 to 0.4, 0.2 without a record.",
        "At 0.05 for long: it is mostly wrong there; give feedback, so that it learns.",
    ),
)


class DeliberationMetrics:
    """Counts decisions."""

    def __init__(self, metrics: WorkerMetrics) -> None:
        self._of = {metric.name: metric.make(metrics.registry) for metric in DELIBERATION_METRICS}
        self._weights: dict[tuple[str, str], float] = {}
        metrics.before_scrape.append(self._refresh)

    def decided(self, consensus: Consensus) -> None:
        """Count a decision."""
        domain, decision = consensus.domain.value, consensus.decision
        method = decision.consensus_method.value
        self._of["consensus_decisions_total"].labels(domain, decision.final_decision.value, method).inc()
        for name in decision.guardrails_triggered:
            self._of["compliance_violations_total"].labels(domain, name).inc()
        self._of["aggregated_confidence"].labels(domain).observe(decision.aggregated_confidence)
        self._of["specialist_divergence"].labels(domain).observe(decision.consensus_metrics.divergence_score)
        for vote in decision.specialist_votes:
            self._weights[vote.specialist_type.value, domain] = vote.weight

    def _refresh(self) -> None:
        for labels, weight in self._weights.items():
            self._of["specialist_dynamic_weight"].labels(*labels).set(weight)
