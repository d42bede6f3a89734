"""How an experiment stands, and which status may follow which.

=============  ========  ========  =======  ========  ========  ===========  =======  =======
status, cause  start     expand    pause    resume    stop      harm         pass     lapse
=============  ========  ========  =======  ========  ========  ===========  =======  =======
not started    running   –         –        –         –         –            –        –
running        –         running   paused   –         stopped   rolled back  passed   failed
paused         –         –         –        running   stopped   rolled back  –        –
passed         –         –         –        –         stopped   –            –        –
the others     –         –         –        –         –         –            –        –
=============  ========  ========  =======  ========  ========  ===========  =======  =======

A passed one keeps all traffic on the challenger until that has become the champion, and the experiment is concluded,
or until a person stops it. Whatever ends otherwise leaves all of the traffic to the champion.
"""

from __future__ import annotations

from typing import Final

import msgspec

from models.lifecycle.experiment.evidence import Breaker, Excess, Lift, SampleRatio
from models.records import Recommendation, SpecialistType
from models.records.base import WireEnum
from models.records.experiment import ExperimentRules

__all__ = ["HOUR_MS", "TRANSITIONS", "Cause", "Experiment", "Guardrails", "Pairs", "Status", "Unit"]


HOUR_MS: Final = 3_600_000


class Status(WireEnum):
    """How it stands; lower case on the wire."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"
    PASSED = "passed"
    FAILED = "failed"
    STOPPED = "stopped"
    ROLLED_BACK = "rolled_back"


class Cause(WireEnum):
    """Why a status changes."""

    START = "start"
    EXPAND = "expand"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    HARM = "harm"
    PASS = "pass"  # noqa: S105 — no password
    LAPSE = "lapse"


TRANSITIONS: Final[dict[tuple[Status, Cause], Status]] = {
    (Status.NOT_STARTED, Cause.START): Status.RUNNING,
    (Status.RUNNING, Cause.EXPAND): Status.RUNNING,
    (Status.RUNNING, Cause.PAUSE): Status.PAUSED,
    (Status.RUNNING, Cause.STOP): Status.STOPPED,
    (Status.RUNNING, Cause.HARM): Status.ROLLED_BACK,
    (Status.RUNNING, Cause.PASS): Status.PASSED,
    (Status.RUNNING, Cause.LAPSE): Status.FAILED,
    (Status.PAUSED, Cause.RESUME): Status.RUNNING,
    (Status.PAUSED, Cause.STOP): Status.STOPPED,
    (Status.PAUSED, Cause.HARM): Status.ROLLED_BACK,
    (Status.PASSED, Cause.STOP): Status.STOPPED,
}


class Guardrails(msgspec.Struct, frozen=True, kw_only=True):
    """What must not get worse: errors, slow scores, unsure scores, and confidently wrong ones (calibration)."""

    errors: Excess = Excess()
    latency: Excess = Excess()
    confidence: Excess = Excess()
    calibration: Excess = Excess()


class Pairs(msgspec.Struct, frozen=True, kw_only=True):
    """What both models made of the same plans.

    Attributes:
        n: Plans that both have scored.
        agreed: Of these, those on which they say the same.
        confidence: Sums of the confidence: champion, challenger.
        known: Plans of which it is known how they turned out.
        right: Of these, on which the champion, the challenger was right.
    """

    n: int = 0
    agreed: int = 0
    confidence: tuple[float, float] = (0.0, 0.0)
    known: int = 0
    right: tuple[int, int] = (0, 0)


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """One experiment: the challenger of a specialist against its champion.

    Attributes:
        experiment_id: Its id.
        specialist, champion, challenger: Whose models, and their versions; no champion: the rule prior alone.
        salt: Which units it treats.
        rules: By what it is judged.
        status, why: How it stands, and what an end rests on.
        stage: Of the ramp, from 0.
        began_at, stage_since: In its own time; pauses are taken out by moving `stage_since` and `began_at` on.
        now_ms: Its time: that of the newest record it has seen.
        paused_at: Since when it is paused.
        concluded: The challenger has become the champion: nothing is routed any more.
        ended_at, by, round_id: When it ended, who started it, and for which round of retraining.
        told: How many events it has told, which numbers them.
        exposures, units: Plans that it had a hand in, and units that count, by arm.
        lift, guardrails, breaker, ratio, pairs: What has been seen.
    """

    experiment_id: str
    specialist: SpecialistType
    challenger: str
    champion: str | None
    salt: str
    rules: ExperimentRules
    status: Status
    began_at: int
    stage_since: int
    now_ms: int
    by: str
    stage: int = 0
    paused_at: int | None = None
    concluded: bool = False
    ended_at: int | None = None
    why: str | None = None
    round_id: str | None = None
    told: int = 0
    exposures: tuple[int, int] = (0, 0)
    units: tuple[int, int] = (0, 0)
    lift: Lift = Lift()
    guardrails: Guardrails = Guardrails()
    breaker: Breaker = Breaker()
    ratio: SampleRatio = SampleRatio()
    pairs: Pairs = Pairs()

    @property
    def is_open(self) -> bool:
        """Whether it may still change by itself, or by outcomes."""
        return self.status in (Status.RUNNING, Status.PAUSED)

    @property
    def is_scored(self) -> bool:
        """Whether workers are to score with the challenger, too."""
        return self.status is Status.RUNNING or (self.status is Status.PASSED and not self.concluded)

    @property
    def traffic(self) -> float:
        """The share of units that the challenger decides for."""
        if not self.is_scored or self.rules.shadow:
            return 0.0
        return self.rules.traffic[self.stage] / 100.0


class Unit(msgspec.Struct, frozen=True, array_like=True):
    """A unit that counts: its assignment at its first exposure, never to be changed by a later one.

    Attributes:
        treated, p: The arm, and with which probability it was that.
        at_ms: When.
        plan_id: The plan whose outcome counts.
        says, confidence, error: What the model said that decided, of that plan, and whether it failed.
        pair: What champion and challenger said of it, where both did.
        counted: The label has come.
    """

    treated: bool
    p: float
    at_ms: int
    plan_id: str
    says: Recommendation | None
    confidence: float
    error: bool
    pair: tuple[Recommendation, Recommendation] | None = None
    counted: bool = False
