"""What is measured of the flow as its users feel it: waiting, answers, people's decisions, how sure a reading is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.clock import now_ms
from app.engine.committer import Columns
from app.observability.declared import Metric
from models.records import ApprovalDecision
from models.records.completed import CompletionStatus

if TYPE_CHECKING:
    from app.engine import Batch, HiveApp
    from app.engine.committer import Work
    from app.observability.metrics import WorkerMetrics
    from models.planning.approval import Approval
    from models.records import CompletedPlan

__all__ = ["ANSWERED_WITHIN_S", "FLOW_METRICS", "FlowMetrics"]

ANSWERED_WITHIN_S: Final = 0.5
"""What the objective of answers promises: a bucket's bound, so that it is counted exactly."""
_WAITS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, ANSWERED_WITHIN_S, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
_DECISIONS: Final = (10.0, 60.0, 600.0, 1800.0, 3600.0, 7200.0, 21_600.0, 86_400.0)
_TENTHS: Final = tuple(tenth / 10 for tenth in range(1, 11))

FLOW_METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "records_sent_total",
        "counter",
        ("stage",),
        "Records that a stage has written: outputs, changes of tables, dead letters.",
        "Far above records_total of the stage: each record makes many; look at what it sends.",
    ),
    Metric(
        "lag_age_seconds",
        "gauge",
        ("topic",),
        "How long ago the oldest fetched record was written that its stage has not done yet.",
        "Growing: the stage stands still or is too slow; see stage_paused, then add workers.",
    ),
    Metric(
        "record_age_seconds",
        "histogram",
        ("stage",),
        "From the writing of a record to the commit of what a stage made of it: of the oldest one of each run.",
        "Above what the stage itself takes (stage_seconds): records wait in the topic; add workers.",
        _WAITS,
    ),
    Metric(
        "answer_seconds",
        "histogram",
        ("status",),
        "From the submission of an intention to its answer, by how it ended.",
        "Slower: record_age_seconds says in which stage. Many failed: `hive tail plans.completed` says why.",
        _WAITS,
        known=tuple((status.value,) for status in CompletionStatus),
    ),
    Metric(
        "intention_confidence",
        "histogram",
        ("domain",),
        "How sure the understanding is of an intention's domain.",
        "Falling: people ask for new things; correct some of them with `hive correct`.",
        _TENTHS,
    ),
    Metric(
        "approvals_pending",
        "gauge",
        ("risk_band",),
        "Plans that wait for a person, on the partitions of this worker.",
        "Growing: `hive approvals list`.",
    ),
    Metric(
        "approval_oldest_seconds",
        "gauge",
        (),
        "How long the oldest of these has waited; 0 without any.",
        "Near the setting `approval_s`: it is about to be rejected unseen; `hive approvals list`.",
    ),
    Metric(
        "approval_seconds",
        "histogram",
        ("decision",),
        "From the request for an approval to the decision.",
        "Above an hour: too few people look, or too much asks for them: see plan_conflicts_total and the plans' risk.",
        _DECISIONS,
        known=tuple((decision.value,) for decision in (ApprovalDecision.APPROVED, ApprovalDecision.REJECTED)),
    ),
)


class FlowMetrics:
    """Counts what the flow does, by what the engine and the stages tell."""

    def __init__(self, app: HiveApp, metrics: WorkerMetrics) -> None:
        self._app = app
        self._of = {metric.name: metric.make(metrics.registry) for metric in FLOW_METRICS}
        app.observers.append(self._on_commit)
        app.cycle_observers.append(self._on_cycle)
        metrics.before_scrape.append(self._refresh)

    def answered(self, completed: CompletedPlan) -> None:
        """Note an answer."""
        took_s = max(0, completed.completed_at - completed.submitted_at) / 1000
        self._of["answer_seconds"].labels(completed.status.value).observe(took_s)

    def understood(self, domain: str, confidence: float) -> None:
        """Note how sure a reading is."""
        self._of["intention_confidence"].labels(domain).observe(confidence)

    def decided(self, decision: ApprovalDecision, state: Approval, *, at_ms: int) -> None:
        """Note a person's decision."""
        self._of["approval_seconds"].labels(decision.value).observe(max(0, at_ms - state.since) / 1000)

    def _on_commit(self, batch: Batch, dead_letters: int) -> None:
        del dead_letters
        now = now_ms()
        ages = self._of["record_age_seconds"].labels(batch.stage)
        for run in batch.runs:
            ages.observe(max(0, now - run.first_ms) / 1000)

    def _on_cycle(self, work: list[Work], seconds: float) -> None:
        del seconds
        for each in work:
            if each.messages:
                sent = sum(len(m.keys) if isinstance(m, Columns) else 1 for m in each.messages)
                self._of["records_sent_total"].labels(each.stage).inc(sent)

    def _refresh(self) -> None:
        now = now_ms()
        ages = self._of["lag_age_seconds"]
        ages.clear()
        for topic, first_ms in self._app.waiting_since_ms().items():
            ages.labels(topic).set(max(0, now - first_ms) / 1000)
        pending = self._of["approvals_pending"]
        pending.clear()
        oldest_ms = now
        if (table := self._app.hive_tables.get("approvals")) is not None:
            for state in table.values():
                if state.is_open:
                    pending.labels(state.risk_band or "unknown").inc()
                    oldest_ms = min(oldest_ms, state.since)
        self._of["approval_oldest_seconds"].set((now - oldest_ms) / 1000)
