"""The ladder: it learns, notices when the world changes, acts, and is the same again from a snapshot."""

from __future__ import annotations

import pytest

from models.online.ladder import Forecast, Ladder, LadderSettings
from models.records import Drift, DriftAction, DriftSource, decode, encode
from models.records.drift import DriftEvent
from tests.unit.online.streams import flipping, walk

CHEAP = LadderSettings(kinds=("logistic", "tree"))


def drifts(events: list[DriftEvent]) -> list[int]:
    return [
        event.at_example for event in events if event.level is Drift.DRIFT and not event.detector.startswith("paired")
    ]


def test_a_flip_is_found_once_and_soon_and_what_was_learned_before_is_given_up() -> None:
    examples = flipping(3_000, 1_500)
    ladder = Ladder("test", CHEAP)
    found = walk(ladder, examples)
    [at] = drifts(found.events)
    assert 1_500 < at <= 1_700
    right = [forecast.label == y for forecast, (_, y) in zip(found.forecasts, examples, strict=True)]
    assert sum(right[1_000:1_500]) / 500 > 0.9
    assert sum(right[-500:]) / 500 > 0.9
    [drift] = [event for event in found.events if event.at_example == at and event.source is DriftSource.ERROR]
    assert drift.before is not None
    assert drift.after is not None
    assert drift.before < drift.after
    took_over = {DriftAction.RESET, DriftAction.PROMOTED}
    assert any(event.action in took_over and at <= event.at_example < at + 300 for event in found.events)


def test_a_steady_world_has_no_drift_and_no_news() -> None:
    found = walk(Ladder("test", CHEAP), flipping(3_000, seed=5))
    assert drifts(found.events) == []


def test_a_champion_that_forgets_quickly_hides_no_drift() -> None:
    """It is right throughout; the rung that forgets slowly is not, from a moment on."""
    ladder = Ladder("test", LadderSettings(kinds=("logistic", "quick"), alpha=1e-300))
    ladder._champion = ladder._rungs[1]
    events = []
    for at in range(600):
        slow = "up" if at < 500 else "down"
        events += ladder.learn({"x": 1.0}, "up", Forecast("up", {"up": 1.0}, 1.0, {"logistic": slow, "quick": "up"}))
    [drift] = [event for event in events if event.level is Drift.DRIFT]
    assert (drift.detector, drift.champion) == ("page-hinkley:logistic", "quick")
    assert 500 < drift.at_example < 520


def test_late_labels_are_judged_by_what_was_said_when_the_example_came() -> None:
    ladder = Ladder("test", LadderSettings(kinds=("logistic",)))
    found = walk(ladder, flipping(1_000), delay=200)
    assert ladder.learned == 800
    assert {forecast.label for forecast in found.forecasts[:201]} == {None}
    said = [forecast.label == y for forecast, (_, y) in zip(found.forecasts, flipping(1_000), strict=True)]
    assert ladder.accuracies["logistic"] == pytest.approx(sum(said[:800]) / 800)


def test_the_better_rung_becomes_the_champion() -> None:
    """Up if x is in the middle: no line can tell."""
    examples = [({"x": x["x"]}, "in" if 0.3 < x["x"] < 0.7 else "out") for x, _ in flipping(1_500)]
    ladder = Ladder("test", CHEAP)
    found = walk(ladder, examples)
    assert ladder.champion == "tree"
    assert any(event.action is DriftAction.PROMOTED and event.detector == "paired:rung" for event in found.events)


def test_equal_seeds_learn_equally_and_predicting_changes_nothing() -> None:
    examples = flipping(700, 500)
    first, second = (Ladder("test", LadderSettings(seed=3)) for _ in range(2))
    one = walk(first, examples)
    for x, _ in examples[:50]:
        first.predict(x)
    assert one == walk(second, examples)
    assert first.forecast(examples[0][0]) == second.forecast(examples[0][0])


def test_light_learning_leaves_out_the_heavy_rungs_and_does_not_judge_them() -> None:
    ladder = Ladder("test", LadderSettings(kinds=("logistic", "forest")))
    for x, y in flipping(100):
        ladder.learn(x, y, light=True)
    assert ladder.accuracies["forest"] is None
    assert ladder.accuracies["logistic"] is not None


def test_features_and_labels_that_move_are_told_with_those_that_moved_most() -> None:
    still = [(x | {"z": x["x"] * x["y"]}, y) for x, y in flipping(1_100)]
    moved = [(x | {"x": x["x"] + 0.7}, "up") for x, _ in still]
    found = walk(Ladder("test", LadderSettings(kinds=("logistic",))), still + moved)
    [features, *_] = [event for event in found.events if event.source is DriftSource.FEATURES]
    assert features.movers[0].name == "x"
    assert (features.level, features.action) == (Drift.WARNING, DriftAction.NONE)
    assert features.movers[0].after > features.movers[0].before
    assert any(event.source is DriftSource.LABELS for event in found.events)
    assert decode(DriftEvent, encode(features)) == features


def test_the_confidence_says_how_often_it_is_right() -> None:
    """A fifth of the labels are wrong: nobody can be surer than 80 % of what is clear."""
    examples = flipping(3_000, noise=0.2)
    found = walk(Ladder("test", LadderSettings(kinds=("quick",))), examples)
    newest = list(zip(found.forecasts, examples, strict=True))[-1_500:]
    claimed = sum(forecast.confidence for forecast, _ in newest) / 1_500
    right = sum(forecast.label == y for forecast, (_, y) in newest) / 1_500
    assert claimed == pytest.approx(right, abs=0.05)


@pytest.mark.parametrize("kinds", [(), ("logistic", "logistic"), ("oracle",)])
def test_a_ladder_of_nothing_or_of_unknown_rungs_is_refused(kinds: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="kind"):
        Ladder("test", LadderSettings(kinds=kinds))


def test_a_champion_that_knows_only_the_old_world_gives_way_soon_after_the_drift() -> None:
    """At the alarm half of the newest examples are still the old world's; fifty later none is."""
    examples = flipping(2_000, 1_000)
    ladder = Ladder("test", LadderSettings(kinds=("logistic",), alpha=1e-300))
    found = walk(ladder, examples)
    [at] = drifts(found.events)
    [reset] = [event for event in found.events if event.action is DriftAction.RESET]
    assert (reset.at_example, reset.detector, reset.level) == (at + 50, "hopeless", Drift.NONE)
    right = [forecast.label == y for forecast, (_, y) in zip(found.forecasts, examples, strict=True)]
    assert sum(right[-500:]) / 500 > 0.9
