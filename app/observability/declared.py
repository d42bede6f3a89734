"""The one list of metrics: each with what it means and what to do when it looks wrong; nothing else spells its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from prometheus_client import Counter, Gauge, Histogram

from models.records import ApprovalDecision, Drift, PlanOutcome, SpecialistType
from models.records.drift import DriftAction, DriftSource

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

__all__ = ["METRICS", "Metric"]

_SECONDS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_UNITS: Final = frozenset({"bytes", "keys", "records", "seconds"})
_RECORDS: Final = (1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1000.0, 5000.0, 10_000.0)


class _Family:
    """A labelled metric that remembers its children: the library checks and converts labels anew for each count."""

    __slots__ = ("_children", "_parent")

    def __init__(self, parent: Any) -> None:
        self._parent = parent
        self._children: dict[tuple[str, ...], Any] = {}

    def labels(self, *values: str) -> Any:
        """Return the child with these values of the labels."""
        child = self._children.get(values)
        if child is None:
            child = self._children[values] = self._parent.labels(*values)
        return child

    def remove(self, *values: str) -> None:
        """Show a child no longer."""
        self._children.pop(values, None)
        self._parent.remove(*values)

    def clear(self) -> None:
        """Show no children."""
        self._children.clear()
        self._parent.clear()


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: Without the prefix ``neural_hive_``; the unit is in it.
        meaning: How to read it.
        action: What to do when it looks wrong.
        known: Values of the labels that are there from the start: a counter that begins at 0 shows its first rise.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    meaning: str
    action: str
    buckets: tuple[float, ...] = ()
    known: tuple[tuple[str, ...], ...] = ()

    def make(self, registry: CollectorRegistry) -> Any:
        """Return the Prometheus object."""
        made: Any
        if self.kind == "histogram":
            made = Histogram(
                self.name, self.meaning, self.labels, namespace="neural_hive", registry=registry, buckets=self.buckets
            )
        else:
            kind = Counter if self.kind == "counter" else Gauge
            made = kind(self.name, self.meaning, self.labels, namespace="neural_hive", registry=registry)
        if not self.labels:
            return made
        family = _Family(made)
        for values in self.known:
            family.labels(*values)
        return family

    @property
    def unit(self) -> str:
        """Return what is counted or measured, which the name ends with; empty for a share, a state or a number."""
        ending = self.name.removesuffix("_total").rpartition("_")[2]
        return ending if ending in _UNITS or self.name.endswith("_total") else ""


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
        known=tuple((fate,) for fate in ("open", "waiting", "retried", "given-up", "replayed", "dropped")),
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
        known=(("requested", "applied"), *((decision.value, "applied") for decision in ApprovalDecision)),
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
        known=tuple((outcome.value,) for outcome in PlanOutcome),
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
        known=(("str",), ("int",), ("list",)),
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
    Metric(
        "labels_total",
        "counter",
        ("source", "fate"),
        "What became of labels: learned, corrected, double, contradicted, early; missing: none has come.",
        "Many missing: nobody gives feedback, and plans end without an outcome; many contradicted: ask who disagrees.",
        known=(("none", "missing"),),
    ),
    Metric(
        "label_delay_seconds",
        "histogram",
        (),
        "From the judgement of a plan to its first label.",
        "Rising: plans take longer, or wait for people; learners follow the world that much later.",
        (1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800),
    ),
    Metric(
        "examples_learned_total",
        "counter",
        ("specialist", "effort"),
        "Labelled plans that a specialist's ladder has learned; light: without its dearest learners.",
        "Many light: more labels come than learn_full_per_s; raise it where there is CPU left.",
    ),
    Metric(
        "specialist_accuracy",
        "gauge",
        ("specialist",),
        "Share of the newest labels that the specialist's ladder had predicted; only on its learner.",
        "Falling: see `hive drift status`.",
    ),
    Metric(
        "drift_events_total",
        "counter",
        ("specialist", "source", "level", "action"),
        "What learners have seen to change, and what they did.",
        "Level drift: see `hive drift status`, and what changed in the plans or in their outcomes.",
        known=tuple(
            (each.value, DriftSource.ERROR.value, Drift.DRIFT.value, DriftAction.NONE.value) for each in SpecialistType
        ),
    ),
    Metric(
        "rolling_events_total",
        "counter",
        ("source", "fate"),
        "Events that rolling metrics have seen, by the topic that told of them: counted, late (their bucket was final) "
        "or early (ahead of this worker's clock by more than a minute).",
        "Any early: a worker's clock is wrong. Many late: a worker is stopped for long, or its clock is behind.",
    ),
    Metric(
        "rolling_buckets_total",
        "counter",
        ("level",),
        "Buckets of rolling metrics that have become final, each on each partition.",
        "Flat while intentions flow: nothing is counted, see the lag of the stage observe.",
    ),
)
