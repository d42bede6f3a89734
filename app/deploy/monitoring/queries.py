"""PromQL in which `@name` is a declared metric: one that isn't declared can't be written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import Template
from typing import Final

from app.observability.document import DECLARED

__all__ = ["FOREIGN", "JOB", "PREFIX", "RECORDED", "about", "metrics_in", "promql"]

JOB: Final = "hive-worker"
"""The job of the scrape: the service's name, as the Prometheus operator sets it."""
PREFIX: Final = "neural_hive_"
RECORDED: Final = "neural_hive:"
"""What the names of recorded series begin with."""
FOREIGN: Final = frozenset(
    {"up", "process_resident_memory_bytes", "process_cpu_seconds_total", "process_start_time_seconds"}
)
"""What is asked for beside the declared ones: Prometheus's own, and those of each Python process on Linux."""
_BY_NAME: Final = {metric.name: metric for metric in DECLARED}
_PARTS: Final = ("_bucket", "_sum", "_count")
_NAME: Final = re.compile(r"\bneural_hive[_:][a-z0-9_:]+|\b(?:up|process_[a-z_]+)\b")


class _Names(Mapping[str, str]):
    """Full names by declared ones; a histogram is scraped in parts."""

    def __getitem__(self, name: str) -> str:
        part = next((part for part in _PARTS if name.endswith(part)), "")
        whole = _BY_NAME.get(name.removesuffix(part) if part else name)
        if whole is None or (whole.kind == "histogram") != bool(part):
            raise KeyError(f"{name}: no such metric is declared (of a histogram: {', '.join(_PARTS)})")
        return PREFIX + name

    def __iter__(self) -> Iterator[str]:
        return iter(_BY_NAME)

    def __len__(self) -> int:
        return len(_BY_NAME)


class _PromQL(Template):
    delimiter = "@"


def promql(text: str) -> str:
    """Return a query with the full names of its metrics.

    Raises:
        KeyError: one is not declared.
    """
    return " ".join(_PromQL(text).substitute(_Names()).split())


def metrics_in(query: str) -> set[str]:
    """Return the names of the series that a query asks for."""
    return set(_NAME.findall(re.sub(r'"[^"]*"', '""', query)))


def about(name: str) -> str:
    """Return how to read a declared metric, and what to do when it looks wrong."""
    metric = _BY_NAME[name]
    return f"{metric.meaning} {metric.action}"
