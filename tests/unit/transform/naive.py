"""The steps in plain Python over lists of dictionaries: slow, and written from their documentation alone."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]


def same(one: Any, two: Any) -> bool:
    """Whether two answers are alike: numbers to what floating point loses, truth values apart from numbers."""
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    if isinstance(one, int | float) and isinstance(two, int | float):
        return math.isclose(one, two, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(same, one, two))
    return type(one) is type(two) and bool(one == two)


def complete(rows: list[Row]) -> list[Row]:
    """Give every row all the columns, as the first rows that have them order them."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in names} for row in rows]


def key(cell: Any) -> str:
    """What makes cells equal: their kind and what they say; 1 is 1.0, and neither is true."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return f"number {float(cell)}"
    return json.dumps(cell, sort_keys=True)


def kind(cell: Any) -> int:
    if isinstance(cell, bool):
        return 3
    return 0 if isinstance(cell, int | float) else 1 if isinstance(cell, str) else 2


def at(cell: Any) -> datetime | None:
    if isinstance(cell, str) and len(cell) >= 10:
        try:
            found = datetime.fromisoformat(cell)
        except ValueError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return datetime.fromtimestamp(cell / 1000, UTC)
    return None


def order(cell: Any) -> tuple[Any, ...]:
    """Cells in order: nothing, numbers, texts (those that are times by time), nested ones, truth values."""
    if cell is None:
        return (-1,)
    found = at(cell) if isinstance(cell, str) else None
    return (kind(cell), found or (json.dumps(cell, sort_keys=True) if kind(cell) == 2 else cell))


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda one, two: one > two,
    "gte": lambda one, two: one >= two,
    "lt": lambda one, two: one < two,
    "lte": lambda one, two: one <= two,
}


def _equal(cell: Any, value: Any) -> bool:
    if isinstance(value, str) and at(value):
        return at(cell) == at(value)
    return key(cell) == key(value)


def _ordered(cell: Any, operator: str, value: Any) -> bool:
    if cell is None:
        return False
    if isinstance(value, str) and at(value):
        found = at(cell)
        return found is not None and _COMPARED[operator](found, at(value))
    return kind(cell) == kind(value) and _COMPARED[operator](cell, value)


def where(rows: list[Row], column: str, operator: str, values: list[Any]) -> list[Row]:
    def holds(cell: Any) -> bool:
        if operator in ("eq", "in"):
            return any(_equal(cell, value) for value in values)
        if operator in ("ne", "nin"):
            return not any(_equal(cell, value) for value in values)
        if operator == "between":
            return _ordered(cell, "gte", values[0]) and _ordered(cell, "lte", values[1])
        return _ordered(cell, operator, values[0])

    return [row for row in complete(rows) if holds(row.get(column))]


def sort(rows: list[Row], by: list[list[str]]) -> list[Row]:
    made = complete(rows)
    for column, way in reversed(by):
        made.sort(key=lambda row: order(row.get(column)), reverse=way == "desc")
    return made


def measure(rows: list[Row], function: str, column: str | None) -> Any:
    if column is None:
        return len(rows)
    cells = [row[column] for row in rows if row.get(column) is not None]
    numbers = [cell for cell in cells if kind(cell) == 0]
    if function == "sum":
        return sum(numbers)
    if function == "avg":
        return sum(numbers) / len(numbers) if numbers else None
    if function in ("count", "distinct"):
        return len(cells) if function == "count" else len({key(cell) for cell in cells})
    return (min if function == "min" else max)(cells, key=order, default=None)


_WRITTEN = {"hour": "%Y-%m-%d %H:00", "day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m", "year": "%Y"}


def cut(cell: Any, unit: str | None) -> Any:
    if unit is None:
        return cell
    found = at(cell)
    if found is None:
        return None
    found = found.astimezone(UTC)
    return f"{found.year}-Q{(found.month + 2) // 3}" if unit == "quarter" else found.strftime(_WRITTEN[unit])


def group(rows: list[Row], by: list[Row], measures: list[Row]) -> list[Row]:
    found: dict[tuple[str, ...], tuple[list[Any], list[Row]]] = {}
    for row in rows:
        cells = [cut(row.get(item["column"]), item["unit"]) for item in by]
        found.setdefault(tuple(map(key, cells)), (cells, []))[1].append(row)
    if not by:
        found = {(): ([], rows)}
    names = [item["as"] for item in by]
    return [
        dict(zip(names, cells, strict=True))
        | {item["as"]: measure(members, item["function"], item["column"]) for item in measures}
        for cells, members in found.values()
    ]


def share(rows: list[Row], column: str, name: str, within: tuple[str, ...] = ()) -> list[Row]:
    made = complete(rows)
    alike: dict[tuple[str, ...], list[Row]] = {}
    for row in made:
        alike.setdefault(tuple(key(row.get(one)) for one in within), []).append(row)
    totals = {told: measure(members, "sum", column) for told, members in alike.items()}
    for row in made:
        cell = row.get(column)
        total = totals[tuple(key(row.get(one)) for one in within)]
        row[name] = cell / total if total and cell is not None and kind(cell) == 0 else None
    return made


def join(rows: list[Row], other: list[Row], on: list[list[str]], how: str, prefix: str) -> list[Row]:
    rows, other = complete(rows), complete(other)
    taken = list(rows[0]) if rows else []
    shown: dict[str, str] = {}
    for name in other[0] if other else []:
        if name not in [right for _, right in on]:
            shown[name] = prefix + name
            while shown[name] in taken:
                shown[name] += "_right"
            taken.append(shown[name])

    def matches(row: Row, two: Row) -> bool:
        return all(
            row.get(left) is not None and two.get(right) is not None and key(row[left]) == key(two[right])
            for left, right in on
        )

    made = []
    for row in rows:
        found = [two for two in other if matches(row, two)]
        if how in ("semi", "anti"):
            made += [row] if bool(found) == (how == "semi") else []
            continue
        made += [row | {shown[name]: two[name] for name in shown} for two in found]
        if how == "left" and not found:
            made.append(row | dict.fromkeys(shown.values()))
    return made


def join_asof(rows: list[Row], other: list[Row], times: tuple[str, str], *, backward: bool, prefix: str) -> list[Row]:
    """Those of one column `k` on both sides."""
    made = []
    for row in complete(rows):
        moment = at(row.get(times[0]))
        best: tuple[Any, Row] | None = None
        for two in complete(other):
            found = at(two.get(times[1]))
            if moment is None or found is None or row.get("k") is None or key(row["k"]) != key(two.get("k")):
                continue
            fits = found <= moment if backward else found >= moment
            if fits and (best is None or (found > best[0] if backward else found < best[0])):
                best = (found, two)
        if best is not None:
            made.append(row | {prefix + name: cell for name, cell in best[1].items() if name != "k"})
    return made


def compare(rows: list[Row], other: list[Row], on: list[str], column: str, missing: Any) -> list[Row]:
    def keyed(side: list[Row]) -> dict[tuple[str, ...], Row]:
        return {tuple(key(row.get(name)) for name in on): row for row in side}

    now, before = keyed(rows), keyed(other)
    made = []
    for found in dict.fromkeys([*now, *before]) if on else [()]:
        row = now.get(found) or before.get(found) or {}
        one = _number(now[found].get(column)) if found in now else missing
        two = _number(before[found].get(column)) if found in before else missing
        difference = None if one is None or two is None else one - two
        change = difference / two if difference is not None and two else None
        made.append(
            {name: row.get(name) for name in on}
            | {column: one, f"{column}_before": two, "difference": difference, "change": change}
        )
    return made


def _number(cell: Any) -> Any:
    return cell if cell is not None and kind(cell) == 0 else None


def pivot(rows: list[Row], index: list[str], column: str, value: str, function: str) -> list[Row]:
    """Without names and with `missing` 0."""
    labels = {key(row.get(column)): row.get(column) for row in rows if row.get(column) is not None}
    ordered = sorted(labels.values(), key=order)
    made = []
    for cells in group(rows, [{"column": name, "as": name, "unit": None} for name in index], []) if index else [{}]:
        members = [row for row in rows if all(key(row.get(name)) == key(cells[name]) for name in index)]
        line = dict(cells)
        for label in ordered:
            found = [row for row in members if key(row.get(column)) == key(label)]
            made_of = measure(found, function, value) if found else None
            line[label if isinstance(label, str) else json.dumps(label)] = 0 if made_of is None else made_of
        made.append(line)
    return made
