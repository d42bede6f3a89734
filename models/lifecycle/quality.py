"""Is a data set fit to learn from? Its splits by time, its quality, and columns that give the label away."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.errors import HiveError

__all__ = ["LeakingColumn", "NotEnough", "Quality", "Split", "check_leaks", "check_size", "quality_of", "split_by_time"]

SHARES: Final = (0.70, 0.15, 0.15)
"""Of the samples that are trained on, chosen and calibrated by, and tested on: in the order of time."""

MOST_OUTLYING: Final = 0.10
LEAST_CLASS: Final = 0.05
MOST_CORRELATED: Final = 0.95
MOST_SHIFTED: Final = 0.25
"""Population stability index between the first and the last part of a column, from which it is told."""
GIVES_AWAY: Final = 0.98
"""A column from which alone so large a share of the labels follows holds the label."""
_BINS: Final = 10
_FENCE: Final = 3.0  # outliers lie more than so many interquartile ranges outside of the quartiles
_PARTS: Final = 64


class NotEnough(HiveError):
    """Say how many samples there are, and how many are needed."""


class LeakingColumn(HiveError):
    """Say which column gives the label away."""


class Split(NamedTuple):
    """The rows of each part, in the order of time: no row of a part is younger than any of the next."""

    train: NDArray[np.int64]
    tune: NDArray[np.int64]
    test: NDArray[np.int64]


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say about a data set; `warnings` say what is out of bounds, in words.

    Attributes:
        samples: How many.
        missing: The share of cells without a number.
        outlying: By column, the share of values far outside; columns without any are left out.
        classes: The share of each label.
        constant: Columns with one value alone.
        correlated: Pairs of columns that say nearly the same, with their correlation.
        shifted: By column, the stability index between the first and the last part of the time, where it is high.
        warnings: See above.
    """

    samples: int
    missing: float
    outlying: dict[str, float]
    classes: dict[str, float]
    constant: list[str]
    correlated: list[tuple[str, str, float]]
    shifted: dict[str, float]
    warnings: list[str]


def check_size(found: int, least: int, *, whose: str) -> None:
    """Refuse a data set that is too small.

    Raises:
        NotEnough: it is.
    """
    if found < least:
        raise NotEnough(f"{whose}: not enough samples, {found:,} of {least:,}; wait, or lower --min-samples knowingly")


def split_by_time(at_ms: NDArray[np.int64]) -> Split:
    """Split rows that are in the order of their time; rows of one instant stay together.

    Raises:
        NotEnough: a part would be empty.
    """
    n = len(at_ms)
    if (np.diff(at_ms) < 0).any():
        raise ValueError("at_ms: must not fall")
    ends = [int(n * SHARES[0]), int(n * (SHARES[0] + SHARES[1]))]
    first, second = (int(np.searchsorted(at_ms, at_ms[min(end, n - 1)], side="left")) if n else 0 for end in ends)
    if not 0 < first < second < n:
        raise NotEnough(f"{n} samples at {len(np.unique(at_ms))} instants can't be split by time into three parts")
    rows = np.arange(n)
    return Split(rows[:first], rows[first:second], rows[second:])


def check_leaks(rows: NDArray[np.float64], labels: NDArray[np.int64], names: tuple[str, ...]) -> None:
    """Refuse a column from which alone nearly every label follows.

    Each column is cut into at most 64 parts by every second row, each part is given its commonest label there, and that
    is held against the rows between. A world in which one label alone occurs gives nothing away.

    Raises:
        LeakingColumn: there is one.
    """
    if len(rows) < 2 or np.bincount(labels).max() / len(labels) >= GIVES_AWAY:
        return
    for place, name in enumerate(names):
        right = _told_by(rows[:, place], labels)
        if right >= GIVES_AWAY:
            raise LeakingColumn(
                f"{name}: {right:.1%} of the labels follow from it alone: it is what is to be predicted"
            )


def _told_by(column: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    # Every second row: both halves are of all times.
    seen, asked = slice(0, None, 2), slice(1, None, 2)
    values = np.unique(column[seen])
    cuts = values if len(values) <= _PARTS else np.unique(np.quantile(column[seen], np.linspace(0, 1, _PARTS + 1)))
    part = np.searchsorted(cuts, column, side="right")
    counts = np.zeros((len(cuts) + 1, int(labels.max()) + 1))
    np.add.at(counts, (part[seen], labels[seen]), 1)
    return float((counts.argmax(axis=1)[part[asked]] == labels[asked]).mean())


def quality_of(rows: NDArray[np.float64], labels: list[str], names: tuple[str, ...]) -> Quality:
    """Look at a data set in the order of its time."""
    missing = float(np.isnan(rows).mean()) if rows.size else 0.0
    classes = {label: labels.count(label) / len(labels) for label in sorted(set(labels))}
    constant = [name for place, name in enumerate(names) if len(rows) and np.ptp(rows[:, place]) == 0.0]
    outlying, shifted = {}, {}
    for place, name in enumerate(names):
        if len(rows) and name not in constant:
            outlying[name] = _outlying(rows[:, place])
            shifted[name] = _stability(rows[:, place])
    outlying = {name: share for name, share in outlying.items() if share > 0.0}
    shifted = {name: index for name, index in shifted.items() if index > MOST_SHIFTED}
    correlated = _correlated(rows, names, frozenset(constant))
    warnings = [
        *([f"{missing:.1%} of the cells hold no number"] if missing else []),
        *(f"{label}: {share:.1%} of the samples, at least {LEAST_CLASS:.0%} are wanted"
          for label, share in classes.items() if share < LEAST_CLASS),
        *(f"{name}: {share:.1%} of its values lie far outside" for name, share in outlying.items()
          if share > MOST_OUTLYING),
        *(f"{name}: has moved over the period (stability index {index:.2f})" for name, index in shifted.items()),
    ]  # fmt: skip
    return Quality(
        samples=len(labels),
        missing=missing,
        outlying=outlying,
        classes=classes,
        constant=constant,
        correlated=correlated,
        shifted=shifted,
        warnings=warnings,
    )


def _outlying(column: NDArray[np.float64]) -> float:
    low, high = np.quantile(column, (0.25, 0.75))
    reach = _FENCE * (high - low)
    if reach == 0.0:
        return 0.0  # more than half of its values are one and the same: no measure of what is far
    return float(((column < low - reach) | (column > high + reach)).mean())


def _stability(column: NDArray[np.float64]) -> float:
    """Return the population stability index of the last third against the first, over the deciles of the first."""
    third = max(1, len(column) // 3)
    first, last = column[:third], column[-third:]
    cuts = np.unique(np.quantile(first, np.linspace(0, 1, _BINS + 1)[1:-1]))
    share = [
        (np.bincount(np.searchsorted(cuts, part, side="right"), minlength=len(cuts) + 1) + 0.5)
        / (len(part) + 0.5 * (len(cuts) + 1))
        for part in (first, last)
    ]
    return float(((share[1] - share[0]) * np.log(share[1] / share[0])).sum())


def _correlated(
    rows: NDArray[np.float64], names: tuple[str, ...], constant: frozenset[str]
) -> list[tuple[str, str, float]]:
    kept = [place for place, name in enumerate(names) if name not in constant]
    if len(rows) < 2 or len(kept) < 2:
        return []
    matrix: NDArray[np.float64] = np.atleast_2d(np.corrcoef(rows[:, kept], rowvar=False))
    pairs = np.argwhere(np.triu(np.abs(matrix), 1) > MOST_CORRELATED)
    return [(names[kept[a]], names[kept[b]], round(float(matrix[a, b]), 4)) for a, b in pairs]
