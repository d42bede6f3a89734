"""All boards: those that are written, and one of the metrics that none of these shows yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.deploy.monitoring.boards import INTERVAL, Board, Panel, quantiles
from app.deploy.monitoring.boards_flow import FLOW_BOARDS
from app.deploy.monitoring.boards_learning import LEARNING_BOARDS
from app.deploy.monitoring.queries import PREFIX, RECORDED, metrics_in, promql
from app.deploy.monitoring.rules import RECORDINGS, groups
from app.observability.document import DECLARED

if TYPE_CHECKING:
    from app.observability.declared import Metric

__all__ = ["all_boards", "asked_for"]

_WRITTEN: Final = (*FLOW_BOARDS, *LEARNING_BOARDS)


def all_boards() -> tuple[Board, ...]:
    """Return the boards; what is declared and on none of them gets a plain panel on the last."""
    asked = {
        name for board in _WRITTEN for panel in board.panels for query, _ in panel.queries for name in _names(query)
    }
    asked |= {name for recorded in asked & RECORDINGS.keys() for name in _names(RECORDINGS[recorded])}
    others = [metric for metric in DECLARED if not any(PREFIX + name in asked for name in _series(metric))]
    if not others:
        return _WRITTEN
    return (*_WRITTEN, Board("hive-others", "others", tuple(_plain(metric) for metric in others)))


def asked_for() -> set[str]:
    """Return the names of all scraped series that boards and rules ask for."""
    queries = [query for board in all_boards() for panel in board.panels for query, _ in panel.queries]
    names = {name for query in queries for name in _names(query)}
    names |= {name for group in groups() for rule in group["rules"] for name in metrics_in(rule["expr"])}
    return {name for name in names if not name.startswith(RECORDED)}


def _names(query: str) -> set[str]:
    return metrics_in(promql(query))


def _series(metric: Metric) -> tuple[str, ...]:
    if metric.kind == "histogram":
        return tuple(f"{metric.name}_{part}" for part in ("bucket", "sum", "count"))
    return (metric.name,)


def _plain(metric: Metric) -> Panel:
    labels = ", ".join(metric.labels)
    legend = " ".join(f"{{{{{label}}}}}" for label in metric.labels) or metric.name
    unit = {"seconds": "s", "bytes": "bytes"}.get(metric.unit, "short")
    title = metric.name.replace("_", " ")
    if metric.kind == "histogram":
        return Panel(title, quantiles(metric.name, *metric.labels), metric.name, unit)
    if metric.kind == "counter":
        return Panel(title, ((f"sum by ({labels}) (rate(@{metric.name}[{INTERVAL}]))", legend),), metric.name, "ops")
    return Panel(title, ((f"max by ({labels}) (@{metric.name})", legend),), metric.name, unit)
