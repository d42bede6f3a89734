"""Steps, carried out one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from models.errors import TransformError
from models.transform import groups, joins, rows
from models.transform.limits import Limits
from models.transform.steps import (
    Compare,
    GroupBy,
    Join,
    JoinAsof,
    Limit,
    Numbered,
    Pivot,
    Select,
    Share,
    Sort,
    Step,
    Where,
)
from models.transform.table import Table, check_size, load, rows_of

Row = dict[str, Any]


def carry_out(
    start: Sequence[Row], steps: Sequence[Numbered], inputs: Mapping[str, Sequence[Row]], limits: Limits
) -> list[Row]:
    """Carry out parsed steps; see `models.transform.run_steps`."""
    table = load(start, limits)
    other = partial(_other, inputs, limits)
    for place, step in steps:
        try:
            table = _one(table, step, other, limits)
            check_size(table.frame.height, len(table.names), limits)
        except TransformError as error:
            raise TransformError(error.detail, error.reason, place) from error
    return rows_of(table)


def _other(inputs: Mapping[str, Sequence[Row]], limits: Limits, task_id: str) -> Table:
    if task_id not in inputs:
        known = ", ".join(inputs) or "none"
        raise TransformError(f"there are no rows of task {task_id!r}; there are those of: {known}", "input")
    return load(inputs[task_id], limits)


def _one(table: Table, step: Step, other: Any, limits: Limits) -> Table:  # noqa: C901, PLR0911 — one for each step
    match step:
        case Where():
            return rows.where(table, step)
        case Sort():
            return rows.sort(table, step)
        case Limit():
            return rows.limit(table, step)
        case Select():
            return rows.select(table, step)
        case GroupBy():
            return groups.group(table, step)
        case Share():
            return groups.share(table, step)
        case Pivot():
            return groups.pivot(table, step, limits)
        case Join():
            return joins.join(table, other(step.other), step, limits)
        case JoinAsof():
            return joins.join_asof(table, other(step.other), step)
        case Compare():
            return joins.compare(table, other(step.other), step)
