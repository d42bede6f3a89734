"""What the outcomes of an experiment show, however often one looks, while traffic grows and base rates move.

Pooling two arms is wrong under a ramp: who is treated late meets another base rate (Simpson). All of these therefore
bet on the *arm*, given what was observed, at the probability `p` with which that unit was assigned: without any effect
the arm is a coin with that `p`, whatever the base rate does and however `p` has grown. The product of the bets is a
test martingale, so it ever exceeds 1 / alpha with a probability of alpha at most (Ville 1939), after any number of
looks; a mean of such products over several sizes of effect is one, too. See Ramdas, Grünwald, Vovk and Shafer (2023),
"Game-theoretic statistics and safe anytime-valid inference".

Each unit must be new: one coin is bet on once. Evidence is kept as logarithms, and values are replaced, not changed.
"""

from __future__ import annotations

from math import exp, lgamma, log, sqrt
from typing import Final

import msgspec

__all__ = ["Breaker", "Excess", "Interval", "Lift", "SampleRatio"]

EFFECTS: Final = (0.02, 0.05, 0.1, 0.2)
"""Differences of rates that are bet on, upwards and downwards."""
FACTORS: Final = (1.25, 1.5, 2.0, 4.0)
"""How many times the tolerated ratio that is bet on, of events that should be rare."""
BROKEN: Final = (0.2, 0.6)
"""Shares of errors that are bet on when a model has broken down."""
MEMORY: Final = 200
"""Over about so many outcomes the base rates are averaged which the bets use: any bet is fair, a good one wins."""
_EDGE: Final = 0.01
_SPREAD: Final = 11.0
"""Tuned for about a hundred units of variance: 400 to 2,000 outcomes (Robbins's normal mixture)."""
_PRIOR: Final = 100.0
"""How sure the alternative of the sample ratio is that the ratio is nearly right (Lindon and Malek 2022)."""


class Interval(msgspec.Struct, frozen=True):
    """An estimated difference of rates, treated minus control, with the bounds that hold at all times together."""

    low: float
    estimate: float
    high: float


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    """Is the treated arm's rate of good outcomes higher, or lower?

    Attributes:
        n, good: Units and good outcomes of each arm: control, treated.
        base, mean: Recent rate of good outcomes, of the control and of both.
        score, variance, information: Of the estimate: the sums of (A - p)(Y - mean), of p(1 - p)(Y - mean)², and of
            p(1 - p).
        better, worse: Logarithms of the products of the bets, one for each of :data:`EFFECTS`.
        best, worst: The highest logarithm so far of their means: what has been shown stays shown.
    """

    n: tuple[int, int] = (0, 0)
    good: tuple[int, int] = (0, 0)
    base: float = 0.5
    mean: float = 0.5
    score: float = 0.0
    variance: float = 0.0
    information: float = 0.0
    better: tuple[float, ...] = (0.0,) * len(EFFECTS)
    worse: tuple[float, ...] = (0.0,) * len(EFFECTS)
    best: float = 0.0
    worst: float = 0.0

    def update(self, *, treated: bool, good: bool, p: float) -> Lift:
        """Take the outcome of a unit that was assigned to the treatment with probability `p`, between 0 and 1."""
        rate = min(max(self.base, 2 * _EDGE), 1.0 - 2 * _EDGE)
        better = tuple(
            total + _bet(treated=treated, good=good, p=p, r0=rate, r1=min(rate + effect, 1.0 - _EDGE))
            for total, effect in zip(self.better, EFFECTS, strict=True)
        )
        worse = tuple(
            total + _bet(treated=treated, good=good, p=p, r0=rate, r1=max(rate - effect, _EDGE))
            for total, effect in zip(self.worse, EFFECTS, strict=True)
        )
        off, spread = good - self.mean, p * (1.0 - p)
        count = sum(self.n)
        return Lift(
            n=_add(self.n, treated, 1),
            good=_add(self.good, treated, int(good)),
            base=self.base if treated else self.base + (good - self.base) / min(self.n[0] + 2, MEMORY),
            mean=self.mean + off / min(count + 2, MEMORY),
            score=self.score + (treated - p) * off,
            variance=self.variance + spread * off * off,
            information=self.information + spread,
            better=better,
            worse=worse,
            best=max(self.best, _mean(better)),
            worst=max(self.worst, _mean(worse)),
        )

    def is_better(self, alpha: float) -> bool:
        """Whether the treatment has shown to be better; without any effect, or a bad one, so in `alpha` of runs."""
        return self.best >= -log(alpha)

    def is_worse(self, alpha: float) -> bool:
        """Whether it has shown to be worse."""
        return self.worst >= -log(alpha)

    @property
    def leans_worse(self) -> bool:
        """Whether the bets on harm are well ahead by now, which shows nothing yet."""
        return _mean(self.worse) >= log(3.0)

    def interval(self, alpha: float) -> Interval | None:
        """Return the confidence sequence of the difference, None before there is any information.

        The score is a martingale once `difference * information` is taken off, whatever the base rate does; its bound
        is the normal mixture's (Robbins 1970), which holds asymptotically (Waudby-Smith et al. 2021).
        """
        if self.information <= 0.0:
            return None
        wide = self.variance + _SPREAD
        half = sqrt(wide * log(wide / (_SPREAD * alpha * alpha))) / self.information
        estimate = self.score / self.information
        return Interval(max(-1.0, estimate - half), estimate, min(1.0, estimate + half))


class Excess(msgspec.Struct, frozen=True, kw_only=True):
    """Do events that should be rare come more often in the treated arm, by more than is tolerated?

    Only events are bet on: of those, p·rho / (p·rho + 1 - p) are treated ones if the ratio of the two rates is rho.
    """

    n: tuple[int, int] = (0, 0)
    events: tuple[int, int] = (0, 0)
    logs: tuple[float, ...] = (0.0,) * len(FACTORS)
    worst: float = 0.0

    def update(self, *, treated: bool, event: bool, p: float, tolerated: float) -> Excess:
        """Take a unit; `tolerated` is the ratio of rates up to which the treatment may have more of them."""
        logs = self.logs
        if event:
            odds = p / (1.0 - p) * tolerated
            logs = tuple(total + _log_share(treated, odds, factor) for total, factor in zip(logs, FACTORS, strict=True))
        return Excess(
            n=_add(self.n, treated, 1),
            events=_add(self.events, treated, int(event)),
            logs=logs,
            worst=max(self.worst, _mean(logs)),
        )

    def is_breached(self, alpha: float) -> bool:
        """Whether there are more than tolerated; where there are not, this says so in `alpha` of all runs."""
        return self.worst >= -log(alpha)


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """Has the treated model broken down? Counts each of its exposures, and needs no comparison.

    Page's test (1954): a model with an error rate of `tolerated` or less sets it off once in 1 / alpha exposures, on
    average, or more rarely (Lorden 1971).
    """

    n: int = 0
    errors: int = 0
    sums: tuple[float, ...] = (0.0,) * len(BROKEN)

    def update(self, *, error: bool, tolerated: float) -> Breaker:
        """Take an exposure."""
        sums = tuple(
            max(0.0, total + (log(rate / tolerated) if error else log((1.0 - rate) / (1.0 - tolerated))))
            for total, rate in zip(self.sums, BROKEN, strict=True)
        )
        return Breaker(n=self.n + 1, errors=self.errors + error, sums=sums)

    def is_broken(self, alpha: float) -> bool:
        """Whether it has."""
        return max(self.sums) >= -log(alpha)


class SampleRatio(msgspec.Struct, frozen=True, kw_only=True):
    """Are as many units treated as should be? Sequential, for one stage of the ramp (Lindon and Malek 2022).

    The Bayes factor of a ratio drawn from Beta(100 p, 100 (1 - p)) against p itself is a test martingale.
    """

    n: tuple[int, int] = (0, 0)
    worst: float = 0.0

    def update(self, *, treated: bool, p: float) -> SampleRatio:
        """Take a unit."""
        n = _add(self.n, treated, 1)
        a, b = _PRIOR * p, _PRIOR * (1.0 - p)
        factor = _log_beta(a + n[1], b + n[0]) - _log_beta(a, b) - n[1] * log(p) - n[0] * log(1.0 - p)
        return SampleRatio(n=n, worst=max(self.worst, factor))

    def is_off(self, alpha: float) -> bool:
        """Whether the ratio is not what it should be."""
        return self.worst >= -log(alpha)


def _bet(*, treated: bool, good: bool, p: float, r0: float, r1: float) -> float:
    """Return the logarithm of what a bet on rates `r0` (control) and `r1` (treated) brings, given the outcome."""
    odds = r1 / r0 if good else (1.0 - r1) / (1.0 - r0)
    share = odds / (1.0 - p + p * odds)  # of what P(treated | outcome) is, to p
    return log(share) if treated else log((1.0 - p * share) / (1.0 - p))


def _log_share(treated: bool, odds: float, factor: float) -> float:  # noqa: FBT001
    return log(factor * (1.0 + odds) / (1.0 + factor * odds)) if treated else log((1.0 + odds) / (1.0 + factor * odds))


def _mean(logs: tuple[float, ...]) -> float:
    """Return the logarithm of the mean of what these are logarithms of."""
    top = max(logs)
    return top + log(sum(exp(each - top) for each in logs) / len(logs))


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _add(pair: tuple[int, int], treated: bool, amount: int) -> tuple[int, int]:  # noqa: FBT001
    return (pair[0], pair[1] + amount) if treated else (pair[0] + amount, pair[1])
