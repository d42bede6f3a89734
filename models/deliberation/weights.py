"""How much each specialist counts: trails (the original's pheromones) of how right it was, which fade.

Every judged opinion leaves a signal: SUCCESS or FAILURE, as strong as the opinion was sure of itself, or WARNING (0.5)
where it was nearly right. A signal fades to 0.9 of its strength in an hour. Of what is left of a trail's signals each
kind has its share; `EMPTY` is added to their sum, so that few signals say little and many can't say more than 1.

    share  = sum of its signals / (EMPTY + sum of all)     0 to 1
    net    = success - failure - 0.5 * warning             -1 to 1
    weight = 0.2 * (1 + net), at least 0.05, at most 0.4

A success always raises the weight, a failure always lowers it, time takes it back to 0.2. (The original's net could
not be negative, so that a bad record never cost a specialist anything.) Signals have ids: the same one twice is one, of
two about one opinion the newer counts, and their order makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from models.ids import stable_id
from models.records import Domain, Recommendation, SpecialistType
from models.records.base import EpochMs, Ratio, RecordId, WireEnum

__all__ = [
    "BASE_WEIGHT",
    "EVEN",
    "MOST_SIGNALS",
    "Signal",
    "SignalKind",
    "Trail",
    "faded",
    "judged",
    "trail_of",
    "trails_of",
    "weight_for",
    "weight_of",
]

BASE_WEIGHT: Final = 0.2
LEAST_WEIGHT: Final = 0.05
MOST_WEIGHT: Final = 0.4
WARNING_STRENGTH: Final = 0.5
KEPT_AN_HOUR: Final = 0.9
EMPTY: Final = 4.0
"""So many signals of strength 1 make half of a record."""

MOST_SIGNALS: Final = 64
"""Of one specialist in one domain, the newest: what a trail is made of."""

FORGOTTEN_AFTER_MS: Final = 48 * 3_600_000
"""By then less than a hundredth of a signal is left."""

_HOUR_MS: Final = 3_600_000


class SignalKind(WireEnum):
    """What a judged opinion leaves; lower case on the wire."""

    SUCCESS = "success"
    FAILURE = "failure"
    WARNING = "warning"


class Signal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one judged opinion leaves behind."""

    signal_id: RecordId
    specialist: SpecialistType
    domain: Domain
    kind: SignalKind
    strength: Ratio
    at: EpochMs


class Trail(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is left of a specialist's signals in a domain, each kind between 0 and 1, together at most 1."""

    success: float = 0.0
    failure: float = 0.0
    warning: float = 0.0
    signals: int = 0

    @property
    def net(self) -> float:
        """Return what speaks for the specialist less what speaks against it."""
        return min(max(self.success - self.failure - WARNING_STRENGTH * self.warning, -1.0), 1.0)


EVEN: Final[Mapping[SpecialistType, Trail]] = {specialist: Trail() for specialist in SpecialistType}
"""Nobody has a record: all count alike."""


def weight_of(trail: Trail) -> float:
    """Return how much a specialist with this trail counts, `LEAST_WEIGHT` to `MOST_WEIGHT`."""
    return weight_for(trail.net)


def weight_for(net: float) -> float:
    """Return how much counts what has this `net`."""
    return min(max(BASE_WEIGHT * (1.0 + net), LEAST_WEIGHT), MOST_WEIGHT)


def faded(signal: Signal, *, now_ms: int) -> float:
    """Return which part of a signal is left, 1 when it is new (or from a clock that is ahead), towards 0."""
    return float(KEPT_AN_HOUR ** (max(0, now_ms - signal.at) / _HOUR_MS))


def trail_of(signals: Iterable[Signal], *, now_ms: int) -> Trail:
    """Make the trail of one specialist in one domain of its newest `MOST_SIGNALS`."""
    known: dict[str, Signal] = {}
    for signal in sorted(signals, key=_newest_first):
        known.setdefault(signal.signal_id, signal)
    newest = list(known.values())[:MOST_SIGNALS]
    sums = dict.fromkeys(SignalKind, 0.0)
    for signal in newest:
        sums[signal.kind] += signal.strength * faded(signal, now_ms=now_ms)
    left = EMPTY + sum(sums.values())
    return Trail(
        success=sums[SignalKind.SUCCESS] / left,
        failure=sums[SignalKind.FAILURE] / left,
        warning=sums[SignalKind.WARNING] / left,
        signals=len(newest),
    )


def _newest_first(signal: Signal) -> tuple[int, str, str, float]:
    return -signal.at, signal.signal_id, signal.kind.value, signal.strength


def trails_of(signals: Iterable[Signal], *, now_ms: int) -> dict[SpecialistType, Trail]:
    """Make the trails of all specialists of the signals of one domain."""
    sorted_out: dict[SpecialistType, list[Signal]] = {specialist: [] for specialist in SpecialistType}
    for signal in signals:
        sorted_out[signal.specialist].append(signal)
    return {specialist: trail_of(found, now_ms=now_ms) for specialist, found in sorted_out.items()}


_NEAR: Final = frozenset(
    {
        frozenset({Recommendation.APPROVE, Recommendation.CONDITIONAL}),
        frozenset({Recommendation.CONDITIONAL, Recommendation.REVIEW_REQUIRED}),
    }
)
"""Labels that lie side by side: one instead of the other is nearly right."""


def judged(  # noqa: PLR0913 — the opinion's fields, as they come in a vote
    plan_id: str,
    specialist: SpecialistType,
    domain: Domain,
    *,
    said: Recommendation,
    confidence: float,
    label: Recommendation,
    at_ms: int,
) -> Signal:
    """Return the signal that an opinion leaves once its label is known."""
    if said is label:
        kind, strength = SignalKind.SUCCESS, confidence
    elif frozenset({said, label}) in _NEAR:
        kind, strength = SignalKind.WARNING, WARNING_STRENGTH
    else:
        kind, strength = SignalKind.FAILURE, confidence
    return Signal(
        signal_id=stable_id("signal", plan_id, specialist.value),
        specialist=specialist,
        domain=domain,
        kind=kind,
        strength=strength,
        at=at_ms,
    )
