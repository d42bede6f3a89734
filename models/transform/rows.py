"""Steps that keep some of the rows or columns as they are: where, sort, limit, select."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import polars as pl

from models.errors import TransformError
from models.transform.cells import canonical, instant_us, plain
from models.transform.steps import Limit, Select, Sort, Where
from models.transform.table import PLACE, Table, numbers, order_keys, texts, times, truths, written


def where(table: Table, step: Where) -> Table:
    """Keep the rows whose column compares so with the values.

    Cells compare with values of their own type only: no text is larger than a number. A value that is a time compares
    with cells that are times, however these are written. What has no value is none of the values (`ne`, `nin`).
    """
    values = [plain(value) for value in step.values]
    if step.operator in ("eq", "in", "ne", "nin"):
        found = _any_of(table, step.column, values)
        return _kept(table, found if step.operator in ("eq", "in") else ~found)
    if step.operator == "between":
        low, high = values
        return _kept(table, _ordered(table, step.column, "gte", low) & _ordered(table, step.column, "lte", high))
    return _kept(table, _ordered(table, step.column, step.operator, values[0]))


def _kept(table: Table, found: pl.Series) -> Table:
    return Table(table.frame.filter(found), table.mixed).numbered()


def _any_of(table: Table, name: str, values: list[Any]) -> pl.Series:
    nothing = pl.Series([False] * table.frame.height, dtype=pl.Boolean)
    return reduce(or_, (_equal(table, name, value) for value in values), nothing)


def _equal(table: Table, name: str, value: Any) -> pl.Series:
    if value is None:
        return table.column(name).is_null()
    if isinstance(value, bool):
        found: pl.Series = truths(table, name) == value
    elif isinstance(value, int | float):
        found = numbers(table, name) == value
    elif isinstance(value, str):
        at_us = instant_us(value)
        cells, wanted = (texts(table, name), value) if at_us is None else (times(table, name), at_us)
        found = cells == wanted
    else:
        found = written(table, name) == canonical(value)
    return found.fill_null(value=False)


def _ordered(table: Table, name: str, operator: str, value: Any) -> pl.Series:
    at_us = instant_us(value) if isinstance(value, str) else None
    if at_us is not None:
        cells, value = times(table, name), at_us
    elif isinstance(value, str):
        cells = texts(table, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        cells = numbers(table, name)
    else:
        raise TransformError(f"{operator} compares numbers, texts and times, not {value!r}", "steps")
    if operator in ("gt", "gte"):
        found: pl.Series = cells > value if operator == "gt" else cells >= value
    else:
        found = cells < value if operator == "lt" else cells <= value
    return found.fill_null(value=False)


def sort(table: Table, step: Sort) -> Table:
    """Put the rows in order; those that are alike stay as they are. What has no value is the smallest."""
    keys: list[pl.Series] = []
    descending: list[bool] = []
    for name, way in step.by:
        for key in order_keys(table, name):
            keys.append(key.alias(f"\0{len(keys)}"))
            descending.append(way == "desc")
    places = table.frame[PLACE]
    order = (
        pl.DataFrame([places, *keys])
        .sort([key.name for key in keys], descending=descending, nulls_last=descending, maintain_order=True)
        .get_column(PLACE)
    )
    return Table(table.frame[order], table.mixed).numbered()


def limit(table: Table, step: Limit) -> Table:
    """Keep the first rows."""
    return Table(table.frame.head(step.count), table.mixed)


def select(table: Table, step: Select) -> Table:
    """Keep these columns, in this order; one that no row has is null."""
    return table.of(pl.DataFrame([table.column(name) for name in step.columns]))
