"""For each alert: series with which it fires, and the same with which it just doesn't.

Values are promtool's: `3x10` is 3 eleven times, `0+5x10` rises by 5; one a minute. `name{labels}` gets the prefix.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """Series with (firing, calm) values, when they are looked at, what fires besides; alone: no others with it."""

    series: dict[str, tuple[str, str]]
    at: str
    besides: frozenset[str] = frozenset()
    alone: bool = False


def _steady(value: float, calm: float, minutes: int = 60) -> tuple[str, str]:
    return f"{value}x{minutes}", f"{calm}x{minutes}"


def _rate(per_minute: float, calm: float, minutes: int = 60) -> tuple[str, str]:
    return f"0+{per_minute}x{minutes}", f"0+{calm}x{minutes}"


def _latency(name: str, *, labels: str, edges: tuple[str, str], minutes: int = 60) -> dict[str, tuple[str, str]]:
    """A histogram that is slow: all between two bounds; calm: all below the lower one."""
    low, high = edges
    comma = "," if labels else ""
    return {
        f'{name}_bucket{{{labels}{comma}le="{low}"}}': _rate(0, 60, minutes),
        f'{name}_bucket{{{labels}{comma}le="{high}"}}': _rate(60, 60, minutes),
        f'{name}_bucket{{{labels}{comma}le="+Inf"}}': _rate(60, 60, minutes),
    }


_WEEK_S = 604_800

CASES: dict[str, Case] = {
    "HiveWorkersGone": Case({'up{job="hive-worker"}': ("_x600", "1x600")}, "3m"),
    "HiveWorkerDown": Case({'up{job="hive-worker",instance="b"}': ("0x600", "1x600")}, "3m"),
    "HiveWorkerNotReady": Case({"ready": _steady(0, 1)}, "6m"),
    "HiveLag": Case({'lag_records{topic="t",instance="w"}': _steady(1001, 1000)}, "12m"),
    "HiveLagOld": Case({'lag_age_seconds{topic="t"}': _steady(301, 300)}, "6m"),
    "HiveStagePaused": Case({'stage_paused{stage="execute_redis"}': _steady(1, 0)}, "6m"),
    "HiveStageSlow": Case(_latency("record_age_seconds", labels='stage="plan"', edges=("60.0", "300.0")), "20m"),
    "HiveDeadLetters": Case({'dead_letters_total{stage="plan"}': ("0x5 1x10", "7x20")}, "7m"),
    "HiveManyDeadLetters": Case(
        {'dead_letters_total{stage="plan"}': _rate(3, 0)}, "20m", frozenset({"HiveDeadLetters"})
    ),
    "HiveLettersGivenUp": Case({'letters_total{fate="given-up"}': ("0x5 1x10", "7x20")}, "7m"),
    "HiveTransactionsSlow": Case(_latency("transaction_seconds", labels="", edges=("1.0", "2.0")), "20m"),
    "HiveEventLoopLate": Case({'event_loop_lag_seconds{instance="w"}': _steady(1.1, 1)}, "3m"),
    "HiveRebalances": Case({"generation": ("0+1x60", "0 0 1 1 2 2 3 3 4 4 5 5 6 6 6 6 6x40")}, "21m"),
    "HiveRestoreSlow": Case({'restore_seconds{table="plans"}': _steady(61, 60)}, "1m"),
    "HiveMemory": Case({'process_resident_memory_bytes{job="hive-worker",instance="w"}': _steady(1.9e9, 1.8e9)}, "12m"),
    "HiveManyNotUnderstood": Case(
        {
            'intentions_total{domain="BUSINESS",route="validation"}': _rate(4, 3),
            'intentions_total{domain="BUSINESS",route="domain"}': _rate(6, 7),
        },
        "40m",
    ),
    "HiveConfidenceLow": Case(
        {
            'intention_confidence_sum{domain="SECURITY"}': _rate(4, 6, 120),
            'intention_confidence_count{domain="SECURITY"}': _rate(10, 10, 120),
        },
        "80m",
    ),
    "HiveManyDuplicates": Case(
        {
            'turned_away_total{reason="duplicate"}': _rate(2, 1),
            'intentions_total{domain="BUSINESS",route="domain"}': _rate(10, 10),
        },
        "40m",
    ),
    "HiveCacheCorrupt": Case({'nlu_cache_corruption_total{reason="int"}': ("0x5 1x10", "7x20")}, "7m"),
    "HiveModelsDiffer": Case(
        {
            'model_info{model="nlu.domain",version="a",instance="w"}': _steady(1, 1),
            'model_info{model="nlu.domain",version="b",instance="x"}': ("1x60", "_x60"),
        },
        "12m",
    ),
    "HiveApprovalBacklog": Case({'approvals_pending{risk_band="low"}': _steady(51, 50)}, "12m"),
    "HiveApprovalBacklogRisky": Case(
        {
            'approvals_pending{risk_band="high"}': _steady(11, 10),
            'approvals_pending{risk_band="critical"}': _steady(10, 10),
        },
        "6m",
    ),
    "HiveApprovalOld": Case({"approval_oldest_seconds": _steady(3601, 3600)}, "6m"),
    "HiveApprovalsStale": Case(
        {
            'approvals_pending{risk_band="low"}': _steady(1, 1, 480),
            'approvals_total{decision="approved",effect="applied"}': ("5x480", "0+1x480"),
            'approvals_total{decision="requested",effect="applied"}': _rate(1, 1, 480),
        },
        "40m",
    ),
    "HiveApprovalSlow": Case(
        _latency("approval_seconds", labels='decision="approved"', edges=("3600.0", "7200.0")), "30m"
    ),
    "HiveApprovalVerySlow": Case(
        _latency("approval_seconds", labels='decision="approved"', edges=("3600.0", "21600.0")),
        "30m",
        frozenset({"HiveApprovalSlow"}),
    ),
    "HiveApprovalsRejected": Case(
        {
            'approvals_total{decision="approved",effect="applied"}': _rate(4, 6, 180),
            'approvals_total{decision="rejected",effect="applied"}': _rate(5, 5, 180),
        },
        "70m",
    ),
    "HiveConsensusUnsure": Case(
        {
            'aggregated_confidence_sum{domain="BUSINESS"}': _rate(4, 6),
            'aggregated_confidence_count{domain="BUSINESS"}': _rate(10, 10),
        },
        "25m",
    ),
    "HiveConsensusFallback": Case(
        {
            'consensus_decisions_total{decision="approve",method="fallback"}': _rate(3, 2),
            'consensus_decisions_total{decision="approve",method="bayesian"}': _rate(7, 8),
        },
        "25m",
    ),
    "HiveManyReviews": Case(
        {
            'consensus_decisions_total{decision="review_required",method="bayesian"}': _rate(4, 3, 120),
            'consensus_decisions_total{decision="approve",method="bayesian"}': _rate(6, 7, 120),
        },
        "80m",
    ),
    "HiveSpecialistsDisagree": Case(
        _latency("specialist_divergence", labels='domain="BUSINESS"', edges=("0.3", "0.5"), minutes=120), "80m"
    ),
    "HiveQueriesFail": Case(
        {
            'queries_total{query_type="redis",ending="unavailable"}': _rate(2, 1),
            'queries_total{query_type="redis",ending="completed"}': _rate(9, 9),
        },
        "15m",
    ),
    "HiveQueriesSlow": Case(_latency("query_seconds", labels='query_type="mongodb"', edges=("1.0", "2.0")), "25m"),
    "HiveSourceLeftAlone": Case({'source_circuit_state{source="orders"}': _steady(2, 1)}, "6m"),
    "HiveUncompensated": Case({'tasks_total{type="EXECUTE",status="uncompensated"}': ("0x5 1x10", "7x20")}, "7m"),
    "HiveHandedOff": Case(
        {
            'plans_total{outcome="handed_off"}': _rate(2, 1, 120),
            'plans_total{outcome="answered"}': _rate(10, 10, 120),
        },
        "80m",
    ),
    "HiveModelDrift": Case({'model_drift{model="nlu.domain"}': _steady(2, 1)}, "35m"),
    "HiveSpecialistDrift": Case(
        {'drift_events_total{specialist="business",level="drift",action="reset"}': ("0x5 1x10", "7x20")}, "7m"
    ),
    "HiveSpecialistWrong": Case({'specialist_accuracy{specialist="business"}': _steady(0.71, 0.72)}, "35m"),
    "HiveModelWrong": Case({'model_accuracy{model="nlu.domain"}': _steady(0.49, 0.5, 120)}, "70m"),
    "HiveLabelsMissing": Case(
        {
            'labels_total{source="none",fate="missing"}': _rate(6, 4),
            'labels_total{source="outcome",fate="learned"}': _rate(5, 5),
        },
        "40m",
    ),
    "HiveRegistryDown": Case({'model_registry_up{store="mlflow"}': _steady(0, 1)}, "12m"),
    "HiveChampionsDiffer": Case(
        {
            'registered_champion_info{specialist="business",version="1",instance="w"}': _steady(1, 1),
            'registered_champion_info{specialist="business",version="2",instance="x"}': ("1x60", "_x60"),
        },
        "12m",
    ),
    "HiveRegisteredRefused": Case(
        {'registered_models_refused_total{specialist="business"}': ("0x5 1x10", "7x20")}, "7m"
    ),
    "HiveSnapshotsRefused": Case({'snapshots_refused_total{model="nlu.domain"}': ("0x5 1x10", "7x20")}, "7m"),
    "HiveExperimentRolledBack": Case(
        {'experiment_state{experiment="e",status="rolled_back"}': ("_x70 1x20", "1x90")}, "75m", alone=True
    ),
    "HiveExperimentPassed": Case(
        {'experiment_state{experiment="e",status="passed"}': ("_x70 1x20", "1x90")}, "75m", alone=True
    ),
    "HiveExperimentLong": Case({'experiment_age_seconds{experiment="e"}': _steady(_WEEK_S + 1, _WEEK_S)}, "1m"),
    "HiveExperimentWithoutUnits": Case(
        {
            'experiment_units{experiment="e",arm="champion"}': _steady(28, 29, 120),
            'experiment_units{experiment="e",arm="challenger"}': _steady(1, 1, 120),
            'experiment_age_seconds{experiment="e"}': _steady(3601, 3601, 120),
        },
        "70m",
    ),
    "HiveRetrainingWaits": Case(
        {
            'retraining_step{specialist="business",step="approval"}': _steady(1, 1),
            'retraining_step_age_seconds{specialist="business"}': _steady(86_401, 86_400),
        },
        "1m",
    ),
    "HiveRetrainingStuck": Case(
        {
            'retraining_step{specialist="business",step="train"}': _steady(1, 1),
            'retraining_step_age_seconds{specialist="business"}': _steady(7_201, 7_200),
        },
        "1m",
    ),
    "HiveRetrainingFails": Case({'retraining_step_tries{specialist="business"}': _steady(3, 2)}, "1m"),
    "HiveObjectiveExecutionBurns1h": Case(
        {'plans_total{outcome="failed"}': _rate(2, 1), 'plans_total{outcome="answered"}': _rate(10, 99)},
        "20m",
        frozenset({"HiveObjectiveExecutionBurns6h", "HiveObjectiveExecutionBurns3d"}),
    ),
    "HiveObjectiveExecutionBurns6h": Case(
        {'plans_total{outcome="partial"}': _rate(8, 1), 'plans_total{outcome="answered"}': _rate(92, 99)},
        "40m",
        frozenset({"HiveObjectiveExecutionBurns3d"}),
    ),
    "HiveObjectiveExecutionBurns3d": Case(
        {'plans_total{outcome="failed"}': _rate(2, 1), 'plans_total{outcome="done"}': _rate(98, 99)}, "40m"
    ),
    "HiveObjectiveAnswersBurns1h": Case(
        {
            'answer_seconds_count{status="completed"}': _rate(100, 100),
            'answer_seconds_bucket{status="completed",le="0.5"}': _rate(20, 96),
        },
        "20m",
        frozenset({"HiveObjectiveAnswersBurns6h", "HiveObjectiveAnswersBurns3d"}),
    ),
    "HiveObjectiveAnswersBurns6h": Case(
        {
            'answer_seconds_count{status="completed"}': _rate(100, 100),
            'answer_seconds_bucket{status="completed",le="0.5"}': _rate(60, 96),
        },
        "40m",
        frozenset({"HiveObjectiveAnswersBurns3d"}),
    ),
    "HiveObjectiveAnswersBurns3d": Case(
        {
            'answer_seconds_count{status="completed"}': _rate(100, 100),
            'answer_seconds_bucket{status="completed",le="0.5"}': _rate(94, 96),
        },
        "40m",
    ),
}
"""The day of approvals is looked at after two hours: a rate is what has been seen of it."""
