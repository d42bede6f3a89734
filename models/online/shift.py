"""Has the world moved? Windows of features and of labels beside a reference; neither needs the other.

PSI, the population stability index: the sum over bins of (p - q) ln(p / q), the bins being tenths of the reference;
below 0.1 nothing moves, above 0.25 much does (Siddiqi 2006). KS, the largest distance of two distribution functions;
its probability is the asymptotic one (Smirnov 1948).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import erfc, exp, log, sqrt
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.records import FeatureShift

__all__ = ["FeatureWatch", "LabelWatch", "ShiftSettings", "ks", "psi"]

BINS: Final = 10
_SHOWN: Final = 5


class ShiftSettings(msgspec.Struct, frozen=True, kw_only=True):
    """When a window counts as moved.

    Attributes:
        window: Examples of a window, and of the reference.
        interval: Examples from one look to the next.
        psi: From which index on.
        p: Below which probability, of all features together (Bonferroni): both must hold.
    """

    window: int = 500
    interval: int = 250
    psi: float = 0.25
    p: float = 0.001


def psi(reference: Sequence[float] | NDArray[np.float64], current: Sequence[float] | NDArray[np.float64]) -> float:
    """Return the population stability index of two samples of numbers, over tenths of the first.

    Half an example is added to each bin, as an empty one would be infinitely far.
    """
    edges = np.unique(np.quantile(reference, np.arange(1, BINS) / BINS))
    counts = [
        np.bincount(np.searchsorted(edges, side, "left"), minlength=len(edges) + 1) for side in (reference, current)
    ]
    return _psi(*(side.tolist() for side in counts))


def _psi(first: Sequence[float], second: Sequence[float]) -> float:
    of_first, of_second = sum(first) + 0.5 * len(first), sum(second) + 0.5 * len(second)
    total = 0.0
    for one, other in zip(first, second, strict=True):
        p, q = (one + 0.5) / of_first, (other + 0.5) / of_second
        total += (p - q) * log(p / q)
    return total


def ks(reference: NDArray[np.float64], current: NDArray[np.float64]) -> tuple[float, float]:
    """Return the Kolmogorov-Smirnov distance of two samples, and how probable one as large is without any change."""
    first, second = np.sort(reference), np.sort(current)
    both = np.concatenate([first, second])
    apart = np.searchsorted(first, both, "right") / len(first) - np.searchsorted(second, both, "right") / len(second)
    distance = float(np.abs(apart).max())
    root = sqrt(len(first) * len(second) / (len(first) + len(second)))
    z = distance * (root + 0.12 + 0.11 / root)  # Stephens 1970: good from four examples on
    if z < 0.3:
        return distance, 1.0
    p = 2.0 * sum((-1) ** (k - 1) * exp(-2.0 * k * k * z * z) for k in range(1, 101))
    return distance, min(max(p, 0.0), 1.0)


class FeatureWatch:
    """The newest rows beside the first ones; when they have moved, the next window is the reference."""

    def __init__(self, settings: ShiftSettings) -> None:
        """Start with nothing seen."""
        self._settings = settings
        self._names: tuple[str, ...] = ()
        self._reference: NDArray[np.float64] | None = None
        self._rows: list[list[float]] = []
        self._since = 0

    def update(self, row: Mapping[str, float]) -> list[FeatureShift]:
        """Take a row; return the features that have moved, the first most of all, where it was time to look."""
        settings = self._settings
        if tuple(row) != self._names:
            if set(row) != set(self._names):  # other features: begin again
                self._names, self._reference, self._rows, self._since = tuple(row), None, [], 0
            row = {name: row[name] for name in self._names}
        self._rows.append(list(row.values()))
        self._since += 1
        if self._reference is None:
            if len(self._rows) == settings.window:
                self._reference, self._rows, self._since = np.array(self._rows), [], 0
            return []
        if len(self._rows) < settings.window or self._since < settings.interval:
            return []
        self._since = 0
        self._rows = self._rows[-settings.window :]
        moved = [
            shift for shift in self.shifts() if shift.psi >= settings.psi and shift.p * len(self._names) < settings.p
        ]
        if moved:
            self._reference, self._rows = None, []
        return moved

    def shifts(self) -> list[FeatureShift]:
        """Return how far each feature is from the reference, the first farthest; nothing before there are 50 rows."""
        rows = self._rows[-self._settings.window :]
        if self._reference is None or len(rows) < 50:
            return []
        current = np.array(rows)
        found = []
        for at, name in enumerate(self._names):
            before, after = self._reference[:, at], current[:, at]
            distance, p = ks(before, after)
            found.append(
                FeatureShift(
                    name=name,
                    psi=psi(before, after),
                    ks=distance,
                    p=p,
                    before=float(before.mean()),
                    after=float(after.mean()),
                )
            )
        return sorted(found, key=lambda shift: (-shift.ks, shift.name))

    def movers(self) -> list[FeatureShift]:
        """Return the few that are farthest."""
        return self.shifts()[:_SHOWN]


class LabelWatch:
    """The mix of the newest labels beside the first ones'; when it has moved, the next window is the reference."""

    def __init__(self, settings: ShiftSettings) -> None:
        """Start with nothing seen."""
        self._settings = settings
        self._reference: Counter[str] | None = None
        self._newest: list[str] = []
        self._since = 0

    def update(self, label: str) -> tuple[float, float] | None:
        """Take a label; where the mix moved, return the index, and how probable its least probable share is."""
        settings = self._settings
        self._newest.append(label)
        self._since += 1
        if self._reference is None:
            if len(self._newest) == settings.window:
                self._reference, self._newest, self._since = Counter(self._newest), [], 0
            return None
        if len(self._newest) < settings.window or self._since < settings.interval:
            return None
        self._since = 0
        self._newest = self._newest[-settings.window :]
        current = Counter(self._newest)
        labels = sorted(self._reference.keys() | current.keys())
        index = _psi([self._reference[each] for each in labels], [current[each] for each in labels])
        p = _least_p(self._reference, current, labels)
        if index < settings.psi or p * len(labels) >= settings.p:
            return None
        self._reference, self._newest = None, []
        return index, p


def _least_p(reference: Mapping[str, int], current: Mapping[str, int], labels: Iterable[str]) -> float:
    """How probable the least probable change of a label's share is: two shares, the normal approximation, two-sided."""
    of_first, of_second = sum(reference.values()), sum(current.values())
    least = 1.0
    for label in labels:
        one, other = reference.get(label, 0), current.get(label, 0)
        share = (one + other) / (of_first + of_second)
        deviation = sqrt(share * (1.0 - share) * (1.0 / of_first + 1.0 / of_second))
        if deviation:
            z = abs(one / of_first - other / of_second) / deviation
            least = min(least, erfc(z / sqrt(2.0)))
    return least
