"""Recording and alerting rules: the original's catalogue for the parts that exist here, and the objectives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.deploy.monitoring.alerts_learning import EXPERIMENTS, LEARNING
from app.deploy.monitoring.alerts_plans import APPROVALS, EXECUTION
from app.deploy.monitoring.alerts_workers import UNDERSTANDING, WORKERS
from app.deploy.monitoring.objectives import BURNS, OBJECTIVES
from app.deploy.monitoring.queries import RECORDED, about, promql
from app.deploy.names import Manifest, metadata

if TYPE_CHECKING:
    from app.deploy.monitoring.alert import Alert
    from app.deploy.monitoring.objectives import Burn, Objective

__all__ = ["ALERTS", "LAG", "RECORDINGS", "groups", "prometheus_rule"]

ALERTS: Final[dict[str, tuple[Alert, ...]]] = {
    "workers": WORKERS,
    "understanding": UNDERSTANDING,
    "approvals": APPROVALS,
    "execution": EXECUTION,
    "learning": LEARNING,
    "experiments": EXPERIMENTS,
}
LAG: Final = f"{RECORDED}lag_records:sum"
RECORDINGS: Final = {
    LAG: "sum(@lag_records)",
    f"{RECORDED}lag_records:by_topic": "sum by (topic) (@lag_records)",
    f"{RECORDED}approvals_pending:sum": "sum(@approvals_pending)",
}


def groups() -> list[dict[str, Any]]:
    """Return the groups of rules, as Prometheus takes them."""
    recorded = [{"record": name, "expr": promql(query)} for name, query in RECORDINGS.items()]
    windows = sorted({window for burn in BURNS for window in (burn.long, burn.short)})
    ratios = [
        {"record": objective.recorded(window), "expr": objective.ratio(window)}
        for objective in OBJECTIVES
        for window in windows
    ]
    burns = [_burn(objective, burn) for objective in OBJECTIVES for burn in BURNS]
    return [
        {"name": "neural-hive.recorded", "rules": recorded},
        {"name": "neural-hive.objectives", "rules": [*ratios, *burns]},
        *(
            {"name": f"neural-hive.{name}", "rules": [_alert(alert) for alert in alerts]}
            for name, alerts in ALERTS.items()
        ),
    ]


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": promql(alert.query),
        "for": alert.lasts,
        "labels": {"severity": alert.severity},
        "annotations": {
            "summary": alert.summary,
            "description": about(alert.about) if alert.about else alert.advice,
        },
    }


def burn_name(objective: Objective, burn: Burn) -> str:
    """Return the name of the alert."""
    return f"HiveObjective{objective.name.title()}Burns{burn.long}"


def _burn(objective: Objective, burn: Burn) -> dict[str, Any]:
    most = f"{burn.factor:g} * {1 - objective.target:g}"
    return {
        "alert": burn_name(objective, burn),
        "expr": f"{objective.recorded(burn.long)} > {most} and {objective.recorded(burn.short)} > {most}",
        "for": "2m",
        "labels": {"severity": burn.severity, "objective": objective.name},
        "annotations": {
            "summary": f"{objective.title}: the allowance for the rest burns {burn.factor:g} times too fast "
            f"({{{{ $value | humanizePercentage }}}} bad in {burn.long}).",
            "description": about(objective.about),
        },
    }


def prometheus_rule() -> Manifest:
    """Return the rules for the Prometheus operator."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata("neural-hive"),
        "spec": {"groups": groups()},
    }
