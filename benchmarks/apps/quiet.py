"""The whole application with nothing measured: what `app.observability` would count, it is told in vain.

`faust -A benchmarks.apps.quiet worker`, to be held against `-A app.main`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from app.observability.declared import Metric

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


class _Nothing:
    """Takes what a counter, a gauge and a histogram take."""

    def labels(self, *_: object) -> Self:
        return self

    def inc(self, *_: object) -> None:
        pass

    set = observe = remove = inc

    def clear(self) -> None:
        pass


def _make(metric: Metric, registry: CollectorRegistry) -> Any:
    del metric, registry
    return _Nothing()


Metric.make = _make  # type: ignore[assignment]  # before anything makes one

from app.main import app  # noqa: E402

app.observers.clear()
app.cycle_observers.clear()
app.restore_observers.clear()
