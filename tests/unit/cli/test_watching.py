from __future__ import annotations

import datetime as dt
import io

import pytest
from rich.console import Console

from app.cli._sparkline import sparkline
from app.cli._watching import MINUTES, Answer, Latency, Row, View, frame

NOW = dt.datetime(2026, 11, 28, 9, 30, 40, tzinfo=dt.UTC)
TO_MS = int(NOW.timestamp() * 1000)
STAGES = ("answer", "execute", "understand", "plan", "deliberate", "approve")
DOMAINS = ("BUSINESS", "TECHNICAL", "INFRASTRUCTURE", "SECURITY", "BEHAVIOR", "OPERATIONAL", "COMPLIANCE")


def _answer(name: str, names: tuple[str, ...], points: int) -> Answer:
    rows = [
        Row(
            count=9_000 * (place + 1),
            per_second=1_234.567 / (place + 1),
            error_ratio=place / 10,
            confidence=None if place == 1 else 0.875,
            latency_ms=None if place == 2 else Latency(12.4 * 10**place, 99_999.0),
            points=[minute * (place + 1) for minute in range(points)],
            **{name: value},
        )
        for place, value in enumerate(names)
    ]
    return Answer(window="5m", to_ms=TO_MS, seconds=340.0, rows=rows, late=12, early=1)


def _shown(view: View) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=80).print(frame(view))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def _view(*, health: str = "ready", problem: str = "", waiting: dict[str, int] | None = None) -> View:
    return View(
        now=NOW,
        group="neural-hive",
        workers=[("worker-1", "ready", ""), ("worker-2", health, "waits for: partitions")],
        stages=None if problem else _answer("stage", STAGES, 0),
        minutes=_answer("stage", STAGES, 61),
        domains=_answer("domain", DOMAINS, 0),
        domain_minutes=_answer("domain", DOMAINS, 61),
        problem=problem,
        waiting=waiting or {},
    )


def test_a_full_view_fits_a_terminal_of_80_by_24_with_nothing_cut() -> None:
    lines = _shown(_view(waiting={f"intentions.{domain.lower()}": 1_000 for domain in DOMAINS}))
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 24
    text = "\n".join(lines)
    assert "…" not in text
    for word in (*STAGES, *(domain.lower() for domain in DOMAINS), "2 of 2 workers ready", "12 late, 1 early"):
        assert word in text
    assert "waits: intentions.technical 1,000" in text
    assert "and 3 more topics" in text


def test_the_stages_stand_in_the_order_of_the_flow() -> None:
    firsts = [line.split()[0] for line in _shown(_view()) if line and line.split()[0] in STAGES]
    assert firsts == ["understand", "plan", "deliberate", "approve", "execute", "answer"]


def test_a_worker_that_is_not_ready_and_a_part_that_is_missing_are_told() -> None:
    text = "\n".join(_shown(_view(health="no answer", problem="nobody answers for partitions 1: worker-2 …")))
    assert "1 of 2 workers ready" in text
    assert "worker-2: no answer" in text
    assert "nobody answers for partitions 1" in text
    assert "nothing waits" in text


@pytest.mark.parametrize(
    ("values", "drawn"), [([], ""), ([0, 0], "··"), ([1, 2, 4, 8], "▂▃▅█"), ([0, 0.001, 1000], "·▁█")]
)
def test_a_sparkline_goes_from_nothing_to_the_greatest(values: list[float], drawn: str) -> None:
    assert sparkline(values) == drawn


def test_a_trend_is_as_wide_as_its_column_and_the_running_minute_goes_on_as_it_began() -> None:
    view = _view()
    assert view.minutes is not None
    for row in view.minutes.rows:
        row.points = [6] * 60 + [4]
    line = next(line for line in _shown(view) if line.startswith("plan"))
    assert "█" * MINUTES in line, "4 in 40 seconds are 6 in a minute"
