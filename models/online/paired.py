"""Two learners on the same examples: is the second one better?"""

from __future__ import annotations

from math import log
from typing import Final

__all__ = ["Comparison"]

_SHARES: Final = (0.55, 0.7)
"""Shares of the examples on which they differ that the better one may be right on: a little better, and much."""
_WON: Final = tuple(log(2.0 * share) for share in _SHARES)
_LOST: Final = tuple(log(2.0 * (1.0 - share)) for share in _SHARES)


class Comparison:
    """Page's test (1954) on the examples on which exactly one of two learners is right.

    Were the two equally good, each would be right on half of these. The sum of the log likelihood ratios against that,
    cut off at 0, goes beyond ln(1 / alpha) once in 1 / alpha of them, on average, or more rarely (Lorden 1971), however
    often one looks; and it asks whether the challenger is better *now*, however long the champion was.
    """

    def __init__(self, *, alpha: float = 0.001) -> None:
        """Start anew; `alpha` is one over how many differences go by, at least, before equals are told apart."""
        if not 0.0 < alpha < 1.0:
            raise ValueError(f"alpha: between 0 and 1 was expected, not {alpha}")
        self.alpha = alpha
        self.n = 0
        self.won = self.lost = 0
        self._sums = [0.0] * len(_SHARES)

    def update(self, *, champion_right: bool, challenger_right: bool) -> None:
        """Take an example that both have predicted."""
        self.n += 1
        if champion_right == challenger_right:
            return
        self.won += challenger_right
        self.lost += champion_right
        steps = _WON if challenger_right else _LOST
        self._sums = [max(0.0, total + step) for total, step in zip(self._sums, steps, strict=True)]

    @property
    def challenger_is_better(self) -> bool:
        """Whether the challenger has shown to be better."""
        return max(self._sums) >= -log(self.alpha)
