"""Steps that work on groups: group, share, pivot."""

from __future__ import annotations

import polars as pl

from models.errors import TransformError
from models.transform.cells import canonical
from models.transform.limits import Limits
from models.transform.steps import GroupBy, Key, Measured, Pivot, Share, Unit
from models.transform.table import PLACE, Table, finite, narrowed, numbered, numbers, order_keys, times

_FORMATS: dict[Unit, str] = {
    "hour": "%Y-%m-%d %H:00",
    "day": "%Y-%m-%d",
    "weekday": "%u",
    "week": "%G-W%V",
    "month": "%Y-%m",
    "year": "%Y",
}


def group(table: Table, step: GroupBy) -> Table:
    """Make one row for each key, in the order in which the keys come first; what has no value is a key as well.

    Without keys there is one row, even of nothing: a count or a sum of it is 0, everything else null. Measures leave
    out what isn't of their kind: a sum is that of the numbers.
    """
    keys = [_key(table, key).alias(key.name) for key in step.by]
    names = [key.name for key in step.by]
    mixed = {key.name for key in step.by if key.unit is None and key.column in table.mixed}
    inner = _Measures(table)
    aggregates = [inner.add(measure, at) for at, measure in enumerate(step.measures)]
    mixed |= {
        measure.name
        for measure in step.measures
        if measure.function in ("min", "max") and measure.column in table.mixed
    }
    frame = pl.DataFrame(
        [table.frame[PLACE], *(key.alias(f"\0key{at}") for at, key in enumerate(keys)), *inner.columns]
    )
    if not keys:
        made = frame.select(aggregates)
    else:
        made = frame.group_by([f"\0key{at}" for at in range(len(keys))], maintain_order=True).agg(aggregates)
    made.columns = [*names, *made.columns[len(names) :]]
    measured = [narrowed(made[measure.name]) for measure in step.measures]
    return table.of(pl.DataFrame([*made.get_columns()[: len(names)], *measured]), frozenset(mixed))


def _key(table: Table, key: Key) -> pl.Series:
    return table.column(key.column) if key.unit is None else cut(times(table, key.column), key.unit)


def cut(at_us: pl.Series, unit: Unit) -> pl.Series:
    """Cut times in µs to a unit, in UTC, written as `models.planning.query` has MongoDB write them."""
    at = at_us.cast(pl.Datetime("us", "UTC"))
    if unit == "quarter":
        return at.dt.year().cast(pl.String) + "-Q" + at.dt.quarter().cast(pl.String)
    return at.dt.strftime(_FORMATS[unit])


class _Measures:
    """Collects the columns that measures are made of, and says how each is made."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.columns: list[pl.Series] = []

    def add(self, measure: Measured, number: int) -> pl.Expr:
        """Return the expression of a measure, named as it."""
        return self._expression(measure, f"\0of{number}").alias(measure.name)

    def _expression(self, measure: Measured, name: str) -> pl.Expr:
        column = measure.column
        if column is None:
            return pl.col(PLACE).count().cast(pl.Int64)
        if measure.function in ("sum", "avg"):
            cells = self._column(numbers(self._table, column), name)
            # 64 bits would wrap around where the sum doesn't fit.
            is_whole = self.columns[-1].dtype == pl.Int64
            return (cells.cast(pl.Int128) if is_whole else cells).sum() if measure.function == "sum" else cells.mean()
        if measure.function in ("min", "max"):
            return self._extreme(column, name, largest=measure.function == "max")
        cells = self._column(self._table.column(column), name)
        return (cells.drop_nulls().n_unique() if measure.function == "distinct" else cells.count()).cast(pl.Int64)

    def _column(self, series: pl.Series, name: str) -> pl.Expr:
        self.columns.append(series.alias(name))
        return pl.col(name)

    def _extreme(self, column: str, name: str, *, largest: bool) -> pl.Expr:
        cells = self._column(self._table.column(column), name)
        there = cells.is_not_null()
        keys = [
            self._column(key, f"{name}.{at}").filter(there) for at, key in enumerate(order_keys(self._table, column))
        ]
        return cells.filter(there).sort_by(keys, descending=largest, maintain_order=True).first()


def share(table: Table, step: Share) -> Table:
    """Add the part (0 to 1) that a column is of its sum: null where it is no number, or the sum is 0."""
    parts = numbers(table, step.column).cast(pl.Float64)
    total = parts.sum()
    if step.within:
        keys = [table.column(name).alias(f"\0{at}") for at, name in enumerate(step.within)]
        sums = pl.col("\0part").sum().over([key.name for key in keys])
        totals = pl.DataFrame([parts.alias("\0part"), *keys]).select(pl.when(sums != 0).then(sums)).to_series()
        made = parts / totals
    else:
        made = parts / total if total else pl.Series([None] * len(parts), dtype=pl.Float64)
    columns = {name: table.frame[name] for name in table.names} | {step.name: finite(made).alias(step.name)}
    return table.of(pl.DataFrame(list(columns.values())), table.mixed - {step.name})


def pivot(table: Table, step: Pivot, limits: Limits) -> Table:
    """Make a row of each index and a column of each value of a column; `missing` stands where there is none.

    The columns are the `names`, in this order, or all values there are, in theirs; a text names its column as it is,
    anything else as JSON writes it.
    """
    labels = _labels(table, step.column)
    present = [str(name) for name in _in_order(table, labels, step.column)]
    names = step.names or present
    if len(names) > limits.columns:
        raise TransformError(f"{len(names)} columns of {step.column}, {limits.columns} are allowed", "size")
    clash = next((name for name in names if name in step.index), None)
    if clash is not None:
        raise TransformError(f"a value of {step.column} is named as the column {clash!r}: leave that out", "keys")
    keyed = table.frame.with_columns(labels.alias("\0label"))
    source = Table(keyed, table.mixed)
    by = [Key(column=name, name=name) for name in step.index]
    bare = group(source, GroupBy(by=by, measures=[Measured(name="\0rows", function="count")]))
    cell = Measured(name="\0cell", function=step.function, column=step.value)
    long = group(source, GroupBy(by=[*by, Key(column="\0label", name="\0label")], measures=[cell]))
    frame = bare.frame.select([PLACE, *step.index])
    for name in names:
        one = long.frame.filter(pl.col("\0label") == name).select([*step.index, pl.col("\0cell").alias(name)])
        frame = frame.join(one, on=step.index, how="left", nulls_equal=True) if step.index else _beside(frame, one)
        if step.missing is not None and one[name].dtype.is_numeric():
            frame = frame.with_columns(pl.col(name).fill_null(step.missing))
    frame = frame.sort(PLACE).drop(PLACE)
    mixed = bare.mixed | (frozenset(names) if "\0cell" in long.mixed else frozenset())
    return Table(numbered(frame, bare.frame.height), mixed)


def _beside(frame: pl.DataFrame, one: pl.DataFrame) -> pl.DataFrame:
    column = one.to_series()
    return frame.with_columns(column if len(column) else pl.Series(column.name, [None], dtype=column.dtype))


def _labels(table: Table, name: str) -> pl.Series:
    if table.column(name).dtype == pl.String and name not in table.mixed:
        return table.column(name)
    named = [cell if isinstance(cell, str) or cell is None else canonical(cell) for cell in table.cells(name)]
    return pl.Series(name, named, dtype=pl.String)


def _in_order(table: Table, labels: pl.Series, name: str) -> list[str]:
    keys = [key.alias(f"\0{at}") for at, key in enumerate(order_keys(table, name))]
    frame = pl.DataFrame([labels.alias("label"), *keys]).drop_nulls("label")
    return frame.sort([key.name for key in keys], maintain_order=True)["label"].unique(maintain_order=True).to_list()
