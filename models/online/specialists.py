"""A specialist's learner in the stream: examples in the order of their topic, and the ladder after them.

What a ladder comes to depends on its examples and their order alone: not on how they came in batches, and not on how
often the work was begun anew from an older snapshot.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from zlib import crc32

import msgspec

from models.errors import InvalidRecord
from models.online.features import SCHEMA, features_in, inputs_of
from models.online.ladder import Forecast, Ladder, LadderSettings
from models.online.ladder_state import LadderState
from models.online.waiting import Waiting
from models.records import DriftEvent, LearningExample, SpecialistForecast, SpecialistType

__all__ = ["KINDS", "Step", "learn", "new_ladder", "settings_of"]

KINDS: Final = ("logistic", "quick", "small-tree", "small-forest")
"""The rungs of a specialist's ladder: small ones, since they travel."""


RULES: Final = LadderSettings()
"""The thresholds where nothing else is set."""


class Step(NamedTuple):
    """What came of a batch.

    Attributes:
        events: What was seen to change, and what was done.
        learned: How many labels were learned.
        light: How many of these without the dearest learners.
        accuracy: The share of the newest labels that had been predicted; None before there was one.
        refused: Offsets of examples that could not be used, each with the reason.
    """

    events: list[DriftEvent]
    learned: int
    light: int
    accuracy: float | None
    refused: list[tuple[int, InvalidRecord]]


def settings_of(specialist: SpecialistType, rules: LadderSettings = RULES) -> LadderSettings:
    """Return what a specialist's ladder is made of, with the thresholds of these rules."""
    return msgspec.structs.replace(rules, kinds=KINDS, seed=crc32(specialist.value.encode()))


def new_ladder(specialist: SpecialistType, rules: LadderSettings = RULES) -> LadderState:
    """Return a specialist's ladder that knows nothing, with the thresholds of these rules."""
    settings = settings_of(specialist, rules)
    return LadderState(Ladder(specialist.value, settings), SCHEMA, 0, Waiting())


def learn(state: LadderState, examples: list[tuple[int, LearningExample]]) -> Step:
    """Show a ladder what has no label yet, and teach it the rest; test, then train.

    Every rung says what it makes of an example when it is shown, and is judged by that when the label comes. What was
    decided about the plan, by an older snapshot's champion, counts only where that isn't known any more: where scoring
    lags behind, its mistakes would be laid at the door of the champion that has taken that one's place.

    Args:
        state: The ladder and what waits; both are changed.
        examples: Offset and example, in the order of the topic.
    """
    events: list[DriftEvent] = []
    refused: list[tuple[int, InvalidRecord]] = []
    ladder, waiting = state.ladder, state.waiting
    learned = light = 0
    for offset, example in examples:
        if example.feature_schema != SCHEMA:
            refused.append((offset, InvalidRecord("feature_schema", f"{SCHEMA} is learned here")))
            continue
        row = inputs_of(features_in(example.features))
        if example.label is None:
            said = ladder.forecast(row, light=example.light)
            waiting.put(example.plan_id, said)
            if said.label is not None:
                events += ladder.observe(row, said)
            continue
        forecast = waiting.take(example.plan_id) or _forecast(example.forecast)
        if forecast is None:
            forecast = ladder.forecast(row, light=example.light)
        learned += 1
        light += example.light
        events += ladder.learn(row, example.label.value, forecast, light=example.light)
    return Step(events, learned, light, ladder.recent_accuracy, refused)


def _forecast(said: SpecialistForecast | None) -> Forecast | None:
    if said is None:
        return None
    return Forecast(said.label, said.probabilities, said.confidence, said.said)
