"""What a round of retraining needs done in the world, as a protocol: the round decides, hands do.

A worker may be killed while a step is carried out, or after it and before its result is known. So each call may come
again with the same arguments, on another machine, and must then have the same effect as once: what it makes is named
after `Order.round_id`, and what is there already under that name is returned, not made anew.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from models.errors import HiveError
from models.records import SpecialistType

__all__ = ["Collected", "Hands", "Order", "Promoted", "Registered", "StepFailed", "Trained", "Validated"]


class StepFailed(HiveError):
    """Say that a step can't succeed, however often it is tried: the round ends, and the message says why.

    Any other error of a hand is taken for a passing one, and the step is tried again.
    """


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a step is done for.

    Attributes:
        round_id: Of the round of retraining; names what the steps make.
        specialist: Whose model.
        since_ms: When the round began: no sample that is younger counts, so that a repeated step sees the same.
    """

    round_id: str
    specialist: SpecialistType
    since_ms: int


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """The samples.

    Attributes:
        samples: How many there are; too few end the round with :class:`StepFailed`.
        dataset: Where they lie: a path or an address that :meth:`Hands.train` can read.
        sha256: Of the manifest.
        simulated: Whether they are of simulated work.
    """

    samples: int
    dataset: str
    sha256: str
    simulated: bool


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate: its run in the registry, its kind (family), and what was measured while it was trained."""

    run_id: str
    family: str
    metrics: dict[str, float] = {}


class Validated(msgspec.Struct, frozen=True, kw_only=True):
    """What validation says: whether it passed, the thresholds that were missed in words, and where the report is."""

    passed: bool
    missed: list[str] = []
    report: str = ""
    metrics: dict[str, float] = {}


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """The candidate's version in the registry, and the one that is the champion now; None: there is none."""

    version: str
    champion: str | None = None


class Promoted(msgspec.Struct, frozen=True, kw_only=True):
    """Which version has become the champion, and which one it was before."""

    version: str
    previous: str | None = None


class Hands(Protocol):
    """Carries out the steps of a round. Calls block (they are made in a thread) and may be repeated.

    Raises:
        StepFailed: by any of them: it will never work.
    """

    def collect(self, order: Order) -> Collected:
        """Gather the samples of a specialist."""
        ...

    def train(self, order: Order, collected: Collected) -> Trained:
        """Train a candidate."""
        ...

    def validate(self, order: Order, trained: Trained) -> Validated:
        """Hold the candidate against the thresholds and the champion."""
        ...

    def register(self, order: Order, trained: Trained, validated: Validated) -> Registered:
        """Put the candidate into the registry as `challenger`, which takes no traffic by itself."""
        ...

    def promote(self, order: Order, registered: Registered) -> Promoted:
        """Make the challenger the champion: called only after a person's approval and a passed experiment."""
        ...

    def withdraw(self, order: Order, registered: Registered) -> None:
        """Take the alias `challenger` away: the round was rejected, or its experiment was not passed."""
        ...
