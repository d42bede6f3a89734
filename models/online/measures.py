"""Prequential measures: how good predictions were that were made before their labels were known.

Since the start and over the newest `window` of them, one update in constant time. The sources: kappa (Cohen 1960),
kappa-temporal (Zliobaite et al. 2015), the geometric mean of the recalls (Kubat, Matwin 1997), the expected
calibration error (Naeini, Cooper, Hauskrecht 2015; ten bins).
"""

from __future__ import annotations

from collections import Counter, deque
from math import exp, log
from typing import Final, NamedTuple

import msgspec

__all__ = ["Measures", "Outcome", "Prequential"]

BINS: Final = 10
_LEAST: Final = 1e-6
"""Probabilities below count as this where their logarithm is asked for: one sure mistake would outweigh all else."""


class Outcome(NamedTuple):
    """A prediction and what turned out to be right.

    Attributes:
        label: What was right.
        predicted: What was said; None where nothing was known yet, which is never right.
        no_change: The newest label that was known when it was said; None before the first.
        confidence: How sure it was of `predicted`, 0 to 1.
        of_label: The probability that it gave to what was right, 0 to 1.
    """

    label: str
    predicted: str | None
    no_change: str | None
    confidence: float
    of_label: float


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures; None where they aren't defined (nothing yet, or a divisor of 0).

    Attributes:
        n: How many predictions.
        accuracy: The share that was right.
        macro_f1: The mean over the labels of 2 right / (predicted + there).
        kappa: (accuracy - p) / (1 - p), with p what chance would get with the same shares of labels.
        kappa_temporal: The same with p the accuracy of always saying the newest known label.
        geometric_mean: Of the recalls of all labels; 0 as soon as one label is never found.
        log_loss: The mean of -ln of the probability given to what was right.
        ece: By how much confidence and accuracy differ, over ten bins of confidence by their size.
        no_change: The accuracy of always saying the newest known label.
        majority: The share of the most frequent label.
    """

    n: int
    accuracy: float | None
    macro_f1: float | None
    kappa: float | None
    kappa_temporal: float | None
    geometric_mean: float | None
    log_loss: float | None
    ece: float | None
    no_change: float | None
    majority: float | None


class Prequential:
    """Counts outcomes since the start, and the newest ones apart."""

    def __init__(self, *, window: int = 1_000) -> None:
        """Start with nothing; `window` is how many of the newest outcomes `rolling` is about."""
        if window < 1:
            raise ValueError(f"window: at least 1 was expected, not {window}")
        self._ever, self._newest = _Counts(), _Counts()
        self._outcomes: deque[Outcome] = deque()
        self._window = window

    def update(self, outcome: Outcome) -> None:
        """Take an outcome."""
        self._ever.add(outcome, 1)
        self._newest.add(outcome, 1)
        self._outcomes.append(outcome)
        if len(self._outcomes) > self._window:
            self._newest.add(self._outcomes.popleft(), -1)

    def since_start(self) -> Measures:
        """Return the figures of all outcomes."""
        return self._ever.measures()

    def rolling(self) -> Measures:
        """Return the figures of the newest `window`."""
        return self._newest.measures()

    @property
    def rolling_accuracy(self) -> float | None:
        """The accuracy of the newest `window` alone, for those who ask at each step."""
        return self._newest.right / self._newest.n if self._newest.n else None


class _Counts:
    """What the figures are made of: all of it can be taken out again."""

    def __init__(self) -> None:
        self.n = self.right = self._unchanged = 0
        self._labels: Counter[str] = Counter()
        self._predicted: Counter[str | None] = Counter()
        self._hits: Counter[str] = Counter()
        self._loss = 0.0
        self._in_bin = [0] * BINS
        self._claimed = [0.0] * BINS
        self._right_in_bin = [0] * BINS

    def add(self, outcome: Outcome, times: int) -> None:
        label, predicted, no_change, confidence, of_label = outcome
        right = label == predicted
        self.n += times
        self._labels[label] += times
        self._predicted[predicted] += times
        self._unchanged += times * (no_change == label)
        self._loss -= times * log(max(of_label, _LEAST))
        at = min(max(int(confidence * BINS), 0), BINS - 1)
        self._in_bin[at] += times
        self._claimed[at] += times * confidence
        if right:
            self.right += times
            self._hits[label] += times
            self._right_in_bin[at] += times

    def measures(self) -> Measures:
        if not self.n:
            return Measures(n=0, **dict.fromkeys(Measures.__struct_fields__[1:]))
        n = self.n
        there = {label: count for label, count in self._labels.items() if count}
        accuracy, no_change = self.right / n, self._unchanged / n
        by_chance = sum(count * self._predicted[label] for label, count in there.items()) / (n * n)
        # A label that is only ever predicted counts as well: its F1 is 0.
        named = there.keys() | {label for label, count in self._predicted.items() if count and label is not None}
        recalls = [self._hits[label] / count for label, count in there.items()]
        return Measures(
            n=n,
            accuracy=accuracy,
            macro_f1=sum(2 * self._hits[each] / (self._labels[each] + self._predicted[each]) for each in named)
            / len(named),
            kappa=_beyond(accuracy, by_chance),
            kappa_temporal=_beyond(accuracy, no_change),
            geometric_mean=exp(sum(map(log, recalls)) / len(recalls)) if all(recalls) else 0.0,
            log_loss=self._loss / n,
            ece=sum(abs(claimed - right) for claimed, right in zip(self._claimed, self._right_in_bin, strict=True)) / n,
            no_change=no_change,
            majority=max(there.values()) / n,
        )


def _beyond(accuracy: float, reference: float) -> float | None:
    return (accuracy - reference) / (1.0 - reference) if reference < 1.0 else None
