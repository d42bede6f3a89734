"""What steps are refused, with which reason, and what it costs to have them at hand."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from models.transform import Limits, TransformError, run_steps

ROWS: list[dict[str, Any]] = [{"k": 1, "v": at} for at in range(400)]
JOIN = {"op": "join", "with": "other", "on": [["k", "k"]], "how": "inner", "prefix": ""}


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"op": "explode"}, "steps"),
        ({"op": "limit", "count": -1}, "steps"),
        ({"op": "limit", "count": 1, "offset": 2}, "steps"),
        ({"op": "where", "column": "v", "operator": "regex", "values": ["x"]}, "steps"),
        ({"op": "where", "column": "v", "operator": "between", "values": [1]}, "steps"),
        ({"op": "where", "column": "v", "operator": "gt", "values": [None]}, "steps"),
        ({"op": "where", "column": "v", "operator": "gt", "values": [True]}, "steps"),
        ({"op": "group", "by": [], "measures": []}, "steps"),
        ({"op": "group", "by": [], "measures": [{"as": "x", "function": "sum"}]}, "steps"),
        ({"op": "group", "by": [{"column": "k", "as": "x"}, {"column": "v", "as": "x"}], "measures": []}, "steps"),
        ({"op": "select", "columns": ["v", "v"]}, "steps"),
        ({"op": "sort", "by": [["v", "up"]]}, "steps"),
        (JOIN | {"with": "nobody"}, "input"),
        (JOIN, "size"),
        (JOIN | {"how": "left"}, "size"),
        ({"op": "pivot", "index": [], "column": "v", "value": "v", "function": "sum"}, "size"),
        ({"op": "pivot", "index": ["7"], "column": "k", "value": "v", "function": "sum", "names": ["7"]}, "steps"),
        ({"op": "pivot", "index": ["1"], "column": "k", "value": "v", "function": "sum"}, "keys"),
        ({"op": "compare", "with": "other", "on": ["k"], "column": "v", "missing": 0}, "keys"),
    ],
)
def test_what_can_not_be_done_is_refused_with_its_place_and_reason(step: dict[str, Any], reason: str) -> None:
    with pytest.raises(TransformError) as refused:
        run_steps(ROWS, [{"op": "limit", "count": 400}, step], {"other": ROWS}, Limits(rows=10_000))
    assert (refused.value.reason, refused.value.place) == (reason, 1)
    assert str(refused.value).startswith("step 2: ")


@pytest.mark.parametrize(
    ("rows", "limits", "reason"),
    [
        (ROWS, Limits(rows=399), "size"),
        (ROWS, Limits(cells=799), "size"),
        ([1], Limits(), "input"),
        ([{1: 2}], Limits(), "input"),
    ],
)
def test_rows_that_are_none_or_too_many_are_refused(rows: list[Any], limits: Limits, reason: str) -> None:
    with pytest.raises(TransformError) as refused:
        run_steps(rows, [], {}, limits)
    assert (refused.value.reason, refused.value.place) == (reason, None)


def test_a_list_of_steps_has_an_end() -> None:
    with pytest.raises(TransformError, match="51 steps, 50 are allowed"):
        run_steps([], [{"op": "limit", "count": 1}] * 51, {})
    with pytest.raises(TransformError, match="must be a list"):
        run_steps([], "limit", {})  # type: ignore[arg-type]


def test_a_join_is_counted_before_it_is_made() -> None:
    rows = [{"k": 1, "v": at} for at in range(50_000)]
    with pytest.raises(TransformError, match=r"2,500,000,000 rows, 100,000 are allowed"):
        run_steps(rows, [JOIN], {"other": rows})
    semi = run_steps(rows, [JOIN | {"how": "semi"}, {"op": "limit", "count": 1}], {"other": rows})
    assert semi == rows[:1]


def test_polars_is_imported_when_a_step_runs_and_not_before() -> None:
    program = (
        "import sys, models.transform as t; assert 'polars' not in sys.modules; "
        "t.check([{}], [{'check': 'not_empty'}], now_ms=0); assert 'polars' not in sys.modules; "
        "t.run_steps([], [], {}); assert 'polars' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
