"""Rows of text cells to numbers, learned as they come: numbers, categories, and cells that are empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import isfinite
from typing import Final

__all__ = ["MISSING", "RowEncoder"]

MISSING: Final = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})
"""What stands for no value, in lower case."""

_MOST_CATEGORIES: Final = 30
"""Categories of one column with a feature of their own: the first ones that come; later ones share `=other`."""


class RowEncoder:
    """Turns the cells of a row into features.

    A column whose cells have all been numbers so far is a number; what is missing counts as the mean so far, and is
    told by the feature `column?`. As soon as a cell is none, the column is one of categories, with a feature
    `column=category` each, 1 or 0. Features once there stay, so that learners can rely on them: a column that turns
    out to be categories keeps its number, at its mean.
    """

    def __init__(self) -> None:
        self._sums: dict[str, tuple[int, float]] = {}
        self._categories: dict[str, dict[str, str]] = {}
        self._gaps: dict[str, str] = {}
        self.categorical: set[str] = set()
        self.missing: Counter[str] = Counter()

    def encode(self, cells: Mapping[str, str]) -> dict[str, float]:
        """Return the features of a row, and remember what is new in it."""
        row: dict[str, float] = {}
        for column, cell in cells.items():
            text = cell.strip()
            absent = text.lower() in MISSING
            number = None if absent else _number(text)
            if absent:
                self.missing[column] += 1
                self._gaps.setdefault(column, f"{column}?")
            elif number is None and column not in self.categorical:
                self.categorical.add(column)
            if column in self.categorical:
                self._encode_category(row, column, "" if absent else text)
            else:
                count, total = self._sums.get(column, (0, 0.0))
                mean = total / count if count else 0.0
                row[column] = mean if number is None else number
                if number is not None:
                    self._sums[column] = count + 1, total + number
            if column in self._gaps:
                row[self._gaps[column]] = float(absent)
        return row

    def _encode_category(self, row: dict[str, float], column: str, category: str) -> None:
        known = self._categories.setdefault(column, {})
        if column in self._sums:
            count, total = self._sums[column]
            row[column] = total / count
        if category and category not in known:
            full = len(known) >= _MOST_CATEGORIES
            known[category if not full else "other"] = f"{column}={'other' if full else category}"
        for name in known.values():
            row[name] = 0.0
        if category:
            row[known.get(category) or f"{column}=other"] = 1.0


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None
