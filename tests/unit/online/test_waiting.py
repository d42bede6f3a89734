"""What was said of examples waits for their labels, the newest of it."""

from __future__ import annotations

import msgspec
import pytest

from models.online.features import NAMES, SCHEMA
from models.online.ladder import Forecast
from models.online.specialists import learn, new_ladder
from models.online.waiting import Waiting
from models.records import Domain, LearningExample, Recommendation, SpecialistForecast, SpecialistType

SAID = Forecast("yes", {"yes": 0.75, "no": 0.25}, 0.7, {"logistic": "yes", "quick": "no"})


def test_what_was_said_comes_back_once() -> None:
    waiting = Waiting()
    waiting.put("p1", SAID)
    waiting.put("p1", SAID._replace(label="no"))  # shown twice: the first counts
    found = waiting.take("p1")
    assert found is not None
    assert (found.label, found.probabilities["yes"], found.said) == ("yes", 0.75, SAID.said)
    assert waiting.take("p1") is None


def test_the_oldest_is_forgotten() -> None:
    waiting = Waiting(most=2)
    for key in ("p1", "p2", "p3"):
        waiting.put(key, SAID)
    assert len(waiting) == 2
    assert [waiting.take(key) is None for key in ("p1", "p2", "p3")] == [True, False, False]


def example(number: int, *, label: Recommendation | None = None) -> LearningExample:
    return LearningExample(
        plan_id=f"p{number}",
        specialist_type=SpecialistType.TECHNICAL,
        domain=Domain.TECHNICAL,
        feature_schema=SCHEMA,
        features=[0.1 + number % 2] * len(NAMES),
        judged_at=1,
        label=label,
    )


def test_every_rung_is_judged_by_what_it_said_when_the_example_was_shown() -> None:
    """What is learned between an example and its label makes no difference to how the example was judged."""
    right, wrong = Recommendation.APPROVE, Recommendation.REJECT
    state = new_ladder(SpecialistType.TECHNICAL)
    learn(state, [(at, example(at, label=right)) for at in range(0, 40, 2)])
    before = state.ladder.accuracies
    counted = 20  # examples judged so far
    learn(state, [(40, example(1_000))])  # now all would say that it is right
    learn(state, [(at, example(at, label=wrong)) for at in range(42, 100, 2)])  # and now, that it is wrong
    between = {kind: value or 0.0 for kind, value in state.ladder.accuracies.items()}
    assert before != between
    learn(state, [(200, example(1_000, label=right))])
    after = {kind: value or 0.0 for kind, value in state.ladder.accuracies.items()}
    counted += 29
    for kind, accuracy in between.items():
        assert after[kind] == pytest.approx((accuracy * counted + 1) / (counted + 1)), kind


def test_what_an_older_snapshot_decided_counts_only_where_nothing_else_is_known() -> None:
    """Where scoring lags behind, its mistakes are not those of the champion of now."""
    right, wrong = Recommendation.APPROVE, Recommendation.REJECT
    state = new_ladder(SpecialistType.TECHNICAL)
    learn(state, [(at, example(at, label=right)) for at in range(0, 40, 2)])
    decided = SpecialistForecast(
        specialist_type=SpecialistType.TECHNICAL,
        label=wrong.value,
        probabilities={wrong.value: 1.0},
        confidence=0.9,
        said={"logistic": wrong.value},
        model_version="v",
        learned=3,
    )
    shown = msgspec.structs.replace(example(50), forecast=decided)
    labelled = msgspec.structs.replace(shown, label=right)
    assert learn(state, [(50, shown), (51, labelled)]).accuracy == pytest.approx(20 / 21), "all but the first"
    assert learn(state, [(52, labelled)]).accuracy == pytest.approx(20 / 22), "and this one, which is not shown"
