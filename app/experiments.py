"""How every worker knows whom to treat: it follows the experiments' states, as it follows the models' snapshots.

A worker may be a moment behind: it then treats by the stage before, and says so in what it records (the probability is
that of the state it had), so that the comparison stays right. One that hasn't got a challenger's model takes no part in
its experiment: the champion decides for both arms there, and nothing is recorded of either.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from app.learning import Follower
from app.topics import EXPERIMENTS_STATES
from models.deliberation.learned import NOTHING_LEARNED, LearnedModel, Learners
from models.deliberation.routed import NO_TRIALS, Route, Trials
from models.lifecycle.experiment import Experiment, arm_of
from models.records import SpecialistType

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Experiments"]

logger = logging.getLogger(__name__)


class Experiments:
    """The experiments that challengers are to be scored for; asked from the loop, brought up to date by a thread.

    Args:
        challenger: A specialist's model of a version, if this worker has it.
    """

    def __init__(self, challenger: Callable[[SpecialistType, str], LearnedModel | None]) -> None:
        self._challenger = challenger
        self._scored: Mapping[SpecialistType, Experiment] = {}
        self._without: set[str] = set()

    def follower(self, client: Mapping[str, Any], *, patience_s: float) -> Follower:
        """Return what keeps this up to date: librdkafka properties, and how long to wait for the newest states."""
        return Follower(client, EXPERIMENTS_STATES.name, lambda _experiment: self, patience_s=patience_s)

    def trials(self, actor_id: str, champions: Learners = NOTHING_LEARNED) -> Trials:
        """Return where an actor's plans go, by the experiments as they stand; `champions`: those from the registry."""
        if not self._scored:
            return NO_TRIALS._replace(champions=champions) if champions else NO_TRIALS
        found: list[Route] = []
        for specialist, experiment in self._scored.items():
            model = self._challenger(specialist, experiment.challenger)
            if model is None:
                self._miss(experiment)
                continue
            arm, unit = arm_of(experiment, actor_id)
            found.append(
                Route(
                    experiment_id=experiment.experiment_id,
                    specialist=specialist,
                    arm=arm,
                    unit=unit,
                    probability=experiment.traffic,
                    challenger=model,
                    shadow=experiment.rules.shadow,
                )
            )
        return Trials(found, time.perf_counter, champions)

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

    def _miss(self, experiment: Experiment) -> None:
        if experiment.experiment_id in self._without:
            return
        self._without.add(experiment.experiment_id)
        logger.warning(
            "experiment=%s takes no part here: there is no model %r of %s; the champion decides",
            experiment.experiment_id,
            experiment.challenger,
            experiment.specialist.value,
        )
