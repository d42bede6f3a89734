"""A short version of what `make faults` does to tickets: stores go down in turn, workers are killed."""

from __future__ import annotations

import os
from random import SystemRandom
from typing import TYPE_CHECKING

import pytest

from benchmarks.faults.stores import STORES
from benchmarks.faults.tickets import KINDS, TicketPlan, TicketRun, kills, outages, question

if TYPE_CHECKING:
    from pathlib import Path

    from app.embedded.stack import Stack


@pytest.mark.real
def test_every_plan_ends_once_and_with_a_reason_while_stores_go_down_and_workers_are_killed(
    real_stack: Stack, tmp_path: Path
) -> None:
    seed = int(os.environ.get("HIVE_FAULTS_SEED", SystemRandom().randrange(1_000_000)))
    plan = TicketPlan(seed=seed, tickets=400, duration_s=20.0, rounds=1, down_s=(1.0, 3.0), kill_every_s=7.0)

    outcome = TicketRun(plan, real_stack, tmp_path).run()

    assert outcome.right, f"{outcome}; again with HIVE_FAULTS_SEED={seed}"


@pytest.mark.parametrize("seed", range(10))
def test_a_seed_says_when_which_store_goes_down_in_turn_and_when_workers_are_killed(seed: int) -> None:
    plan = TicketPlan(seed=seed)

    down = outages(plan)

    assert down == outages(plan)
    assert kills(plan) == kills(plan)
    for begin in (0, 3):
        assert sorted(outage.store for outage in down[begin : begin + 3]) == sorted(STORES)
    times = [outage.at_s for outage in down] + kills(plan)
    assert all(0 < at_s < plan.duration_s for at_s in times)
    assert [outage.at_s for outage in down] == sorted(outage.at_s for outage in down)


def test_every_kind_is_asked_for_in_its_turn() -> None:
    assert [question(number).kind for number in range(8)] == [*KINDS, *KINDS]
