"""The boards of the flow: what comes in, what is understood, planned, decided and carried out; and of the engine."""

from __future__ import annotations

from typing import Final

from app.deploy.monitoring.boards import INTERVAL, Board, Panel, quantiles, rate_by, share
from app.deploy.monitoring.objectives import OBJECTIVES
from app.deploy.monitoring.queries import JOB, RECORDED

__all__ = ["FLOW_BOARDS"]

_MEAN_CONFIDENCE: Final = (
    f"sum by (domain) (rate(@intention_confidence_sum[{INTERVAL}]))"
    f" / sum by (domain) (rate(@intention_confidence_count[{INTERVAL}]))"
)
_HIT_RATIO: Final = (
    f'sum by (tier) (rate(@nlu_cache_operations_total{{operation="get",status="hit"}}[{INTERVAL}]))'
    f' / sum by (tier) (rate(@nlu_cache_operations_total{{operation="get"}}[{INTERVAL}]))'
)
_OBJECTIVES: Final = tuple(
    (f"{objective.recorded(window)} / {1 - objective.target:g}", f"{objective.name} {window}")
    for objective in OBJECTIVES
    for window in ("1h", "6h")
)

_FLOW: Final = Board(
    "hive-flow",
    "flow",
    (
        Panel("Intentions a second", rate_by("intentions_total", "domain"), "intentions_total", "ops"),
        Panel("Answers a second", rate_by("answer_seconds_count", "status"), "answer_seconds", "ops"),
        Panel("From submission to answer", quantiles("answer_seconds", of=(0.5, 0.95, 0.99)), "answer_seconds", "s"),
        Panel("Objectives: allowance burnt (1 = just used up)", _OBJECTIVES, "answer_seconds"),
        Panel("Records that wait", ((f"{RECORDED}lag_records:by_topic", "{{topic}}"),), "lag_records"),
        Panel("The oldest that waits", (("max by (topic) (@lag_age_seconds)", "{{topic}}"),), "lag_age_seconds", "s"),
        Panel("Records taken a second", rate_by("records_total", "stage"), "records_total", "ops"),
        Panel("Records written a second", rate_by("records_sent_total", "stage"), "records_sent_total", "ops"),
        Panel("Behind, p95", quantiles("record_age_seconds", "stage", of=(0.95,)), "record_age_seconds", "s"),
        Panel("Dead letters a second", rate_by("dead_letters_total", "stage"), "dead_letters_total", "ops"),
        Panel("What becomes of dead letters", rate_by("letters_total", "fate"), "letters_total", "ops"),
        Panel("Turned away a second", rate_by("turned_away_total", "reason"), "turned_away_total", "ops"),
    ),
)

_UNDERSTANDING: Final = Board(
    "hive-understanding",
    "understanding",
    (
        Panel("Where intentions go", rate_by("intentions_total", "route"), "intentions_total", "ops"),
        Panel(
            "To a person, of all",
            share("intentions_total", '{route="validation"}', "to a person"),
            "intentions_total",
            "percentunit",
            most=1,
        ),
        Panel(
            "Confidence, mean",
            ((_MEAN_CONFIDENCE, "{{domain}}"),),
            "intention_confidence",
            "percentunit",
            most=1,
        ),
        Panel(
            "Cache: hits of all gets",
            ((_HIT_RATIO, "{{tier}}"),),
            "nlu_cache_operations_total",
            "percentunit",
            most=1,
        ),
        Panel(
            "Cache: operations a second",
            (
                (
                    f"sum by (tier, operation, status) (rate(@nlu_cache_operations_total[{INTERVAL}]))",
                    "{{tier}} {{operation}} {{status}}",
                ),
            ),
            "nlu_cache_operations_total",
            "ops",
        ),
        Panel(
            "Model in use",
            (("count by (model, version) (@model_info)", "{{model}} {{version}}"),),
            "model_info",
            kind="table",
        ),
        Panel(
            "Cache: what is no reading",
            rate_by("nlu_cache_corruption_total", "reason"),
            "nlu_cache_corruption_total",
            "ops",
        ),
        Panel("Examples learned from people", (("max by (model) (@model_learned)", "{{model}}"),), "model_learned"),
    ),
)

_PLANS: Final = Board(
    "hive-plans",
    "planning and approvals",
    (
        Panel(
            "Decisions a second", rate_by("consensus_decisions_total", "decision"), "consensus_decisions_total", "ops"
        ),
        Panel("By which method", rate_by("consensus_decisions_total", "method"), "consensus_decisions_total", "ops"),
        Panel(
            "What stands in the way",
            rate_by("compliance_violations_total", "violation"),
            "compliance_violations_total",
            "ops",
        ),
        Panel(
            "How sure decisions are",
            quantiles("aggregated_confidence", "domain", of=(0.5,)),
            "aggregated_confidence",
            "percentunit",
            most=1,
        ),
        Panel(
            "How far apart opinions are, p95",
            quantiles("specialist_divergence", "domain", of=(0.95,)),
            "specialist_divergence",
        ),
        Panel(
            "How much specialists count",
            (("avg by (specialist) (@specialist_dynamic_weight)", "{{specialist}}"),),
            "specialist_dynamic_weight",
        ),
        Panel(
            "Wait for a person", (("sum by (risk_band) (@approvals_pending)", "{{risk_band}}"),), "approvals_pending"
        ),
        Panel("The oldest of them", (("max(@approval_oldest_seconds)", "oldest"),), "approval_oldest_seconds", "s"),
        Panel("From request to decision", quantiles("approval_seconds"), "approval_seconds", "s"),
        Panel(
            "Requests and responses a second",
            ((f"sum by (decision, effect) (rate(@approvals_total[{INTERVAL}]))", "{{decision}} {{effect}}"),),
            "approvals_total",
            "ops",
        ),
        Panel(
            "Conflicts in plans",
            (
                (
                    f"sum by (severity, resolution) (rate(@plan_conflicts_total[{INTERVAL}]))",
                    "{{severity}} {{resolution}}",
                ),
            ),
            "plan_conflicts_total",
            "ops",
        ),
    ),
)

_EXECUTION: Final = Board(
    "hive-execution",
    "execution",
    (
        Panel("Plans ended a second", rate_by("plans_total", "outcome"), "plans_total", "ops"),
        Panel("Tasks ended a second", rate_by("tasks_total", "status"), "tasks_total", "ops"),
        Panel("Tasks by type", rate_by("tasks_total", "type"), "tasks_total", "ops"),
        Panel("Queries a second", rate_by("queries_total", "query_type"), "queries_total", "ops"),
        Panel("How queries end", rate_by("queries_total", "ending"), "queries_total", "ops"),
        Panel("Queries take, p95", quantiles("query_seconds", "query_type", of=(0.95,)), "query_seconds", "s"),
        Panel("Sources asked a second", rate_by("source_asks_total", "source"), "source_asks_total", "ops"),
        Panel("How sources end", rate_by("source_asks_total", "ending"), "source_asks_total", "ops"),
        Panel(
            "Sources left alone (2)",
            (("max by (source) (@source_circuit_state)", "{{source}}"),),
            "source_circuit_state",
            most=2,
        ),
    ),
)

_ENGINE: Final = Board(
    "hive-engine",
    "engine",
    (
        Panel("Workers that take work", (("sum(@ready)", "ready"),), "ready", kind="stat"),
        Panel("Workers that answer", ((f'sum(up{{job="{JOB}"}})', "up"),), kind="stat"),
        Panel("Records a transaction, p95", quantiles("batch_records", "stage", of=(0.95,)), "batch_records"),
        Panel("Kafka takes for a transaction", quantiles("transaction_seconds"), "transaction_seconds", "s"),
        Panel("Stages take, p95", quantiles("stage_seconds", "stage", of=(0.95,)), "stage_seconds", "s"),
        Panel("Stages that wait for a store", (("count(@stage_paused == 1) or vector(0)", "paused"),), "stage_paused"),
        Panel("Keys of tables", (("sum by (table) (@table_keys)", "{{table}}"),), "table_keys"),
        Panel("The last restore took", (("max by (table) (@restore_seconds)", "{{table}}"),), "restore_seconds", "s"),
        Panel("Generation of the group", (("max(@generation)", "generation"),), "generation"),
        Panel(
            "Loop late",
            (("max by (instance) (@event_loop_lag_seconds)", "{{instance}}"),),
            "event_loop_lag_seconds",
            "s",
        ),
        Panel("Cores used", ((f'rate(process_cpu_seconds_total{{job="{JOB}"}}[{INTERVAL}])', "{{instance}}"),)),
        Panel("Memory", ((f'process_resident_memory_bytes{{job="{JOB}"}}', "{{instance}}"),), unit="bytes"),
        Panel("Up since", ((f'time() - process_start_time_seconds{{job="{JOB}"}}', "{{instance}}"),), unit="s"),
        Panel(
            "Rolling metrics: events a second", rate_by("rolling_events_total", "fate"), "rolling_events_total", "ops"
        ),
        Panel(
            "Rolling metrics: buckets done", rate_by("rolling_buckets_total", "level"), "rolling_buckets_total", "ops"
        ),
    ),
)

FLOW_BOARDS: Final = (_FLOW, _UNDERSTANDING, _PLANS, _EXECUTION, _ENGINE)
