"""Experiments, simulated by the thousand: what is found where there is nothing, and how soon what there is."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter

from benchmarks.experiments_simulated import Ran, World, run
from benchmarks.report import emit, progress
from models.lifecycle.experiment.evidence import SampleRatio
from models.lifecycle.experiment.state import Status
from models.records import ExperimentRules

DECIDED = frozenset({Status.PASSED, Status.ROLLED_BACK})
MOST_FALSE, LEAST_FOUND, MOST_ALARMS = 0.06, 0.95, 0.02
STAGES = ((0.1, 1200), (0.25, 1600), (0.5, 1800))
"""Traffic and new units of each stage, as the simulated experiments have them."""
RAMP_H = (24.0, 72.0, 144.0)
"""When a person lets the traffic of equals grow, which would stay where it is by itself; the last is refused."""


def simulate(*, runs: int) -> bool:
    """Print what the simulations give, and tell whether each is as it should be."""
    right = [
        _equals("a/a", World(), runs=runs),
        _equals("a/a, people come again", World(units_per_day=300, repeats=1.0), runs=max(runs // 5, 1)),
        _better(World(effect=0.1), runs=max(runs // 5, 1)),
        _ratio(runs=runs),
    ]
    for name, world in {
        "20 points worse": World(effect=-0.2),
        "10 points worse": World(effect=-0.1),
        "three of five scores fail": World(errors=0.6),
        "one of twenty scores fails": World(errors=0.05),
        "four of ten scores are slow": World(slow=0.4),
    }.items():
        _harm(name, world, runs=max(runs // 20, 1))
    return all(right)


def _equals(name: str, world: World, *, runs: int) -> bool:
    """Look after every record at two equal models, while traffic grows and the base rate rises."""
    ran = _ran(name, world, runs, ramp_h=RAMP_H)
    false = [each for each in ran if each.status in DECIDED]
    ok = len(false) / runs <= MOST_FALSE
    emit(
        "experiments",
        what=name,
        runs=runs,
        seeds=f"0-{runs - 1}",
        base_rate=[world.first, world.last],
        units_of_a_run=round(statistics.median(each.units for each in ran)),
        false_decisions=len(false) / runs,
        allowed=MOST_FALSE,
        why=dict(Counter(each.why.partition(":")[0] or "better" for each in false)),
        interval_held_at_every_look=sum(each.covered for each in ran) / runs,
        met=ok,
    )
    return ok


def _better(world: World, *, runs: int) -> bool:
    ran = _ran("+10 points", world, runs)
    shown = [each for each in ran if each.shown_at_units is not None]
    passed = [each for each in ran if each.status is Status.PASSED]
    ok = len(passed) / runs >= LEAST_FOUND
    emit(
        "experiments",
        what="+10 points",
        runs=runs,
        units_per_day=world.units_per_day,
        found=len(shown) / runs,
        passed=len(passed) / runs,
        wanted=LEAST_FOUND,
        median_units_until_shown=_median([each.shown_at_units for each in shown]),
        median_days_until_shown=_median([each.shown_at_days for each in shown]),
        median_days_until_passed=_median([each.days for each in passed]),
        met=ok,
    )
    return ok


def _harm(name: str, world: World, *, runs: int) -> None:
    ran = _ran(name, world, runs)
    back = [each for each in ran if each.status is Status.ROLLED_BACK]
    emit(
        "experiments",
        what=name,
        runs=runs,
        rolled_back=len(back) / runs,
        why=dict(Counter(each.why.partition(":")[0] for each in back)),
        median_hours=_median([each.days * 24 for each in back]),
    )


def _ratio(*, runs: int) -> bool:
    """Look after every unit at the share of the treated, through all stages."""
    even = sum(_alarm(random.Random(seed), STAGES) is not None for seed in range(runs)) / runs
    found = [_alarm(random.Random(seed), ((0.1, 6000),), shift=0.03) for seed in range(runs)]
    at = [each for each in found if each is not None]
    ok = even <= MOST_ALARMS and len(at) == runs
    emit(
        "experiments",
        what="sample ratio",
        runs=runs,
        false_alarms=even,
        allowed=MOST_ALARMS,
        found_13_for_10_percent=len(at) / runs,
        median_units=_median(at),
        met=ok,
    )
    return ok


def _alarm(chance: random.Random, stages: tuple[tuple[float, int], ...], *, shift: float = 0.0) -> int | None:
    for p, units in stages:
        ratio = SampleRatio()
        for number in range(units):
            ratio = ratio.update(treated=chance.random() < p + shift, p=p)
            if ratio.is_off(ExperimentRules().alpha_ratio / 3):
                return number + 1
    return None


def _ran(name: str, world: World, runs: int, *, ramp_h: tuple[float, ...] = ()) -> list[Ran]:
    began_s = time.process_time()
    ran = [run(seed, world, ramp_h=ramp_h) for seed in range(runs)]
    progress(f"{name}: {runs} runs, {time.process_time() - began_s:.0f} s of CPU")
    return ran


def _median(values: list[int | None] | list[float | None] | list[int] | list[float]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 2) if known else None
