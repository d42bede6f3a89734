"""The stages `compare` and `retrain` over a log and tables in memory, with a worker that can be killed at any point.

What is committed is bytes: everything a stage remembers has been through JSON. A point is a moment at which the worker
may be killed: before a commit and after it, before hands do something, and after that, before it is known.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any, Generic, TypeVar

import msgspec

from models.lifecycle.experiment import Experiment, Unit, arm_of, due_at, hear, observe, reports
from models.lifecycle.hands import Collected, Order, Promoted, Registered, StepFailed, Trained, Validated
from models.lifecycle.retraining import Retraining, Rules, Step, apply, work_of
from models.lifecycle.retraining import due_at as retraining_due_at
from models.lifecycle.retraining.perform import perform
from models.records import (
    Arm,
    ExperimentCommand,
    ExperimentEvent,
    ExperimentWord,
    Exposure,
    Observation,
    Recommendation,
    RetrainingCommand,
    RetrainingEvent,
    RetrainingWord,
    Scored,
    SpecialistType,
    decode,
    encode,
)
from models.records.retraining import OPEN_WORDS

V = TypeVar("V")
HOUR_MS = 3_600_000
APPROVE, REJECT = Recommendation.APPROVE, Recommendation.REJECT
DAYS, PLANS = 14, 48
TOPICS = ("experiments", "observations", "retraining", "reports")
TABLES = ("experiments", "units", "waiting", "retraining")


class Killed(Exception):
    """The worker is gone."""


class View(MutableMapping[str, V], Generic[V]):
    """A table's copy within a transaction."""

    def __init__(self, held: dict[str, bytes], kind: type[V]) -> None:
        self._held, self._kind = dict(held), kind

    def __getitem__(self, key: str) -> V:
        return msgspec.json.decode(self._held[key], type=self._kind)

    def __setitem__(self, key: str, value: V) -> None:
        self._held[key] = msgspec.json.encode(value)

    def __delitem__(self, key: str) -> None:
        del self._held[key]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._held))

    def __len__(self) -> int:
        return len(self._held)

    @property
    def held(self) -> dict[str, bytes]:
        return self._held


class Hands:
    """Makes what it is asked for once a round, as the protocol wants it; `fails` says how often a step fails first."""

    def __init__(self, *, passes: bool = True) -> None:
        self.passes = passes
        self.made: dict[tuple[str, str], Any] = {}
        self.calls: list[str] = []
        self.champion, self.challenger = "1", None
        self.fails: dict[str, list[Exception]] = {}

    def _once(self, step: str, order: Order, made: Any) -> Any:
        self.calls.append(step)
        if self.fails.get(step):
            raise self.fails[step].pop(0)
        return self.made.setdefault((order.round_id, step), made)

    def collect(self, order: Order) -> Collected:
        return self._once("collect", order, Collected(samples=12_000, dataset="d", sha256="abc", simulated=True))  # type: ignore[no-any-return]

    def train(self, order: Order, collected: Collected) -> Trained:
        assert collected.samples == 12_000
        return self._once("train", order, Trained(run_id="run-1", family="forest", metrics={"f1": 0.8}))  # type: ignore[no-any-return]

    def validate(self, order: Order, trained: Trained) -> Validated:
        missed = [] if self.passes else ["f1 is 0.61, 0.65 is wanted"]
        return self._once("validate", order, Validated(passed=self.passes, missed=missed))  # type: ignore[no-any-return]

    def register(self, order: Order, trained: Trained, validated: Validated) -> Registered:
        self.challenger = "2"  # type: ignore[assignment]
        return self._once("register", order, Registered(version="2", champion=self.champion))  # type: ignore[no-any-return]

    def promote(self, order: Order, registered: Registered) -> Promoted:
        found = self._once("promote", order, Promoted(version=registered.version, previous=self.champion))
        self.champion = registered.version
        return found  # type: ignore[no-any-return]

    def withdraw(self, order: Order, registered: Registered) -> None:
        self._once("withdraw", order, True)
        self.challenger = None


class Simulated:
    """A cluster of one worker; `kill_at` is the point at which that is killed (it starts again at once)."""

    def __init__(self, rules: Rules, hands: Hands, *, kill_at: int | None = None) -> None:
        self.rules, self.hands, self.kill_at = rules, hands, kill_at
        self.points, self.now_ms = 0, 1_700_000_000_000
        self.logs: dict[str, list[tuple[int, bytes]]] = {name: [] for name in TOPICS}
        self.offsets = dict.fromkeys(self.logs, 0)
        self.tables: dict[str, dict[str, bytes]] = {name: {} for name in TABLES}
        self.events: list[ExperimentEvent | RetrainingEvent] = []
        self.kept: dict[str, RetrainingEvent] = {}
        self.begun: set[tuple[str, Step, int]] = set()

    # -- what tests say and see

    def say(self, topic: str, *said: Any) -> None:
        self.logs[topic] += [(self.now_ms, encode(each)) for each in said]
        self.settle()

    def word(self, kind: RetrainingWord, **more: Any) -> None:
        said = RetrainingCommand(specialist=SpecialistType.BUSINESS, word=kind, by="ana", at=self.now_ms, **more)
        self.say("retraining" if kind in OPEN_WORDS else "reports", said)

    @property
    def experiment(self) -> Experiment | None:
        found = list(self.tables["experiments"].values())
        return msgspec.json.decode(found[-1], type=Experiment) if found else None

    @property
    def retraining(self) -> Retraining:
        held = self.tables["retraining"].get("business")
        return (
            Retraining(specialist=SpecialistType.BUSINESS)
            if held is None
            else msgspec.json.decode(held, type=Retraining)
        )

    def told(self) -> list[str]:
        """Return the events of rounds that were told, in their order, each once."""
        return [event.event for event in self.kept.values() if event.applied]

    def traffic(self, chance: Any, *, treated: float, control: float) -> None:
        """Let plans come four times a day, and how they turned out then, as long as the experiment is open."""
        for _ in range(4 * DAYS):
            state = self.experiment
            if state is None or not state.is_open:
                return
            seen, known = [], []
            for number in range(PLANS):
                plan_id = f"{self.now_ms}-{number}"
                arm, unit = arm_of(state, plan_id)
                is_treated = arm is Arm.TREATMENT
                scored = Scored(says=APPROVE, confidence=0.7, latency_ms=3.0)
                exposure = Exposure(
                    experiment_id=state.experiment_id,
                    unit=unit,
                    arm=arm,
                    probability=state.traffic,
                    champion=scored,
                    challenger=scored,
                )
                seen.append(Observation(plan_id=plan_id, at=self.now_ms, exposures=[exposure]))
                good = chance.random() < (treated if is_treated else control)
                known.append(
                    Observation(plan_id=plan_id, at=self.now_ms + 6 * HOUR_MS, label=APPROVE if good else REJECT)
                )
            self.say("observations", *seen)
            self.now_ms += 6 * HOUR_MS
            self.say("observations", *known)
            self.tick()

    def tick(self) -> None:
        state, retraining = self.experiment, self.retraining
        if state is not None and (due := due_at(state)) is not None and due <= self.now_ms:
            self.say(
                "experiments",
                ExperimentCommand(
                    experiment_id=state.experiment_id, word=ExperimentWord.TICK, by="system", at=self.now_ms
                ),
            )
        if (due := retraining_due_at(retraining, self.rules)) is not None and due <= self.now_ms:
            self.word(RetrainingWord.TICK)
        self.settle()

    # -- the worker

    def settle(self) -> None:
        """Let the worker do all there is to do; one that is killed starts again, with what was committed."""
        while True:
            try:
                while self._compare() or self._retrain() or self._work():
                    pass
            except Killed:
                self.begun.clear()
            else:
                return

    def _point(self) -> None:
        self.points += 1
        if self.points - 1 == self.kill_at:
            raise Killed

    def _waiting(self, *topics: str) -> list[tuple[str, int, bytes]]:
        return [(topic, *record) for topic in topics for record in self.logs[topic][self.offsets[topic] :]]

    def _compare(self) -> bool:
        batch = self._waiting("experiments", "observations")
        states = View(self.tables["experiments"], Experiment)
        units, waiting = View(self.tables["units"], Unit), View(self.tables["waiting"], list[str])
        events: list[ExperimentEvent] = []
        for topic, at_ms, raw in batch:
            if topic == "experiments":
                events += hear(states, decode(ExperimentCommand, raw), at_ms=at_ms)
            else:
                events += observe(states, units, waiting, decode(Observation, raw), at_ms=at_ms)
        if batch:
            self._point()
            self._commit(("experiments", "observations"), events, {"reports": reports(events)})
            self.tables |= {"experiments": states.held, "units": units.held, "waiting": waiting.held}
            self._point()
        return bool(batch)

    def _retrain(self) -> bool:
        batch = self._waiting("retraining", "reports")
        states = View(self.tables["retraining"], Retraining)
        events: list[RetrainingEvent] = []
        words: list[ExperimentCommand] = []
        for topic, at_ms, raw in batch:
            said = decode(RetrainingCommand, raw)
            if topic == "retraining" and said.word not in OPEN_WORDS:
                continue  # a dead letter
            key = said.specialist.value
            before = states.get(key) or Retraining(specialist=said.specialist)
            came = apply(before, said, at_ms=at_ms, rules=self.rules)
            states[key] = came.state
            events += came.events
            words += came.words
        if batch:
            self._point()
            for event in events:  # MongoDB comes first: what is there already stays as it is
                self.kept.setdefault(event.event_id, event)
            self._point()
            self._commit(("retraining", "reports"), events, {"experiments": words})
            self.tables["retraining"] = states.held
            self._point()
        return bool(batch)

    def _commit(self, topics: tuple[str, ...], events: Any, said: dict[str, Any]) -> None:
        for topic in topics:
            self.offsets[topic] = len(self.logs[topic])
        self.events += events
        for topic, each in said.items():
            self.logs[topic] += [(self.now_ms, encode(one)) for one in each]

    def _work(self) -> bool:
        now = work_of(self.retraining, now_ms=self.now_ms)
        if now is None or (now.round_id, now.step, now.tries) in self.begun:
            return False
        self.begun.add((now.round_id, now.step, now.tries))
        self._point()
        report = perform(lambda: self.hands, now, at_ms=self.now_ms)
        self._point()
        self.logs["reports"].append((self.now_ms, encode(report)))
        return True


__all__ = ["HOUR_MS", "Hands", "Simulated", "StepFailed"]
