"""A hidden rule that flips, without servers: what learners make of it when scoring is up to date, and when it lags."""

from __future__ import annotations

from collections import deque
from statistics import fmean
from typing import Final

import msgspec

from benchmarks.organisation import CASES_NOISE, cases
from benchmarks.report import emit
from models.deliberation.scoring import ScoringLadder, consensus_of
from models.online.features import NAMES, SCHEMA
from models.online.labels import sightings_of
from models.online.served import ServedLadder
from models.online.serving import served_of
from models.online.specialists import learn, new_ladder
from models.records import LearningExample, Recommendation, SpecialistType

PLANS: Final = 4_000
FLIP: Final = 2_000
DELAY: Final = 20
"""Plans that come between a plan and its label."""
SNAPSHOT: Final = 10
WINDOW: Final = 200
LAGS: Final = (0, 200, 480)
"""Plans by which the learner, and so the snapshot that decides, is behind."""
WHO: Final = SpecialistType.TECHNICAL


def run(*, seed: int = 1) -> bool:
    """Let the rule flip once for each lag; all specialists score with one ladder, as they have the same labels."""
    met = [_flip(lag, seed) for lag in LAGS]
    return all(met)


def _flip(lag: int, seed: int) -> bool:
    state = new_ladder(WHO)
    unlabelled: deque[tuple[LearningExample, Recommendation]] = deque()
    topic: deque[tuple[int, LearningExample]] = deque()
    right: list[bool] = []
    drifts: list[int] = []
    scoring: dict[SpecialistType, ScoringLadder] = {}
    for at, case in enumerate(cases(seed, PLANS, flip_at=FLIP)):
        if at % SNAPSHOT == 0:
            ladder = ServedLadder(served_of(state.ladder, schema=SCHEMA, names=NAMES))
            scoring = dict.fromkeys(SpecialistType, ScoringLadder(ladder, str(at)))
        consensus = consensus_of(case.plan, now_ms=at, ladders=scoring)
        right.append(consensus.decision.final_decision is case.label)
        [shown] = [each for each in sightings_of(consensus, light=False) if each.specialist_type is WHO]
        topic.append((at, shown))
        unlabelled.append((shown, case.label))
        if len(unlabelled) > DELAY:
            example, label = unlabelled.popleft()
            topic.append((at, msgspec.structs.replace(example, label=label)))
        while topic and topic[0][0] <= at - lag:
            step = learn(state, [topic.popleft()])
            drifts += [event.at_example for event in step.events if event.level.value == "drift"]
    rolling = [fmean(right[max(0, at - WINDOW + 1) : at + 1]) for at in range(len(right))]
    found = [at - FLIP for at in drifts if at > FLIP]
    recovered = next((at - FLIP for at in range(FLIP + WINDOW, len(rolling)) if rolling[at] >= 0.80), None)
    met = rolling[FLIP - 1] >= 0.85 and bool(found) and found[0] <= 300 and recovered is not None and recovered <= 1_000
    emit(
        "learning-simulated",
        simulated=True,
        seed=seed,
        plans=PLANS,
        wrong_labels=CASES_NOISE,
        labels_come_after_plans=DELAY,
        learner_is_behind_plans=lag,
        rolling_window=WINDOW,
        accuracy_before=round(rolling[FLIP - 1], 3),
        lowest_after=round(min(rolling[FLIP:]), 3),
        accuracy_at_end=round(rolling[-1], 3),
        drift_after_labels=found[0] if found else None,
        drifts_before=len(drifts) - len(found),
        recovered_after_plans=recovered,
        met=met,
    )
    return met
