"""Rules and boards ask for what is declared, by labels and values that it has; and each alert fires when it should."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.deploy.monitoring.all_boards import all_boards
from app.deploy.monitoring.boards import render
from app.deploy.monitoring.queries import FOREIGN, PREFIX, RECORDED, metrics_in, promql
from app.deploy.monitoring.rules import groups
from app.observability.declared import Metric
from app.observability.document import DECLARED
from models.lifecycle.experiment.state import Status
from models.lifecycle.retraining.state import Step
from models.nlu import Route
from models.online.labels import Fate
from models.records import ApprovalDecision, Drift, PlanOutcome, Recommendation, RiskBand
from models.records.completed import CompletionStatus, TaskStatus
from models.records.decision import ConsensusMethod
from tests.promtool import promtool
from tests.unit.deploy.alert_cases import CASES

RULES = [rule for group in groups() for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDINGS = {rule["record"]: rule["expr"] for rule in RULES if "record" in rule}
BOARDS = all_boards()
PANELS = [(board.uid, panel) for board in BOARDS for panel in render(board)["panels"]]
QUERIES = {
    **{f"alert {name}": rule["expr"] for name, rule in ALERTS.items()},
    **{f"record {name}": query for name, query in RECORDINGS.items()},
    **{f"{uid}: {p['title']} {t['refId']}": t["expr"] for uid, p in PANELS for t in p["targets"]},
}
BY_NAME = {PREFIX + metric.name: metric for metric in DECLARED}
ADDED = {"job", "instance", "le", "alertname"}
"""Labels that Prometheus adds."""
VALUES: dict[tuple[str, str], type[Enum] | set[str]] = {
    ("plans_total", "outcome"): PlanOutcome,
    ("tasks_total", "status"): TaskStatus,
    ("answer_seconds", "status"): CompletionStatus,
    ("intentions_total", "route"): Route,
    ("consensus_decisions_total", "decision"): Recommendation,
    ("consensus_decisions_total", "method"): ConsensusMethod,
    ("approvals_pending", "risk_band"): RiskBand,
    ("labels_total", "fate"): Fate,
    ("drift_events_total", "level"): Drift,
    ("experiment_state", "status"): Status,
    ("retraining_step", "step"): Step,
    ("turned_away_total", "reason"): {"duplicate"},  # test_understanding.py sees it in a worker's scrape
    ("approvals_total", "decision"): {"requested", *(decision.value for decision in ApprovalDecision)},
    ("approvals_total", "effect"): {"applied", "ignored"},
    ("letters_total", "fate"): {"given-up"},
    ("queries_total", "ending"): {"unavailable", "deadline"},
    ("nlu_cache_operations_total", "operation"): {"get"},
    ("nlu_cache_operations_total", "status"): {"hit"},
}
"""What a label that a query names may be."""


def declared(name: str) -> Metric:
    """Return the metric that a series is of."""
    whole = re.sub(r"_(bucket|sum|count)$", "", name)
    return BY_NAME.get(name) or BY_NAME[whole]


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_asks_for_what_there_is(query: str) -> None:
    names = metrics_in(query)
    assert names, "it asks for something"
    ours = {name for name in names if name.startswith(PREFIX)}
    recorded = {name for name in names if name.startswith(RECORDED)}
    assert names - ours - recorded <= FOREIGN
    assert recorded <= RECORDINGS.keys()
    labels = {label for name in ours for label in declared(name).labels}
    labels |= {label for name in recorded for part in metrics_in(RECORDINGS[name]) for label in declared(part).labels}
    for name, selector in re.findall(r"([a-z_:]+)\{([^}]*)\}", query):
        for label, operator, value in re.findall(r'(\w+)(=~|!=|=)"([^"]*)"', selector):
            if name in FOREIGN or label == "le":
                continue
            assert label in declared(name).labels
            may_be = VALUES[declared(name).name, label]
            known = may_be if isinstance(may_be, set) else {member.value for member in may_be}
            assert set(value.split("|") if operator == "=~" else [value]) <= known
    for grouped in re.findall(r"\b(?:by|on) \(([^)]*)\)", query):
        assert {label.strip() for label in grouped.split(",")} <= labels | ADDED


@pytest.mark.parametrize("text", ["@no_such_total", "@query_seconds", "@ready_bucket"])
def test_what_is_not_declared_can_not_be_asked_for(text: str) -> None:
    with pytest.raises(KeyError, match="declared"):
        promql(f"sum({text})")


def test_every_declared_metric_is_on_a_board() -> None:
    asked = {name for uid, panel in PANELS for target in panel["targets"] for name in metrics_in(target["expr"])}
    asked |= {name for recorded in asked & RECORDINGS.keys() for name in metrics_in(RECORDINGS[recorded])}
    shown = {declared(name).name for name in asked if name.startswith(PREFIX)}
    assert {metric.name for metric in DECLARED} == shown


def test_boards_are_told_apart_and_their_panels_do_not_overlap() -> None:
    assert {board.title for board in BOARDS} - {"others"} == {
        *("flow", "understanding", "planning and approvals", "execution"),
        *("learning and drift", "experiments", "engine"),
    }
    assert len({board.uid for board in BOARDS}) == len(BOARDS)
    for board in BOARDS:
        panels = render(board)["panels"]
        assert len({(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels}) == len(panels)
        assert len({p["title"] for p in panels}) == len(panels)
        assert all(p["gridPos"]["x"] + p["gridPos"]["w"] <= 24 for p in panels)


def test_an_alert_says_what_is_wrong_and_what_to_do() -> None:
    assert len(ALERTS) == len([rule for rule in RULES if "alert" in rule]), "each has a name of its own"
    for name, rule in ALERTS.items():
        assert name.startswith("Hive")
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["description"].endswith(".")
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}


def test_the_rules_are_what_prometheus_takes(tmp_path: Path) -> None:
    said = promtool("check", "rules", str(_rules(tmp_path)))
    assert f"SUCCESS: {len(RULES)} rules found" in said


def test_each_alert_fires_when_it_should_and_not_before(tmp_path: Path) -> None:
    """Each case is looked at twice: of all alerts just those named fire, and of its calm twin none."""
    assert CASES.keys() == ALERTS.keys(), "an alert without a case, or a case without its alert"
    _rules(tmp_path)
    tests = [_test(batch, calm=calm) for batch in _batches() for calm in (False, True)]
    path = tmp_path / "cases.yml"
    path.write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests}))
    assert "SUCCESS" in promtool("test", "rules", str(path))


def _rules(folder: Path) -> Path:
    path = folder / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": groups()}, sort_keys=False))
    return path


def _batches() -> list[list[str]]:
    """Put cases together that share no metric, the long ones first: promtool begins anew for each test."""
    batches: list[tuple[set[str], list[str]]] = []
    for name in sorted(CASES, key=lambda name: -_minutes(CASES[name].at)):
        metrics = {re.sub(r"(_bucket|_sum|_count)?({.*)?$", "", series) for series in CASES[name].series}
        batch = next((each for each in batches if not each[0] & {*metrics, "alone"}), None)
        if batch is None or CASES[name].alone:
            batch = (set(), [])
            batches.append(batch)
        batch[0].update({"alone"} if CASES[name].alone else metrics)
        batch[1].append(name)
    assert sorted(name for _, names in batches for name in names) == sorted(CASES)
    return [names for _, names in batches]


def _minutes(duration: str) -> int:
    return int(duration[:-1]) * {"m": 1, "h": 60}[duration[-1]]


def _test(names: list[str], *, calm: bool) -> dict[str, Any]:
    given = {} if "HiveWorkersGone" in names else {'up{job="hive-worker",instance="w"}': "1x600"}
    for name in names:
        for series, values in CASES[name].series.items():
            given[series if series.startswith(("up{", "process_")) else PREFIX + series] = values[calm]
    may_fire = set() if calm else {each for name in names for each in (name, *CASES[name].besides)}
    asked = []
    for name in names:
        firing = set() if calm else {name, *CASES[name].besides}
        others = "|".join(sorted(may_fire - firing))
        asked.append(
            {
                "expr": f'count by (alertname) (ALERTS{{alertstate="firing",alertname!~"{others}"}})',
                "eval_time": CASES[name].at,
                "exp_samples": [{"labels": f'{{alertname="{each}"}}', "value": 1} for each in sorted(firing)],
            }
        )
    return {
        "name": f"{'calm' if calm else 'firing'}: {', '.join(names)}",
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in given.items()],
        "promql_expr_test": asked,
    }
