"""How experiments are shown: what was seen of each arm, or, in the shadow, of both models, on 80 columns."""

from __future__ import annotations

import io

from msgspec.structs import replace
from rich.console import Console

from app.cli.experiment import _next, _shown
from models.lifecycle.experiment import Experiment, Status
from models.lifecycle.experiment.state import Pairs
from models.records import ExperimentRules
from tests.unit.lifecycle.test_experiment_states import begun, fed


def shown(state: Experiment) -> str:
    out = io.StringIO()
    Console(file=out, width=80).print(_shown(state))
    return out.getvalue()


def test_each_arm_is_shown_with_what_is_still_unknown() -> None:
    text = shown(replace(fed(begun(), treated=(18, 20), control=(90, 180)), units=(200, 22)))
    assert max(map(len, text.splitlines())) <= 80
    assert "90 of 180 (50.0%)" in text
    assert "18 of 20 (90.0%)" in text
    assert "20 of 200 (10.0%)" in text, "no outcome yet"
    assert "business: 2 against 1" in text


def test_the_shadow_shows_both_models_on_the_same_plans() -> None:
    state = begun()
    pairs = Pairs(n=60, agreed=30, confidence=(54.0, 42.0), known=50, right=(25, 49))
    text = shown(replace(state, rules=ExperimentRules(shadow=True), pairs=pairs))
    assert max(map(len, text.splitlines())) <= 80
    for told in ("25 of 50 (50.0%)", "49 of 50 (98.0%)", "0.90", "0.70", "the champion decides"):
        assert told in text
    assert "difference" not in text


def test_one_that_has_passed_says_until_when() -> None:
    passed = replace(begun(), status=Status.PASSED, stage=3)
    assert _next(passed) == "all of it until it is the champion, or stopped"
    assert _next(replace(passed, concluded=True)) == "the challenger is the champion"
