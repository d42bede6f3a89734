"""What goes wrong with learning, experiments and rounds of retraining."""

from __future__ import annotations

from typing import Final

from app.deploy.monitoring.alert import Alert

__all__ = ["EXPERIMENTS", "LEARNING"]

LEARNING: Final = (
    Alert(
        "HiveModelDrift",
        "max by (model) (@model_drift) == 2",
        "30m",
        "warning",
        "The errors of {{ $labels.model }} have drifted.",
        "model_drift",
    ),
    Alert(
        "HiveSpecialistDrift",
        'sum by (specialist) (increase(@drift_events_total{level="drift"}[1h])) > 0',
        "0m",
        "warning",
        "The specialist {{ $labels.specialist }} sees a drift.",
        "drift_events_total",
    ),
    Alert(
        "HiveSpecialistWrong",
        "max by (specialist) (@specialist_accuracy) < 0.72",
        "30m",
        "warning",
        "The specialist {{ $labels.specialist }} predicts {{ $value | humanizePercentage }} of its labels.",
        "specialist_accuracy",
    ),
    Alert(
        "HiveModelWrong",
        "max by (model) (@model_accuracy) < 0.5",
        "1h",
        "info",
        "{{ $labels.model }} had predicted {{ $value | humanizePercentage }} of what people corrected.",
        "model_accuracy",
    ),
    Alert(
        "HiveLabelsMissing",
        'sum(increase(@labels_total{fate="missing"}[6h])) / sum(increase(@labels_total[6h])) > 0.5',
        "15m",
        "warning",
        "{{ $value | humanizePercentage }} of the labels never come.",
        "labels_total",
    ),
    Alert(
        "HiveRegistryDown",
        "min by (store) (@model_registry_up) == 0",
        "10m",
        "warning",
        "{{ $labels.store }} does not answer.",
        "model_registry_up",
    ),
    Alert(
        "HiveChampionsDiffer",
        "count by (specialist) (count by (specialist, version) (@registered_champion_info)) > 1",
        "10m",
        "warning",
        "Workers decide with different versions of {{ $labels.specialist }}.",
        "registered_champion_info",
    ),
    Alert(
        "HiveRegisteredRefused",
        "sum by (specialist) (increase(@registered_models_refused_total[15m])) > 0",
        "0m",
        "warning",
        "A worker can't use a registered model of {{ $labels.specialist }}.",
        "registered_models_refused_total",
    ),
    Alert(
        "HiveSnapshotsRefused",
        "sum by (model) (increase(@snapshots_refused_total[15m])) > 0",
        "0m",
        "critical",
        "A worker can't use a snapshot of {{ $labels.model }}.",
        "snapshots_refused_total",
    ),
)

EXPERIMENTS: Final = (
    Alert(
        "HiveExperimentRolledBack",
        '@experiment_state{status="rolled_back"} == 1 unless @experiment_state{status="rolled_back"} offset 1h',
        "0m",
        "warning",
        "{{ $labels.experiment }} did harm and was rolled back.",
        "experiment_state",
    ),
    Alert(
        "HiveExperimentPassed",
        '@experiment_state{status="passed"} == 1 unless @experiment_state{status="passed"} offset 1h',
        "0m",
        "info",
        "The challenger of {{ $labels.experiment }} is better.",
        "experiment_state",
    ),
    Alert(
        "HiveExperimentLong",
        "max by (experiment) (@experiment_age_seconds) > 604800",
        "0m",
        "info",
        "{{ $labels.experiment }} has gone on for {{ $value | humanizeDuration }}.",
        "experiment_age_seconds",
    ),
    Alert(
        "HiveExperimentWithoutUnits",
        "sum by (experiment) (@experiment_units) < 30 and max by (experiment) (@experiment_age_seconds) > 3600",
        "1h",
        "warning",
        "{{ $labels.experiment }} has seen {{ $value }} actors only.",
        "experiment_units",
    ),
    Alert(
        "HiveRetrainingWaits",
        "max by (specialist) (@retraining_step_age_seconds) > 86400"
        ' and on (specialist) @retraining_step{step="approval"}',
        "0m",
        "warning",
        "The round of {{ $labels.specialist }} has waited for a person for {{ $value | humanizeDuration }}.",
        "retraining_step",
    ),
    Alert(
        "HiveRetrainingStuck",
        "max by (specialist) (@retraining_step_age_seconds) > 7200"
        ' unless on (specialist) @retraining_step{step=~"approval|compare"}',
        "0m",
        "warning",
        "A step of the round of {{ $labels.specialist }} takes {{ $value | humanizeDuration }}.",
        "retraining_step_age_seconds",
    ),
    Alert(
        "HiveRetrainingFails",
        "max by (specialist) (@retraining_step_tries) >= 3",
        "0m",
        "warning",
        "A step of the round of {{ $labels.specialist }} has failed {{ $value }} times.",
        "retraining_step_tries",
    ),
)
