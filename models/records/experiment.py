"""Experiments: what is said to them, what they observe, and what comes of them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from models.records.approval import By
from models.records.base import (
    Count,
    EpochMs,
    FreeMap,
    Ratio,
    Recommendation,
    Record,
    RecordId,
    SpecialistType,
    WireEnum,
)

_Hours = Annotated[float, msgspec.Meta(ge=0.0, le=100_000.0)]
_Chance = Annotated[float, msgspec.Meta(gt=0.0, lt=0.5)]


class Arm(WireEnum):
    """Which model decides for a unit; lower case on the wire."""

    CONTROL = "control"
    TREATMENT = "treatment"


class ExperimentWord(WireEnum):
    """What can be said to an experiment; lower case on the wire.

    TICK (time has gone by) and CONCLUDE (the challenger has become the champion) are said by the system.
    """

    START = "start"
    EXPAND = "expand"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    IMPORT = "import"
    TICK = "tick"
    CONCLUDE = "conclude"


class ExperimentRules(Record, frozen=True, kw_only=True):
    """By what an experiment is judged; fixed when it begins.

    Attributes:
        traffic: Per cent of the units that are treated, stage by stage; the last one is what a passed one gets.
        hours: How long each stage lasts at least, but for the last.
        least_units: How many units of each arm must have had their outcome before a stage is left.
        lapse_hours: An experiment that has shown nothing after so long is failed.
        margin: A stage is positive whose interval of the difference lies above minus this.
        alpha_better, alpha_worse, alpha_guardrail, alpha_ratio: The chance that a challenger without any effect is
            found better, worse, over one of the four guardrails, or unevenly shared out: 0.05 in all.
        tolerated_ratio: How many times the champion's rate of errors, slow, unsure and confidently wrong scores is no
            harm.
        tolerated_errors: Share of errors of the challenger that is no breakdown.
        slow_ms: From when on a score is slow.
        unsure: Below which confidence a score is unsure.
        sure: From which confidence on a wrong score is confidently wrong.
        shadow: No traffic at all: both models score every plan, and are compared pair by pair.
    """

    traffic: tuple[Count, ...] = (10, 25, 50, 100)
    hours: tuple[_Hours, ...] = (24.0, 48.0, 72.0)
    least_units: tuple[Count, ...] = (100, 250, 500)
    lapse_hours: _Hours = 24.0 * 21
    margin: Ratio = 0.02
    alpha_better: _Chance = 0.02
    alpha_worse: _Chance = 0.01
    alpha_guardrail: _Chance = 0.0025
    alpha_ratio: _Chance = 0.01
    tolerated_ratio: Annotated[float, msgspec.Meta(ge=1.0, le=100.0)] = 1.2
    tolerated_errors: _Chance = 0.05
    slow_ms: Annotated[float, msgspec.Meta(gt=0.0)] = 100.0
    unsure: Ratio = 0.5
    sure: Ratio = 0.8
    shadow: bool = False

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.traffic, self.traffic[1:], strict=False))
        if len(self.traffic) < 2 or self.traffic[0] < 1 or self.traffic[-1] != 100 or not rising:
            raise ValueError("traffic: per cents that rise to 100 were expected, such as 10, 25, 50, 100")
        if not len(self.hours) == len(self.least_units) == len(self.traffic) - 1:
            raise ValueError("hours, least_units: one for each stage but the last were expected")


class ExperimentCommand(Record, frozen=True, kw_only=True):
    """A word to an experiment.

    START needs `specialist` and `challenger`; `champion` is the version it is held against, `round_id` the round of
    retraining that it belongs to. IMPORT needs `state`, as it was exported.
    """

    experiment_id: RecordId
    word: ExperimentWord
    by: By
    at: EpochMs
    reason: str | None = None
    specialist: SpecialistType | None = None
    champion: str | None = None
    challenger: str | None = None
    rules: ExperimentRules | None = None
    round_id: str | None = None
    state: FreeMap | None = None
    schema_version: int = 1

    def __post_init__(self) -> None:
        if self.word is ExperimentWord.START and (self.specialist is None or not self.challenger):
            raise ValueError("specialist, challenger: must be given, since word is start")
        if self.word is ExperimentWord.IMPORT and self.state is None:
            raise ValueError("state: must be given, since word is import")
        if self.word is ExperimentWord.STOP and not (self.reason or "").strip():
            raise ValueError("reason: must be given, since word is stop")


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """What one model made of a plan; one that failed has no say, and an `error`."""

    says: Recommendation | None = None
    confidence: Ratio = 0.0
    latency_ms: float = 0.0
    error: bool = False


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that an experiment had its hand in.

    Attributes:
        experiment_id: Which one.
        unit: The asker's pseudonym in it (:func:`models.lifecycle.experiment.routing.unit_of`).
        arm: Whose model decided.
        probability: Of the treatment, as the worker had it when it chose.
        champion, challenger: What both made of it; the one that does not decide may not have been asked.
    """

    experiment_id: RecordId
    unit: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
    arm: Arm
    probability: Ratio
    champion: Scored | None = None
    challenger: Scored | None = None

    def __post_init__(self) -> None:
        if self.served is None:
            raise ValueError(f"{'challenger' if self.arm is Arm.TREATMENT else 'champion'}: must be given: it decided")

    @property
    def served(self) -> Scored | None:
        """What the model made of it that decided."""
        return self.challenger if self.arm is Arm.TREATMENT else self.champion


class Observation(Record, frozen=True, kw_only=True):
    """Something about a plan: that experiments had a hand in it, or, which may come late, its label.

    Attributes:
        plan_id: The plan.
        at: When it was scored, or labelled.
        exposures: What was scored, for which experiments.
        label: What should have been said of it.
        specialist: By whom; None: by each.
    """

    plan_id: RecordId
    at: EpochMs
    exposures: list[Exposure] = msgspec.field(default_factory=list[Exposure])
    label: Recommendation | None = None
    specialist: SpecialistType | None = None
    schema_version: int = 1

    def __post_init__(self) -> None:
        if bool(self.exposures) == (self.label is not None):
            raise ValueError("either `exposures` or `label` must be given")


class ExperimentEvent(Record, frozen=True, kw_only=True):
    """What has come of a word, of time, or of the outcomes; `applied` is false for a word that changed nothing.

    `why` says what kept a word from that, or what an end rests on; `measured` is how the experiment stood.
    """

    event_id: RecordId
    experiment_id: RecordId
    event: str
    at: EpochMs
    by: By
    specialist: SpecialistType | None = None
    challenger: str | None = None
    status: str | None = None
    traffic: Ratio = 0.0
    applied: bool = True
    why: str | None = None
    round_id: str | None = None
    measured: FreeMap = msgspec.field(default_factory=dict[str, Any])
    schema_version: int = 1
