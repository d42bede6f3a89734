"""Test, then train: how good a learner was on what it was about to learn, and whether that is getting worse."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from models.errors import InvalidSnapshot
from models.online.snapshot import Snapshot
from models.records import Drift

if TYPE_CHECKING:
    from river.drift import ADWIN

KIND: Final = "prequential/1"

WINDOW: Final = 1_000
"""How many of the newest outcomes are kept: those of `recent_accuracy`, and from which the detectors are rebuilt."""

DRIFT_DELTA: Final = 0.002
"""ADWIN's own default: no false alarm in 20 runs of 5,000 steady outcomes; doubled errors are seen after about 300."""

WARNING_DELTA: Final = 0.02
"""Ten times as ready to speak up: a warning comes before the drift."""


class Prequential:
    """Counts outcomes, and watches their error rate with ADWIN (Bifet, Gavalda 2007).

    ADWIN alarms in both directions; only more errors are a drift here. An alarm stands until WINDOW further outcomes
    have come, or is raised from warning to drift.
    """

    def __init__(self) -> None:
        self.count = 0
        self.right = 0
        self._recent: deque[bool] = deque(maxlen=WINDOW)
        self._drift = Drift.NONE
        self._since = 0  # outcomes since the alarm
        self._detectors: list[tuple[Drift, ADWIN]] = []

    @property
    def accuracy(self) -> float | None:
        """The share of all outcomes that were right; None before the first."""
        return self.right / self.count if self.count else None

    @property
    def recent_accuracy(self) -> float | None:
        """The share of the newest WINDOW."""
        return sum(self._recent) / len(self._recent) if self._recent else None

    @property
    def drift(self) -> Drift:
        """Whether errors have become more frequent."""
        return self._drift

    def update(self, *, right: bool) -> None:
        """Take an outcome."""
        self._detect(right=right)
        self.count += 1
        self.right += right
        self._recent.append(right)

    def _detect(self, *, right: bool) -> None:
        if not self._detectors:
            self._detectors = _detectors(self._recent)
        if self._drift is not Drift.NONE:
            self._since += 1
            if self._since > WINDOW:
                self._drift = Drift.NONE
        for alarm, detector in self._detectors:
            before = detector.estimation
            detector.update(not right)  # type: ignore[no-untyped-call]
            if detector.drift_detected and detector.estimation > before and self._drift is not Drift.DRIFT:
                self._drift, self._since = alarm, 0

    def snapshot(self) -> Snapshot:
        """Return all of it; ADWIN's own state is not in it, for it can be had again from the recent outcomes."""
        return Snapshot(
            {
                "kind": KIND,
                "count": self.count,
                "right": self.right,
                "recent": "".join("1" if right else "0" for right in self._recent),
                "drift": self._drift.value,
                "since": self._since,
            },
            {},
        )

    @classmethod
    def restored(cls, snapshot: Snapshot) -> Prequential:
        """Make it again.

        Raises:
            InvalidSnapshot: it is none of this class, or its counts don't fit.
        """
        snapshot.expect("kind", KIND)
        restored = cls()
        restored.count, restored.right = snapshot.integer("count"), snapshot.integer("right")
        recent = snapshot.string("recent")
        if set(recent) - {"0", "1"} or len(recent) > WINDOW:
            raise InvalidSnapshot(f"recent: at most {WINDOW} of 0 and 1 were expected")
        if not recent.count("1") <= restored.right <= restored.count or len(recent) > restored.count:
            raise InvalidSnapshot("count, right, recent: they contradict each other")
        try:
            restored._drift = Drift(snapshot.string("drift"))
        except ValueError as error:
            raise InvalidSnapshot(f"drift: {error}") from error
        restored._since = snapshot.integer("since")
        restored._recent.extend(outcome == "1" for outcome in recent)
        return restored


def _detectors(recent: Any) -> list[tuple[Drift, ADWIN]]:
    # Imported where it is needed: river's detectors bring a second or more of imports, and only a learner detects.
    from river.drift import ADWIN

    deltas = ((Drift.WARNING, WARNING_DELTA), (Drift.DRIFT, DRIFT_DELTA))
    detectors = [(alarm, ADWIN(delta=delta)) for alarm, delta in deltas]  # type: ignore[no-untyped-call]
    for right in recent:
        for _, detector in detectors:
            detector.update(not right)  # type: ignore[no-untyped-call]
    return detectors
