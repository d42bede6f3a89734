"""Where the retraining of a specialist stands: one round at a time, step by step.

::

    drift, or a person ─► collect ─► train ─► validate ─► register ─► approval ─► compare ─► promote ─► ended: promoted
                             │         │         │            │          │           │          │
                             └─────────┴─────────┴────────────┴──────────┴───────────┴──────────┴─► withdraw ─► ended

Only a person's word leads from `approval` to `compare` (or the system's, if a setting allows that and enough rounds
that a person had approved have been promoted), and only a passed experiment from `compare` to `promote`.
"""

from __future__ import annotations

from typing import Final

import msgspec

from models.lifecycle.hands import Collected, Order, Promoted, Registered, Trained, Validated
from models.records import SpecialistType
from models.records.base import WireEnum
from models.records.experiment import ExperimentRules

__all__ = ["HANDS_STEPS", "KEPT_ROUNDS", "End", "Retraining", "Round", "Rules", "Step", "due_at", "work_of"]

KEPT_ROUNDS: Final = 10
"""So many ended rounds of a specialist are remembered; all of them are in MongoDB."""


class Step(WireEnum):
    """What a round is at; lower case on the wire."""

    COLLECT = "collect"
    TRAIN = "train"
    VALIDATE = "validate"
    REGISTER = "register"
    APPROVAL = "approval"
    COMPARE = "compare"
    PROMOTE = "promote"
    WITHDRAW = "withdraw"
    ENDED = "ended"


HANDS_STEPS: Final = frozenset({Step.COLLECT, Step.TRAIN, Step.VALIDATE, Step.REGISTER, Step.PROMOTE, Step.WITHDRAW})
"""The steps that hands carry out; in the others it is waited for somebody's word."""


class End(WireEnum):
    """How a round has ended; lower case on the wire."""

    PROMOTED = "promoted"
    NOT_VALID = "not_valid"
    REJECTED = "rejected"
    EXPIRED = "expired"
    ROLLED_BACK = "rolled_back"
    NOT_BETTER = "not_better"
    STOPPED = "stopped"
    FAILED = "failed"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the settings say.

    Attributes:
        threshold: A drift's score from which on it is worth a round.
        interval_ms: The least time between two looks at what has drifted.
        cooldown_ms: The least time from a round's end to one that a drift begins.
        approval_ms: How long a round waits for a person.
        automatic: Whether the system may approve by itself...
        automatic_after: ... once so many rounds that a person had approved have been promoted.
        tries: How often a step is tried.
        backoff_ms: How long after the first failure; twice as long after each further one.
        experiment: By what the experiments are judged.
    """

    threshold: float = 0.2
    interval_ms: int = 3_600_000
    cooldown_ms: int = 86_400_000
    approval_ms: int = 7 * 86_400_000
    automatic: bool = False
    automatic_after: int = 3
    tries: int = 5
    backoff_ms: int = 60_000
    experiment: ExperimentRules = ExperimentRules()


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One round.

    Attributes:
        round_id, specialist, cause, why: Which one it is, and what it began with.
        began_at, since: When it began, and its present step.
        step, tries, again_at, problem: What it is at; how often that has failed, when it is tried again, and why.
        collected, trained, validated, registered, promoted: What the steps have brought.
        approved_by: Who has approved it; the experiment begins with that.
        traffic: The share of the treated in the experiment.
        told: How many events it has told, which numbers them.
        ending, ended_why, ended_at: How it ends, as soon as that is known, and when it has ended.
    """

    round_id: str
    specialist: SpecialistType
    cause: str
    began_at: int
    since: int
    by: str
    why: str | None = None
    step: Step = Step.COLLECT
    tries: int = 0
    again_at: int | None = None
    problem: str | None = None
    collected: Collected | None = None
    trained: Trained | None = None
    validated: Validated | None = None
    registered: Registered | None = None
    promoted: Promoted | None = None
    approved_by: str | None = None
    traffic: float = 0.0
    told: int = 0
    ending: End | None = None
    ended_why: str | None = None
    ended_at: int | None = None

    @property
    def experiment_id(self) -> str:
        """The id of its experiment."""
        return f"retrain-{self.specialist.value}-{self.round_id[:8]}"

    @property
    def order(self) -> Order:
        """What hands are told."""
        return Order(round_id=self.round_id, specialist=self.specialist, since_ms=self.began_at)


class Retraining(msgspec.Struct, frozen=True, kw_only=True):
    """The retraining of one specialist.

    Attributes:
        specialist: Whose.
        now: The round that there is.
        past: Those that have ended, the newest last.
        rounds, promoted: How many there have been, and how many of them a person approved and became champion.
        drift_score, drift_why, drift_at: The strongest drift that no round has answered yet.
        looked_at: When it was last looked at what has drifted.
        ended_at: When the newest round ended.
    """

    specialist: SpecialistType
    now: Round | None = None
    past: tuple[Round, ...] = ()
    rounds: int = 0
    promoted: int = 0
    drift_score: float = 0.0
    drift_why: str | None = None
    drift_at: int | None = None
    looked_at: int | None = None
    ended_at: int | None = None


def work_of(state: Retraining, *, now_ms: int) -> Round | None:
    """Return the round whose step hands are to carry out now; None: there is nothing to do."""
    now = state.now
    if now is None or now.step not in HANDS_STEPS or (now.again_at is not None and now_ms < now.again_at):
        return None
    return now


def due_at(state: Retraining, rules: Rules) -> int | None:
    """Return when time alone changes something; None: never; hands look themselves when to try again."""
    if state.now is not None:
        return state.now.since + rules.approval_ms if state.now.step is Step.APPROVAL else None
    if state.drift_at is None or state.drift_score < rules.threshold:
        return None
    looked = 0 if state.looked_at is None else state.looked_at + rules.interval_ms
    ended = 0 if state.ended_at is None else state.ended_at + rules.cooldown_ms
    return max(state.drift_at, looked, ended)
