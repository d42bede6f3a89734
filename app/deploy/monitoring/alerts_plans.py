"""What goes wrong with decisions about plans, and with carrying them out."""

from __future__ import annotations

from typing import Final

from app.deploy.monitoring.alert import Alert
from app.deploy.monitoring.queries import RECORDED

__all__ = ["APPROVALS", "EXECUTION"]

APPROVALS: Final = (
    Alert(
        "HiveApprovalBacklog",
        f"{RECORDED}approvals_pending:sum > 50",
        "10m",
        "warning",
        "{{ $value }} plans wait for a person.",
        "approvals_pending",
    ),
    Alert(
        "HiveApprovalBacklogRisky",
        'sum(@approvals_pending{risk_band=~"high|critical"}) > 20',
        "5m",
        "critical",
        "{{ $value }} plans of a high risk wait for a person.",
        "approvals_pending",
    ),
    Alert(
        "HiveApprovalOld",
        "max(@approval_oldest_seconds) > 3600",
        "5m",
        "warning",
        "A plan has waited for {{ $value | humanizeDuration }}.",
        "approval_oldest_seconds",
    ),
    Alert(
        "HiveApprovalsStale",
        f"{RECORDED}approvals_pending:sum > 0"
        ' and sum(increase(@approvals_total{decision!="requested",effect="applied"}[6h])) == 0',
        "30m",
        "info",
        "Plans wait, and nobody has decided any for six hours.",
        "approvals_total",
    ),
    Alert(
        "HiveApprovalSlow",
        "histogram_quantile(0.95, sum by (le) (rate(@approval_seconds_bucket[1h]))) > 3600",
        "15m",
        "warning",
        "Decisions take {{ $value | humanizeDuration }}.",
        "approval_seconds",
    ),
    Alert(
        "HiveApprovalVerySlow",
        "histogram_quantile(0.95, sum by (le) (rate(@approval_seconds_bucket[1h]))) > 7200",
        "10m",
        "critical",
        "Decisions take {{ $value | humanizeDuration }}.",
        "approval_seconds",
    ),
    Alert(
        "HiveApprovalsRejected",
        'sum(increase(@approvals_total{decision="approved",effect="applied"}[1d]))'
        ' / sum(increase(@approvals_total{decision=~"approved|rejected|expired",effect="applied"}[1d])) < 0.5',
        "1h",
        "info",
        "Less than half of the plans that people saw in a day were approved.",
        "approvals_total",
    ),
    Alert(
        "HiveConsensusUnsure",
        "sum(rate(@aggregated_confidence_sum[10m])) / sum(rate(@aggregated_confidence_count[10m])) < 0.5",
        "10m",
        "warning",
        "Decisions are {{ $value | humanizePercentage }} sure.",
        "aggregated_confidence",
    ),
    Alert(
        "HiveConsensusFallback",
        'sum(rate(@consensus_decisions_total{method="fallback"}[10m]))'
        " / sum(rate(@consensus_decisions_total[10m])) > 0.2",
        "10m",
        "warning",
        "{{ $value | humanizePercentage }} of the decisions are made by the fallback.",
        "consensus_decisions_total",
    ),
    Alert(
        "HiveManyReviews",
        'sum(rate(@consensus_decisions_total{decision="review_required"}[30m]))'
        " / sum(rate(@consensus_decisions_total[30m])) > 0.3",
        "30m",
        "info",
        "{{ $value | humanizePercentage }} of the plans are to be reviewed.",
        "consensus_decisions_total",
    ),
    Alert(
        "HiveSpecialistsDisagree",
        "histogram_quantile(0.95, sum by (domain, le) (rate(@specialist_divergence_bucket[30m]))) > 0.3",
        "30m",
        "info",
        "The specialists disagree about {{ $labels.domain }}.",
        "specialist_divergence",
    ),
)

EXECUTION: Final = (
    Alert(
        "HiveQueriesFail",
        'sum by (query_type) (rate(@queries_total{ending=~"unavailable|deadline"}[5m]))'
        " / sum by (query_type) (rate(@queries_total[5m])) > 0.1",
        "5m",
        "warning",
        "{{ $value | humanizePercentage }} of the queries on {{ $labels.query_type }} fail.",
        "queries_total",
    ),
    Alert(
        "HiveQueriesSlow",
        "histogram_quantile(0.95, sum by (query_type, le) (rate(@query_seconds_bucket[10m]))) > 1",
        "10m",
        "warning",
        "Queries on {{ $labels.query_type }} take {{ $value | humanizeDuration }}.",
        "query_seconds",
    ),
    Alert(
        "HiveSourceLeftAlone",
        "max by (source) (@source_circuit_state) == 2",
        "5m",
        "warning",
        "The source {{ $labels.source }} is not asked any more.",
        "source_circuit_state",
    ),
    Alert(
        "HiveUncompensated",
        'sum(increase(@tasks_total{status="uncompensated"}[10m])) > 0',
        "0m",
        "critical",
        "What was begun for a failed plan could not be taken back.",
        "tasks_total",
    ),
    Alert(
        "HiveHandedOff",
        'sum(rate(@plans_total{outcome="handed_off"}[30m])) / sum(rate(@plans_total[30m])) > 0.1',
        "30m",
        "info",
        "Nobody outside takes up {{ $value | humanizePercentage }} of the plans.",
        "plans_total",
    ),
)
