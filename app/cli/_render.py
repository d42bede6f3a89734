"""How answers look on a terminal."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from models.nlu.pii import mask
from models.records import PlanOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.cli._asking import Outside, Reply, Waiting
    from app.stores.kafka import Found
    from models.records import Answer, CognitivePlan, Scalar, TaskReport

SHOWN_ROWS = 20
SHOWN_IDS = 5
_SEVERAL = 2
_SAID = frozenset({PlanOutcome.ANSWERED, PlanOutcome.DONE, PlanOutcome.FAILED, PlanOutcome.HANDED_OFF})
"""Outcomes that the status of an answer, or its sentence, says already."""

console = Console(width=None if sys.stdout.isatty() else 120)
"""Standard output. Nothing in an answer is markup: it is given `Text` only."""


def cell(value: Scalar) -> str:
    """Write one value: numbers with thousands separated, at most two decimals."""
    if isinstance(value, bool) or value is None:
        return {None: "–", True: "yes", False: "no"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Scalar]], *, whole: str = "") -> Group:
    """Lay out rows under a title; a column of numbers is aligned at its right, the column `whole` is never folded."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(columns):
        numeric = bool(rows) and all(
            isinstance(row[place], int | float) and not isinstance(row[place], bool) for row in rows
        )
        grid.add_column(Text(name), justify="right" if numeric else "left", overflow="fold", no_wrap=name == whole)
    for row in rows:
        grid.add_row(*(Text(cell(value)) for value in row))
    return Group(Text(title, style="bold"), grid)


def answer(reply: Reply) -> Group:
    """Lay out an answer, the tasks of work that was planned, or why there is neither."""
    plan = reply.completed
    outcome = f" ({plan.outcome})" if plan.outcome and plan.outcome not in _SAID else ""
    how = f"{plan.domain or 'no domain'} {cell(plan.confidence)} · {plan.status}{outcome} · {reply.latency_ms:.0f} ms"
    ids = f"intention {plan.intention_id}" + (f" · plan {plan.plan_id}" if plan.plan_id else "")
    if plan.answer is None:
        done = Text(plan.question, style="bold") if len(plan.tasks) < _SEVERAL else reported(plan.question, plan.tasks)
        return Group(done, Text(plan.error or plan.status), _small(how, ids))
    rows = plan.answer.rows
    shown = table(plan.question, headings(plan.answer), rows[:SHOWN_ROWS])
    left_out = f"… and {len(rows) - SHOWN_ROWS} more rows (--json has them all)" if len(rows) > SHOWN_ROWS else ""
    return Group(shown, _small(left_out, plan.answer.text, f"{how} · from {plan.answer.source}", ids))


def headings(answer: Answer) -> list[str]:
    """Return the columns of an answer with their units, where they are known."""
    units = answer.units if len(answer.units) == len(answer.columns) else [None] * len(answer.columns)
    return [f"{name} ({unit})" if unit else name for name, unit in zip(answer.columns, units, strict=True)]


def reported(title: str, tasks: Sequence[TaskReport]) -> Group:
    """Lay out how the tasks of a plan ended."""
    rows: list[list[Scalar]] = [
        [task.id, task.type.value, mask(task.description), task.status.value, mask(task.error or "")] for task in tasks
    ]
    return table(title, ["task", "type", "what", "state", "why"], rows, whole="state")


def outside(told: Outside, *, handoff_s: float) -> str:
    """Say in one line what a plan waits for, and for how long."""
    ids = told.task_ids
    named = ", ".join(ids[:SHOWN_IDS]) + (f" and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else "")
    return (
        f"waits for outside workers to take up {named}, each up to {handoff_s:g} s: "
        f"hive plans show {told.plan.plan_id} --watch"
    )


def waiting(told: Waiting) -> Group:
    """Lay out a plan that waits for a person, and what that person can do."""
    request = told.request
    plan_id = request.plan_id
    until = when(request.expires_at)
    return Group(
        tasks(told.question, request.plan),
        Text("It waits for an approval; nothing of it is done before.", style="bold"),
        Text(f"risk {request.risk_score:.2f} {request.risk_band}: {'; '.join(request.reasons)}"),
        Text(f"until {until}: hive approvals approve {plan_id}"),
        Text(f"{' ' * len(until)}    or: hive approvals reject {plan_id} --reason …"),
        _small(
            f"{request.plan.original_domain} · {told.status} · {told.latency_ms:.0f} ms",
            f"intention {request.intent_id} · plan {plan_id}",
        ),
    )


def tasks(title: str, plan: CognitivePlan, *, details: bool = False) -> Group:
    """Lay out the tasks of a plan in their order; `details` are which destroy something, and who carries each out."""
    known = {task.task_id: task for task in plan.tasks}
    rows: list[list[Scalar]] = []
    for task in (known[task_id] for task_id in plan.execution_order):
        mark = " (destroys)" if details and task.task_id in plan.destructive_tasks else ""
        row = [task.task_id, task.task_type.value + mark, mask(task.description), ", ".join(task.dependencies)]
        rows.append([*row, str(task.metadata.get("handled_by", ""))] if details else [*row])
    return table(title, ["task", "type", "what", "after", *(["by"] if details else [])], rows)


def kafka_text(data: bytes | None) -> str | None:
    """Return bytes as text; those that are none as Python writes them."""
    if data is None:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return repr(data)


def when(at_ms: int) -> str:
    """Write an instant for a person."""
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _small(*lines: str) -> Text:
    return Text("\n".join(line for line in lines if line), style="dim")


def way(hops: Sequence[Found]) -> Group:
    """Lay out an intention's way through the topics."""
    began = min((hop.timestamp_ms for hop in hops), default=0)
    rows: list[list[Scalar]] = [
        [hop.topic, f"{hop.partition}", f"{hop.offset}", f"+{hop.timestamp_ms - began} ms"] for hop in hops
    ]
    return table("its way through the topics", ["topic", "partition", "offset", "written"], rows)
