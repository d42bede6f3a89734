"""TRANSFORM and VALIDATE: what is worked out of the outputs of earlier tasks, at once and without a ticket."""

from __future__ import annotations

from typing import Any

import msgspec

from models.errors import HiveError
from models.orchestration.effects import Output, Outputs
from models.records import PlanTask, TaskType
from models.transform import check, run_steps

__all__ = ["MOST_OUTPUT_BYTES", "ComputeError", "compute"]

MOST_OUTPUT_BYTES = 4_000_000
"""Of what a task brings, as JSON: more is no record."""


class ComputeError(HiveError):
    """Say why a task can't be worked out: its parameters or what it works on are not what they should be."""


def compute(task: PlanTask, outputs: Outputs, *, now_ms: int) -> Output:
    """Return the output of a task that is carried out here without a ticket.

    A TRANSFORM brings the rows that its steps leave, a VALIDATE those that it has checked.

    Args:
        task: The task; its parameters name its `input`, and its `steps` or `checks`; those of a VALIDATE may have
            `others`, the checks of further tasks. `cut_at` says after how many rows a read of a task stops by itself.
        outputs: What the tasks have brought that it depends on.
        now_ms: What the age of data is measured from, epoch milliseconds.

    Raises:
        HiveError: it can't be worked out, or a check does not hold; the message says why.
    """
    parameters = task.parameters
    source = str(parameters.get("input", ""))
    rows = _rows_of(outputs, source)
    if task.task_type is TaskType.VALIDATE:
        _check(parameters, source, outputs, now_ms)
    else:
        steps = parameters.get("steps", ())
        others = {name: _rows_of(outputs, name) for name in outputs if name != source}
        rows = run_steps(rows, steps, others)
    cut_at = parameters.get("cut_at") or {}
    truncated = any(
        output.get("truncated") is True or len(output.get("documents", ())) >= cut_at.get(name, MOST_OUTPUT_BYTES)
        for name, output in outputs.items()
    )
    output: Output = {"documents": rows, "count": len(rows), "truncated": truncated}
    if (size := len(msgspec.json.encode(output))) > MOST_OUTPUT_BYTES:
        raise ComputeError(f"its rows have {size:,} bytes, {MOST_OUTPUT_BYTES:,} can be kept: ask for less")
    return output


def _check(parameters: dict[str, Any], source: str, outputs: Outputs, now_ms: int) -> None:
    failed: dict[str, None] = {}
    for name, checks in {source: parameters.get("checks", ()), **(parameters.get("others") or {})}.items():
        cut = outputs.get(name, {}).get("truncated") is True
        found = check(_rows_of(outputs, name), checks, now_ms=now_ms, cut=cut)
        failed |= {finding.detail: None for finding in found if not finding.passed}
    if failed:
        raise ComputeError("; ".join(failed))


def _rows_of(outputs: Outputs, task_id: str) -> list[dict[str, Any]]:
    if task_id not in outputs:
        raise ComputeError(f"it works on {task_id!r}, which it does not depend on")
    rows = outputs[task_id].get("documents")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ComputeError(f"what {task_id} has brought is no list of rows")
    return rows
