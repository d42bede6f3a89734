"""The sample catalog, and envelopes to plan on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.nlu import to_envelope, understand
from models.planning import Catalog, load_catalog, make_plan
from models.records import CognitivePlan, Constraints, IntentEnvelope, Qos, Submission

NOW_MS = 1_763_825_400_000  # 2025-11-22T15:30Z
CATALOG_FILE = Path(__file__).parents[3] / "app" / "sample" / "catalog.yaml"


def sample_catalog() -> Catalog:
    return load_catalog(CATALOG_FILE.read_text(encoding="utf-8"), source="catalog.yaml")


CATALOG = sample_catalog()


def envelope_of(text: str, *, constraints: Constraints | None = None) -> IntentEnvelope:
    submission = Submission(text=text, id="i-1", constraints=constraints, qos=Qos())
    return to_envelope(submission, understand(submission, now_ms=NOW_MS), fallback_id="f", now_ms=NOW_MS)


def plan_of(text: str, *, constraints: Constraints | None = None) -> CognitivePlan:
    return make_plan(envelope_of(text, constraints=constraints), CATALOG, now_ms=NOW_MS)


def parameters_of(text: str) -> dict[str, Any]:
    plan = plan_of(text)
    assert len(plan.tasks) == 1, plan.reasoning_summary
    return plan.tasks[0].parameters


def ignored_in(text: str) -> list[str]:
    ignored = plan_of(text).tasks[0].metadata["answer"]["ignored"]
    assert isinstance(ignored, list)
    return ignored
