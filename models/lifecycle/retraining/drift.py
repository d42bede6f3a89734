"""How strong a drift is, and which specialist it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.records import Drift, SpecialistType
from models.records.drift import DriftEvent, DriftSource
from models.records.retraining import RetrainingCommand, RetrainingWord

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["drift_word", "score_of"]

_LEAST_BEFORE: Final = 0.05
"""A rate below that is taken for it: from 1 % to 2 % is no doubling of anything."""


def score_of(event: DriftEvent) -> float:
    """Return how much has changed, as a number that the threshold is set against (0.2 is worth a round).

    Of features and labels that is the population stability index of the one that moved most; of an error, a confidence
    or an expected accuracy, by what part of itself it has changed.
    """
    moved = max((mover.psi for mover in event.movers), default=0.0)
    if event.source in (DriftSource.FEATURES, DriftSource.LABELS) or event.before is None or event.after is None:
        return moved
    return max(moved, abs(event.after - event.before) / max(event.before, _LEAST_BEFORE))


def drift_word(
    event: DriftEvent, *, at_ms: int, names: Mapping[str, SpecialistType] | None = None
) -> RetrainingCommand | None:
    """Return what a drift says to the retraining; None: nothing, for it is none, or of no specialist's model.

    Args:
        event: What a learner has told.
        at_ms: When.
        names: Models whose name does not end with the specialist's.
    """
    specialist = (names or {}).get(event.model) or _specialist_in(event.model)
    if event.level is not Drift.DRIFT or specialist is None:
        return None
    return RetrainingCommand(
        specialist=specialist,
        word=RetrainingWord.DRIFT,
        by=event.model,
        at=at_ms,
        score=score_of(event),
        reason=f"{event.source.value} of {event.model} ({event.detector})",
    )


def _specialist_in(model: str) -> SpecialistType | None:
    """Read the specialist out of a model's name: `business`, `specialist-business`, `specialist.business.plans`."""
    words = model.replace("-", ".").replace("_", ".").replace("/", ".").split(".")
    return next((specialist for specialist in SpecialistType if specialist.value in words), None)
