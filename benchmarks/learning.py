"""Specialists that learn in the stream: a hidden rule that flips, learners that are killed, and what it all costs.

The plans are simulated (`benchmarks.organisation`). What should have been said of each follows from a hidden rule, and
one label in a hundred is wrong.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Final
from urllib.request import urlopen

import msgspec
from confluent_kafka import Producer

from app import topics
from app.clock import now_ms
from app.embedded.ports import free_port
from app.engine.admin import create_missing
from app.learning import Follower
from app.settings import Settings
from app.specialists import Specialists
from benchmarks.cluster import Cluster
from benchmarks.organisation import CASES_NOISE, Case, cases
from benchmarks.report import emit, progress
from benchmarks.servers import hive_worker, is_ready, leave_behind
from models.deliberation.scoring import consensus_of
from models.online import served
from models.online.features import NAMES, SCHEMA, features_of, inputs_of
from models.online.labels import to_be_labelled
from models.online.ladder_state import from_bytes
from models.online.serving import served_of
from models.online.specialists import learn, new_ladder
from models.records import (
    DriftEvent,
    LearningExample,
    PlanFeedback,
    Recommendation,
    SpecialistType,
    decode,
    encode,
)
from tables.ladders import Chunk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from confluent_kafka import Message

PLANS: Final = 4_000
FLIP: Final = 2_000
DELAY: Final = 20
"""Plans that come between a plan and its label."""
WINDOW: Final = 200
PER_S: Final = 20.0
KILLS: Final = 20
STAGES: Final = "label,train"
READY_S: Final = 180.0
DONE_S: Final = 240.0


class Group:
    """A worker with the stages that learn, on servers that run, and what is read from its topics."""

    def __init__(
        self, addresses: Mapping[str, str], folder: Path, *, every_s: float, full_per_s: float = 1_000.0
    ) -> None:
        self.kafka = addresses["HIVE_KAFKA"]
        self._port = free_port()
        self.env = {
            **addresses,
            "HIVE_APP_ID": f"learning-{self._port}",
            "HIVE_STAGES": STAGES,
            "HIVE_SNAPSHOT_EVERY_S": str(every_s),
            "HIVE_SNAPSHOT_AT_MOST_S": str(every_s),
            "HIVE_LEARN_FULL_PER_S": str(full_per_s),
            "HIVE_WEB_PORT": str(self._port),
        }
        self.worker = hive_worker("learner-1", self.env, folder)
        self.settings = Settings.load({**addresses})
        create_missing(self.settings, topics.TOPICS)
        self.producer = Producer({"bootstrap.servers": self.kafka, "linger.ms": 5, "partitioner": "murmur2_random"})
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Begin at the ends, and with no ladder: what others have left would be gone on with while one compares."""
        leave_behind(self.kafka, self.env["HIVE_APP_ID"])
        cluster = Cluster(self.kafka)
        self._first = cluster.end_offsets(topics.LEARNING_EXAMPLES.name, stable=True)
        cluster.forget(topics.SPECIALISTS_SNAPSHOTS.name)

    def start(self) -> None:
        """Start the worker and wait until it takes work."""
        self.worker.spawn()
        deadline_s = time.monotonic() + READY_S
        while not is_ready(self._port):
            if not self.worker.alive or time.monotonic() > deadline_s:
                raise RuntimeError("\n".join(["the worker is not ready", *self.worker.log_lines()]))
            time.sleep(0.1)

    def metrics(self) -> str:
        """Return what the worker measures."""
        with urlopen(f"http://127.0.0.1:{self._port}/metrics", timeout=10) as answer:
            text: str = answer.read().decode()
        return text

    def again(self) -> None:
        """Kill the worker where it stands, and start it anew."""
        self.worker.kill()
        self.start()

    def judge(self, case: Case, specialists: Specialists) -> Recommendation:
        """Judge a plan with the newest ladders, and publish that; return what was decided."""
        said = consensus_of(case.plan, now_ms=now_ms(), ladders=specialists.current())
        self.producer.produce(topics.LEARNING_PREDICTIONS.name, encode(to_be_labelled(said)), said.plan_id)
        return said.decision.final_decision

    def label(self, case: Case) -> None:
        """Say what should have been said."""
        word = PlanFeedback(plan_id=case.plan.plan_id, recommendation=case.label, by="simulation", at=now_ms())
        self.producer.produce(topics.FEEDBACK_PLANS.name, encode(word), word.plan_id)

    def read(self, topic: str) -> list[Message]:
        """Return all committed records of a topic, partition by partition."""
        found = Cluster(self.kafka).scan(topic)
        return sorted(found, key=lambda message: (message.partition(), message.offset()))

    def examples(self) -> list[tuple[int, int, LearningExample]]:
        """Return what this group's learners have been given: partition, offset, example."""
        first = self._first
        found = [each for each in self.read(topics.LEARNING_EXAMPLES.name) if each.offset() >= first[each.partition()]]
        return [(each.partition(), each.offset(), decode(LearningExample, each.value())) for each in found]


def followed(group: Group) -> tuple[Specialists, Follower]:
    """Return what scores with the newest snapshots."""
    specialists = Specialists()
    follower = Follower(
        {"bootstrap.servers": group.kafka}, topics.SPECIALISTS_SNAPSHOTS.name, specialists.followed, patience_s=10
    )
    threading.Thread(target=follower._follow, daemon=True).start()  # noqa: SLF001 — as start() does on a loop
    return specialists, follower


def wait_learned(specialists: Specialists, labels: int, *, timeout_s: float = DONE_S) -> None:
    """Wait until each specialist's newest ladder has learned so many labels.

    Raises:
        RuntimeError: it has not in time.
    """
    deadline_s = time.monotonic() + timeout_s
    while True:
        known = {who: scoring.ladder.learned for who, scoring in specialists.current().items()}
        if len(known) == len(SpecialistType) and set(known.values()) == {labels}:
            return
        if time.monotonic() > deadline_s:
            raise RuntimeError(f"{known} labels were learned instead of {labels}")
        time.sleep(0.1)


def differing(group: Group, specialists: Specialists) -> list[str]:
    """Name what differs, to the bit, from a ladder that learned the same examples at one go: whose, and which part."""
    given: dict[int, list[tuple[int, LearningExample]]] = {}
    for partition, offset, example in group.examples():
        given.setdefault(partition, []).append((offset, example))
    rows = [inputs_of(features_of(case.plan)) for case in cases(99, 50)]
    snapshots = newest_snapshots(group)
    different: list[str] = []
    for partition, specialist in enumerate(SpecialistType):
        state = new_ladder(specialist)
        learn(state, given.get(partition, []))
        kept = from_bytes(b"".join(chunk.data for chunk in snapshots[specialist]), schema=SCHEMA)
        serving = served.from_bytes(served.to_bytes(served_of(state.ladder, schema=SCHEMA, names=NAMES)), schema=SCHEMA)
        scored = specialists.current()[specialist].ladder
        same = {
            "learned": state.ladder.learned == kept.ladder.learned,
            "forecasts": [state.ladder.forecast(row) for row in rows] == [kept.ladder.forecast(row) for row in rows],
            "scores": [serving.predict(row) for row in rows] == [scored.predict(row) for row in rows],
            "waiting": state.waiting == kept.waiting,
        }
        different += [f"{specialist.value}: {part}" for part, is_same in same.items() if not is_same]
    return different


def newest_snapshots(group: Group) -> dict[SpecialistType, list[Chunk]]:
    """Return the newest snapshot of each ladder that goes on learning, in its parts."""
    newest = {message.key(): message.value() for message in group.read(topics.SPECIALISTS_SNAPSHOTS.name)}
    view = {key.decode(): msgspec.json.decode(value, type=Chunk) for key, value in newest.items() if value is not None}
    return {
        each: [view[f"{each.value}/{number}"] for number in range(view[f"{each.value}/0"].chunks)]
        for each in SpecialistType
        if f"{each.value}/0" in view
    }


def flip(addresses: Mapping[str, str], folder: Path, *, seed: int = 1, plot: Path | None = None) -> bool:
    """Let plans come whose hidden rule flips half-way, and watch the decisions."""
    group = Group(addresses, folder, every_s=0.5)
    specialists, follower = followed(group)
    group.start()
    try:
        right = _live(group, specialists, seed)
        wait_learned(specialists, PLANS)
        events = [
            decode(DriftEvent, message.value())
            for message in group.read(topics.LEARNING_EVENTS.name)
            if message.key() in {who.value.encode() for who in SpecialistType}
        ]
    finally:
        follower.stop()
        group.worker.stop(20)
    rolling = [fmean(right[max(0, at - WINDOW + 1) : at + 1]) for at in range(len(right))]
    drifts = sorted(event.at_example for event in events if event.level.value == "drift")
    found = [at for at in drifts if at > FLIP]
    before, lowest = rolling[FLIP - 1], min(rolling[FLIP:])
    recovered = next((at - FLIP for at in range(FLIP + WINDOW, len(rolling)) if rolling[at] >= 0.80), None)
    met = before >= 0.85 and bool(found) and found[0] - FLIP <= 300 and recovered is not None and recovered <= 1_000
    emit(
        "learning-flip",
        simulated=True,
        seed=seed,
        plans=PLANS,
        wrong_labels=CASES_NOISE,
        labels_come_after_plans=DELAY,
        rolling_window=WINDOW,
        accuracy_before=round(before, 3),
        lowest_after=round(lowest, 3),
        accuracy_at_end=round(rolling[-1], 3),
        drift_after_labels=found[0] - FLIP if found else None,
        drifts_before=len(drifts) - len(found),
        recovered_after_plans=recovered,
        met=met,
    )
    if plot is not None:
        _plot(rolling, found, plot)
    return met


def _live(group: Group, specialists: Specialists, seed: int) -> list[bool]:
    right, waiting = [], deque[Case]()
    began_s = time.monotonic()
    for at, case in enumerate(cases(seed, PLANS, flip_at=FLIP)):
        if (early_s := began_s + at / PER_S - time.monotonic()) > 0:
            time.sleep(early_s)
        right.append(group.judge(case, specialists) is case.label)
        waiting.append(case)
        if len(waiting) > DELAY:
            group.label(waiting.popleft())
        group.producer.poll(0)
        if at % 500 == 0:
            learned = [scoring.ladder.learned for scoring in specialists.current().values()]
            progress(f"{at} plans, learned {learned}, of the newest {WINDOW} {fmean(right[-WINDOW:]):.3f} right")
    for case in waiting:
        group.label(case)
    group.producer.flush(10)
    return right


def _plot(rolling: list[float], drifts: list[int], file: Path) -> None:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4))
    axes.plot(rolling, linewidth=1.2, label=f"right decisions, of the newest {WINDOW}")
    axes.axvline(FLIP, color="black", linestyle=":", label="the hidden rule flips")
    for at in drifts:
        axes.axvline(at, color="tab:red", alpha=0.3, linewidth=0.8)
    if drifts:
        axes.plot([], [], color="tab:red", alpha=0.5, label="a specialist's learner finds drift")
    axes.set(xlabel="plans (simulated)", ylabel="share", ylim=(0, 1))
    axes.legend(loc="lower right")
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110)


def kills(
    addresses: Mapping[str, str], folder: Path, *, seed: int = 1, plans: int = 1_500, number: int = KILLS
) -> bool:
    """Kill the learning worker at random moments; what it has learned must be what it learns at one go."""
    group = Group(addresses, folder, every_s=0.05)
    specialists, follower = followed(group)
    chance = random.Random(seed)
    group.start()
    try:
        each = max(1, plans // (number + 1))
        drawn = list(cases(seed, plans))
        for at, case in enumerate(drawn):
            group.judge(case, specialists)
            group.label(case)
            group.producer.poll(0)
            if at % each == each - 1 and at // each < number:
                group.producer.flush(10)
                time.sleep(chance.uniform(0, 0.6))
                group.again()
                progress(f"killed {at // each + 1} times")
        group.producer.flush(10)
        wait_learned(specialists, plans)
        different = differing(group, specialists)
    finally:
        follower.stop()
        group.worker.stop(20)
    emit("learning-kills", seed=seed, plans=plans, kills=number, differing=different, met=not different)
    return not different
