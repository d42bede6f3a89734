"""A specialist's learner: neither batches nor crashes make a difference."""

from __future__ import annotations

import random

import pytest

from models.online.features import NAMES, SCHEMA
from models.online.ladder_state import LadderState, from_bytes, to_bytes
from models.online.specialists import learn, new_ladder
from models.records import Domain, LearningExample, Recommendation, SpecialistType

ROWS = 240


def examples(seed: int) -> list[tuple[int, LearningExample]]:
    chance = random.Random(seed)
    found = []
    for offset in range(ROWS):
        features = [chance.random() for _ in NAMES]
        label = Recommendation.APPROVE if features[4] < 0.5 else Recommendation.REJECT
        example = LearningExample(
            plan_id=f"p{offset}",
            specialist_type=SpecialistType.TECHNICAL,
            domain=Domain.TECHNICAL,
            feature_schema=SCHEMA,
            features=features,
            judged_at=1,
            label=label,
            light=chance.random() < 0.3,
        )
        found.append((offset, example))
    return found


def after(given: list[tuple[int, LearningExample]], cuts: list[int], *, through_bytes: bool) -> bytes:
    state = new_ladder(SpecialistType.TECHNICAL)
    for start, end in zip([0, *cuts], [*cuts, len(given)], strict=True):
        learn(state.ladder, given[start:end])
        state = LadderState(state.ladder, SCHEMA, end)
        if through_bytes:
            state = from_bytes(to_bytes(state), schema=SCHEMA)
    probe = random.Random(9)
    rows = [dict(zip(NAMES, [probe.random() for _ in NAMES], strict=True)) for _ in range(20)]
    return repr([state.ladder.forecast(row) for row in rows]).encode()


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_the_batches_and_restarts_the_forecasts_are_the_same_to_the_bit(seed: int) -> None:
    given = examples(seed)
    chance = random.Random(seed)
    cuts = sorted(chance.sample(range(1, ROWS), 5))
    once = after(given, [], through_bytes=False)
    assert after(given, cuts, through_bytes=False) == once
    assert after(given, cuts, through_bytes=True) == once


def test_what_has_no_label_is_watched_and_a_foreign_row_is_refused() -> None:
    state = new_ladder(SpecialistType.BUSINESS)
    (_, example), (_, other) = examples(4)[:2]
    import msgspec

    step = learn(
        state.ladder,
        [
            (0, msgspec.structs.replace(example, label=None)),
            (1, msgspec.structs.replace(other, feature_schema="plan-features/0")),
            (2, other),
        ],
    )
    assert (step.learned, state.ladder.learned) == (1, 1)
    assert [offset for offset, _ in step.refused] == [1]
    assert step.accuracy == 0.0, "before the first label nothing can be said"
