"""A specialist's learner: neither batches nor crashes make a difference."""

from __future__ import annotations

import random
from collections import deque

import msgspec
import pytest

from models.online.features import NAMES, SCHEMA
from models.online.ladder_state import from_bytes, to_bytes
from models.online.specialists import learn, new_ladder
from models.records import Domain, LearningExample, Recommendation, SpecialistForecast, SpecialistType

ROWS = 240
LATE = 7


def examples(seed: int) -> list[tuple[int, LearningExample]]:
    """Return plans, and some of their labels, each after `LATE` further plans."""
    chance = random.Random(seed)
    found: list[LearningExample] = []
    due: deque[LearningExample] = deque()
    for number in range(ROWS):
        features = [chance.random() for _ in NAMES]
        label = Recommendation.APPROVE if features[4] < 0.5 else Recommendation.REJECT
        example = LearningExample(
            plan_id=f"p{number}",
            specialist_type=SpecialistType.TECHNICAL,
            domain=Domain.TECHNICAL,
            feature_schema=SCHEMA,
            features=features,
            judged_at=1,
            light=chance.random() < 0.3,
        )
        found.append(example)
        due.append(msgspec.structs.replace(example, label=label, light=chance.random() < 0.3))
        if len(due) > LATE:
            found.append(due.popleft())
    return list(enumerate(found))


def after(given: list[tuple[int, LearningExample]], cuts: list[int], *, through_bytes: bool) -> bytes:
    state = new_ladder(SpecialistType.TECHNICAL)
    for start, end in zip([0, *cuts], [*cuts, len(given)], strict=True):
        learn(state, given[start:end])
        state = state._replace(next_offset=end)
        if through_bytes:
            state = from_bytes(to_bytes(state), schema=SCHEMA)
    probe = random.Random(9)
    rows = [dict(zip(NAMES, [probe.random() for _ in NAMES], strict=True)) for _ in range(20)]
    return repr([state.ladder.forecast(row) for row in rows]).encode()


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_the_batches_and_restarts_the_forecasts_are_the_same_to_the_bit(seed: int) -> None:
    given = examples(seed)
    chance = random.Random(seed)
    cuts = sorted(chance.sample(range(1, len(given)), 5))
    once = after(given, [], through_bytes=False)
    assert after(given, cuts, through_bytes=False) == once
    assert after(given, cuts, through_bytes=True) == once


def test_what_older_snapshots_said_of_the_plans_makes_no_difference() -> None:
    given = examples(3)
    said = SpecialistForecast(
        specialist_type=SpecialistType.TECHNICAL,
        label="reject",
        probabilities={"reject": 1.0},
        confidence=0.3,
        said={"quick": "reject"},
        model_version="v-1",
        learned=1,
    )
    decided = [(at, msgspec.structs.replace(each, forecast=said)) for at, each in given]
    assert after(decided, [], through_bytes=False) == after(given, [], through_bytes=False)


def test_what_has_no_label_is_watched_and_a_foreign_row_is_refused() -> None:
    state = new_ladder(SpecialistType.BUSINESS)
    (_, example), (_, other) = examples(4)[-2:]
    step = learn(
        state,
        [
            (0, example),
            (1, msgspec.structs.replace(other, feature_schema="plan-features/0")),
            (2, other),
        ],
    )
    assert (step.learned, state.ladder.learned) == (1, 1)
    assert [offset for offset, _ in step.refused] == [1]
    assert step.accuracy == 0.0, "before the first label nothing can be said"
