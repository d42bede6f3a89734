"""The page about metrics says what is declared, what is declared is what a worker serves, and its names are regular."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.engine import HiveApp
from app.observability.declared import Metric
from app.observability.deliberation import DeliberationMetrics
from app.observability.document import DECLARED, document
from app.observability.flow import FlowMetrics
from app.observability.lifecycle import LifecycleMetrics
from app.observability.metrics import WorkerMetrics
from app.observability.registry import RegistryMetrics
from app.settings import Settings

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == document(), "run: python -m app.observability.document > docs/metrics.md"


async def test_a_worker_serves_what_is_declared_and_nothing_else() -> None:
    app = HiveApp(Settings(app_id="t"))
    metrics = WorkerMetrics(app)
    registry = metrics.registry
    DeliberationMetrics(metrics)
    FlowMetrics(app, metrics)
    LifecycleMetrics(app, metrics)
    RegistryMetrics(registry)
    metrics.refresh()
    served = {family.name: family.type for family in registry.collect() if family.name.startswith("neural_hive_")}
    assert served == {f"neural_hive_{metric.name.removesuffix('_total')}": metric.kind for metric in DECLARED}


@pytest.mark.parametrize("metric", DECLARED, ids=lambda metric: metric.name)
def test_a_declaration_is_regular(metric: Metric) -> None:
    assert re.fullmatch(r"[a-z][a-z_]*[a-z]", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter"), "counters, and only they, end with _total"
    assert not re.search(r"_(milliseconds|ms|minutes|percent|kilobytes)(_|$)", metric.name), "base units only"
    assert not {"le", "quantile"} & set(metric.labels), "Prometheus keeps these for itself"
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert list(metric.buckets) == sorted(set(metric.buckets))
    for text in (metric.meaning, metric.action):
        assert text.endswith("."), "a whole sentence, for it is read in a table"


def test_a_unit_is_what_the_name_ends_with() -> None:
    units = {metric.name: metric.unit for metric in DECLARED}
    assert units["stage_seconds"] == "seconds"
    assert units["records_total"] == "records"
    assert (units["ready"], units["aggregated_confidence"]) == ("", "")


def test_a_bar_in_a_text_does_not_end_its_cell() -> None:
    rows = [line for line in document().splitlines() if line.startswith("| `neural_hive_")]
    assert len(rows) == len(DECLARED)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {8}
