"""What is measured of experiments and of rounds of retraining; shown by the worker that has their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.clock import now_ms
from app.observability.declared import Metric

if TYPE_CHECKING:
    from app.engine import HiveApp
    from app.observability.metrics import WorkerMetrics
    from models.lifecycle.experiment import Experiment
    from models.lifecycle.retraining import Retraining

__all__ = ["LIFECYCLE_METRICS", "LifecycleMetrics"]

_ARMS: Final = ("champion", "challenger")

LIFECYCLE_METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "experiment_state",
        "gauge",
        ("experiment", "specialist", "status"),
        "1 for how an experiment stands: running, paused, passed, failed, stopped, rolled_back.",
        "rolled_back: the challenger did harm; `hive experiment status` says what it rests on.",
    ),
    Metric(
        "experiment_traffic_ratio",
        "gauge",
        ("experiment", "specialist"),
        "Share of the actors that the challenger decides for.",
        "The same for days: too few actors are seen, or somebody has paused it; `hive experiment status`.",
    ),
    Metric(
        "experiment_units",
        "gauge",
        ("experiment", "arm"),
        "Actors that count in an experiment, by arm.",
        "Not growing: no plans are scored, or nobody is new; far from the traffic's shares: it ends by itself.",
    ),
    Metric(
        "experiment_age_seconds",
        "gauge",
        ("experiment",),
        "How long an experiment has been going on, pauses taken out; not there for one that is over.",
        "Above 7 days: it hasn't seen enough actors; it lapses after three weeks.",
    ),
    Metric(
        "retraining_step",
        "gauge",
        ("specialist", "step"),
        "1 for the step that a specialist's round of retraining is at; not there without a round.",
        "`approval`: a person has to say yes or no, `hive retrain approve`.",
    ),
    Metric(
        "retraining_step_age_seconds",
        "gauge",
        ("specialist",),
        "How long that step has taken so far.",
        "Growing in a step that is carried out: `hive retrain status` says what went wrong and when it is tried again.",
    ),
    Metric(
        "retraining_step_tries",
        "gauge",
        ("specialist",),
        "How often that step has failed.",
        "Above 0: `hive retrain status` says why.",
    ),
    Metric(
        "retraining_drift_score",
        "gauge",
        ("specialist",),
        "The strongest drift that no round has answered yet; 0 without any.",
        "At `retrain_threshold` and more without a round: it cools down from the one before, or nobody does the steps.",
    ),
)


class LifecycleMetrics:
    """Reads the two tables when it is asked for."""

    def __init__(self, app: HiveApp, metrics: WorkerMetrics) -> None:
        self._app = app
        self._of = {metric.name: metric.make(metrics.registry) for metric in LIFECYCLE_METRICS}
        metrics.before_scrape.append(self._refresh)

    def _refresh(self) -> None:
        for gauge in self._of.values():
            gauge.clear()
        now = now_ms()
        if (experiments := self._app.hive_tables.get("experiments")) is not None:
            for experiment in experiments.values():
                self._experiment(experiment, now)
        if (rounds := self._app.hive_tables.get("retraining")) is not None:
            for state in rounds.values():
                self._round(state, now)

    def _experiment(self, state: Experiment, now: int) -> None:
        name, specialist = state.experiment_id, state.specialist.value
        self._of["experiment_state"].labels(name, specialist, state.status.value).set(1)
        self._of["experiment_traffic_ratio"].labels(name, specialist).set(state.traffic)
        for arm, units in zip(_ARMS, state.units, strict=True):
            self._of["experiment_units"].labels(name, arm).set(units)
        if state.is_open:
            age_ms = (state.paused_at or now) - state.began_at
            self._of["experiment_age_seconds"].labels(name).set(max(0, age_ms) / 1000)

    def _round(self, state: Retraining, now: int) -> None:
        specialist = state.specialist.value
        self._of["retraining_drift_score"].labels(specialist).set(state.drift_score)
        if state.now is not None:
            self._of["retraining_step"].labels(specialist, state.now.step.value).set(1)
            self._of["retraining_step_age_seconds"].labels(specialist).set(max(0, now - state.now.since) / 1000)
            self._of["retraining_step_tries"].labels(specialist).set(state.now.tries)
