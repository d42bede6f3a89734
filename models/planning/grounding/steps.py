"""The steps of a TRANSFORM, as plain JSON; each works on the rows that the one before has left.

| op | entries | rows afterwards |
|---|---|---|
| `where` | `column`, `operator`, `values` | those whose column compares so with the values |
| `group` | `by` [{`column`, `as`, `unit`}], `measures` [{`as`, `function`, `column`}] | one for each key |
| `share` | `column`, `as`, `within`: columns, may lack | the same, with its part (0 to 1) of all such rows' sum |
| `join` | `with` (task id), `on` [[left, right]], `how`, `prefix` | both sides' columns |
| `join_asof` | those but `how`; `left_time`, `right_time`, `direction` | each with the other side's nearest |
| `compare` | `with`, `on` [column], `column`, `missing` | `on`, column, `<column>_before`, `difference`, `change` |
| `pivot` | `index` [column], `column`, `value`, `function`, `names`, `missing` | one for each index, a column a value |
| `sort` | `by` [[column, `asc` or `desc`]] | the same in this order |
| `limit` | `count` | the first of them |
| `select` | `columns` | the same, with these columns only |

`operator` is in, nin, eq, ne, gt, gte, lt, lte or between (two values, both inclusive). `how` is inner, left, semi or
anti. `direction` is backward (the nearest that isn't later) or forward; rows without one are left out.
`function` is count, sum, avg, min, max or distinct (the number of different values). `unit` cuts a time to hour, day,
weekday, week, month, quarter or year, written as `models.planning.query` writes them. `prefix` stands before the
columns of the other side, but for those of `on`, which are not repeated; a name that is taken even so gets `_right`
after it; `semi` and `anti` add none. `change` is the difference as a part of the value before, null when that is 0.
`missing` is what a key has that one side lacks, or a cell of a pivot that no row stands for. `names` of a pivot are its
columns, where they are to be the same whatever the rows hold.

Cells compare with those of their own type; a time compares as a time however it is written (ISO 8601 text, epoch ms,
extended JSON). What has no value is the smallest, a key of its own in `group` and `compare`, and joined to nothing.
`models.transform` carries the steps out.
"""

from __future__ import annotations

from typing import Any, Literal

from models.nlu.phrases import Order
from models.planning.grounding.spec import Comparison, Group, QuerySpec
from models.planning.sources import typed_value

Step = dict[str, Any]


def where(column: str, operator: str, values: list[Any]) -> Step:
    """Keep the rows whose column compares so with the values."""
    return {"op": "where", "column": column, "operator": operator, "values": values}


def group(by: tuple[Group, ...], measures: list[dict[str, Any]]) -> Step:
    """Make one row for each key, with the measures of its rows."""
    keys = [{"column": item.field, "as": item.name, "unit": item.unit} for item in by]
    return {"op": "group", "by": keys, "measures": measures}


def measured(name: str, function: str, column: str | None) -> dict[str, Any]:
    """Return a measure of a `group` step."""
    return {"as": name, "function": function, "column": column}


def share(column: str, name: str, within: list[str] | None = None) -> Step:
    """Add the part that a column is of its sum, or of its sum over the rows alike `within` some columns."""
    made: Step = {"op": "share", "column": column, "as": name}
    return {**made, "within": within} if within else made


def join(
    other: str, on: list[tuple[str, str]], how: Literal["inner", "left", "semi", "anti"], prefix: str = ""
) -> Step:
    """Join the rows of another task."""
    return {"op": "join", "with": other, "on": [list(pair) for pair in on], "how": how, "prefix": prefix}


def join_asof(other: str, on: tuple[str, str], times: tuple[str, str], *, before: bool, prefix: str) -> Step:
    """Join to each row the other task's nearest one in time, before or after it."""
    return {
        "op": "join_asof",
        "with": other,
        "on": [list(on)],
        "left_time": times[0],
        "right_time": times[1],
        "direction": "backward" if before else "forward",
        "prefix": prefix,
    }


def compare(other: str, on: list[str], column: str, missing: int | None) -> Step:
    """Set a column against that of the period before."""
    return {"op": "compare", "with": other, "on": on, "column": column, "missing": missing}


def sort(by: list[tuple[str, str]]) -> Step:
    """Put the rows in order."""
    return {"op": "sort", "by": [list(pair) for pair in by]}


def limit(count: int) -> Step:
    """Keep the first rows."""
    return {"op": "limit", "count": count}


def select(columns: list[str]) -> Step:
    """Keep these columns."""
    return {"op": "select", "columns": columns}


def filter_steps(spec: QuerySpec, handled: set[str]) -> list[Step]:
    """Return the steps that filter as the query does, for a store that can't; `handled` are fields that it can."""
    steps = []
    for wanted in spec.filters:
        field = spec.source.field(spec.source.dimension(wanted.dimension).field)
        if field.name not in handled:
            steps.append(where(field.name, wanted.operator, [typed_value(field, value) for value in wanted.values]))
    steps += [_compared(item) for item in spec.comparisons if not item.of_group and item.field not in handled]
    return steps


def _compared(item: Comparison) -> Step:
    return where(item.field, item.operator, list(item.values))


def shape_steps(spec: QuerySpec) -> list[Step]:
    """Return the steps that make of plain rows what the query asks for, for a store that only lists."""
    source, measure = spec.source, spec.measure
    if spec.operation == "find":
        return [sort(find_order(spec)), limit(spec.limit), select(list(source.list_fields))]
    if spec.operation == "count_distinct":
        return [group((), [measured(f"distinct_{spec.groups[0].name}", "distinct", spec.groups[0].field)])]
    if spec.operation == "distinct":
        return [group(spec.groups, []), sort([(spec.groups[0].name, "asc")]), limit(spec.limit)]
    steps = [group(spec.groups, [measured(measure.name, measure.aggregation, measure.field)])]
    steps += [_compared(item) for item in spec.comparisons if item.of_group]
    if spec.groups:
        steps += [sort(group_order(spec)), limit(spec.limit)]
    return steps


def group_order(spec: QuerySpec) -> list[tuple[str, str]]:
    """Return the order of groups: the largest measure first; a course of time in its own order, unless cut."""
    names = [item.name for item in spec.groups]
    name = spec.measure.name
    if spec.sort is not None:
        column = next((item.name for item in spec.groups if item.field == spec.sort[0]), name)
        return [(column, spec.sort[1]), *((other, "asc") for other in (*names, name) if other != column)]
    times = [item.name for item in spec.groups if item.unit]
    if times and spec.limit >= spec.source.row_limit:
        others = [item.name for item in spec.groups if not item.unit]
        return [*((time, "asc") for time in times), (name, "desc"), *((other, "asc") for other in others)]
    direction = "asc" if spec.order is Order.SMALLEST else "desc"
    return [(name, direction), *((other, "asc") for other in names)]


def find_order(spec: QuerySpec) -> list[tuple[str, str]]:
    """Return the order of a list: the newest first, or by what is measured when its ends are asked for."""
    source = spec.source
    newest = [(source.time_field, "desc")] if source.time_field else []
    if spec.sort is not None:
        return [spec.sort, *(pair for pair in newest if pair[0] != spec.sort[0])]
    if spec.order is Order.LATEST or spec.measure.field is None:
        return newest or [(source.list_fields[0], "asc")]
    return [(spec.measure.field, "asc" if spec.order is Order.SMALLEST else "desc"), *newest]
