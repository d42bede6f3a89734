"""Steps that bring in the rows of another task: join, join_asof, compare."""

from __future__ import annotations

import polars as pl

from models.errors import TransformError
from models.transform.limits import Limits
from models.transform.steps import Compare, Join, JoinAsof
from models.transform.table import PLACE, Table, check_size, finite, narrowed, numbers, picked, times, written

_OTHER_PLACE = "\0other"
_TIME = "\0time"


def join(left: Table, right: Table, step: Join, limits: Limits) -> Table:
    """Join rows whose columns are equal; what has no value is equal to nothing. Left's order, then right's.

    Raises:
        TransformError: the result would be too large; it is counted before it is made.
    """
    ours, theirs, names = _keyed(left, right, step.on)
    if step.how in ("semi", "anti"):
        kept = ours.join(theirs, on=names, how=step.how, maintain_order="left")
        return Table(picked(kept, left.frame.columns), left.mixed).numbered()
    there = theirs.drop_nulls(names)
    added, mixed = _added(left, right, [pair[1] for pair in step.on], step.prefix)
    _check_join(ours, there, names, len(left.names) + len(added), step, limits)
    there = there.select([*names, pl.col(PLACE).alias(_OTHER_PLACE), *added])
    made = ours.join(there, on=names, how=step.how).sort([PLACE, _OTHER_PLACE])
    hidden = {PLACE, _OTHER_PLACE, *names}
    return left.of(picked(made, [name for name in made.columns if name not in hidden]), left.mixed | mixed)


def _check_join(
    ours: pl.DataFrame, theirs: pl.DataFrame, names: list[str], width: int, step: Join, limits: Limits
) -> None:
    counted = ours.group_by(names).agg(pl.len().cast(pl.Int64).alias("\0left"))
    others = theirs.group_by(names).agg(pl.len().cast(pl.Int64).alias("\0right"))
    paired = (
        counted.join(others, on=names, how="left")
        .fill_null(0)
        .select(made=pl.col("\0left") * pl.col("\0right"), alone=pl.col("\0left").filter(pl.col("\0right") == 0).sum())
    )
    rows = int(paired["made"].sum()) + (int(paired["alone"][0]) if step.how == "left" and paired.height else 0)
    check_size(rows, width, limits)


def _keyed(
    left: Table, right: Table, on: list[tuple[str, str]], *, nulls_equal: bool = False
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Return both frames with columns to join by, of the same type on both sides."""
    names = [f"\0on{at}" for at in range(len(on))]
    ours, theirs = left.frame, right.frame
    for name, (one, two) in zip(names, on, strict=True):
        mine, other = _alike(left, one, right, two, as_json=nulls_equal)
        ours, theirs = ours.hstack([mine.alias(name)]), theirs.hstack([other.alias(name)])
    return ours, theirs, names


def _alike(left: Table, one: str, right: Table, two: str, *, as_json: bool) -> tuple[pl.Series, pl.Series]:
    mine, other = left.column(one), right.column(two)
    if not as_json and one not in left.mixed and two not in right.mixed:
        if mine.dtype == other.dtype:
            return mine, other
        if mine.dtype.is_numeric() and other.dtype.is_numeric():
            return mine.cast(pl.Float64), other.cast(pl.Float64)
    return written(left, one), written(right, two)


def _added(left: Table, right: Table, joined: list[str], prefix: str) -> tuple[list[pl.Expr], frozenset[str]]:
    """Return the columns that the other side adds; a name that is taken gets `_right` after it."""
    taken = set(left.names)
    added, mixed = [], set()
    for name in right.names:
        if name in joined:
            continue
        shown = prefix + name
        while shown in taken:
            shown += "_right"
        taken.add(shown)
        added.append(pl.col(name).alias(shown))
        if name in right.mixed:
            mixed.add(shown)
    return added, frozenset(mixed)


def join_asof(left: Table, right: Table, step: JoinAsof) -> Table:
    """Join to each row the other side's nearest one in time that is equal in `on`: not later, or not earlier.

    Of several at the same time the first one is taken. Rows without a time, or without such a one, are left out.
    """
    ours, theirs, names = _keyed(left, right, step.on)
    backward = step.direction == "backward"
    added, mixed = _added(left, right, [pair[1] for pair in step.on], step.prefix)
    mine = ours.with_columns(times(left, step.left_time).alias(_TIME)).drop_nulls([*names, _TIME])
    other = (
        theirs.with_columns(times(right, step.right_time).alias(_TIME))
        .drop_nulls([*names, _TIME])
        .select([*names, _TIME, pl.col(PLACE).alias(_OTHER_PLACE), *added])
        # Backward, polars takes the last of those at the same time, forward the first.
        .sort([_TIME, _OTHER_PLACE], descending=[False, backward])
    )
    made = mine.sort(_TIME, maintain_order=True).join_asof(
        other, on=_TIME, by=names or None, strategy=step.direction, check_sortedness=False
    )
    made = made.filter(pl.col(_OTHER_PLACE).is_not_null()).sort(PLACE)
    return left.of(made.drop([PLACE, _OTHER_PLACE, _TIME, *names]), left.mixed | mixed)


def compare(left: Table, right: Table, step: Compare) -> Table:
    """Set a column against that of the other side, for each key that either has: left's order, then right's.

    Raises:
        TransformError: a key is there twice on one side, so that there is no one number to compare.
    """
    name = step.column
    pairs = [(key, key) for key in step.on]
    ours, theirs, names = _keyed(left, right, pairs, nulls_equal=True)
    now, before = numbers(left, name), numbers(right, name)
    kind = pl.Int64 if now.dtype == before.dtype == pl.Int64 and not isinstance(step.missing, float) else pl.Float64
    ours = ours.select([*names, pl.lit(value=True).alias("\0ours"), now.cast(kind).alias("\0now")])
    theirs = theirs.select([*names, pl.lit(value=True).alias("\0theirs"), before.cast(kind).alias("\0before")])
    for side in (ours, theirs):
        _check_keys(side, names, step)
    keys = _all_keys(ours, theirs, names)
    for side in (ours, theirs):
        if names:
            keys = keys.join(side, on=names, how="left", nulls_equal=True)
        else:
            keys = keys.with_columns(_one_row(side).get_columns())
    missing = pl.lit(step.missing, dtype=kind)
    current = pl.when(pl.col("\0ours")).then(pl.col("\0now")).otherwise(missing)
    earlier = pl.when(pl.col("\0theirs")).then(pl.col("\0before")).otherwise(missing)
    # In 128 bits, lest it wrap around.
    difference = (current.cast(pl.Int128) - earlier) if kind is pl.Int64 else current - earlier
    change = pl.when(earlier != 0).then(difference.cast(pl.Float64) / earlier.cast(pl.Float64))
    made = keys.sort(PLACE).select(
        *(pl.col(key).alias(shown) for key, shown in zip(names, step.on, strict=True)),
        current.alias(name),
        earlier.alias(f"{name}_before"),
        difference.alias("difference"),
        change.alias("change"),
    )
    return left.of(made.with_columns(narrowed(made["difference"]), finite(made["change"])), frozenset(step.on))


def _check_keys(side: pl.DataFrame, names: list[str], step: Compare) -> None:
    if side.height != (side.select(names).n_unique() if names else min(side.height, 1)):
        by = ", ".join(step.on) or "nothing"
        raise TransformError(f"several rows are alike in {by}: group them before they are compared", "keys")


def _all_keys(ours: pl.DataFrame, theirs: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    if not names:
        return pl.DataFrame({PLACE: [0]})
    keys = pl.concat([ours.select(names), theirs.select(names)]).unique(maintain_order=True)
    return keys.with_row_index(PLACE)


def _one_row(side: pl.DataFrame) -> pl.DataFrame:
    """Return the one row that there is, or a row of nulls: the key of a total is always there."""
    return side if side.height else pl.DataFrame({column: [None] for column in side.columns}, schema=side.schema)
