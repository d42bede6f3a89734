"""Grafana boards, made from panels that ask in the terms of the declared metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from app.deploy.monitoring.queries import about, promql

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["INTERVAL", "Board", "Panel", "quantiles", "rate_by", "render", "share"]

INTERVAL: Final = "$__rate_interval"
"""Grafana's: four scrapes at least."""
_WIDTH, _HEIGHT, _COLUMNS = 8, 8, 24
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel.

    Attributes:
        title: Its title.
        queries: What it shows, each with its legend; `@name` is a declared metric.
        about: The declared metric that its description is of; empty for what isn't ours.
        unit: Grafana's name of the unit.
        kind: How it is drawn.
        most: The top of the axis; none: as high as it goes.
    """

    title: str
    queries: tuple[tuple[str, str], ...]
    about: str = ""
    unit: str = "short"
    kind: Literal["timeseries", "stat", "table"] = "timeseries"
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """One board: `uid` is in its address and the name of its file."""

    uid: str
    title: str
    panels: tuple[Panel, ...]


def rate_by(metric: str, label: str, *, where: str = "") -> tuple[tuple[str, str], ...]:
    """Return the query of a counter's rate, by a label."""
    return ((f"sum by ({label}) (rate(@{metric}{where}[{INTERVAL}]))", f"{{{{{label}}}}}"),)


def quantiles(metric: str, *labels: str, of: Sequence[float] = (0.5, 0.95)) -> tuple[tuple[str, str], ...]:
    """Return the queries of a histogram's quantiles, by labels."""
    legend = " ".join(f"{{{{{label}}}}}" for label in labels)
    return tuple(
        (
            f"histogram_quantile({q}, sum by ({', '.join((*labels, 'le'))}) (rate(@{metric}_bucket[{INTERVAL}])))",
            f"{legend} p{q * 100:g}".strip(),
        )
        for q in of
    )


def share(metric: str, where: str, legend: str) -> tuple[tuple[str, str], ...]:
    """Return the query of a part of a counter."""
    return ((f"sum(rate(@{metric}{where}[{INTERVAL}])) / sum(rate(@{metric}[{INTERVAL}]))", legend),)


def render(board: Board) -> dict[str, Any]:
    """Return a board as Grafana imports it: three panels a row."""
    per_row = _COLUMNS // _WIDTH
    panels = [
        _panel(panel, number, x=number % per_row * _WIDTH, y=number // per_row * _HEIGHT)
        for number, panel in enumerate(board.panels)
    ]
    return {
        "uid": board.uid,
        "title": f"Neural Hive-Mind: {board.title}",
        "tags": ["neural-hive"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "links": [{"type": "dashboards", "tags": ["neural-hive"], "title": "Others", "asDropdown": True}],
        "panels": panels,
    }


def _panel(panel: Panel, number: int, *, x: int, y: int) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.most is not None:
        defaults["max"] = panel.most
    table = panel.kind == "table"
    return {
        "id": number + 1,
        "title": panel.title,
        "description": about(panel.about) if panel.about else "",
        "type": panel.kind,
        "datasource": _SOURCE,
        "gridPos": {"x": x, "y": y, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": _SOURCE,
                "expr": promql(query),
                "legendFormat": legend,
                **({"instant": True, "format": "table"} if table else {}),
            }
            for index, (query, legend) in enumerate(panel.queries)
        ],
    }
