"""Learning in the stream: the ladder beside river's learners and detectors, and what the features of a plan cost."""

from __future__ import annotations

import csv
import statistics
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from river import drift, forest, linear_model, naive_bayes, preprocessing

from benchmarks.online_streams import DRIFTING, STATIONARY, Example
from benchmarks.report import emit, progress
from models.online.features import features_of
from models.online.ladder import Ladder, LadderSettings
from models.online.measures import Outcome, Prequential
from models.online.stream_evaluation import is_drift

DATA = Path(__file__).parents[2] / "shared" / "data"
"""Where the data sets lie, beside the project; what isn't there is left out, and said."""

FILES: dict[str, tuple[tuple[int, int], ...]] = {
    "sine_0123_abrupto.csv": ((10_000, 10_000), (20_000, 20_000), (30_000, 30_000)),
    "stagger_0120_gradual.csv": ((8_900, 11_100), (19_400, 21_200), (30_500, 31_600)),
}
"""First and last row of each change. Those of the gradual one are where a tree that was taught the concept before
begins to err, and where it errs no more often than later; the third is two steps, 1,000 rows apart."""

WITHIN = 200
FEATURES_US_MOST = 150.0
BEST_SINGLE_DETECTOR = 0.885
"""Of GaussianNB, reset at each alarm, on sine_0123_abrupto.csv: HDDM-W."""


class _Walk(NamedTuple):
    measures: Prequential
    drifts: list[int]
    champion: str
    us_per_row: float


def run() -> bool:
    """Measure all of it, print the results, and return whether they are within their targets."""
    return all([_features(), _elec2(), _drifting(), _single_detectors(), _stationary()])


def _features() -> bool:
    from tests.unit.planning.catalogs import plan_of

    plan = plan_of("Migrar banco de dados de PostgreSQL para MongoDB")
    times_us = []
    for _ in range(2_000):
        began_ns = time.thread_time_ns()
        features_of(plan)
        times_us.append((time.thread_time_ns() - began_ns) / 1000)
    p50 = statistics.median(times_us)
    emit(
        "online-features",
        tasks=len(plan.tasks),
        us_p50=round(p50, 1),
        us_p99=round(statistics.quantiles(times_us, n=100)[98], 1),
    )
    return p50 <= FEATURES_US_MOST


# -- the electricity market


def _elec2() -> bool:
    file = DATA / "elec2" / "electricity.csv"
    if (examples := _read(file, drop="date")) is None:
        return True
    met = True
    for delay in (0, 48):
        progress(f"elec2, labels {delay} rows late")
        walked = _walk(Ladder("elec2", LadderSettings()), examples, delay=delay)
        measures = walked.measures.since_start()
        _tell("online-elec2", "ladder", walked, delay=delay)
        met &= (measures.kappa_temporal or 0) > 0 and (delay > 0 or (measures.accuracy or 0) >= 0.88)
        for name, model in (
            ("river ARF(5)", forest.ARFClassifier(5, seed=1)),
            ("river LogisticRegression", preprocessing.StandardScaler() | linear_model.LogisticRegression()),
        ):
            _tell("online-elec2", name, _walk_river(model, examples, delay=delay), delay=delay)
    return met


# -- known change points


def _drifting() -> bool:
    met = True
    for name, changes in FILES.items():
        if (examples := _read(DATA / "drift" / name)) is not None:
            met &= _change_points(name, examples, changes)
    for name, stream in DRIFTING.items():
        changes = tuple((change, change) for change in stream.changes)
        met &= _change_points(name, list(stream.examples()), changes, small=stream.small)
    return met


def _change_points(
    name: str, examples: list[Example], changes: tuple[tuple[int, int], ...], *, small: frozenset[int] = frozenset()
) -> bool:
    """Follow a stream; an alarm while the world changes, or within WITHIN of it, is no false one."""
    progress(f"{name}: changes at {changes}")
    walked = _walk(Ladder(name, LadderSettings()), examples)
    delays: dict[int, int | None] = {}
    false = list(walked.drifts)
    for first, last in changes:
        # A change too small to be found in time may be found late.
        until = last + (2_000 if first in small else WITHIN)
        there = [at for at in walked.drifts if first < at <= until]
        delays[first] = there[0] - first if there else None
        false = [at for at in false if at not in there]
    _tell("online-drift", name, walked, delays=delays, false_alarms=len(false), too_small=sorted(small))
    return all(delays[first] is not None for first, _ in changes if first not in small) and len(false) <= 1


def _single_detectors() -> bool:
    """One learner, reset at each alarm of one detector, as against the ladder, on the same stream."""
    name = "sine_0123_abrupto.csv"
    if (examples := _read(DATA / "drift" / name)) is None:
        return True
    detectors: dict[str, Any] = {
        "ADWIN": drift.ADWIN,
        "PageHinkley": drift.PageHinkley,
        "HDDMA": drift.binary.HDDMA,
        "HDDMW": drift.binary.HDDMW,
        "DDM": drift.binary.DDM,
        "EDDM": drift.binary.EDDM,
    }
    best = 0.0
    for detector, make in detectors.items():
        accuracy, alarms = _resetting(examples, make)
        best = max(best, accuracy)
        emit(
            "online-detectors",
            stream=name,
            learner="river GaussianNB",
            detector=detector,
            accuracy=round(accuracy, 4),
            alarms=alarms,
        )
    ladder = _walk(Ladder(name, LadderSettings()), examples).measures.since_start().accuracy or 0.0
    emit(
        "online-detectors",
        stream=name,
        learner="ladder",
        detector="policy",
        accuracy=round(ladder, 4),
        best_single=round(best, 4),
    )
    return ladder >= max(best, BEST_SINGLE_DETECTOR)


def _resetting(examples: list[Example], make: Any) -> tuple[float, int]:
    kind: Any = naive_bayes.GaussianNB  # river's types are stricter than river
    model, detector, right, alarms = kind(), make(), 0, 0
    for x, y in examples:
        hit = model.predict_one(x) == y
        right += hit
        model.learn_one(x, y)
        before = getattr(detector, "estimation", 0.0)
        detector.update(not hit)
        if detector.drift_detected and getattr(detector, "estimation", 1.0) > before:
            model, detector = kind(), make()
            alarms += 1
    return right / len(examples), alarms


# -- nothing changes


def _stationary() -> bool:
    alarms = 0
    for name, make in STATIONARY.items():
        progress(f"{name}: nothing changes")
        walked = _walk(Ladder(name, LadderSettings()), make())
        alarms += len(walked.drifts)
        _tell("online-stationary", name, walked)
    emit("online-stationary", stream="all", streams=len(STATIONARY), false_alarms=alarms)
    return alarms <= 1


# -- common to all


def _read(file: Path, *, drop: str = "") -> list[Example] | None:
    if not file.exists():
        emit("online", skipped=file.name, reason="it is not beside the project")
        return None
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            ({name: float(cell) for name, cell in row.items() if name not in ("class", drop)}, row["class"])
            for row in csv.DictReader(lines)
        ]


def _walk(ladder: Ladder, examples: Iterable[Example], *, delay: int = 0) -> _Walk:
    measures, drifts, newest = Prequential(), [], None
    waiting: deque[Any] = deque()
    began_ns, rows = time.thread_time_ns(), 0
    for x, y in examples:
        rows += 1
        forecast = ladder.forecast(x)
        events = ladder.observe(x, forecast)
        of_label = forecast.probabilities.get(y, 0.0)
        measures.update(Outcome(y, forecast.label, newest, forecast.confidence, of_label))
        waiting.append((x, y, forecast))
        if len(waiting) > delay:
            due = waiting.popleft()
            newest = due[1]
            events += ladder.learn(*due)
        drifts += [rows for event in events if is_drift(event)]
    return _Walk(measures, drifts, ladder.champion, (time.thread_time_ns() - began_ns) / 1000 / rows)


def _walk_river(model: Any, examples: Iterable[Example], *, delay: int) -> _Walk:
    measures, newest = Prequential(), None
    waiting: deque[Example] = deque()
    began_ns, rows = time.thread_time_ns(), 0
    binary = any(isinstance(part, linear_model.LogisticRegression) for part in getattr(model, "steps", {}).values())
    for x, y in examples:
        rows += 1
        said = model.predict_proba_one(x)
        if binary:  # it knows only true and false
            said = {"UP": said.get(True, 0.5), "DOWN": said.get(False, 0.5)}
        best = max(said, key=said.get, default=None)
        measures.update(Outcome(y, best, newest, said.get(best, 0.0), said.get(y, 0.0)))
        waiting.append((x, y))
        if len(waiting) > delay:
            due, newest = waiting.popleft()
            model.learn_one(due, newest == "UP" if binary else newest)
    return _Walk(measures, [], "", (time.thread_time_ns() - began_ns) / 1000 / rows)


def _tell(benchmark: str, name: str, walked: _Walk, **more: object) -> None:
    found = walked.measures.since_start()
    names = ("accuracy", "kappa", "kappa_temporal", "macro_f1", "geometric_mean", "log_loss", "ece", "no_change")
    figures = {each: None if (value := getattr(found, each)) is None else round(value, 4) for each in names}
    emit(
        benchmark,
        name=name,
        n=found.n,
        **figures,
        drifts=walked.drifts,
        champion=walked.champion,
        us_per_row=round(walked.us_per_row, 1),
        **more,
    )
