"""What a round of retraining begins with, and what it tells when it goes as it should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.records import Drift, DriftAction, DriftEvent, DriftSource

if TYPE_CHECKING:
    from models.records import SpecialistType

UNTIL_COMPARED: Final = [
    *("started", "collected", "trained", "validated", "registered", "approval_requested", "approved"),
    "experiment_started",
]
PROMOTED: Final = [
    *(*UNTIL_COMPARED, "traffic_expanded", "traffic_expanded"),
    *("experiment_passed", "promoted", "ended"),
]
ROLLED_BACK: Final = [*UNTIL_COMPARED, "rolled_back", "ended"]


def drift_of(specialist: SpecialistType, *, champion: str) -> DriftEvent:
    """Return what says that a specialist's champion no longer fits."""
    return DriftEvent(
        model=f"specialist-{specialist.value}",
        source=DriftSource.ERROR,
        level=Drift.DRIFT,
        detector="adwin",
        action=DriftAction.RESET,
        at_example=4000,
        before=0.1,
        after=0.3,
        champion=champion,
    )
