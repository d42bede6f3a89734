"""What learning, scoring with what was learned, and the swap of a snapshot cost; no server is needed."""

from __future__ import annotations

import gc
import sys
import threading
import time
from statistics import median

import msgspec

from benchmarks.learning import NOW_MS, cases
from benchmarks.report import emit
from models.deliberation.scoring import ScoringLadder, consensus_of
from models.online.features import SCHEMA
from models.online.ladder_state import LadderState, from_bytes, to_bytes
from models.online.specialists import learn, new_ladder
from models.records import LearningExample, SpecialistType


def cost() -> bool:
    """Measure what learning and a swap cost; no server is needed."""
    examples = _examples(600)
    state = new_ladder(SpecialistType.TECHNICAL)
    learn(state.ladder, examples)
    per_s = {}
    for light in (False, True):
        given = [(at, msgspec.structs.replace(example, light=light)) for at, example in examples]
        began_s = time.thread_time()
        learn(state.ladder, given)
        per_s["light" if light else "full"] = round(len(given) / (time.thread_time() - began_s) / len(SpecialistType))
    packed = to_bytes(LadderState(state.ladder, SCHEMA, 0))
    gap_ms = _longest_gap_ms(packed)
    scoring = {who: ScoringLadder(new_ladder(who).ladder, "v") for who in SpecialistType}
    for who, ladder in scoring.items():
        learn(ladder.ladder, [(at, msgspec.structs.replace(e, specialist_type=who)) for at, e in examples[:300]])
    plans = [case.plan for case in cases(7, 300)]
    spent_us: dict[bool, list[float]] = {False: [], True: []}
    for plan in plans:
        for light, spent in spent_us.items():
            began_ns = time.thread_time_ns()
            consensus_of(plan, now_ms=NOW_MS, ladders=scoring, light=light)
            spent.append((time.thread_time_ns() - began_ns) / 1_000)
    met = gap_ms <= 5.0 and per_s["light"] >= 500
    emit(
        "learning-cost",
        labels_per_s_core=per_s,
        snapshot_bytes=len(packed),
        longest_delay_of_a_swap_ms=round(gap_ms, 2),
        consensus_us_p50=round(median(spent_us[False])),
        light_consensus_us_p50=round(median(spent_us[True])),
        met=met,
    )
    return met


def _examples(number: int) -> list[tuple[int, LearningExample]]:
    found = []
    for at, case in enumerate(cases(3, number)):
        said = consensus_of(case.plan, now_ms=NOW_MS)
        example = LearningExample(
            plan_id=case.plan.plan_id,
            specialist_type=SpecialistType.TECHNICAL,
            domain=said.domain,
            feature_schema=said.feature_schema,
            features=said.features,
            judged_at=NOW_MS,
            label=case.label,
        )
        found.append((at, example))
    return found


def _longest_gap_ms(packed: bytes) -> float:
    """Return how long a thread that looks at the clock all the time is kept from it while a ladder is unpacked.

    The least of five: what the machine does beside it is not the swap's.
    """
    interval_s, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(0.001)  # as in a worker
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    found = []
    try:
        for _ in range(5):
            done = threading.Event()

            def unpack(done: threading.Event = done) -> None:
                from_bytes(packed, schema=SCHEMA)
                done.set()

            thread = threading.Thread(target=unpack)
            longest_ns, before_ns = 0, time.perf_counter_ns()
            thread.start()
            while not done.is_set():
                now_ns = time.perf_counter_ns()
                longest_ns, before_ns = max(longest_ns, now_ns - before_ns), now_ns
            thread.join()
            found.append(longest_ns / 1e6)
    finally:
        sys.setswitchinterval(interval_s)
        gc.set_threshold(*thresholds)
        gc.unfreeze()
    return min(found)
