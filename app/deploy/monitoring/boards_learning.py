"""The boards of what learns, and of what is compared."""

from __future__ import annotations

from typing import Final

from app.deploy.monitoring.boards import INTERVAL, Board, Panel, quantiles, rate_by, share

__all__ = ["LEARNING_BOARDS"]

_LEARNING: Final = Board(
    "hive-learning",
    "learning and drift",
    (
        Panel("Labels a second, by fate", rate_by("labels_total", "fate"), "labels_total", "ops"),
        Panel("Labels a second, by source", rate_by("labels_total", "source"), "labels_total", "ops"),
        Panel(
            "Labels that never came",
            share("labels_total", '{fate="missing"}', "missing"),
            "labels_total",
            "percentunit",
            most=1,
        ),
        Panel("From judgement to label", quantiles("label_delay_seconds"), "label_delay_seconds", "s"),
        Panel(
            "Examples learned a second",
            (
                (
                    f"sum by (specialist, effort) (rate(@examples_learned_total[{INTERVAL}]))",
                    "{{specialist}} {{effort}}",
                ),
            ),
            "examples_learned_total",
            "ops",
        ),
        Panel(
            "Specialists right of their newest labels",
            (("max by (specialist) (@specialist_accuracy)", "{{specialist}}"),),
            "specialist_accuracy",
            "percentunit",
            most=1,
        ),
        Panel(
            "Understanding right of what people say",
            (("max by (model) (@model_accuracy)", "{{model}}"),),
            "model_accuracy",
            "percentunit",
            most=1,
        ),
        Panel(
            "Drift of the understanding (2)", (("max by (model) (@model_drift)", "{{model}}"),), "model_drift", most=2
        ),
        Panel(
            "Drifts seen in an hour",
            (
                (
                    "sum by (specialist, level, action) (increase(@drift_events_total[1h]))",
                    "{{specialist}} {{level}} {{action}}",
                ),
            ),
            "drift_events_total",
        ),
        Panel(
            "Age of the model in use", (("max by (model) (@model_age_seconds)", "{{model}}"),), "model_age_seconds", "s"
        ),
        Panel(
            "The registry answers", (("max by (store) (@model_registry_up)", "{{store}}"),), "model_registry_up", most=1
        ),
        Panel(
            "Registered versions that decide",
            (("count by (specialist, version) (@registered_champion_info)", "{{specialist}} {{version}}"),),
            "registered_champion_info",
            kind="table",
        ),
        Panel(
            "Registered models refused",
            rate_by("registered_models_refused_total", "specialist"),
            "registered_models_refused_total",
            "ops",
        ),
        Panel("Snapshots refused", rate_by("snapshots_refused_total", "model"), "snapshots_refused_total", "ops"),
    ),
)

_EXPERIMENTS: Final = Board(
    "hive-experiments",
    "experiments",
    (
        Panel(
            "How they stand",
            (("max by (experiment, specialist, status) (@experiment_state)", "{{experiment}} {{status}}"),),
            "experiment_state",
            kind="table",
        ),
        Panel(
            "The challenger decides for",
            (("max by (experiment) (@experiment_traffic_ratio)", "{{experiment}}"),),
            "experiment_traffic_ratio",
            "percentunit",
            most=1,
        ),
        Panel(
            "Actors that count",
            (("max by (experiment, arm) (@experiment_units)", "{{experiment}} {{arm}}"),),
            "experiment_units",
        ),
        Panel(
            "How long they go on",
            (("max by (experiment) (@experiment_age_seconds)", "{{experiment}}"),),
            "experiment_age_seconds",
            "s",
        ),
        Panel(
            "Rounds of retraining",
            (("max by (specialist, step) (@retraining_step)", "{{specialist}} {{step}}"),),
            "retraining_step",
            kind="table",
        ),
        Panel(
            "The step has taken",
            (("max by (specialist) (@retraining_step_age_seconds)", "{{specialist}}"),),
            "retraining_step_age_seconds",
            "s",
        ),
        Panel(
            "The step has failed",
            (("max by (specialist) (@retraining_step_tries)", "{{specialist}}"),),
            "retraining_step_tries",
        ),
        Panel(
            "Drift that no round has answered",
            (("max by (specialist) (@retraining_drift_score)", "{{specialist}}"),),
            "retraining_drift_score",
        ),
    ),
)

LEARNING_BOARDS: Final = (_LEARNING, _EXPERIMENTS)
