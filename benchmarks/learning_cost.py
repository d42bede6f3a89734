"""What learning, scoring with what was learned, and the swap of a snapshot cost; no server is needed."""

from __future__ import annotations

import gc
import sys
import threading
import time
from statistics import median
from typing import TYPE_CHECKING, Final

import msgspec

from app.specialists import Specialists
from benchmarks.organisation import NOW_MS, cases
from benchmarks.report import emit
from models.deliberation.scoring import NO_LADDERS, ScoringLadder, consensus_of
from models.online import served
from models.online.features import NAMES, SCHEMA
from models.online.serving import served_of
from models.online.specialists import KINDS, learn, new_ladder
from models.records import LearningExample, SpecialistType
from tables.ladders import chunks_of, served_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.deliberation.scoring import Ladders
    from models.online.served_forms import Served
    from models.records import CognitivePlan

MOST_DELAY_MS: Final = 5.0
MOST_US: Final = 500.0
LEAST_PER_S: Final = 500
PLANS: Final = 300
TAUGHT: Final = 1_500
"""Labels that a ladder has learned before what it costs is measured."""


def cost() -> bool:
    """Measure what learning, scoring and a swap cost; no server is needed."""
    per_s = {effort: _labels_per_s(light=light) for effort, light in (("full", False), ("light", True))}
    forms = {who: _taught(who, seed) for seed, who in enumerate(SpecialistType)}
    plans = [case.plan for case in cases(7, PLANS)]
    us_p50 = {"rules": _us_p50(plans, NO_LADDERS), "learned": _us_p50(plans, _scoring(forms))}
    for kind in KINDS:  # whichever rung of each ladder decides
        deciding = {who: msgspec.structs.replace(form, champion=kind) for who, form in forms.items()}
        us_p50[kind] = _us_p50(plans, _scoring(deciding))
    packed = max(map(served.to_bytes, forms.values()), key=len)
    delays_ms = _delays_of_swaps_ms(packed)
    met = median(delays_ms) <= MOST_DELAY_MS and per_s["light"] >= LEAST_PER_S and max(us_p50.values()) <= MOST_US
    emit(
        "learning-cost",
        labels_per_s_core=per_s,
        served_bytes=len(packed),
        swap_delays_ms={"p50": round(median(delays_ms), 2), "max": round(max(delays_ms), 2)},
        champions={who.value: form.champion for who, form in forms.items()},
        consensus_us_p50=us_p50,
        met=met,
    )
    return met


def _labels_per_s(*, light: bool) -> int:
    """Return how many plans one core shows to all five learners, and teaches them, in a second of its time."""
    state = new_ladder(SpecialistType.TECHNICAL)
    learn(state, _examples(TAUGHT // 2, seed=3, light=light))
    given = _examples(TAUGHT // 2, seed=4, light=light)
    began_s = time.thread_time()
    step = learn(state, given)
    return round(step.learned / (time.thread_time() - began_s) / len(SpecialistType))


def _taught(who: SpecialistType, seed: int) -> Served:
    state = new_ladder(who)
    learn(state, _examples(TAUGHT, seed=seed, light=False))
    return served_of(state.ladder, schema=SCHEMA, names=NAMES)


def _scoring(forms: dict[SpecialistType, Served]) -> Ladders:
    return {who: ScoringLadder(served.ServedLadder(form), "v") for who, form in forms.items()}


def _us_p50(plans: Sequence[CognitivePlan], known: Ladders) -> float:
    spent_us = []
    for plan in plans:
        began_ns = time.thread_time_ns()
        consensus_of(plan, now_ms=NOW_MS, ladders=known)
        spent_us.append((time.thread_time_ns() - began_ns) / 1_000)
    return round(median(spent_us), 1)


def _examples(number: int, *, seed: int, light: bool) -> list[tuple[int, LearningExample]]:
    """Return plans as a learner is given them: each is shown, and then its label is known."""
    found = []
    for case in cases(seed, number):
        said = consensus_of(case.plan, now_ms=NOW_MS)
        shown = LearningExample(
            plan_id=case.plan.plan_id,
            specialist_type=SpecialistType.TECHNICAL,
            domain=said.domain,
            feature_schema=said.feature_schema,
            features=said.features,
            judged_at=NOW_MS,
            light=light,
        )
        found += [shown, msgspec.structs.replace(shown, label=case.label)]
    return list(enumerate(found))


def _delays_of_swaps_ms(packed: bytes) -> list[float]:
    """Return how long a thread that looks at the clock all the time is kept from it while a ladder is swapped.

    A swap is all that the follower's thread does with the snapshot's records: reading them, and putting it in place.
    """
    who = SpecialistType.TECHNICAL
    chunks = chunks_of(packed, learned=TAUGHT, next_offset=TAUGHT, at_ms=NOW_MS)
    records = [(f"{served_key(who)}/{number}", msgspec.json.encode(chunk)) for number, chunk in enumerate(chunks)]
    interval_s, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(0.001)  # as in a worker
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    found = []
    try:
        for _ in range(15):
            done = threading.Event()
            specialists = Specialists()

            def swap(done: threading.Event = done, specialists: Specialists = specialists) -> None:
                for key, raw in records:
                    part = specialists.followed(key)
                    assert part is not None
                    part.take(raw)
                done.set()

            thread = threading.Thread(target=swap)
            longest_ns, before_ns = 0, time.perf_counter_ns()
            thread.start()
            running = True
            while running:
                running = not done.is_set()
                now_ns = time.perf_counter_ns()
                longest_ns, before_ns = max(longest_ns, now_ns - before_ns), now_ns
            thread.join()
            assert who in specialists.current()
            found.append(longest_ns / 1e6)
    finally:
        sys.setswitchinterval(interval_s)
        gc.set_threshold(*thresholds)
        gc.unfreeze()
    return found
