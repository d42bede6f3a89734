"""Rows as a polars data frame: a column has one type, or is written as canonical JSON when its cells have several.

What a step needs of a column (its numbers, its texts, its times, an order of all of its cells) is a view: a series of
one type, null where a cell is nothing of the kind.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import polars as pl

from models.errors import TransformError
from models.transform.cells import canonical, instant_us, plain
from models.transform.limits import Limits

PLACE: Final = "\0place"
"""The hidden column of a row's place: it keeps the order through a join, and the height of rows without columns."""

_TYPES: dict[frozenset[type], type[pl.DataType]] = {
    frozenset(): pl.String,
    frozenset({str}): pl.String,
    frozenset({bool}): pl.Boolean,
    frozenset({int}): pl.Int64,
    frozenset({float}): pl.Float64,
    frozenset({int, float}): pl.Float64,
}
_NUMBER, _TEXT, _OTHER, _TRUTH = range(4)  # the order of cells of several types, as MongoDB has it


class Table(NamedTuple):
    """Rows: their frame, with `PLACE` as first column, and which columns are written as JSON."""

    frame: pl.DataFrame
    mixed: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """The columns that can be seen."""
        return self.frame.columns[1:]

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self.frame.columns

    def column(self, name: str) -> pl.Series:
        """Return a column as it is stored; one that is not there is empty in every row."""
        if self.has(name):
            return self.frame[name]
        return pl.Series(name, [None] * self.frame.height, dtype=pl.String)

    def cells(self, name: str) -> list[Any]:
        """Return the cells of a column as JSON values."""
        stored = self.column(name).to_list()
        if name not in self.mixed:
            return stored
        return [None if cell is None else msgspec.json.decode(cell) for cell in stored]

    def numbered(self) -> Table:
        """Return the same rows, their places counted anew."""
        return Table(numbered(picked(self.frame, self.names), self.frame.height), self.mixed)

    def of(self, frame: pl.DataFrame, mixed: frozenset[str] | None = None) -> Table:
        """Return a table of a frame without `PLACE`; its rows are numbered as they stand."""
        kept = self.mixed if mixed is None else mixed
        return Table(numbered(frame, frame.height), kept.intersection(frame.columns))


def numbered(frame: pl.DataFrame, height: int) -> pl.DataFrame:
    """Put the place of each row before its columns."""
    places = pl.int_range(0, height, dtype=pl.Int64, eager=True).alias(PLACE)
    return pl.DataFrame([places, *frame.get_columns()])


def picked(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Return some of the columns.

    What polars does by way of a query (`select`, `drop`, `rename` …) goes through its threads, and hands Python's lock
    over twice: on a busy machine that takes longer than the work, and the event loop stands still meanwhile. So what
    needs no query is done with the columns themselves.
    """
    return pl.DataFrame([frame[name] for name in names])


def load(rows: Sequence[Any], limits: Limits) -> Table:
    """Make a table of rows.

    Raises:
        TransformError: they are no rows, or too many.
    """
    check_size(len(rows), 0, limits)
    names: dict[str, None] = {}
    for row in rows:
        if not isinstance(row, dict):
            raise TransformError(f"a row must be an object of columns, not {type(row).__name__}", "input")
        names.update(dict.fromkeys(row))
    check_size(len(rows), len(names), limits)
    if PLACE in names or not all(isinstance(name, str) for name in names):
        raise TransformError("a column has a name that is no text, or is kept for this system", "input")
    columns, mixed = [], set()
    for name in names:
        series, is_mixed = _series(name, [plain(row.get(name)) for row in rows])
        columns.append(series)
        if is_mixed:
            mixed.add(name)
    return Table(numbered(pl.DataFrame(columns), len(rows)), frozenset(mixed))


def check_size(rows: int, columns: int, limits: Limits) -> None:
    """Raise TransformError when a table of this size may not be."""
    if rows > limits.rows:
        raise TransformError(f"{rows:,} rows, {limits.rows:,} are allowed: ask for fewer, or for a summary", "size")
    if rows * columns > limits.cells:
        raise TransformError(
            f"{rows:,} rows of {columns:,} columns, {limits.cells:,} cells are allowed: ask for fewer", "size"
        )


def _series(name: str, cells: list[Any]) -> tuple[pl.Series, bool]:
    kinds = frozenset(map(type, cells)) - {type(None)}
    kind = _TYPES.get(kinds)
    if kind is None:
        return pl.Series(name, [None if cell is None else canonical(cell) for cell in cells], dtype=pl.String), True
    if len(kinds) > 1:
        cells = [None if cell is None else float(cell) for cell in cells]
    return pl.Series(name, cells, dtype=kind), False


def rows_of(table: Table) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON values."""
    frame = table.frame
    if not table.names:
        return [{} for _ in range(frame.height)]
    columns = {
        name: [cell if cell is None or math.isfinite(cell) else None for cell in frame[name].to_list()]
        if frame[name].dtype.is_float()
        else table.cells(name)
        for name in table.names
    }
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def finite(numbers: pl.Series) -> pl.Series:
    """Return numbers with null for what is none."""
    return numbers.to_frame().select(pl.when(pl.first().is_finite()).then(pl.first())).to_series()


def narrowed(column: pl.Series) -> pl.Series:
    """Return what was computed in 128 bits in 64, or as floating point where it doesn't fit; null for no number."""
    if column.dtype == pl.Int128:
        fits = column.is_between(-(2**63), 2**63 - 1).all()
        return column.cast(pl.Int64 if fits else pl.Float64)
    return finite(column) if column.dtype.is_float() else column


# Views


def numbers(table: Table, name: str) -> pl.Series:
    """The numbers of a column; truth values are none."""
    column = table.column(name)
    if name in table.mixed:
        found = [
            cell if isinstance(cell, int | float) and type(cell) is not bool else None for cell in table.cells(name)
        ]
        return _series(name, found)[0].cast(pl.Float64 if any(type(cell) is float for cell in found) else pl.Int64)
    return column if column.dtype.is_numeric() else _nothing(column, pl.Int64)


def texts(table: Table, name: str) -> pl.Series:
    """The texts of a column."""
    column = table.column(name)
    if name in table.mixed:
        found = [cell if isinstance(cell, str) else None for cell in table.cells(name)]
        return pl.Series(name, found, dtype=pl.String)
    return column if column.dtype == pl.String else _nothing(column, pl.String)


def truths(table: Table, name: str) -> pl.Series:
    """The truth values of a column."""
    column = table.column(name)
    if name in table.mixed:
        found = [cell if isinstance(cell, bool) else None for cell in table.cells(name)]
        return pl.Series(name, found, dtype=pl.Boolean)
    return column if column.dtype == pl.Boolean else _nothing(column, pl.Boolean)


def written(table: Table, name: str) -> pl.Series:
    """All cells of a column as canonical JSON."""
    if name in table.mixed:
        return table.column(name)
    found = [None if cell is None else canonical(cell) for cell in table.cells(name)]
    return pl.Series(name, found, dtype=pl.String)


def times(table: Table, name: str) -> pl.Series:
    """The times of a column, in µs: ISO 8601 text, and numbers as epoch ms."""
    return pl.Series(name, [instant_us(cell) for cell in table.cells(name)], dtype=pl.Int64)


def order_keys(table: Table, name: str) -> list[pl.Series]:
    """Return what to sort a column by, the most significant first: null only where the cell is.

    Text that is a time in every row is sorted as time; cells of several types by type, then each as its type is.
    """
    column = table.column(name)
    if name in table.mixed:
        cells = table.cells(name)
        ranks = pl.Series("rank", [None if cell is None else _rank(cell) for cell in cells], dtype=pl.Int8)
        return [ranks, numbers(table, name), texts(table, name), written(table, name)]
    if column.dtype == pl.String:
        at = times(table, name)
        if at.null_count() == column.null_count():
            return [at]
    return [column]


def _rank(cell: Any) -> int:
    if isinstance(cell, bool):
        return _TRUTH
    return _NUMBER if isinstance(cell, int | float) else _TEXT if isinstance(cell, str) else _OTHER


def _nothing(column: pl.Series, kind: type[pl.DataType]) -> pl.Series:
    return pl.Series(column.name, [None] * len(column), dtype=kind)
