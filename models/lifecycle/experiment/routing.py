"""Who sees which model: sticky, and growing traffic moves nobody out of the treatment."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from models.records.experiment import Arm

if TYPE_CHECKING:
    from models.lifecycle.experiment.state import Experiment

__all__ = ["arm_of", "place_of", "unit_of"]

_BYTES = 8


def unit_of(salt: str, identity: str) -> str:
    """Return the pseudonym of a person (or of a plan) in one experiment: 16 hex digits that tell nobody who it is.

    Another salt gives another, independent one, so that two experiments treat different people.
    """
    return blake2b(f"{salt}:{identity}".encode(), digest_size=_BYTES).hexdigest()


def place_of(unit: str) -> float:
    """Return the unit's fixed place, from 0 up to 1: it is treated while the traffic is above that."""
    return int(unit, 16) / 2.0 ** (8 * _BYTES)


def arm_of(experiment: Experiment, actor_id: str) -> tuple[Arm, str]:
    """Return the arm of an actor in an experiment as it stands, and the actor's pseudonym in it."""
    unit = unit_of(experiment.salt, actor_id)
    return (Arm.TREATMENT if place_of(unit) < experiment.traffic else Arm.CONTROL), unit
