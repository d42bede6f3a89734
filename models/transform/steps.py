"""The steps as typed records; `models.planning.grounding.steps` says what each does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from models.errors import TransformError
from models.transform.limits import Limits

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Names = Annotated[list[Name], msgspec.Meta(min_length=1, max_length=100)]
Unit = Literal["hour", "day", "weekday", "week", "month", "quarter", "year"]
Function = Literal["count", "sum", "avg", "min", "max", "distinct"]
Operator = Literal["in", "nin", "eq", "ne", "gt", "gte", "lt", "lte", "between"]
Pair = tuple[Name, Name]
Pairs = Annotated[list[Pair], msgspec.Meta(min_length=1, max_length=10)]


class _Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="op"):
    """A step; `op` says which."""


class Where(_Step, frozen=True, kw_only=True, tag="where"):
    """Keep the rows whose column compares so with the values."""

    column: Name
    operator: Operator
    values: Annotated[list[Any], msgspec.Meta(max_length=1000)]

    def __post_init__(self) -> None:
        wanted = {"in": None, "nin": None, "between": 2}.get(self.operator, 1)
        if wanted is not None and len(self.values) != wanted:
            raise ValueError(f"{self.operator} takes {wanted} values, not {len(self.values)}")


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column to group by, a time cut to its unit."""

    column: Name
    name: Name = msgspec.field(name="as")
    unit: Unit | None = None


class Measured(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measure of each group; only a count goes without a column."""

    name: Name = msgspec.field(name="as")
    function: Function
    column: Name | None = None

    def __post_init__(self) -> None:
        if self.column is None and self.function != "count":
            raise ValueError(f"{self.function} needs a column")


class GroupBy(_Step, frozen=True, kw_only=True, tag="group"):
    """Make one row for each key."""

    by: Annotated[list[Key], msgspec.Meta(max_length=20)]
    measures: Annotated[list[Measured], msgspec.Meta(max_length=100)]

    def __post_init__(self) -> None:
        names = [key.name for key in self.by] + [measure.name for measure in self.measures]
        _different(names)
        if not names:
            raise ValueError("group needs a key or a measure")


class Share(_Step, frozen=True, kw_only=True, tag="share"):
    """Add the part that a column is of its sum, or of its sum over the rows that are alike `within` some columns."""

    column: Name
    name: Name = msgspec.field(name="as")
    within: Annotated[list[Name], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=list[Name])


class Join(_Step, frozen=True, kw_only=True, tag="join"):
    """Join the rows of another task."""

    other: Name = msgspec.field(name="with")
    on: Pairs
    how: Literal["inner", "left", "semi", "anti"]
    prefix: Annotated[str, msgspec.Meta(max_length=256)] = ""


class JoinAsof(_Step, frozen=True, kw_only=True, tag="join_asof"):
    """Join to each row the other task's nearest one in time."""

    other: Name = msgspec.field(name="with")
    on: Annotated[list[Pair], msgspec.Meta(max_length=10)]
    left_time: Name
    right_time: Name
    direction: Literal["backward", "forward"]
    prefix: Annotated[str, msgspec.Meta(max_length=256)] = ""


class Compare(_Step, frozen=True, kw_only=True, tag="compare"):
    """Set a column against that of another task's rows."""

    other: Name = msgspec.field(name="with")
    on: Annotated[list[Name], msgspec.Meta(max_length=10)]
    column: Name
    missing: int | float | None = None

    def __post_init__(self) -> None:
        _different([*self.on, self.column, f"{self.column}_before", "difference", "change"])


class Pivot(_Step, frozen=True, kw_only=True, tag="pivot"):
    """Make a column of each value of a column."""

    index: Annotated[list[Name], msgspec.Meta(max_length=20)]
    column: Name
    value: Name
    function: Function
    names: Names | None = None
    missing: int | float | None = None

    def __post_init__(self) -> None:
        _different([*self.index, *(self.names or ())])


class Sort(_Step, frozen=True, kw_only=True, tag="sort"):
    """Put the rows in order."""

    by: Annotated[list[tuple[Name, Literal["asc", "desc"]]], msgspec.Meta(min_length=1, max_length=20)]


class Limit(_Step, frozen=True, kw_only=True, tag="limit"):
    """Keep the first rows."""

    count: Annotated[int, msgspec.Meta(ge=0, le=2**31)]


class Select(_Step, frozen=True, kw_only=True, tag="select"):
    """Keep these columns."""

    columns: Names

    def __post_init__(self) -> None:
        _different(self.columns)


Step = Where | GroupBy | Share | Join | JoinAsof | Compare | Pivot | Sort | Limit | Select


class Numbered(NamedTuple):
    """A step, and its place in the list: 0 is the first."""

    place: int
    step: Step


def _different(names: list[str]) -> None:
    if len(set(names)) != len(names):
        raise ValueError(f"two columns have one name: {', '.join(names)}")


def parse_steps(steps: Sequence[Mapping[str, Any]], limits: Limits) -> list[Numbered]:
    """Check steps of plain JSON.

    Raises:
        TransformError: they are no such steps, or too many; it says which one and what is wrong.
    """
    if not isinstance(steps, list | tuple):
        raise TransformError("steps must be a list of steps", "steps")
    if len(steps) > limits.steps:
        raise TransformError(f"there are {len(steps)} steps, {limits.steps} are allowed", "steps")
    parsed = []
    for place, step in enumerate(steps):
        try:
            parsed.append(Numbered(place, msgspec.convert(step, Step)))
        except msgspec.ValidationError as error:
            raise TransformError(f"it is no known step: {error}", "steps", place) from error
    return parsed
