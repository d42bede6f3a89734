"""What experiments find, simulated: the whole runs are `python -m benchmarks experiments`, these are a few of them."""

from __future__ import annotations

import random
from math import exp, sqrt

import pytest

from benchmarks.experiments import RAMP_H
from benchmarks.experiments_simulated import World, run
from models.lifecycle.experiment.evidence import Lift, SampleRatio
from models.lifecycle.experiment.state import Status


def test_equals_are_not_told_apart_while_traffic_grows_the_base_rate_rises_and_people_come_again() -> None:
    ran = [run(seed, World(units_per_day=150, repeats=0.5), ramp_h=RAMP_H) for seed in range(20)]
    assert sum(each.status in (Status.PASSED, Status.ROLLED_BACK) for each in ran) <= 2
    assert sum(each.covered for each in ran) >= 17, "and the interval has held the truth at every look"


def test_ten_points_are_found_and_take_the_whole_traffic() -> None:
    ran = [run(seed, World(effect=0.1)) for seed in range(8)]
    assert [each.status for each in ran].count(Status.PASSED) >= 7
    assert all(each.days >= 6.0 for each in ran if each.status is Status.PASSED), "24, 48 and 72 hours"


@pytest.mark.parametrize(
    ("world", "why"),
    [
        (World(effect=-0.2), "outcomes"),
        (World(errors=0.6), "breakdown"),
        (World(slow=0.4), "guardrail latency"),
    ],
)
def test_harm_is_rolled_back_within_its_guardrail(world: World, why: str) -> None:
    ran = [run(seed, world) for seed in range(4)]
    assert {each.status for each in ran} == {Status.ROLLED_BACK}
    assert {each.why.partition(":")[0] for each in ran} == {why}


def test_a_pooled_comparison_would_find_a_difference_where_there_is_none() -> None:
    """The control that keeps the simulation honest: it does tell a wrong test from a right one."""
    pooled = found = 0
    for seed in range(10):
        chance, lift = random.Random(seed), Lift()
        for number in range(3000):
            stage = number // 1000
            p, rate = (0.1, 0.25, 0.5)[stage], 0.3 + 0.15 * stage
            lift = lift.update(treated=chance.random() < p, good=chance.random() < rate, p=p)
        rates = [good / n for good, n in zip(lift.good, lift.n, strict=True)]
        error = sqrt(sum(rate * (1 - rate) / n for rate, n in zip(rates, lift.n, strict=True)))
        pooled += (rates[1] - rates[0]) / error > 1.96
        found += lift.is_better(0.01) or lift.is_worse(0.01)
    assert pooled >= 9, "Simpson: who is treated late meets a higher base rate"
    assert found <= 1


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5])
def test_a_bet_is_fair_whatever_the_outcome_and_the_base_rate(p: float) -> None:
    """Over both arms, weighted with their chance, each product stays what it was: that is all that Ville needs."""
    before = Lift()
    for good in (True, False, True, True):
        before = before.update(treated=good, good=good, p=p)
    for good in (True, False):
        treated, control = (before.update(treated=arm, good=good, p=p) for arm in (True, False))
        for side in ("better", "worse"):
            sums = zip(getattr(treated, side), getattr(control, side), getattr(before, side), strict=True)
            for one, other, old in sums:
                assert p * exp(one) + (1 - p) * exp(other) == pytest.approx(exp(old))


def test_an_uneven_share_is_found_and_an_even_one_is_not() -> None:
    def alarms(share: float, seeds: range) -> int:
        found = 0
        for seed in seeds:
            chance, ratio = random.Random(seed), SampleRatio()
            for _ in range(6000):
                ratio = ratio.update(treated=chance.random() < share, p=0.1)
                if ratio.is_off(0.01 / 3):
                    found += 1
                    break
        return found

    assert alarms(0.1, range(30)) <= 2
    assert alarms(0.13, range(10)) == 10
