"""The steps of a TRANSFORM beside the same ones in plain Python, on rows of all sorts."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.transform import run_steps
from models.transform.engine import carry_out as _  # noqa: F401 — polars is imported before anything is timed
from tests.unit.transform import naive
from tests.unit.transform.naive import Row

WHOLE = st.integers(-50, 50)
NUMBERS = st.one_of(WHOLE, st.integers(-200, 200).map(lambda n: n / 4))
TEXTS = st.text("abÃ ", max_size=2)
TRUTHS = st.booleans()
TIMES = st.sampled_from(
    [
        "2024-12-30",
        "2025-01-01T00:00:00Z",
        "2025-01-01T00:00:00.000Z",
        "2025-01-01T01:00:00+01:00",
        "2025-03-31T23:59:59.999Z",
        "2025-04-01 00:00",
        "2025-07-01T12:30:00.5Z",
    ]
)
NESTED = st.one_of(st.lists(WHOLE, max_size=2), st.dictionaries(TEXTS, WHOLE, max_size=2))
MIXED = st.one_of(NUMBERS, TEXTS, TRUTHS, NESTED)
KINDS = (WHOLE, NUMBERS, TEXTS, TRUTHS, TIMES, MIXED)
UNITS = st.sampled_from([None, "hour", "day", "week", "month", "quarter", "year"])
FUNCTIONS = st.sampled_from(["count", "sum", "avg", "min", "max", "distinct"])
ABSENT = object()


@st.composite
def tables(draw: st.DrawFn, /, names: str = "abk", size: int = 8, **of: st.SearchStrategy[Any]) -> list[Row]:
    """Rows whose columns are of one kind or of several; a cell may be null, and a row may lack it."""
    kinds = {name: of[name] if name in of else draw(st.sampled_from(KINDS)) for name in names}
    cell = {name: st.one_of(kind, kind, kind, st.none(), st.just(ABSENT)) for name, kind in kinds.items()}
    rows = draw(st.lists(st.fixed_dictionaries(cell), max_size=size))
    return [{name: found for name, found in row.items() if found is not ABSENT} for row in rows]


def check(rows: list[Row], step: Row, wanted: list[Row], other: list[Row] | None = None) -> None:
    before = copy.deepcopy((rows, other))
    made = run_steps(rows, [step], {"other": other or []})
    assert naive.same(made, naive.complete(wanted) if wanted else []), (made, wanted)
    assert len({tuple(row) for row in made}) <= 1, "rows with their columns in different orders"
    assert (rows, other) == before, "what came in was changed"
    assert run_steps(rows, [step], {"other": other or []}) == made


@given(tables(), st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]), st.data())
def test_where(rows: list[Row], operator: str, data: st.DataObject) -> None:
    there = [row["a"] for row in rows if row.get("a") is not None and naive.kind(row["a"]) in (0, 1)]
    value = data.draw(st.sampled_from(there) if there else NUMBERS)
    wanted = naive.where(rows, "a", operator, [value])
    check(rows, {"op": "where", "column": "a", "operator": operator, "values": [value]}, wanted)


@given(tables(), st.sampled_from(["in", "nin"]), st.data())
def test_where_among(rows: list[Row], operator: str, data: st.DataObject) -> None:
    cell = st.sampled_from([row["a"] for row in rows if "a" in row] or [None])
    values = data.draw(st.lists(cell | NUMBERS | TEXTS | TRUTHS | TIMES, max_size=3))
    wanted = naive.where(rows, "a", operator, values)
    check(rows, {"op": "where", "column": "a", "operator": operator, "values": values}, wanted)


@given(tables(), st.one_of(st.tuples(NUMBERS, NUMBERS), st.tuples(TIMES, TIMES), st.tuples(TEXTS, TEXTS)))
def test_where_between(rows: list[Row], values: tuple[Any, Any]) -> None:
    wanted = naive.where(rows, "a", "between", list(values))
    check(rows, {"op": "where", "column": "a", "operator": "between", "values": list(values)}, wanted)


@given(tables(), st.lists(st.tuples(st.sampled_from("abkx"), st.sampled_from(["asc", "desc"])), min_size=1, max_size=3))
def test_sort(rows: list[Row], by: list[tuple[str, str]]) -> None:
    pairs = [list(pair) for pair in by]
    check(rows, {"op": "sort", "by": pairs}, naive.sort(rows, pairs))


@given(tables(), st.integers(0, 9))
def test_limit(rows: list[Row], count: int) -> None:
    check(rows, {"op": "limit", "count": count}, naive.complete(rows)[:count])


@given(tables(), st.permutations(["a", "b", "nobody's"]))
def test_select(rows: list[Row], columns: list[str]) -> None:
    wanted = [{name: row.get(name) for name in columns} for row in rows]
    check(rows, {"op": "select", "columns": columns}, wanted)


@given(tables(), st.lists(st.sampled_from("abk"), unique=True), UNITS, st.lists(FUNCTIONS, max_size=3, unique=True))
def test_group(rows: list[Row], names: list[str], unit: str | None, functions: list[str]) -> None:
    by = [{"column": name, "as": f"by {name}", "unit": unit if name == "a" else None} for name in names]
    measures: list[Row] = [
        {"as": f"{one} of {at}", "function": one, "column": "abk"[at]} for at, one in enumerate(functions)
    ]
    measures.append({"as": "rows", "function": "count", "column": None})
    check(rows, {"op": "group", "by": by, "measures": measures}, naive.group(rows, by, measures))


@given(tables(a=MIXED), FUNCTIONS)
def test_group_of_mixed_cells(rows: list[Row], function: str) -> None:
    measures = [{"as": "made", "function": function, "column": "a"}]
    check(rows, {"op": "group", "by": [], "measures": measures}, naive.group(rows, [], measures))


@given(tables())
def test_share(rows: list[Row]) -> None:
    check(rows, {"op": "share", "column": "a", "as": "part"}, naive.share(rows, "a", "part"))


@given(tables(), st.sampled_from([("k",), ("b", "k"), ("nobody's",)]))
def test_share_within_rows_that_are_alike(rows: list[Row], within: tuple[str, ...]) -> None:
    wanted = naive.share(rows, "a", "part", within)
    check(rows, {"op": "share", "column": "a", "as": "part", "within": list(within)}, wanted)


@given(tables(), tables("abm"), st.sampled_from(["inner", "left", "semi", "anti"]), st.sampled_from(["", "x_"]))
def test_join(rows: list[Row], other: list[Row], how: str, prefix: str) -> None:
    on = [["k", "m"], ["a", "a"]] if prefix else [["k", "m"]]
    wanted = naive.join(rows, other, on, how, prefix)
    check(rows, {"op": "join", "with": "other", "on": on, "how": how, "prefix": prefix}, wanted, other)


EPOCH_MS = st.sampled_from([1_735_516_800_000, 1_735_689_600_000, 1_743_465_599_999.0])


@given(
    tables("kt", k=st.sampled_from("ab"), t=st.one_of(TIMES, EPOCH_MS)),
    tables("ktv", k=st.sampled_from("ab"), t=st.one_of(TIMES, EPOCH_MS)),
    st.sampled_from(["backward", "forward"]),
)
def test_join_asof(rows: list[Row], other: list[Row], direction: str) -> None:
    wanted = naive.join_asof(rows, other, ("t", "t"), backward=direction == "backward", prefix="x_")
    step = {
        "op": "join_asof",
        "with": "other",
        "on": [["k", "k"]],
        "left_time": "t",
        "right_time": "t",
        "direction": direction,
        "prefix": "x_",
    }
    check(rows, step, wanted, other)


@given(tables("abk"), tables("abk"), st.sampled_from([["k"], ["k", "a"], []]), st.sampled_from([None, 0, 0.0]))
@settings(max_examples=200)
def test_compare(rows: list[Row], other: list[Row], on: list[str], missing: float | None) -> None:
    def single(side: list[Row]) -> list[Row]:
        return list({tuple(naive.key(row.get(name)) for name in on): row for row in reversed(side)}.values())

    rows, other = single(rows), single(other)
    wanted = naive.compare(rows, other, on, "b", missing)
    check(rows, {"op": "compare", "with": "other", "on": on, "column": "b", "missing": missing}, wanted, other)


@given(tables(a=st.one_of(WHOLE, st.sampled_from("xyz"))), st.sampled_from([[], ["k"]]), FUNCTIONS)
def test_pivot(rows: list[Row], index: list[str], function: str) -> None:
    if function in ("min", "max"):
        for row in rows:  # what is no number stays empty, whatever stands for a missing one
            row["b"] = len(row)
    wanted = naive.pivot(rows, index, "a", "b", function)
    step = {"op": "pivot", "index": index, "column": "a", "value": "b", "function": function, "missing": 0}
    check(rows, step, wanted)


@pytest.mark.parametrize("steps", [[], [{"op": "limit", "count": 5}]])
def test_rows_get_all_the_columns_and_plain_cells(steps: list[Row]) -> None:
    rows: list[Row] = [{"a": {"$date": 0}, "b": float("nan")}, {"c": [{"$numberLong": "7"}], "a": 2**80}]
    assert run_steps(rows, steps, {}) == [
        {"a": "1970-01-01T00:00:00Z", "b": None, "c": None},
        {"a": float(2**80), "b": None, "c": [7]},
    ]


def test_whole_numbers_stay_whole_and_do_not_wrap_around() -> None:
    big = 2**63 - 1
    step = {"op": "group", "by": [], "measures": [{"as": "s", "function": "sum", "column": "v"}]}
    assert run_steps([{"v": big}], [step], {}) == [{"s": big}]
    assert run_steps([{"v": big}, {"v": big}], [step], {}) == [{"s": 2.0 * big}]
    compare = {"op": "compare", "with": "o", "on": [], "column": "v", "missing": 0}
    [row] = run_steps([{"v": big}], [compare], {"o": [{"v": -big}]})
    assert row["difference"] == 2.0 * big
