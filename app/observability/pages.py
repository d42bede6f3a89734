"""``/metrics``, ``/health/live`` and ``/health/ready`` on the worker's web port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.observability import health
from app.observability.metrics import WorkerMetrics

if TYPE_CHECKING:
    from app.engine import HiveApp

__all__ = ["serve"]


def serve(app: HiveApp) -> WorkerMetrics:
    """Add the pages to an application; return its metrics."""
    metrics = WorkerMetrics(app)

    @app.page("/metrics", name="metrics")
    async def _metrics(self: Any, request: Any) -> Any:  # noqa: ARG001
        metrics.refresh()
        return self.bytes(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST.partition(";")[0])

    @app.page("/health/live", name="live")
    async def _live(self: Any, request: Any) -> Any:  # noqa: ARG001
        return self.json(health.live(app))

    @app.page("/health/ready", name="ready")
    async def _ready(self: Any, request: Any) -> Any:  # noqa: ARG001
        good, answer = health.ready(app)
        return self.json(answer, status=200 if good else 503)

    return metrics
