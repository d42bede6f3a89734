"""The checks of a VALIDATE on the rows of an earlier task, as plain JSON.

| check | entries | holds when |
|---|---|---|
| `not_empty` | `least` (1) | there are at least so many rows |
| `complete` | `cut_at` | the rows are all that there are: they were not cut, and are fewer than a read stops at |
| `schema` | `columns` {name: type}, `required` | cells are null or of their column's type; required ones aren't |
| `range` | `column`, `least`, `most` | no number or time lies outside; what has no value is left out |
| `freshness` | `column`, `max_age_s` | the newest time of the column is no older than that |
| `unique` | `columns` | no two rows are alike in these columns |
| `policy` | `forbidden` [name], `most` | no row has such a column, at any depth, unmasked; there are no more rows |

`type` is string, integer, number, boolean or date (ISO 8601 text, or epoch ms). Every check is made, whatever the ones
before it have found; of the rows that fail, their number and the first one are told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from models.errors import TransformError
from models.transform.cells import canonical, instant_us, plain

MOST_CHECKS: Final = 50
MASK: Final = "***"
"""What stands for a value that may not be shown; it says nothing, and so breaks no policy."""

Type = Literal["string", "integer", "number", "boolean", "date"]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Names = Annotated[list[Name], msgspec.Meta(min_length=1, max_length=1000)]
Edge = int | float | str | None
Rows = list[dict[str, Any]]


class Finding(NamedTuple):
    """What one check has found.

    Attributes:
        check: its name, `not_empty` and so on.
        passed: whether it holds.
        column: the column that it fails on, or None when it is the rows as a whole.
        failed: how many rows fail; 0 where it is none of them in particular.
        detail: one sentence for a person; empty when the check holds.
    """

    check: str
    passed: bool
    column: str | None = None
    failed: int = 0
    detail: str = ""


class _Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="check"):
    """A check; `check` says which."""


class NotEmpty(_Check, frozen=True, kw_only=True, tag="not_empty"):
    """At least so many rows."""

    least: Annotated[int, msgspec.Meta(ge=1)] = 1


class Complete(_Check, frozen=True, kw_only=True, tag="complete"):
    """All rows that there are; a store that stops by itself after `cut_at` of them doesn't say so."""

    cut_at: Annotated[int, msgspec.Meta(ge=1)] | None = None


class Schema(_Check, frozen=True, kw_only=True, tag="schema"):
    """Columns of these types."""

    columns: dict[Name, Type]
    required: list[Name] = []


class Range(_Check, frozen=True, kw_only=True, tag="range"):
    """Nothing outside; both edges belong to the range."""

    column: Name
    least: Edge = None
    most: Edge = None

    def __post_init__(self) -> None:
        if self.least is None and self.most is None:
            raise ValueError("range needs least or most")
        for edge in (self.least, self.most):
            if isinstance(edge, str) and instant_us(edge) is None:
                raise ValueError(f"an edge is a number or a time in ISO 8601, not {edge!r}")


class Freshness(_Check, frozen=True, kw_only=True, tag="freshness"):
    """Something that is no older."""

    column: Name
    max_age_s: Annotated[float, msgspec.Meta(gt=0)]


class Unique(_Check, frozen=True, kw_only=True, tag="unique"):
    """No two rows alike."""

    columns: Names


class Policy(_Check, frozen=True, kw_only=True, tag="policy"):
    """Nothing that may not be told, and not too much of what may."""

    forbidden: list[Name] = []
    most: Annotated[int, msgspec.Meta(ge=0)] | None = None


_Any = NotEmpty | Complete | Schema | Range | Freshness | Unique | Policy


def check(
    rows: Sequence[Mapping[str, Any]], checks: Sequence[Mapping[str, Any]], *, now_ms: int, cut: bool = False
) -> list[Finding]:
    """Make checks on rows.

    Args:
        rows: JSON values.
        checks: As plain JSON, see above.
        now_ms: What `freshness` measures age from, epoch milliseconds.
        cut: Whether the rows are known to be only some of those that there are.

    Returns:
        One finding for each check, or one for each column that a `schema` or `policy` fails on.

    Raises:
        TransformError: a check is malformed.
    """
    parsed = _parse(checks)
    cleaned: Rows = [{str(name): plain(cell) for name, cell in row.items()} for row in rows]
    return [finding for item in parsed for finding in _made(item, cleaned, now_ms, cut=cut)]


def _parse(checks: Sequence[Mapping[str, Any]]) -> list[_Any]:
    if not isinstance(checks, list | tuple) or not 0 < len(checks) <= MOST_CHECKS:
        raise TransformError(f"checks must be a list of 1 to {MOST_CHECKS} checks", "checks")
    parsed = []
    for place, item in enumerate(checks):
        try:
            parsed.append(msgspec.convert(item, _Any))
        except msgspec.ValidationError as error:
            raise TransformError(f"it is no known check: {error}", "checks", place) from error
    return parsed


def _made(item: _Any, rows: Rows, now_ms: int, *, cut: bool) -> list[Finding]:
    match item:
        case NotEmpty():
            passed = len(rows) >= item.least
            wanted = f"there are {len(rows)} rows, at least {item.least} are wanted"
            found = [Finding("not_empty", passed, detail="" if passed else wanted)]
        case Complete():
            found = [_complete(item, rows, cut=cut)]
        case Schema():
            found = _schema(item, rows)
        case Range():
            found = [_range(item, rows)]
        case Freshness():
            found = [_freshness(item, rows, now_ms)]
        case Unique():
            found = [_unique(item, rows)]
        case Policy():
            found = _policy(item, rows)
    return found or [Finding(str(item.__struct_config__.tag), passed=True)]


_IS: dict[Type, Callable[[Any], bool]] = {
    "string": lambda cell: isinstance(cell, str),
    "integer": lambda cell: isinstance(cell, int) and not isinstance(cell, bool),
    "number": lambda cell: isinstance(cell, int | float) and not isinstance(cell, bool),
    "boolean": lambda cell: isinstance(cell, bool),
    "date": lambda cell: instant_us(cell) is not None,
}


def is_of(kind: str, cell: Any) -> bool:
    """Whether a plain cell is of a type; `any` is what every cell is of, and so is a type that is not known here."""
    known = _IS.get(kind)  # type: ignore[call-overload]
    return True if known is None else bool(known(cell))


def _complete(item: Complete, rows: Rows, *, cut: bool) -> Finding:
    if not cut and (item.cut_at is None or len(rows) < item.cut_at):
        return Finding("complete", passed=True)
    detail = f"only {len(rows):,} rows could be read, and there may be more: what is worked out of them would be wrong"
    return Finding("complete", passed=False, detail=f"{detail}; ask for a shorter time or for fewer values")


def _schema(item: Schema, rows: Rows) -> list[Finding]:
    found = []
    for name, kind in item.columns.items():
        wrong = [at for at, row in enumerate(rows) if row.get(name) is not None and not _IS[kind](row[name])]
        if wrong:
            shown = canonical(rows[wrong[0]][name])[:80]
            detail = f"{name} should be of type {kind}: row {wrong[0] + 1} has {shown}"
            found.append(Finding("schema", passed=False, column=name, failed=len(wrong), detail=detail))
    for name in item.required:
        empty = [at for at, row in enumerate(rows) if row.get(name) is None]
        if empty:
            detail = f"{name} has no value in {len(empty)} rows, row {empty[0] + 1} first"
            found.append(Finding("schema", passed=False, column=name, failed=len(empty), detail=detail))
    return found


def _range(item: Range, rows: Rows) -> Finding:
    name = item.column
    outside = [
        at for at, row in enumerate(rows) if _below(row.get(name), item.least) or _below(item.most, row.get(name))
    ]
    if not outside:
        return Finding("range", passed=True)
    shown = canonical(rows[outside[0]][name])[:80]
    allowed = f"{'' if item.least is None else item.least}..{'' if item.most is None else item.most}"
    detail = f"{name} should lie in {allowed}: row {outside[0] + 1} has {shown}"
    return Finding("range", passed=False, column=name, failed=len(outside), detail=detail)


def _below(one: Any, two: Any) -> bool:
    """Whether one is smaller than the other, both numbers or, if either is text, both times."""
    if isinstance(one, str) or isinstance(two, str):
        one, two = instant_us(one), instant_us(two)
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, two))
    return numbers and one < two


def _freshness(item: Freshness, rows: Rows, now_ms: int) -> Finding:
    newest_us = max((at for row in rows if (at := instant_us(row.get(item.column))) is not None), default=None)
    if newest_us is None:
        detail = f"{item.column} has no time in any row"
    else:
        age_s = now_ms / 1000 - newest_us / 1_000_000
        if age_s <= item.max_age_s:
            return Finding("freshness", passed=True)
        detail = f"the newest {item.column} is {age_s:,.0f} s old, {item.max_age_s:,.0f} s are allowed"
    return Finding("freshness", passed=False, column=item.column, detail=detail)


def _unique(item: Unique, rows: Rows) -> Finding:
    first: dict[str, int] = {}
    again = []
    for at, row in enumerate(rows):
        if first.setdefault(canonical([row.get(name) for name in item.columns]), at) != at:
            again.append(at)
    if not again:
        return Finding("unique", passed=True)
    detail = f"{len(again)} rows are like one before them in {', '.join(item.columns)}, row {again[0] + 1} first"
    return Finding("unique", passed=False, column=item.columns[0], failed=len(again), detail=detail)


def _policy(item: Policy, rows: Rows) -> list[Finding]:
    found = []
    for name in item.forbidden:
        telling = sum(_tells(row, name) for row in rows)
        if telling:
            detail = f"{name} may not be in the answer, and {telling} rows have it"
            found.append(Finding("policy", passed=False, column=name, failed=telling, detail=detail))
    if item.most is not None and len(rows) > item.most:
        detail = f"{len(rows):,} rows, {item.most:,} are allowed"
        found.append(Finding("policy", passed=False, failed=len(rows) - item.most, detail=detail))
    return found


def _tells(value: Any, name: str) -> bool:
    if isinstance(value, dict):
        return any((key == name and item not in (None, MASK)) or _tells(item, name) for key, item in value.items())
    return isinstance(value, list) and any(_tells(item, name) for item in value)
