"""The collector that fills a worker's metrics (app/observability/declared.py lists them)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

from app.clock import now_ms
from app.observability.declared import METRICS
from models.records import Drift

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.circuit import Circuit
    from app.engine import Batch, HiveApp
    from app.engine.committer import Work
    from app.engine.restore import Restored
    from app.learning import Followed
    from models.nlu.cache import ReadingCache
    from models.online.specialists import Step
    from models.records import CognitivePlan, CompletedPlan, LearningEvent
    from tables.rolling import Folded

__all__ = ["WorkerMetrics"]

_CIRCUIT_STATES: Final = ("closed", "half-open", "open")


class WorkerMetrics:
    """The metrics of one worker, in a registry of their own."""

    def __init__(self, app: HiveApp) -> None:
        self._app = app
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._of = {metric.name: metric.make(self.registry) for metric in METRICS}
        self._followed: dict[str, Followed[Any]] = {}
        self._circuits: Mapping[str, Circuit] = {}
        self._cache: ReadingCache | None = None
        self._shown = {"hit": 0, "miss": 0}
        self.before_scrape: list[Callable[[], None]] = []
        app.observers.append(self._on_commit)
        app.cycle_observers.append(self._on_cycle)
        app.restore_observers.append(self._on_restore)

    def intention(self, domain: str, route: str) -> None:
        """Count an intention that has been understood."""
        self._of["intentions_total"].labels(domain, route).inc()

    def approval(self, decision: str, effect: str) -> None:
        """Count a request, or a response, for an approval."""
        self._of["approvals_total"].labels(decision, effect).inc()

    def conflicts(self, plan: CognitivePlan) -> None:
        """Count the conflicts between a plan's tasks."""
        for conflict in plan.metadata["planning"].get("conflicts", ()):
            self._of["plan_conflicts_total"].labels(conflict["severity"], conflict["resolution"]).inc()

    def letter(self, fate: str) -> None:
        """Count what became of a dead letter."""
        self._of["letters_total"].labels(fate).inc()

    def plan(self, completed: CompletedPlan) -> None:
        """Count a plan that has ended, and its tasks."""
        self._of["plans_total"].labels(completed.outcome.value if completed.outcome else "unknown").inc()
        for task in completed.tasks:
            self._of["tasks_total"].labels(task.type.value, task.status.value).inc()

    def turned_away(self, reason: str) -> None:
        """Count an intention that was not taken in."""
        self._of["turned_away_total"].labels(reason).inc()

    def watch_cache(self, cache: ReadingCache) -> None:
        """Count the hits and misses of the process's own cache."""
        self._cache = cache

    def cache_operation(self, operation: str, status: str, number: int) -> None:
        """Count keys asked of, or given to, the shared cache."""
        self._of["nlu_cache_operations_total"].labels("shared", operation, status).inc(number)

    def cache_corruption(self, reason: str) -> None:
        """Count a value of the shared cache that is no reading."""
        self._of["nlu_cache_corruption_total"].labels(reason).inc()

    def learned(self, event: LearningEvent) -> None:
        """Show how the learning goes."""
        if event.accuracy is not None:
            self._of["model_accuracy"].labels(event.model).set(event.accuracy)
        self._of["model_drift"].labels(event.model).set(list(Drift).index(event.drift))

    def label(self, source: str, fate: str, number: int = 1) -> None:
        """Count what became of labels."""
        if number:
            self._of["labels_total"].labels(source, fate).inc(number)

    def label_delay(self, seconds: float) -> None:
        """Note how long a plan has waited for its first label."""
        self._of["label_delay_seconds"].observe(seconds)

    def trained(self, specialist: str, step: Step) -> None:
        """Show how a specialist's learning goes."""
        for effort, number in (("full", step.learned - step.light), ("light", step.light)):
            self._of["examples_learned_total"].labels(specialist, effort).inc(number)
        if step.accuracy is not None:
            self._of["specialist_accuracy"].labels(specialist).set(step.accuracy)
        for event in step.events:
            self._of["drift_events_total"].labels(
                specialist, event.source.value, event.level.value, event.action.value
            ).inc()

    def refused(self, model: str) -> None:
        """Count a snapshot that could not be used."""
        self._of["snapshots_refused_total"].labels(model).inc()

    def follow(self, followed: Followed[Any]) -> None:
        """Show which version of a model is used."""
        followed.on_refused = self._of["snapshots_refused_total"].labels(followed.name).inc
        self._followed[followed.name] = followed

    def query(self, query_type: str, ending: str, seconds: float) -> None:
        """Count a query that has ended."""
        self._of["queries_total"].labels(query_type, ending).inc()
        self._of["query_seconds"].labels(query_type).observe(seconds)

    def asked(self, source: str, ending: str) -> None:
        """Count that a source was asked."""
        self._of["source_asks_total"].labels(source, ending).inc()

    def watch_circuits(self, circuits: Mapping[str, Circuit]) -> None:
        """Show the state of the sources' breakers."""
        self._circuits = circuits

    def observed(self, source: str, number: int, folded: Folded) -> None:
        """Count what rolling metrics have seen, and what has become final."""
        counter = self._of["rolling_events_total"]
        for fate, count in (
            ("counted", number - folded.late - folded.early),
            ("late", folded.late),
            ("early", folded.early),
        ):
            counter.labels(source, fate).inc(count)
        for bucket in folded.closed:
            self._of["rolling_buckets_total"].labels(bucket.level.name).inc()

    def refresh(self) -> None:
        """Bring the gauges up to date, just before they are read."""
        app = self._app
        for bring_up_to_date in self.before_scrape:
            bring_up_to_date()
        self._of["lag_records"].clear()  # also of topics whose partitions others have now
        for topic, lag in app.lag().items():
            self._of["lag_records"].labels(topic).set(lag)
        self._of["stage_paused"].clear()
        for stage in app.watchdog.paused:
            self._of["stage_paused"].labels(stage).set(1)
        for name, table in app.hive_tables.items():
            self._of["table_keys"].labels(name).set(len(table))
        self._of["event_loop_lag_seconds"].set(app.watchdog.lag_s)
        self._of["generation"].set(app.generation.number)
        self._of["ready"].set(app.ready)
        for source, circuit in self._circuits.items():
            self._of["source_circuit_state"].labels(source).set(_CIRCUIT_STATES.index(circuit.state))
        self._show_cache()
        self._of["model_info"].clear()
        for name, followed in self._followed.items():
            self._show_model(name, followed)

    def _show_cache(self) -> None:
        if self._cache is None:
            return
        for status, count in (("hit", self._cache.hits), ("miss", self._cache.misses)):
            self._of["nlu_cache_operations_total"].labels("local", "get", status).inc(count - self._shown[status])
            self._shown[status] = count

    def _show_model(self, name: str, followed: Followed[Any]) -> None:
        model, snapshot = followed.now
        self._of["model_learned"].labels(name).set(model.learned)
        self._of["model_info"].labels(name, model.version, snapshot.seed if snapshot else model.version).set(1)
        if snapshot is not None:
            self._of["model_age_seconds"].labels(name).set(max(0.0, (now_ms() - snapshot.at) / 1000))

    def _on_commit(self, batch: Batch, dead_letters: int) -> None:
        stage = batch.stage
        self._of["records_total"].labels(stage).inc(batch.size)
        self._of["batch_records"].labels(stage).observe(batch.size)
        self._of["stage_seconds"].labels(stage).observe(batch.age_s)
        self._of["dead_letters_total"].labels(stage).inc(dead_letters)

    def _on_cycle(self, work: list[Work], seconds: float) -> None:
        del work
        self._of["transaction_seconds"].observe(seconds)

    def _on_restore(self, table: str, restored: Restored) -> None:
        self._of["restore_seconds"].labels(table).set(restored.elapsed_s)
