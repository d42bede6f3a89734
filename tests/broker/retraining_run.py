"""A round of retraining through a real worker that is killed at chosen steps: from a drift to its end.

Experiments take the days that they take by default; a rehearsal's clock lets them go by.
"""

from __future__ import annotations

import json
import random
import signal
import time
import uuid
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
from click.testing import CliRunner
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from app.cli import main
from app.clock import now_ms, rehearsed
from benchmarks.faults.retraining import drift_of
from models.lifecycle.experiment import Experiment, arm_of
from models.records import (
    Arm,
    Exposure,
    Observation,
    Recommendation,
    Record,
    RetrainingCommand,
    RetrainingWord,
    Scored,
    SpecialistType,
    encode,
)
from models.records.retraining import OPEN_WORDS
from tests.broker.cluster import producer, worker_process
from tests.broker.retraining_hands import FileHands

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from app.clock import Rehearsal

APPROVE, REJECT = Recommendation.APPROVE, Recommendation.REJECT
PATIENCE_S = 120.0
PLANS = 150
"""That come between two moves of the clock, to each specialist's experiment."""
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
STEP_MS = 6 * HOUR_MS
"""The clock goes so far at once while there are experiments, else a minute."""
BEGINS_BEFORE_MS = 60 * DAY_MS
"""So long before today a rehearsal begins, for its clock must not come to that."""
SETTINGS = {
    "HIVE_STAGES": "compare,retrain",
    "HIVE_RETRAIN_HANDS": "tests.broker.retraining_hands:hands",
    "HIVE_RETRAIN_RETRY_S": "1",
    "HIVE_SESSION_TIMEOUT_S": "4",
    "HIVE_HEARTBEAT_S": "1",
}


def rehearsal(folder: Path) -> AbstractContextManager[Rehearsal]:
    """Put a clock on in which days go by as a :class:`RetrainingRun` wants it."""
    return rehearsed(folder / "clock", at_ms=now_ms() - BEGINS_BEFORE_MS)


class RetrainingRun:
    """Drifts of specialists' models, an approval of each round, and plans, until all rounds have ended.

    Args:
        addresses: Of the servers.
        folder: Where the worker keeps its things, and hands their registry.
        treated: How often each specialist's challenger is right; its champion is in half of all cases.
        clock: By which the worker lives; it goes on while plans come, and waits for the worker.
        kill_at: The worker is killed whenever the first specialist's round tells one of these events.
    """

    def __init__(
        self,
        addresses: Mapping[str, str],
        folder: Path,
        treated: Mapping[SpecialistType, float],
        clock: Rehearsal,
        *,
        kill_at: Collection[str] = (),
    ) -> None:
        self.kafka = addresses["HIVE_KAFKA"]
        self.environ = {**addresses, **SETTINGS, "HIVE_DATA_DIR": str(folder)}
        self.treated, self.to_kill, self._clock = treated, set(kill_at), clock
        self.process, _ = worker_process(addresses, folder, SETTINGS)
        self.hands = FileHands(folder / "registry")
        self.kills = 0
        self._chance = random.Random(5)
        self._to = producer(self.kafka)
        self._hearing = _reader(self.kafka, "learning.events")
        self._following = _reader(self.kafka, "experiments.states")
        self._told: dict[SpecialistType, list[dict[str, Any]]] = {specialist: [] for specialist in treated}
        self._states: dict[str, Experiment] = {}
        self._begins: dict[str, dict[int, int]] = {}

    def hive(self, *arguments: str) -> str:
        """Return what a command prints that succeeds."""
        result = CliRunner().invoke(main, arguments, env=self.environ, prog_name="hive")
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    def run(
        self, meanwhile: Callable[[RetrainingRun], None] = lambda _: None
    ) -> dict[SpecialistType, list[dict[str, Any]]]:
        """Return the events of each round as they are on the topic, in their order; `meanwhile` comes first."""
        self.process.start()
        try:
            meanwhile(self)
            for specialist in self.treated:
                self.say("learning.events", specialist, drift_of(specialist, champion="hat"))
            approved: set[SpecialistType] = set()
            deadline_s = time.monotonic() + PATIENCE_S * (1 + len(self.to_kill))
            while not all("ended" in names for names in self.names().values()):
                assert time.monotonic() < deadline_s, self.names()
                self._hear()
                self._kill_if(next(iter(self.names().values())))
                for specialist, names in self.names().items():
                    if names[-1:] == ["approval_requested"] and specialist not in approved:
                        assert self._experiment(specialist) is None, "nothing begins before somebody has said yes"
                        self.forge(specialist)
                        said = self.hive("retrain", "approve", specialist.value, "--by", "ana")
                        assert said.endswith(f"of {specialist.value} approved by ana\n")
                        approved.add(specialist)
                    self.traffic(self._experiment(specialist), self.treated[specialist])
                self._let_time_pass()
            return self._told
        finally:
            self.process.stop(timeout_s=30)
            self._hearing.close()
            self._following.close()

    def names(self) -> dict[SpecialistType, list[str]]:
        """Return what each round has told until now."""
        return {specialist: [event["event"] for event in told] for specialist, told in self._told.items()}

    def hours(self, specialist: SpecialistType) -> list[float]:
        """Return how many hours each stage of its experiment has lasted that is over, by the rehearsal's clock."""
        begins = self._begins.get(self._told[specialist][0]["round_id"], {})
        return [round((then - at) / HOUR_MS, 1) for at, then in pairwise(begins[stage] for stage in sorted(begins))]

    def _hear(self) -> None:
        for message in _news(self._hearing):
            event = json.loads(message.value())
            if "round_id" in event and "number" in event and event["specialist"] in self._told:
                self._told[SpecialistType(event["specialist"])].append(event)
        for message in _news(self._following):
            if message.value():
                state = msgspec.json.decode(message.value(), type=Experiment)
                self._states[state.round_id or ""] = state
                self._begins.setdefault(state.round_id or "", {})[state.stage] = state.stage_since

    def _let_time_pass(self) -> None:
        running = [state for each in self.treated if (state := self._experiment(each)) is not None and state.is_open]
        if not running:
            self._clock.forward(MINUTE_MS)
        elif now_ms() - min(state.now_ms for state in running) < 2 * STEP_MS:  # else the worker is dead, or behind
            self._clock.forward(STEP_MS)

    def _experiment(self, specialist: SpecialistType) -> Experiment | None:
        told = self._told[specialist]
        return self._states.get(told[-1]["round_id"]) if told else None

    def traffic(self, state: Experiment | None, treated: float) -> None:
        """Let some plans come to an experiment, and say how they turned out."""
        if state is None or not state.is_open:
            return
        scored = Scored(says=APPROVE, confidence=0.7, latency_ms=3.0)
        known: list[Observation] = []
        for _ in range(PLANS):
            plan_id = uuid.UUID(int=self._chance.getrandbits(128)).hex
            arm, unit = arm_of(state, plan_id)
            exposure = Exposure(
                experiment_id=state.experiment_id,
                unit=unit,
                arm=arm,
                probability=state.traffic,
                champion=scored,
                challenger=scored,
            )
            at_ms = now_ms()
            self._produce(
                "experiments.observations", Observation(plan_id=plan_id, at=at_ms, exposures=[exposure]), plan_id
            )
            good = self._chance.random() < (treated if arm is Arm.TREATMENT else 0.5)
            known.append(Observation(plan_id=plan_id, at=at_ms, label=APPROVE if good else REJECT))
        for each in known:
            self._produce("experiments.observations", each, each.plan_id)
        assert self._to.flush(10) == 0

    def forge(self, specialist: SpecialistType) -> None:
        """Say as a person what only the system may: that the experiment was passed, that it was promoted."""
        about = {"specialist": specialist, "by": "mallory", "round_id": self._told[specialist][-1]["round_id"]}
        for word in sorted(set(RetrainingWord) - OPEN_WORDS):
            said = RetrainingCommand(
                **about, word=word, at=now_ms(), step="promote", event="passed", status="passed", traffic=1.0, score=9.0
            )
            self.say("retraining.commands", specialist, said)

    def say(self, topic: str, specialist: SpecialistType, record: Record) -> None:
        self._produce(topic, record, specialist.value)
        assert self._to.flush(10) == 0

    def _produce(self, topic: str, record: Record, key: str) -> None:
        self._to.produce(topic, encode(record), key)

    def _kill_if(self, names: list[str]) -> None:
        if reached := self.to_kill.intersection(names):
            self.to_kill -= reached
            self.process.send_signal(signal.SIGKILL)
            self.kills += 1
            deadline_s = time.monotonic() + 10
            while self.process.alive and time.monotonic() < deadline_s:
                time.sleep(0.05)
            self.process.spawn()


def _reader(kafka: str, topic: str) -> Consumer:
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": f"read-{uuid.uuid4().hex}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "log_level": 0,
        }
    )
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    return consumer


def _news(consumer: Consumer) -> list[Any]:
    return [message for message in consumer.consume(1000, 0.05) if message.error() is None]
