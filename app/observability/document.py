"""``python -m app.observability.document`` prints docs/metrics.md: all metrics of a worker, as they are declared."""

from __future__ import annotations

import sys
from typing import Final

from app.observability.declared import METRICS, Metric
from app.observability.deliberation import DELIBERATION_METRICS
from app.observability.flow import FLOW_METRICS
from app.observability.lifecycle import LIFECYCLE_METRICS
from app.observability.registry import REGISTRY_METRICS

__all__ = ["DECLARED", "document"]

DECLARED: Final[tuple[Metric, ...]] = (
    *METRICS,
    *FLOW_METRICS,
    *DELIBERATION_METRICS,
    *LIFECYCLE_METRICS,
    *REGISTRY_METRICS,
)

_HEAD: Final = """\
# Metrics

What a worker serves at `/metrics`, beside those of its process and its Python. Generated from the declarations in
`app/observability` by `python -m app.observability.document > docs/metrics.md`; don't edit it by hand. A histogram is
scraped as `_bucket`, `_sum` and `_count`.

| Name | Kind | Unit | Labels | Buckets up to | How to read it | What to do |
|---|---|---|---|---|---|---|
"""


def document() -> str:
    """Return the page, with a row for each metric, by name."""
    return _HEAD + "".join(f"| {' | '.join(_cells(m))} |\n" for m in sorted(DECLARED, key=lambda m: m.name))


def _cells(metric: Metric) -> list[str]:
    cells = [
        f"`neural_hive_{metric.name}`",
        metric.kind,
        metric.unit,
        ", ".join(f"`{label}`" for label in metric.labels),
        ", ".join(f"{bound:g}" for bound in metric.buckets),
        metric.meaning,
        metric.action,
    ]
    return [cell.replace("|", "\\|") for cell in cells]


if __name__ == "__main__":
    sys.stdout.write(document())
