"""A short version of `make faults`: the same harness on the real Kafka."""

from __future__ import annotations

import os
from random import SystemRandom
from typing import TYPE_CHECKING

import pytest

from benchmarks.faults.plan import Kind, Plan, schedule
from benchmarks.faults.run import FaultRun
from benchmarks.servers import real_kafka

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.real
@pytest.mark.timeout(240)
def test_nothing_is_lost_doubled_or_reordered_when_workers_are_killed(tmp_path: Path) -> None:
    """The broker is killed in `make faults` only: Kafka 4.4 may leave a transaction hanging (docs/decisions/0001)."""
    seed = int(os.environ.get("HIVE_FAULTS_SEED", SystemRandom().randrange(1_000_000)))
    plan = Plan(seed=seed, records=30_000, kills=3, stops=0, broker_kills=1, duration_s=25.0)

    with real_kafka(tmp_path / "kafka", to_kill=True) as servers:
        verdict = FaultRun(plan, servers, tmp_path).run()

    assert verdict.right, f"{verdict}; again with HIVE_FAULTS_SEED={seed}"


def test_a_seed_always_gives_the_same_schedule() -> None:
    assert schedule(Plan(seed=7)) == schedule(Plan(seed=7))
    assert schedule(Plan(seed=7)) != schedule(Plan(seed=8))


@pytest.mark.parametrize("seed", range(20))
def test_a_schedule_holds_every_fault_that_is_planned_within_the_run(seed: int) -> None:
    plan = Plan(seed=seed)

    faults = schedule(plan)

    kinds = [fault.kind for fault in faults]
    assert kinds.count(Kind.KILL) == plan.kills
    assert kinds.count(Kind.STOP) == plan.stops
    assert kinds.count(Kind.BROKER_KILL) == plan.broker_kills
    assert all(0 < fault.at_s < plan.duration_s for fault in faults)
