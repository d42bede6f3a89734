"""How every worker knows whom to treat: it follows the experiments' states, as it follows the models' snapshots.

A worker may be a moment behind: it then treats by the stage before, and says so in what it records (the probability is
that of the state it had), so that the comparison stays right.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from app.learning import Follower
from app.topics import EXPERIMENTS_STATES
from models.lifecycle.experiment import Experiment, arm_of
from models.records import Arm, Exposure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.records import Scored, SpecialistType

__all__ = ["Assignment", "Experiments"]

logger = logging.getLogger(__name__)


class Assignment(NamedTuple):
    """Which arm an actor is in, in an experiment as it stood when that was asked.

    Attributes:
        experiment: That is it.
        arm: Whose model decides.
        unit: The actor's pseudonym.
    """

    experiment: Experiment
    arm: Arm
    unit: str

    def exposure(self, *, champion: Scored | None, challenger: Scored | None) -> Exposure:
        """Return what is to be recorded of a plan, in an `Observation` on `experiments.observations`."""
        return Exposure(
            experiment_id=self.experiment.experiment_id,
            unit=self.unit,
            arm=self.arm,
            probability=self.experiment.traffic,
            champion=champion,
            challenger=challenger,
        )


class Experiments:
    """The experiments that challengers are to be scored for; asked from the loop, brought up to date by a thread."""

    def __init__(self) -> None:
        self._scored: Mapping[SpecialistType, Experiment] = {}

    def follower(self, client: Mapping[str, Any], *, patience_s: float) -> Follower:
        """Return what keeps this up to date: librdkafka properties, and how long to wait for the newest states."""
        return Follower(client, EXPERIMENTS_STATES.name, lambda _experiment: self, patience_s=patience_s)

    def assigned(self, specialist: SpecialistType, actor_id: str) -> Assignment | None:
        """Return an actor's place in the specialist's experiment; None: there is none, and the champion decides."""
        experiment = self._scored.get(specialist)
        return None if experiment is None else Assignment(experiment, *arm_of(experiment, actor_id))

    def take(self, raw: bytes) -> bool:
        """Take over a state; tell whether it could be read."""
        try:
            state = msgspec.json.decode(raw, type=Experiment)
        except (msgspec.MsgspecError, ValueError) as error:
            logger.warning("an experiment's state can't be read, who it treats is as before: %s", error)
            return False
        others = {name: each for name, each in self._scored.items() if each.experiment_id != state.experiment_id}
        # Replaced whole: readers take no lock.
        self._scored = {**others, state.specialist: state} if state.is_scored else others
        return True
