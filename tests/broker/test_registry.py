"""A registered model decides in a real worker, and a rollback is followed while plans are scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pymongo
import pytest

from app.retraining import EVENTS
from benchmarks.rollback import measure

if TYPE_CHECKING:
    from pathlib import Path

    from app.embedded.stack import Stack

pytestmark = pytest.mark.real


def test_a_rollback_is_followed_and_no_plan_fails(real_stack: Stack, mlflow: str, tmp_path: Path) -> None:
    """On three workers and at 200 plans a second: `python -m benchmarks rollback`."""
    addresses = {**real_stack.addresses, "HIVE_MLFLOW": mlflow, "HIVE_REGISTRY_EVERY_S": "0.2"}

    found = measure(addresses, tmp_path, workers=1, per_s=40, rollbacks=2, apart_s=2.0)

    assert (found.missing, found.failed, found.dead, found.wavered, found.workers) == (0, 0, 0, 0, 1)
    assert found.plans >= 40 * 2 * 3
    with pymongo.MongoClient[dict[str, Any]](addresses["HIVE_MONGO"]) as client:
        kept = client["neural_hive"][EVENTS].find({"event": "model_rolled_back", "by": "benchmark"}).to_list()
    assert [event["details"]["reason"] for event in kept[-2:]] == ["benchmark", "benchmark"], "who did it is kept"
