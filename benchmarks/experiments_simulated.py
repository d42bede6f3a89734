"""Simulated organisations in which experiments run: actors come, the base rate rises, outcomes come late."""

from __future__ import annotations

import random
from heapq import heappop, heappush
from typing import NamedTuple

from models.lifecycle.experiment import Experiment, Status, Unit, arm_of, command, expose, judge, outcome
from models.records import Arm, ExperimentCommand, ExperimentWord, Exposure, Recommendation, Scored, SpecialistType

HOUR_MS = 3_600_000
APPROVE, REJECT = Recommendation.APPROVE, Recommendation.REJECT


class World(NamedTuple):
    """What an experiment meets.

    Attributes:
        effect: How much more often the challenger is right.
        units_per_day: New actors.
        repeats: How many more plans an actor asks for, on average, alike in how hard they are.
        first, last: The champion's rate of right ones, when it begins and after twelve days.
        delay_h: Mean hours until it is known how a plan turned out.
        errors: Share of the challenger's scores that fail, beside the champion's one in a hundred.
        slow: Share of its scores that are slow, beside the champion's three in a hundred.
    """

    effect: float = 0.0
    units_per_day: int = 600
    repeats: float = 0.0
    first: float = 0.45
    last: float = 0.75
    delay_h: float = 3.0
    errors: float = 0.01
    slow: float = 0.03


class Ran(NamedTuple):
    """How one ended: its status, why, after how many days and units with an outcome, and the traffic's stages."""

    status: Status
    why: str
    days: float
    units: int
    shown_at_units: int | None
    shown_at_days: float | None
    covered: bool


def start(seed: int) -> Experiment:
    said = ExperimentCommand(
        experiment_id=f"simulated-{seed}",
        word=ExperimentWord.START,
        by="ana",
        at=0,
        specialist=SpecialistType.BUSINESS,
        champion="1",
        challenger="2",
    )
    state, _ = command(None, said, at_ms=0)
    assert state is not None
    return state


def expanded(state: Experiment, at_ms: int) -> Experiment:
    said = ExperimentCommand(experiment_id=state.experiment_id, word=ExperimentWord.EXPAND, by="ana", at=at_ms)
    after, _ = command(state, said, at_ms=at_ms)
    assert after is not None
    return after


def run(seed: int, world: World, *, ramp_h: tuple[float, ...] = (), days: float = 12.0) -> Ran:
    """Run one, looking after every single record, until it has ended or time is up.

    Args:
        seed: Of all chance.
        world: What it meets.
        ramp_h: When a person lets its traffic grow, in hours; it grows by what is shown, too.
        days: When time is up.
    """
    chance = random.Random(seed)
    state = start(seed)
    to_come = list(ramp_h)
    due: list[tuple[float, int, str, Recommendation]] = []
    units: dict[str, Unit] = {}
    planned = arrivals(chance, world, days)
    shown: tuple[int, float] | None = None
    covered = True
    for number, (at_h, actor, hardness) in enumerate(planned):
        while due and due[0][0] <= at_h and state.is_open:
            out_h, _, unit_id, label = heappop(due)
            state, unit = outcome(state, units[unit_id], label=label)
            units[unit_id] = unit or units[unit_id]
            state = judge(state, now_ms=round(out_h * HOUR_MS)).state
            if shown is None and state.lift.is_better(state.rules.alpha_better):
                shown = (sum(state.lift.n), out_h / 24)
            covered = covered and _covers(state, world.effect)
        if not state.is_open:
            break
        while to_come and at_h >= to_come[0]:
            state = expanded(state, round(to_come.pop(0) * HOUR_MS))
        exposure, right = _scored(chance, world, state, actor, hardness, at_h / (24 * 12))
        at_ms = round(at_h * HOUR_MS)
        state, unit = expose(state, units.get(exposure.unit), exposure, plan_id=f"plan-{number}", at_ms=at_ms)
        if unit is not None:
            units[exposure.unit] = unit
            # The plan should go or not; the model that decided was right if it said so.
            label = APPROVE if (unit.says is APPROVE) == right else REJECT
            heappush(due, (at_h + chance.expovariate(1.0 / world.delay_h), number, exposure.unit, label))
        state = judge(state, now_ms=at_ms).state
    ended_days = (state.ended_at or state.now_ms) / HOUR_MS / 24
    at_units, at_days = shown or (None, None)
    return Ran(state.status, state.why or "", ended_days, sum(state.lift.n), at_units, at_days, covered)


def arrivals(chance: random.Random, world: World, days: float) -> list[tuple[float, str, float]]:
    """Return the hour, the actor and how hard each plan is; each actor comes back some times."""
    found: list[tuple[float, str, float]] = []
    at_h, number = 0.0, 0
    while (at_h := at_h + chance.expovariate(world.units_per_day / 24.0)) < days * 24:
        number += 1
        hardness = chance.uniform(-0.2, 0.2)
        found.append((at_h, f"actor-{number}", hardness))
        if world.repeats:
            again_h = at_h
            while chance.random() < world.repeats / (1.0 + world.repeats):
                again_h += chance.expovariate(1.0 / 6.0)
                found.append((again_h, f"actor-{number}", hardness))
    found.sort()
    return found


def _scored(
    chance: random.Random, world: World, state: Experiment, actor: str, hardness: float, progress: float
) -> tuple[Exposure, bool]:
    arm, unit = arm_of(state, actor)
    treated = arm is Arm.TREATMENT
    rate = world.first + (world.last - world.first) * min(progress, 1.0) - hardness
    right = chance.random() < min(max(rate + world.effect * treated, 0.0), 1.0)
    served = Scored(
        says=APPROVE if chance.random() < 0.5 else REJECT,
        confidence=chance.uniform(0.45, 0.95),
        latency_ms=500.0 if chance.random() < (world.slow if treated else 0.03) else 5.0,
        error=chance.random() < (world.errors if treated else 0.01),
    )
    exposure = Exposure(
        experiment_id=state.experiment_id,
        unit=unit,
        arm=arm,
        probability=state.traffic,
        champion=None if treated else served,
        challenger=served if treated else None,
    )
    return exposure, right


def _covers(state: Experiment, effect: float) -> bool:
    found = state.lift.interval(0.05)
    return found is None or found.low <= effect <= found.high
