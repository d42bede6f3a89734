"""How answers look on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from models.records import CompletionStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.cli._asking import Reply
    from app.stores.kafka import Found
    from models.records import Scalar

SHOWN_ROWS = 20

console = Console(width=None if sys.stdout.isatty() else 120)
"""Standard output. Nothing in an answer is markup: it is given `Text` only."""


def cell(value: Scalar) -> str:
    """Write one value: numbers with thousands separated, at most two decimals."""
    if isinstance(value, bool) or value is None:
        return {None: "–", True: "yes", False: "no"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Scalar]]) -> Group:
    """Lay out rows under a title; a column of numbers is aligned at its right."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(columns):
        numeric = bool(rows) and all(
            isinstance(row[place], int | float) and not isinstance(row[place], bool) for row in rows
        )
        grid.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell(value)) for value in row))
    return Group(Text(title, style="bold"), grid)


def answer(reply: Reply) -> Group:
    """Lay out an answer, or why there is none."""
    plan = reply.completed
    how = f"{plan.domain or 'no domain'} {cell(plan.confidence)} · {plan.status} · {reply.latency_ms:.0f} ms"
    ids = f"intention {plan.intention_id}" + (f" · plan {plan.plan_id}" if plan.plan_id else "")
    if plan.status is not CompletionStatus.COMPLETED or plan.answer is None:
        return Group(Text(plan.question, style="bold"), Text(plan.error or plan.status), _small(how, ids))
    rows = plan.answer.rows
    shown = table(plan.question, plan.answer.columns, rows[:SHOWN_ROWS])
    left_out = f"… and {len(rows) - SHOWN_ROWS} more rows (--json has them all)" if len(rows) > SHOWN_ROWS else ""
    return Group(shown, _small(left_out, plan.answer.text, f"{how} · from {plan.answer.source}", ids))


def _small(*lines: str) -> Text:
    return Text("\n".join(line for line in lines if line), style="dim")


def way(hops: Sequence[Found]) -> Group:
    """Lay out an intention's way through the topics."""
    began = min((hop.timestamp_ms for hop in hops), default=0)
    rows: list[list[Scalar]] = [
        [hop.topic, f"{hop.partition}", f"{hop.offset}", f"+{hop.timestamp_ms - began} ms"] for hop in hops
    ]
    return table("its way through the topics", ["topic", "partition", "offset", "written"], rows)
