"""Whose opinion counts while a challenger is compared with the champion, and what both made of a plan.

The champion is asked of every plan, since learners are judged by what they said of it. A challenger is asked where it
decides, or where it only scores in the shadow. One that fails costs nobody anything: the champion decides that plan,
and the failure is recorded against the challenger, in whose arm the asker stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from models.deliberation.evidence import Evidence, read
from models.deliberation.learned import NOTHING_LEARNED, LearnedModel, Learners, Unusable, probabilities_of
from models.deliberation.opinion import verdict_of
from models.records import Arm, CognitivePlan, Exposure, Scored, SpecialistType

__all__ = ["NO_TRIALS", "Route", "Routed", "Timer", "Told", "Trials", "route"]

Timer = Callable[[], float]
"""Seconds since anything: what scores take is measured with it."""


class Route(NamedTuple):
    """Where an asker's plans go in an experiment.

    Attributes:
        experiment_id: Which one.
        specialist: Whose opinion it is about.
        arm: Which model decides.
        unit: The asker's pseudonym in it.
        probability: Of the treatment, when this was chosen.
        challenger: The model that is tried.
        shadow: Whether it is asked though it doesn't decide.
    """

    experiment_id: str
    specialist: SpecialistType
    arm: Arm
    unit: str
    probability: float
    challenger: LearnedModel
    shadow: bool


class Trials(NamedTuple):
    """Where an asker's plans go.

    Attributes:
        routes: One for each specialist in an experiment.
        timer: What measures how long scores take.
        champions: Registered models that decide in the ladders' place where no route says otherwise.
    """

    routes: Sequence[Route]
    timer: Timer
    champions: Learners = NOTHING_LEARNED


def _stands_still() -> float:
    return 0.0


NO_TRIALS: Final = Trials((), _stands_still)


class Routed(NamedTuple):
    """The learners whose opinions count, and what is to be recorded."""

    learners: Learners
    exposures: list[Exposure]


class Told:
    """What a model has said of one plan, so that it is asked once."""

    def __init__(self, model: LearnedModel, told: Sequence[float]) -> None:
        self.version, self.model_type, self.learned = model.version, model.model_type, model.learned
        self._model, self._told = model, told

    def probabilities(self, _row: Mapping[str, float], /) -> Sequence[float]:
        """Return what it has said."""
        return self._told

    def contributions(self, row: Mapping[str, float], label: int, /) -> Mapping[str, float]:
        """Ask the model itself."""
        return self._model.contributions(row, label)


def route(
    plan: CognitivePlan,
    trials: Trials,
    champions: Learners,
    *,
    row: Mapping[str, float],
    took_ms: Mapping[SpecialistType, float],
) -> Routed:
    """Ask the challengers that are to be asked, and choose who decides.

    Args:
        plan: The plan.
        trials: Where its asker's plans go.
        champions: What the others have learned; who is missing speaks by the rules.
        row: The plan's features.
        took_ms: How long it took to ask each champion.
    """
    evidence = read(plan)
    learners = dict(champions)
    exposures: list[Exposure] = []
    for each in trials.routes:
        champion = champions.get(each.specialist)
        tried: Scored | None = None
        if each.shadow or each.arm is Arm.TREATMENT:
            told, tried = _tried(each, evidence, row, trials.timer)
            if told is not None and each.arm is Arm.TREATMENT:
                learners[each.specialist] = told
        exposures.append(
            Exposure(
                experiment_id=each.experiment_id,
                unit=each.unit,
                arm=each.arm,
                probability=each.probability,
                champion=_scored(each, evidence, champion, row, took_ms.get(each.specialist, 0.0)),
                challenger=tried,
            )
        )
    return Routed(learners, exposures)


def _tried(
    each: Route, evidence: Evidence, row: Mapping[str, float], timer: Timer
) -> tuple[LearnedModel | None, Scored]:
    began_s = timer()
    try:
        probabilities = probabilities_of(each.challenger, row)
    except Unusable:
        return None, Scored(error=True, latency_ms=(timer() - began_s) * 1000)
    took = (timer() - began_s) * 1000
    told = Told(each.challenger, probabilities)
    return told, _scored(each, evidence, told, row, took)


def _scored(
    each: Route, evidence: Evidence, model: LearnedModel | None, row: Mapping[str, float], took_ms: float
) -> Scored:
    verdict = verdict_of(each.specialist, evidence, model, row)
    if verdict.problem is not None:
        return Scored(error=True, latency_ms=took_ms)
    return Scored(says=verdict.recommendation, confidence=verdict.confidence, latency_ms=took_ms)
