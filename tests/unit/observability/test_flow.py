"""What is measured of the flow, of experiments and of rounds, by what is in the tables and what the engine tells."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from faust.types import TP
from prometheus_client import generate_latest

from app.clock import now_ms
from app.engine import HiveApp
from app.engine.committer import Columns, Message, Work
from app.engine.run import Generation
from app.observability.flow import ANSWERED_WITHIN_S, FLOW_METRICS, FlowMetrics
from app.observability.lifecycle import LifecycleMetrics
from app.observability.metrics import WorkerMetrics
from app.settings import Settings
from models.lifecycle.experiment import Experiment
from models.lifecycle.experiment.state import Status
from models.lifecycle.retraining import Retraining, Round
from models.planning.approval import Approval
from models.records import ApprovalDecision, ApprovalStatus, CompletedPlan, SpecialistType
from models.records.completed import CompletionStatus
from models.records.experiment import ExperimentRules
from tables.approvals import APPROVALS
from tables.experiments import EXPERIMENTS
from tables.retraining import RETRAINING


class Served:
    """The metrics of a worker with the tables that are looked at."""

    def __init__(self) -> None:
        self.app = HiveApp(Settings(app_id="t"))
        for spec in (APPROVALS, EXPERIMENTS, RETRAINING):
            self.app.Table(spec.name, value_type=spec.value_type, partitions=spec.partitions)
        self.metrics = WorkerMetrics(self.app)
        self.flow = FlowMetrics(self.app, self.metrics)
        LifecycleMetrics(self.app, self.metrics)

    def put(self, table: str, **values: Any) -> None:
        held = self.app.hive_tables[table].partitions.setdefault(0, {})
        held.clear()
        held.update({key.encode(): msgspec.json.encode(value) for key, value in values.items()})

    def shown(self, prefix: str) -> dict[str, float]:
        self.metrics.refresh()
        lines = generate_latest(self.metrics.registry).decode().splitlines()
        found = [re.fullmatch(r"neural_hive_(\S+) (\S+)", line) for line in lines]
        return {match[1]: float(match[2]) for match in found if match and match[1].startswith(prefix)}


@pytest.fixture
async def served() -> Served:
    return Served()


async def test_what_waits_for_a_person_is_shown_by_its_risk_with_the_oldest(served: Served) -> None:
    assert served.shown("approval_oldest_seconds") == {"approval_oldest_seconds": 0}
    now = now_ms()
    pending = Approval(status=ApprovalStatus.PENDING, since=now - 60_000, expires_at=now, risk_band="high")
    decided = Approval(status=ApprovalStatus.APPROVED, since=now - 900_000, risk_band="high")
    served.put("approvals", a=pending, b=msgspec.structs.replace(pending, since=now - 120_000), c=decided)
    assert served.shown("approvals_pending") == {'approvals_pending{risk_band="high"}': 2}
    assert served.shown("approval_oldest_seconds")["approval_oldest_seconds"] == pytest.approx(120, abs=30)
    served.put("approvals", a=decided)
    assert served.shown("approvals_pending") == {}, "what is decided waits no longer"


async def test_a_decision_is_timed_from_its_request(served: Served) -> None:
    state = Approval(status=ApprovalStatus.PENDING, since=1_000_000)
    served.flow.decided(ApprovalDecision.APPROVED, state, at_ms=1_090_000)
    assert served.shown('approval_seconds_sum{decision="approved"}') == {
        'approval_seconds_sum{decision="approved"}': 90
    }


async def test_answers_and_how_sure_they_are_are_counted(served: Served) -> None:
    ended = CompletedPlan(
        intention_id="i",
        status=CompletionStatus.FAILED,
        question="?",
        submitted_at=1_000,
        completed_at=1_400,
        error="e",
    )
    served.flow.answered(ended)
    served.flow.answered(msgspec.structs.replace(ended, completed_at=500))  # by another machine's clock
    served.flow.understood("SECURITY", 0.35)
    found = served.shown("")
    assert found['answer_seconds_count{status="failed"}'] == 2
    assert found['answer_seconds_sum{status="failed"}'] == pytest.approx(0.4)
    assert found[f'answer_seconds_bucket{{le="{ANSWERED_WITHIN_S}",status="failed"}}'] == 2
    assert found['answer_seconds_count{status="completed"}'] == 0, "there before the first one"
    assert found['intention_confidence_bucket{domain="SECURITY",le="0.3"}'] == 0
    assert found['intention_confidence_bucket{domain="SECURITY",le="0.4"}'] == 1


async def test_what_waits_shows_its_age_and_what_was_sent_its_number(served: Served) -> None:
    now = now_ms()
    for partition, written_ms in enumerate((now - 5_000, now - 50_000)):
        served.app.delivery.add(TP("intentions.submitted", partition), 3, written_ms)
    ages = served.shown("lag_age_seconds")
    assert ages['lag_age_seconds{topic="intentions.submitted"}'] == pytest.approx(50, abs=30)
    served.app.delivery.begin(Generation(2, "me"))
    assert served.shown("lag_age_seconds") == {}
    sent: list[Message | Columns] = [("t", b"k", b"v", None, None), Columns("t", [b"k"] * 5, [b"v"] * 5)]
    for observe in served.app.cycle_observers:
        observe([Work("plan", Generation(1, "me"), {}, sent), Work("learn", Generation(1, "me"), {})], 0.01)
    assert served.shown("records_sent_total") == {'records_sent_total{stage="plan"}': 6}


async def test_experiments_and_rounds_are_shown_as_their_tables_have_them(served: Served) -> None:
    now = now_ms()
    running = Experiment(
        experiment_id="e1",
        specialist=SpecialistType.BUSINESS,
        challenger="v2",
        champion="v1",
        salt="s",
        rules=ExperimentRules(),
        status=Status.RUNNING,
        began_at=now - 3_600_000,
        stage_since=now - 3_600_000,
        now_ms=now,
        by="somebody",
        units=(9, 1),
    )
    served.put("experiments", e1=running)
    found = served.shown("experiment_")
    assert found['experiment_state{experiment="e1",specialist="business",status="running"}'] == 1
    assert found['experiment_traffic_ratio{experiment="e1",specialist="business"}'] == running.traffic > 0
    assert found['experiment_units{arm="champion",experiment="e1"}'] == 9
    assert found['experiment_units{arm="challenger",experiment="e1"}'] == 1
    assert found['experiment_age_seconds{experiment="e1"}'] == pytest.approx(3_600, abs=30)
    served.put("experiments", e1=msgspec.structs.replace(running, status=Status.ROLLED_BACK))
    after = served.shown("experiment_")
    assert after['experiment_state{experiment="e1",specialist="business",status="rolled_back"}'] == 1
    assert not [name for name in after if "running" in name or "age" in name]

    now_at = Round(
        round_id="r",
        specialist=SpecialistType.TECHNICAL,
        cause="drift",
        began_at=now,
        since=now - 60_000,
        by="s",
        tries=2,
    )
    served.put("retraining", technical=Retraining(specialist=SpecialistType.TECHNICAL, now=now_at, drift_score=0.4))
    found = served.shown("retraining_")
    assert found['retraining_step{specialist="technical",step="collect"}'] == 1
    assert found['retraining_step_age_seconds{specialist="technical"}'] == pytest.approx(60, abs=30)
    assert found['retraining_step_tries{specialist="technical"}'] == 2
    assert found['retraining_drift_score{specialist="technical"}'] == pytest.approx(0.4)
    served.put("retraining", technical=Retraining(specialist=SpecialistType.TECHNICAL))
    assert served.shown("retraining_step") == {}


def test_the_objective_is_a_bound_of_a_bucket() -> None:
    answers = next(metric for metric in FLOW_METRICS if metric.name == "answer_seconds")
    assert ANSWERED_WITHIN_S in answers.buckets
