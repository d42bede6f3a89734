"""One run of what `make faults` does to planning: stores go down and come back, the worker is killed."""

from __future__ import annotations

import os
from random import SystemRandom
from typing import TYPE_CHECKING

import pytest

from benchmarks.faults.planning import PlanningRun

if TYPE_CHECKING:
    from pathlib import Path

    from app.embedded.stack import Stack


@pytest.mark.real
def test_planning_waits_for_no_store_and_loses_nothing_through_kills(real_stack: Stack, tmp_path: Path) -> None:
    seed = int(os.environ.get("HIVE_FAULTS_SEED", SystemRandom().randrange(1_000_000)))

    outcome = PlanningRun(seed, real_stack, tmp_path, kills=1).run()

    assert outcome.right, f"{outcome}; again with HIVE_FAULTS_SEED={seed}"
