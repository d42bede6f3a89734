"""What `hive status --watch` shows: workers, what the stages do, what waits; 80 columns, redrawn every few seconds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
from rich.console import Group
from rich.table import Table
from rich.text import Text

from app.cli import _health
from app.cli._sparkline import sparkline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from models.records import Scalar

ANSWER_S = 5.0
MINUTES = 28
"""So many fit beside the rest into 80 columns."""
WAITING_ROWS = 4
ORDER = ("understand", "plan", "deliberate", "approve", "execute", "answer")
_PART_S = 10.0
"""A minute that has just begun says little: it is shown once it has lasted for so long."""


class Latency(msgspec.Struct):
    """Quantiles of a row, in milliseconds."""

    p50: float
    p95: float


class Row(msgspec.Struct):
    """One row of `/tables/rolling`."""

    count: int
    per_second: float
    error_ratio: float
    confidence: float | None = None
    latency_ms: Latency | None = None
    points: list[int] = msgspec.field(default_factory=list[int])
    stage: str = ""
    domain: str = ""


class Answer(msgspec.Struct):
    """What `/tables/rolling` answers."""

    window: str
    to_ms: int
    seconds: float
    rows: list[Row]
    late: int
    early: int


@dataclass(frozen=True, kw_only=True)
class View:
    """All that is shown at once.

    Attributes:
        now: The time.
        group: The workers' group.
        workers: Name, health and detail of each.
        stages: What the stages did, in the window.
        domains: The answers of each domain, in the window.
        minutes: What the stages did in each of the last minutes.
        domain_minutes: The answers of each domain in each of the last minutes.
        problem: Why there are no metrics.
        waiting: Topics and how many of their records wait.
    """

    now: dt.datetime
    group: str
    workers: Sequence[tuple[str, str, str]]
    stages: Answer | None = None
    domains: Answer | None = None
    minutes: Answer | None = None
    domain_minutes: Answer | None = None
    problem: str = ""
    waiting: Mapping[str, int]


def ask(ports: Iterable[int], **asked: Scalar) -> Answer | str:
    """Ask the first worker that answers about rolling metrics; return why there is no answer otherwise."""
    why = "no worker answers"
    for port in ports:
        code, body = _health.probe(port, f"/tables/rolling?{urlencode(asked)}", timeout_s=ANSWER_S)
        if code is None:
            continue
        try:
            if code == HTTPStatus.OK:
                return msgspec.json.decode(body, type=Answer)
            told: dict[str, Any] = msgspec.json.decode(body)
            why = str(told["error"])
        except (msgspec.MsgspecError, KeyError, TypeError):
            why = f"port {port} answers {code}: {body[:60]}"
    return why


def frame(view: View) -> Group:
    """Lay out a view."""
    good = sum(health == "ready" for _, health, _ in view.workers)
    head = Text.assemble(
        (view.group, "bold"),
        f"  {good} of {len(view.workers)} workers ready  {view.now:%H:%M:%S} UTC",
        ("  Ctrl-C ends", "dim"),
    )
    parts: list[Text | Table] = [head]
    parts += [
        Text(f"{name}: {health} {detail}".strip(), style="red")
        for name, health, detail in view.workers
        if health != "ready"
    ]
    if view.stages is None:
        parts.append(Text(view.problem or "nothing has been counted yet", style="yellow"))
    else:
        stages = sorted(view.stages.rows, key=lambda row: _place(row.stage))
        parts.append(_grid("stage", stages, _trends(view.minutes), view.stages.window))
        if view.domains and view.domains.rows:
            by_rate = sorted(view.domains.rows, key=lambda row: -row.count)
            parts.append(_grid("answers of", by_rate, _trends(view.domain_minutes), view.domains.window))
        if view.stages.late or view.stages.early:
            parts.append(Text(f"not counted: {view.stages.late:,} late, {view.stages.early:,} early", style="yellow"))
    parts.append(_waits(view.waiting))
    return Group(*parts)


def _grid(title: str, rows: Sequence[Row], trends: Mapping[str, str], window: str) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    grid.add_column(title, no_wrap=True, min_width=11)
    grid.add_column(f"/s {window}", justify="right", no_wrap=True, min_width=6)
    grid.add_column(f"last {MINUTES} minutes", no_wrap=True, min_width=MINUTES, max_width=MINUTES)
    for name in ("fail %", "sure", "p50", "p95"):
        grid.add_column(name, justify="right", no_wrap=True, min_width=5)
    for row in rows:
        latency = row.latency_ms
        failing = Text(f"{row.error_ratio * 100:.1f}", style="red" if row.error_ratio > 0 else "")
        grid.add_row(
            Text(_name(row)),
            f"{row.per_second:,.2f}",
            Text(trends.get(_name(row), ""), style="cyan"),
            failing,
            "–" if row.confidence is None else f"{row.confidence:.2f}",
            _time(latency.p50 if latency else None),
            _time(latency.p95 if latency else None),
        )
    return grid


def _trends(minutes: Answer | None) -> dict[str, str]:
    """Draw the minutes of each row; the one that runs as if it went on like this."""
    if minutes is None:
        return {}
    passed_s = minutes.to_ms % 60_000 / 1000
    drawn = {}
    for row in minutes.rows:
        values: list[float] = [*row.points[:-1]]
        if passed_s >= _PART_S:
            values += [last * 60 / passed_s for last in row.points[-1:]]
        drawn[_name(row)] = sparkline(values[-MINUTES:])
    return drawn


def _name(row: Row) -> str:
    return row.stage or row.domain.lower() or "–"


def _waits(waiting: Mapping[str, int]) -> Text:
    busy = sorted(((lag, topic) for topic, lag in waiting.items() if lag), reverse=True)
    if not busy:
        return Text("nothing waits", style="green")
    shown = ", ".join(f"{topic} {lag:,}" for lag, topic in busy[:WAITING_ROWS])
    more = f" and {len(busy) - WAITING_ROWS} more topics" if len(busy) > WAITING_ROWS else ""
    return Text(f"waits: {shown}{more}", style="yellow")


def _place(stage: str) -> int:
    return ORDER.index(stage) if stage in ORDER else len(ORDER)


def _time(milliseconds: float | None) -> str:
    """Write a latency in at most five characters."""
    if milliseconds is None:
        return "–"
    for limit, unit_ms, name in ((1_000, 1, "ms"), (60_000, 1_000, "s"), (3_600_000, 60_000, "m")):
        if milliseconds < limit:
            value = milliseconds / unit_ms
            return f"{value:.0f}{name}" if name == "ms" or value >= 10 else f"{value:.1f}{name}"
    return f"{milliseconds / 3_600_000:.0f}h"
