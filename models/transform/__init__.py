"""Work on the rows of earlier tasks: the steps of a TRANSFORM, the checks of a VALIDATE.

Everything here is a pure function of its arguments. The steps (`models.planning.grounding.steps` documents them) are
carried out by polars, which is imported when the first of them runs: no command or stage that needs none pays for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.errors import TransformError
from models.transform.checks import Finding, check
from models.transform.limits import Limits
from models.transform.steps import parse_steps

__all__ = ["Finding", "Limits", "TransformError", "check", "run_steps"]

Row = dict[str, Any]
DEFAULT_LIMITS = Limits()


def run_steps(
    rows: Sequence[Row],
    steps: Sequence[Mapping[str, Any]],
    inputs: Mapping[str, Sequence[Row]],
    limits: Limits = DEFAULT_LIMITS,
) -> list[Row]:
    """Carry out steps in order, each on the rows that the one before has left.

    Args:
        rows: The rows to begin with; JSON values, not changed.
        steps: As plain JSON.
        inputs: The rows of other tasks by task id, for the steps that name one with `with`.
        limits: How much may be held at any time.

    Returns:
        The rows afterwards, in a definite order, each with all the columns that any of them has; times are ISO 8601
        text in UTC, numbers that are none (NaN, infinite) are null.

    Raises:
        TransformError: a step is malformed, names a task that is not there, or makes more than the limits allow.
    """
    parsed = parse_steps(steps, limits)
    from models.transform.engine import carry_out

    return carry_out(rows, parsed, inputs, limits)
