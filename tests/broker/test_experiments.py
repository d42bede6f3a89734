"""Experiments through a real worker: who is treated, what is recorded of it, and what comes of better and of worse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from app.cli import main
from benchmarks.experiments_check import check_routing, models, recomputed, share_is_right
from benchmarks.experiments_live import BETTER, CHAMPION, HARMFUL, RULES, Judged, Live
from models.lifecycle.experiment import Status
from models.records import ExperimentWord

if TYPE_CHECKING:
    from pathlib import Path

    from app.embedded.stack import Stack

pytestmark = pytest.mark.embedded
MOST = 800


def test_a_better_challenger_gets_all_traffic_and_a_harmful_one_none(embedded_stack: Stack, tmp_path: Path) -> None:
    live = Live(embedded_stack.addresses, tmp_path)
    try:
        live.start()
        assert models(live.wait(live.ask(5))) == {CHAMPION: 5}
        assert live.observed == [], "nothing is recorded while there is no experiment"
        in_the_shadow(live)
        better(live)
        harmful(live)
    finally:
        live.stop()


def in_the_shadow(live: Live) -> None:
    name = live.experiment(BETTER, replace(RULES, shadow=True))
    live.followed(CHAMPION, experiments=1)
    judged = live.wait(live.ask(20))
    assert models(judged) == {CHAMPION: 20}
    for each in judged:
        live.label(each)
    live.until(lambda: live.state(name).pairs.known == 20)
    pairs = live.state(name).pairs
    assert (pairs.n, pairs.right[1]) == (21, 20)
    live.word(ExperimentWord.STOP, name, reason="seen")
    live.until(lambda: not live.state(name).is_open)


def better(live: Live) -> None:
    name = live.experiment(BETTER)
    live.followed("", experiments=1)
    late: list[Judged] = []
    while live.state(name).is_open:
        judged = live.wait(live.ask(40, again=0.25))
        assert len(live.judged) < MOST, live.state(name)
        for each in [*late, *judged[4:], *judged[4:8]]:  # some come late, some never, some twice
            live.label(each)
        late = judged[:2]
        live.hear(0.5)
    state = live.state(name)
    assert (state.status, state.traffic) == (Status.PASSED, 1.0)
    arms = recomputed(live, name)
    check_routing(live, name)
    assert share_is_right(arms)
    live.followed("quick", experiments=1)
    assert models(live.wait(live.ask(20))) == {"quick": 20}, "all have the better one now"
    hive = CliRunner().invoke(main, ("experiment", "status", name, "--json"), env=live.env)
    assert (hive.exit_code, json.loads(hive.stdout)["status"]) == (0, "passed")
    live.word(ExperimentWord.STOP, name, reason="the next one")
    live.until(lambda: live.state(name).status is Status.STOPPED)


def harmful(live: Live) -> None:
    name = live.experiment(HARMFUL)
    live.followed("", experiments=1)
    while live.state(name).is_open:
        for each in live.wait(live.ask(40)):
            live.label(each)
        assert len(live.judged) < 2 * MOST, live.state(name)
        live.hear(0.3)
    state = live.state(name)
    assert (state.status, state.traffic) == (Status.ROLLED_BACK, 0.0)
    assert (state.why or "").startswith(("outcomes", "guardrail calibration")), state.why
    recomputed(live, name)
    check_routing(live, name)
    assert live.followed(CHAMPION, experiments=0) < 50, "at once"
    judged = live.wait(live.ask(20))
    assert models(judged) == {CHAMPION: 20}
    assert not [each for each in judged if each.consensus.exposures], "nobody is in an experiment any more"
