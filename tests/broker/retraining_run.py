"""A round of retraining through a real worker that is killed at chosen steps: from a drift to its end."""

from __future__ import annotations

import json
import random
import signal
import time
import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from models.lifecycle.experiment import Experiment, arm_of
from models.records import (
    Arm,
    Drift,
    DriftAction,
    DriftEvent,
    DriftSource,
    Exposure,
    Observation,
    Record,
    RetrainingCommand,
    RetrainingWord,
    Scored,
    SpecialistType,
    encode,
)
from tests.broker.cluster import producer, read, worker_process
from tests.broker.retraining_hands import FileHands

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

PATIENCE_S = 120.0
PLANS = 300
STAGE_HOURS = "0.0002,0.0002,0.0002"
SETTINGS = {
    "HIVE_STAGES": "compare,retrain",
    "HIVE_RETRAIN_HANDS": "tests.broker.retraining_hands:hands",
    "HIVE_EXPERIMENT_HOURS": STAGE_HOURS,
    "HIVE_EXPERIMENT_LEAST_UNITS": "10,40,80",
    "HIVE_RETRAIN_RETRY_S": "1",
    "HIVE_SESSION_TIMEOUT_S": "6",
    "HIVE_HEARTBEAT_S": "1",
}
DONE = frozenset({"ended"})


class RetrainingRun:
    """A drift of one specialist's model, an approval, and plans, until the round has ended.

    Args:
        addresses: Of the servers.
        folder: Where the worker keeps its things, and hands their registry.
        specialist: Whose model; others may have left rounds of other ones.
        treated: How often the challenger is right; the champion is in half of all cases.
        kill_at: The worker is killed when it tells one of these events.
    """

    def __init__(
        self,
        addresses: Mapping[str, str],
        folder: Path,
        specialist: SpecialistType,
        *,
        treated: float,
        kill_at: Collection[str] = (),
    ) -> None:
        self.kafka = addresses["HIVE_KAFKA"]
        self.specialist, self.treated, self.to_kill = specialist, treated, list(kill_at)
        self.process, _ = worker_process(
            addresses, folder, SETTINGS | {"HIVE_WORKER": f"retrain-{uuid.uuid4().hex[:6]}"}
        )
        self.hands = FileHands(folder / "registry")
        self.chance = random.Random(5)
        self.kills = 0
        self._to = producer(self.kafka)

    def run(self) -> list[dict[str, Any]]:
        """Return the round's events as they are on the topic, in their order."""
        self.process.start()
        try:
            self.say("learning.events", _drift(self.specialist))
            deadline_s = time.monotonic() + PATIENCE_S
            approved = False
            while True:
                assert time.monotonic() < deadline_s, [event["event"] for event in self.events()]
                events = self.events()
                names = [event["event"] for event in events]
                self._kill_if(names)
                if "ended" in names:
                    return events
                if names[-1:] == ["approval_requested"] and not approved:
                    assert self.experiment(events) is None, "nothing begins before somebody has said yes"
                    self.say("retraining.commands", _approval(self.specialist))
                    approved = True
                elif approved:
                    self.traffic(self.experiment(events))
        finally:
            self.process.stop(timeout_s=30)

    def events(self) -> list[dict[str, Any]]:
        found = [json.loads(message.value()) for message in read(self.kafka, ["learning.events"], bool, timeout_s=5)]
        rounds = [each for each in found if "round_id" in each and "number" in each]
        return [each for each in rounds if each["specialist"] == self.specialist.value]

    def experiment(self, events: list[dict[str, Any]]) -> Experiment | None:
        messages = read(self.kafka, ["experiments.states"], bool, timeout_s=0.5)
        states = [msgspec.json.decode(message.value(), type=Experiment) for message in messages if message.value()]
        ours = [state for state in states if state.round_id == events[-1]["round_id"]]
        return ours[-1] if ours else None

    def traffic(self, state: Experiment | None) -> None:
        """Let some plans come, and say how they turned out."""
        if state is None or not state.is_open:
            return
        scored = Scored(approves=True, confidence=0.7, latency_ms=3.0)
        known: list[Observation] = []
        for _ in range(PLANS):
            plan_id = uuid.UUID(int=self.chance.getrandbits(128)).hex
            arm, unit = arm_of(state, plan_id)
            exposure = Exposure(
                experiment_id=state.experiment_id,
                unit=unit,
                arm=arm,
                probability=state.traffic,
                champion=scored,
                challenger=scored,
            )
            now_ms = time.time_ns() // 1_000_000
            self._produce(
                "experiments.observations", Observation(plan_id=plan_id, at=now_ms, exposures=[exposure]), plan_id
            )
            good = self.chance.random() < (self.treated if arm is Arm.TREATMENT else 0.5)
            known.append(Observation(plan_id=plan_id, at=now_ms, good=good))
        for each in known:
            self._produce("experiments.observations", each, each.plan_id)
        assert self._to.flush(10) == 0
        time.sleep(0.5)

    def say(self, topic: str, record: Record) -> None:
        self._produce(topic, record, self.specialist.value)
        assert self._to.flush(10) == 0

    def _produce(self, topic: str, record: Record, key: str) -> None:
        self._to.produce(topic, encode(record), key)

    def _kill_if(self, names: list[str]) -> None:
        if any(name in self.to_kill for name in names):
            self.to_kill = [name for name in self.to_kill if name not in names]
            self.process.send_signal(signal.SIGKILL)
            self.kills += 1
            deadline_s = time.monotonic() + 10
            while self.process.alive and time.monotonic() < deadline_s:
                time.sleep(0.05)
            self.process.spawn()


def _drift(specialist: SpecialistType) -> DriftEvent:
    return DriftEvent(
        model=f"specialist-{specialist.value}",
        source=DriftSource.ERROR,
        level=Drift.DRIFT,
        detector="adwin",
        action=DriftAction.RESET,
        at_example=4000,
        before=0.1,
        after=0.3,
        champion="hat",
    )


def _approval(specialist: SpecialistType) -> RetrainingCommand:
    now_ms = time.time_ns() // 1_000_000
    return RetrainingCommand(specialist=specialist, word=RetrainingWord.APPROVE, by="ana", at=now_ms)
