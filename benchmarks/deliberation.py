"""The specialists on a simulated organisation, from a cold start: how right and sure they get, and what it costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from benchmarks.organisation import judged_plans
from benchmarks.report import emit, progress
from models.deliberation.prior import LABELS
from models.deliberation.scoring import NO_LADDERS, ScoringLadder, consensus_of
from models.online import served
from models.online.features import NAMES, SCHEMA
from models.online.labels import sightings_of
from models.online.ladder import Ladder
from models.online.ladder_state import LadderState
from models.online.measures import Measures, Outcome, Prequential
from models.online.serving import served_of
from models.online.specialists import learn, new_ladder
from models.records import Consensus, Recommendation, SpecialistType

PLANS: Final = 2_500
WINDOW: Final = 500
"""The newest plans that are judged by, and over which cost is measured."""
STEP: Final = 50
SNAPSHOT: Final = 20
"""Plans that are judged with one snapshot."""

US_P50_MOST: Final = 500.0
CONFIDENCE_LEAST, ECE_MOST, MACRO_F1_LEAST = 0.70, 0.08, 0.65


class _Course(NamedTuple):
    """How one specialist does."""

    state: LadderState
    measures: Prequential
    confidences: list[float]
    curve: list[tuple[int, Measures]]


def run(*, plans: int = PLANS, plot: Path | None = None) -> bool:
    """Measure, print the results, and return whether they are within their targets."""
    courses = {each: _Course(new_ladder(each), Prequential(window=WINDOW), [], []) for each in SpecialistType}
    times_us: dict[str, list[float]] = {"rules": [], "all": []}
    scoring: dict[SpecialistType, ScoringLadder] = {}
    for place, (plan, labels) in enumerate(judged_plans(plans)):
        if place % SNAPSHOT == 0:
            scoring = {each: _served(course.state.ladder, str(place)) for each, course in courses.items()}
        if place >= plans - WINDOW:
            for name, known in (("rules", NO_LADDERS), ("all", scoring)):
                began_ns = time.thread_time_ns()
                consensus_of(plan, now_ms=plan.created_at, ladders=known)
                times_us[name].append((time.thread_time_ns() - began_ns) / 1000)
        _learn(consensus_of(plan, now_ms=plan.created_at, ladders=scoring), labels, courses)
        if (place + 1) % STEP == 0:
            for course in courses.values():
                course.curve.append((place + 1, course.measures.rolling()))
        if (place + 1) % WINDOW == 0:
            progress(f"{place + 1} simulated plans")
    told = [_tell(each, course, plans) for each, course in courses.items()]  # all of them, whatever the first says
    cost = {f"us_p50_{name}": round(statistics.median(found), 1) for name, found in times_us.items()}
    emit("deliberation-cost", **cost, champions={each.value: kept.ladder.champion for each, kept in scoring.items()})
    if plot is not None:
        draw(courses, plot)
    return all(told) and cost["us_p50_all"] <= US_P50_MOST


def _learn(
    told: Consensus, labels: Mapping[SpecialistType, Recommendation], courses: Mapping[SpecialistType, _Course]
) -> None:
    """Judge what was said of a plan, then learn its labels."""
    shown = {each.specialist_type: each for each in sightings_of(told, light=False)}
    for opinion in told.opinions:
        course, label = courses[opinion.specialist_type], labels[opinion.specialist_type]
        of_label = opinion.metadata["probabilities"][LABELS.index(label)]
        confidence = opinion.confidence_score
        course.measures.update(Outcome(label.value, opinion.recommendation.value, None, confidence, of_label))
        course.confidences.append(confidence)
        sighting = shown[opinion.specialist_type]
        learn(course.state, [(0, sighting), (1, msgspec.structs.replace(sighting, label=label))])


def _served(ladder: Ladder, version: str) -> ScoringLadder:
    packed = served.to_bytes(served_of(ladder, schema=SCHEMA, names=NAMES))
    return ScoringLadder(served.from_bytes(packed, schema=SCHEMA), version)


def _tell(each: SpecialistType, course: _Course, plans: int) -> bool:
    since, newest = course.measures.since_start(), course.measures.rolling()
    recent = statistics.fmean(course.confidences[-WINDOW:])
    emit(
        "deliberation",
        simulated=True,
        specialist=each.value,
        plans=plans,
        newest=WINDOW,
        confidence=round(recent, 3),
        ece=_rounded(newest.ece),
        macro_f1=_rounded(newest.macro_f1),
        accuracy=_rounded(newest.accuracy),
        since_start={
            "confidence": round(statistics.fmean(course.confidences), 3),
            "ece": _rounded(since.ece),
            "macro_f1": _rounded(since.macro_f1),
            "accuracy": _rounded(since.accuracy),
        },
        champion=course.state.ladder.champion,
    )
    good = (newest.ece or 0.0) <= ECE_MOST and (newest.macro_f1 or 0.0) >= MACRO_F1_LEAST
    return good and recent >= CONFIDENCE_LEAST


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def draw(courses: Mapping[SpecialistType, _Course], plot: Path) -> None:
    """Draw the learning curves into a file; needs matplotlib (the extra `plots`)."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for each, course in courses.items():
        places = [place for place, _ in course.curve]
        axes[0].plot(places, [measures.macro_f1 for _, measures in course.curve], label=each.value)
        axes[1].plot(places, [measures.ece for _, measures in course.curve], label=each.value)
    axes[0].axhline(MACRO_F1_LEAST, color="grey", linestyle=":")
    axes[1].axhline(ECE_MOST, color="grey", linestyle=":")
    for axis, title in zip(axes, ("macro F1", "expected calibration error"), strict=True):
        axis.set(title=f"{title}, newest {WINDOW} plans", xlabel="simulated plans with labels", ylim=(0, None))
    axes[0].legend()
    figure.suptitle("The specialists in a simulated organisation, from a cold start")
    figure.savefig(plot, dpi=90)
