"""The one list of metrics, and the collector that fills them from a worker.

A metric stands in :data:`METRICS` with what it means and what to do when it looks wrong; nothing else spells its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

from app.clock import now_ms
from models.records import Drift

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.circuit import Circuit
    from app.engine import Batch, HiveApp
    from app.engine.committer import Work
    from app.engine.restore import Restored
    from app.learning import Followed
    from models.nlu.cache import ReadingCache
    from models.records import CognitivePlan, CompletedPlan, LearningEvent

__all__ = ["METRICS", "Metric", "WorkerMetrics"]

_SECONDS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_RECORDS: Final = (1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1000.0, 5000.0, 10_000.0)

_CIRCUIT_STATES: Final = ("closed", "half-open", "open")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: Without the prefix ``neural_hive_``; the unit is in it.
        meaning: How to read it.
        action: What to do when it looks wrong.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    meaning: str
    action: str
    buckets: tuple[float, ...] = ()

    def make(self, registry: CollectorRegistry) -> Any:
        """Return the Prometheus object."""
        if self.kind == "histogram":
            return Histogram(
                self.name, self.meaning, self.labels, namespace="neural_hive", registry=registry, buckets=self.buckets
            )
        made = Counter if self.kind == "counter" else Gauge
        return made(self.name, self.meaning, self.labels, namespace="neural_hive", registry=registry)


METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "records_total",
        "counter",
        ("stage",),
        "Records that a stage has committed.",
        "Flat while lag grows: read the worker's log; the watchdog ends a worker that is stuck.",
    ),
    Metric(
        "dead_letters_total",
        "counter",
        ("stage",),
        "Records that could not be processed, ever.",
        "Read why: `hive dlq list` and `hive dlq show`.",
    ),
    Metric(
        "letters_total",
        "counter",
        ("fate",),
        "Dead letters by what became of them: open (for a person), waiting (to be tried again), retried, given-up "
        "(tried too often), replayed or dropped by a person; ignored: it had been done before; gone: too late.",
        "Many open or given-up: `hive dlq list`. Many retried that wait again: the cause has not passed.",
    ),
    Metric(
        "batch_records",
        "histogram",
        ("stage",),
        "Records that one transaction took from a stage.",
        "Always at the limit: the stage does not keep up, add workers.",
        _RECORDS,
    ),
    Metric(
        "stage_seconds",
        "histogram",
        ("stage",),
        "Seconds from taking a batch to its commit.",
        "Compare with transaction_seconds: the rest is the stage's own work or a slow store.",
        _SECONDS,
    ),
    Metric(
        "transaction_seconds",
        "histogram",
        (),
        "Seconds that one Kafka transaction took.",
        "Above 0.1: the broker is busy or far away.",
        _SECONDS,
    ),
    Metric("lag_records", "gauge", ("topic",), "Records that wait, fetched or not.", "Growing: add workers."),
    Metric(
        "stage_paused",
        "gauge",
        ("stage",),
        "1 while a stage waits for a store.",
        "Look at the store; the stage goes on by itself.",
    ),
    Metric(
        "table_keys", "gauge", ("table",), "Keys of a table that this worker holds.", "Unbounded growth: a key leaks."
    ),
    Metric(
        "restore_seconds",
        "gauge",
        ("table",),
        "Seconds that the last restore of a table took.",
        "Growing: compaction of the changelog lags behind.",
    ),
    Metric(
        "event_loop_lag_seconds",
        "gauge",
        (),
        "How late the event loop is.",
        "Above 0.1: something blocks it.",
    ),
    Metric(
        "generation",
        "gauge",
        (),
        "Generation of the consumer group; it rises with every rebalance.",
        "Rising all the time: workers come and go, or miss heartbeats.",
    ),
    Metric("ready", "gauge", (), "1 when the worker processes records.", "0 for minutes: read the log."),
    Metric(
        "approvals_total",
        "counter",
        ("decision", "effect"),
        "Requests for an approval and responses to them; ignored are those that are late, unknown or said twice.",
        "`requested` far above the others: nobody looks at `hive approvals list`.",
    ),
    Metric(
        "plan_conflicts_total",
        "counter",
        ("severity", "resolution"),
        "Pairs of tasks of one plan that write the same thing, and what becomes of them.",
        "Many with `notify`: each asks a person; `conflict_resolution` orders them instead.",
    ),
    Metric(
        "queries_total",
        "counter",
        ("query_type", "ending"),
        "Queries of tasks by how they ended: completed, unavailable (the store), or why they were refused.",
        "Many `not-listed`, `operator` or `writes`: somebody tries what the catalog doesn't allow; read the results.",
    ),
    Metric(
        "query_seconds",
        "histogram",
        ("query_type",),
        "Seconds from the ticket to its result.",
        "Above 1: look at the store of this type, and at its slow queries.",
        _SECONDS,
    ),
    Metric(
        "source_asks_total",
        "counter",
        ("source", "ending"),
        "Sources asked by queries, also those that stand in for others, by how it ended; `open`: left alone.",
        "Many `open` or `unavailable`: its store is down; answers come from its fallbacks, as results say.",
    ),
    Metric(
        "source_circuit_state",
        "gauge",
        ("source",),
        "0 a source is asked, 1 the next query tries it, 2 it failed lately and is left alone.",
        "2 for minutes: look at its store, and at whether it has a `fallback` in the catalog.",
    ),
    Metric(
        "intentions_total",
        "counter",
        ("domain", "route"),
        "Intentions understood, by domain and by where they were sent.",
        "Many to `validation`: texts that the rules do not know.",
    ),
    Metric(
        "plans_total",
        "counter",
        ("outcome",),
        "Plans that were carried out, by what came of them.",
        "Many failed: `hive plans show` says which task, and why. Many handed_off: no outside worker answers.",
    ),
    Metric(
        "tasks_total",
        "counter",
        ("type", "status"),
        "Tasks of plans that have ended, by how they did.",
        "Many uncompensated: what was begun has to be taken back by hand.",
    ),
    Metric(
        "turned_away_total",
        "counter",
        ("reason",),
        "Intentions that were not taken in: duplicates, and those over an actor's limit.",
        "Many duplicates: a sender does not wait for its answer. Many over the limit: `rate_limit_per_minute`.",
    ),
    Metric(
        "nlu_cache_operations_total",
        "counter",
        ("tier", "operation", "status"),
        "Readings of texts asked of the cache or given to it: tier `local` (this process) or `shared` (Redis).",
        "shared late or failed: Redis is slow or gone; the cache is left alone until it answers again.",
    ),
    Metric(
        "nlu_cache_corruption_total",
        "counter",
        ("reason",),
        "Values in the shared cache that were no readings, by their type; they are computed anew.",
        "Something else writes under `nlu:cache:`.",
    ),
    Metric(
        "model_learned",
        "gauge",
        ("model",),
        "Examples that people had given the model that this worker scores with.",
        "Unlike on other workers for more than seconds: this one does not follow `models.snapshots`, read its log.",
    ),
    Metric(
        "model_age_seconds",
        "gauge",
        ("model",),
        "Seconds since that model was published; not there for the one that is shipped.",
        "Growing while feedback comes: the stage `learn` stands still.",
    ),
    Metric(
        "model_info",
        "gauge",
        ("model", "version", "seed"),
        "1 for the version of the model that this worker scores with.",
        "Versions that differ between workers for more than seconds: see model_learned.",
    ),
    Metric(
        "model_accuracy",
        "gauge",
        ("model",),
        "Share of the feedback that the learner had predicted right before it learned it; only on the learner.",
        "Falling: people speak of new things, or correct each other; look at `learning.events`.",
    ),
    Metric(
        "model_drift",
        "gauge",
        ("model",),
        "0 no drift in the learner's errors, 1 a warning, 2 drift; only on the learner.",
        "2: see what people correct lately: `hive tail feedback.intentions`.",
    ),
    Metric(
        "snapshots_refused_total",
        "counter",
        ("model",),
        "Snapshots that this worker could not use.",
        "Above 0: another version of the program publishes them; the reason is in the log.",
    ),
)


class WorkerMetrics:
    """The metrics of one worker, in a registry of their own."""

    def __init__(self, app: HiveApp) -> None:
        self._app = app
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._of = {metric.name: metric.make(self.registry) for metric in METRICS}
        self._intentions: dict[tuple[str, str], Any] = {}
        self._followed: dict[str, Followed[Any]] = {}
        self._circuits: Mapping[str, Circuit] = {}
        self._asks: dict[tuple[str, str], Any] = {}
        self._cache: ReadingCache | None = None
        self._shown = {"hit": 0, "miss": 0}
        app.observers.append(self._on_commit)
        app.cycle_observers.append(self._on_cycle)
        app.restore_observers.append(self._on_restore)

    def intention(self, domain: str, route: str) -> None:
        """Count an intention that has been understood."""
        counter = self._intentions.get((domain, route))
        if counter is None:  # looking it up by its labels costs more than counting
            counter = self._intentions[domain, route] = self._of["intentions_total"].labels(domain, route)
        counter.inc()

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
        counter = self._asks.get((source, ending))
        if counter is None:
            counter = self._asks[source, ending] = self._of["source_asks_total"].labels(source, ending)
        counter.inc()

    def watch_circuits(self, circuits: Mapping[str, Circuit]) -> None:
        """Show the state of the sources' breakers."""
        self._circuits = circuits

    def refresh(self) -> None:
        """Bring the gauges up to date, just before they are read."""
        app = self._app
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
        if dead_letters:
            self._of["dead_letters_total"].labels(stage).inc(dead_letters)

    def _on_cycle(self, work: list[Work], seconds: float) -> None:
        del work
        self._of["transaction_seconds"].observe(seconds)

    def _on_restore(self, table: str, restored: Restored) -> None:
        self._of["restore_seconds"].labels(table).set(restored.elapsed_s)
