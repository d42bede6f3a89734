"""What goes wrong with workers and with understanding."""

from __future__ import annotations

from typing import Final

from app.deploy.monitoring.alert import Alert
from app.deploy.monitoring.queries import JOB, RECORDED
from app.deploy.workload import MEMORY_LIMIT_MIB

__all__ = ["UNDERSTANDING", "WORKERS"]

WORKERS: Final = (
    Alert(
        "HiveWorkersGone",
        f'absent(up{{job="{JOB}"}})',
        "2m",
        "critical",
        "Prometheus knows of no worker.",
        advice="Look at the stateful set, and at whether the service monitor finds its pods.",
    ),
    Alert(
        "HiveWorkerDown",
        f'up{{job="{JOB}"}} == 0',
        "2m",
        "critical",
        "{{ $labels.instance }} does not answer.",
        advice="Look at the pod's state and at its log of before: a worker that ends itself says why in its last line.",
    ),
    Alert("HiveWorkerNotReady", "@ready == 0", "5m", "warning", "{{ $labels.instance }} takes no work.", "ready"),
    Alert(
        "HiveLag",
        f"{RECORDED}lag_records:by_topic > 1000",
        "10m",
        "warning",
        "{{ $value }} records of {{ $labels.topic }} wait.",
        "lag_records",
    ),
    Alert(
        "HiveLagOld",
        "max by (topic) (@lag_age_seconds) > 300",
        "5m",
        "critical",
        "Records of {{ $labels.topic }} have waited for {{ $value | humanizeDuration }}.",
        "lag_age_seconds",
    ),
    Alert(
        "HiveStagePaused",
        "max by (stage) (@stage_paused) == 1",
        "5m",
        "warning",
        "The stage {{ $labels.stage }} waits for a store.",
        "stage_paused",
    ),
    Alert(
        "HiveStageSlow",
        "histogram_quantile(0.95, sum by (stage, le) (rate(@record_age_seconds_bucket[5m]))) > 60",
        "10m",
        "warning",
        "The stage {{ $labels.stage }} is {{ $value | humanizeDuration }} behind.",
        "record_age_seconds",
    ),
    Alert(
        "HiveDeadLetters",
        "sum by (stage) (increase(@dead_letters_total[5m])) > 0",
        "0m",
        "warning",
        "The stage {{ $labels.stage }} could not process some records.",
        "dead_letters_total",
    ),
    Alert(
        "HiveManyDeadLetters",
        "sum by (stage) (increase(@dead_letters_total[5m])) > 10",
        "5m",
        "critical",
        "The stage {{ $labels.stage }} makes {{ $value }} dead letters in five minutes.",
        "dead_letters_total",
    ),
    Alert(
        "HiveLettersGivenUp",
        'sum(increase(@letters_total{fate="given-up"}[1h])) > 0',
        "0m",
        "warning",
        "Dead letters were tried too often.",
        "letters_total",
    ),
    Alert(
        "HiveTransactionsSlow",
        "histogram_quantile(0.95, sum by (le) (rate(@transaction_seconds_bucket[5m]))) > 1",
        "10m",
        "warning",
        "Kafka takes {{ $value | humanizeDuration }} for a transaction.",
        "transaction_seconds",
    ),
    Alert(
        "HiveEventLoopLate",
        "@event_loop_lag_seconds > 1",
        "2m",
        "warning",
        "The loop of {{ $labels.instance }} is {{ $value | humanizeDuration }} late.",
        "event_loop_lag_seconds",
    ),
    Alert(
        "HiveRebalances",
        "max(changes(@generation[15m])) > 6",
        "5m",
        "warning",
        "The partitions were dealt out {{ $value }} times in a quarter of an hour.",
        "generation",
    ),
    Alert(
        "HiveRestoreSlow",
        "max by (table) (@restore_seconds) > 60",
        "0m",
        "warning",
        "The table {{ $labels.table }} takes {{ $value | humanizeDuration }} to restore.",
        "restore_seconds",
    ),
    Alert(
        "HiveMemory",
        f'process_resident_memory_bytes{{job="{JOB}"}} > {MEMORY_LIMIT_MIB} * 1048576 * 0.85',
        "10m",
        "warning",
        "{{ $labels.instance }} has {{ $value | humanize1024 }}B, near its limit.",
        advice="Look which table grows (table_keys), and at answers that are large; then raise the limit of the pods.",
    ),
)

UNDERSTANDING: Final = (
    Alert(
        "HiveManyNotUnderstood",
        'sum(rate(@intentions_total{route="validation"}[15m])) / sum(rate(@intentions_total[15m])) > 0.3',
        "15m",
        "warning",
        "{{ $value | humanizePercentage }} of the intentions wait to be understood by a person.",
        "intentions_total",
    ),
    Alert(
        "HiveConfidenceLow",
        "sum by (domain) (rate(@intention_confidence_sum[30m]))"
        " / sum by (domain) (rate(@intention_confidence_count[30m])) < 0.5",
        "30m",
        "info",
        "The understanding is not sure of {{ $labels.domain }}.",
        "intention_confidence",
    ),
    Alert(
        "HiveManyDuplicates",
        'sum(rate(@turned_away_total{reason="duplicate"}[15m]))'
        " / (sum(rate(@turned_away_total[15m])) + sum(rate(@intentions_total[15m]))) > 0.1",
        "15m",
        "warning",
        "{{ $value | humanizePercentage }} of what comes in are duplicates.",
        "turned_away_total",
    ),
    Alert(
        "HiveCacheCorrupt",
        "sum by (reason) (increase(@nlu_cache_corruption_total[15m])) > 0",
        "0m",
        "warning",
        "The shared cache holds what is no reading.",
        "nlu_cache_corruption_total",
    ),
    Alert(
        "HiveModelsDiffer",
        "count by (model) (count by (model, version) (@model_info)) > 1",
        "10m",
        "warning",
        "Workers score with different versions of {{ $labels.model }}.",
        "model_info",
    ),
)
