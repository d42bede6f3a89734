"""What will be done to the system, when: decided by the seed alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Kind(StrEnum):
    """The kinds of fault."""

    KILL = "kill"
    STOP = "stop"
    BROKER_KILL = "broker-kill"
    SCALE_UP = "scale 1→3"
    SCALE_DOWN = "scale 3→2"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much of what, in one run.

    Attributes:
        records: Records that are produced, evenly over `duration_s`.
        kills: SIGKILLs of a worker.
        stops: SIGSTOPs of a worker, each for `stop_s`, then SIGCONT.
        broker_kills: SIGKILLs of the broker, which is started again on the same data.
        stop_s: Must be longer than the session timeout, or a stop is no fault.
    """

    seed: int
    records: int = 400_000
    kills: int = 12
    stops: int = 3
    broker_kills: int = 2
    duration_s: float = 120.0
    stop_s: float = 14.0


@dataclass(frozen=True, kw_only=True, order=True)
class Fault:
    """One fault, seconds after the start."""

    at_s: float
    kind: Kind


SCALE_UP_AT, SCALE_DOWN_AT = 0.10, 0.85


def schedule(plan: Plan) -> list[Fault]:
    """Return the faults of a run in order of time.

    Kills fall anywhere. Stops have a slice of the run each, so that they hardly overlap; broker kills likewise.
    """
    rng = Random(plan.seed)
    first, last = (SCALE_UP_AT + 0.04) * plan.duration_s, SCALE_DOWN_AT * plan.duration_s
    faults = [Fault(at_s=rng.uniform(first, 0.97 * plan.duration_s), kind=Kind.KILL) for _ in range(plan.kills)]
    for kind, count, lasts_s in ((Kind.STOP, plan.stops, plan.stop_s), (Kind.BROKER_KILL, plan.broker_kills, 0.0)):
        width = (last - first) / max(count, 1)
        faults += [
            Fault(at_s=first + (n + rng.random()) * width - rng.random() * lasts_s * n / max(count, 1), kind=kind)
            for n in range(count)
        ]
    scale = [
        Fault(at_s=SCALE_UP_AT * plan.duration_s, kind=Kind.SCALE_UP),
        Fault(at_s=SCALE_DOWN_AT * plan.duration_s, kind=Kind.SCALE_DOWN),
    ]
    return sorted(faults + scale)
