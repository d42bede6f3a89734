"""Experiments through a worker that is killed: what they counted, who was treated, and how soon harm ends."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from benchmarks.experiments_check import check_routing, models, recomputed, share_is_right
from benchmarks.experiments_live import BETTER, CHAMPION, HARMFUL, Judged, Live
from benchmarks.report import emit, progress
from models.lifecycle.experiment import Status
from models.records import ExperimentRules, ExperimentWord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WAVE, TRICKLE = 30, 15
MOST_PLANS = 4_000
AFTER = 100
"""Plans that are asked for, one after the other, once an experiment is over."""
RULES = ExperimentRules(hours=(0.001, 0.001, 0.001), least_units=(20, 60, 150), slow_ms=1000.0)
"""Of the real ones, but for the hours: 10, 25, 50, 100 %."""


def live(addresses: Mapping[str, str], folder: Path, *, seed: int, kills: int) -> bool:
    """Run a better and a harmful challenger, with the worker killed at random moments of both; print what came of it.

    What each experiment has counted is counted anew from its topic, and each plan's arm, model and record are checked.

    Args:
        addresses: Of Kafka and Redis.
        folder: Where the worker keeps its things.
        seed: Of all chance but the salts.
        kills: Of each experiment.

    Raises:
        AssertionError: something was counted otherwise, twice or not, or a plan was judged by the wrong model.
    """
    found = Live(addresses, folder, seed=seed)
    chance = random.Random(seed)
    try:
        found.start()
        met = [
            _one(found, chance, "better", BETTER, Status.PASSED, kills=kills),
            _one(found, chance, "harmful", HARMFUL, Status.ROLLED_BACK, kills=kills),
        ]
    finally:
        found.stop()
    return all(met)


def _one(live: Live, chance: random.Random, what: str, challenger: str, wanted: Status, *, kills: int) -> bool:
    before = len(live.judged)
    name = live.experiment(challenger, RULES)
    live.followed("", experiments=1)
    killed, late, judged = 0, list[Judged](), list[Judged]()
    while live.state(name).is_open and len(live.judged) - before < MOST_PLANS:
        asked = live.ask(WAVE, again=0.25)  # so that some are under way when it ends
        for each in [*late, *judged[5:], *judged[5:10]]:  # some labels come late, some never, some twice
            live.label(each)
        late = judged[:2]
        if killed < kills and chance.random() < 0.5:
            time.sleep(chance.uniform(0.0, 0.6))
            live.again()
            killed += 1
        for _ in range(TRICKLE):
            asked += live.ask(2, again=0.25)
            live.hear(0.02)
        judged = live.wait(asked)
    state = live.state(name)
    plans = len(live.judged) - before
    progress(f"{what}: {state.status.value} after {plans} plans and {killed} kills: {state.why or 'it is better'}")
    arms, routed = recomputed(live, name), check_routing(live, name)
    behind_ms = _behind(live, name, CHAMPION if wanted is Status.ROLLED_BACK else challenger.removeprefix("rung:"))
    met = state.status is wanted and share_is_right(arms) and killed > 0
    emit(
        "experiments-live",
        what=what,
        simulated=True,
        kills=killed,
        plans=plans,
        exposed_plans=routed,
        units=list(arms.units),
        treated_expected=round(arms.expected, 1),
        labelled=list(state.lift.n),
        right=list(state.lift.good),
        status=state.status.value,
        why=state.why,
        decided_as_before_for_ms=behind_ms,
        met=met,
    )
    if state.status is Status.PASSED:
        live.word(ExperimentWord.STOP, name, reason="the next one")
        live.until(lambda: live.state(name).status is Status.STOPPED)
    return met


def _behind(live: Live, name: str, model: str) -> int:
    """Return how long after its end was written the last plan was decided as before, in milliseconds; 0: none was."""
    ended_ms = live.states[name][-1][0]
    live.followed(model, experiments=0 if model == CHAMPION else 1)
    after = live.wait(live.ask(AFTER))
    assert models(after) == {model: AFTER}, models(after)
    behind = [
        each.consensus.at - ended_ms
        for each in live.judged.values()
        if each.consensus.at > ended_ms and each.model != model
    ]
    return max(behind, default=0)
