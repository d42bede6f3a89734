"""Experiments through a real worker: plans come, one of two models judges each, people say what was right.

A hidden rule decides what should be said: some texts are to be approved, others only on conditions. The specialist's
ladder is made here: its champion approves of everything, which is right in half of all cases; of its other rungs one
knows the rule, and one rejects everything.
"""

from __future__ import annotations

import random
import time
import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from confluent_kafka import Consumer, KafkaException, Producer
from msgspec.structs import replace

from app import topics
from app.embedded.ports import free_port
from app.engine.admin import create_missing
from app.settings import Settings
from app.stores import kafka
from benchmarks.servers import hive_worker, is_ready
from models.ids import stable_id
from models.lifecycle.experiment import Experiment
from models.nlu import to_envelope, understand
from models.online import served
from models.online.features import NAMES, SCHEMA, features_of, inputs_of
from models.online.serving import served_of
from models.online.specialists import new_ladder
from models.planning import load_catalog, make_plan
from models.records import (
    Actor,
    Consensus,
    Domain,
    ExperimentCommand,
    ExperimentRules,
    ExperimentWord,
    IntentEnvelope,
    Observation,
    PlanFeedback,
    Recommendation,
    SpecialistType,
    Submission,
    decode,
    encode,
)
from tables.ladders import chunks_of, partition_of, served_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import Message

    from models.records import Record

SPECIALIST: Final = SpecialistType.BUSINESS
CHAMPION: Final = "logistic"
BETTER: Final = "rung:quick"
HARMFUL: Final = "rung:small-tree"
APPROVE, CONDITIONAL = Recommendation.APPROVE, Recommendation.CONDITIONAL
RULE: Final = {"vendas por região": APPROVE, "Compare os incidentes de outubro com setembro": CONDITIONAL}
"""What should be said of a plan, by its text."""
RULES: Final = ExperimentRules(
    traffic=(25, 50, 100), hours=(0.0002, 0.0002), least_units=(8, 30), alpha_ratio=0.0001, slow_ms=1000.0
)
STAGES: Final = "plan,label,compare"
NOW_MS: Final = 1_763_825_400_000
LEARNED: Final = 20_000
READY_S: Final = 120.0
PATIENCE_S: Final = 120.0


class Judged(NamedTuple):
    """A plan that has been decided about: who asked, for what, and how the specialist's opinion came to be."""

    actor: str
    text: str
    consensus: Consensus

    @property
    def model(self) -> str:
        """Which model's opinion counted."""
        return self.consensus.opinions[0].explainability.model_type or ""


@cache
def envelopes() -> dict[str, IntentEnvelope]:
    """Return the intention of each text."""
    found = {}
    for text in RULE:
        submission = Submission(text=text, id="i")
        read = understand(submission, now_ms=NOW_MS)
        found[text] = to_envelope(submission, read, fallback_id="f", now_ms=NOW_MS)
    return found


def snapshot() -> bytes:
    """Return the specialist's ladder: a champion that is right by half, a rung that is right, and one that is wrong."""
    file = Path(__file__).parents[1] / "app" / "sample" / "catalog.yaml"
    catalog = load_catalog(file.read_text(encoding="utf-8"), source=file.name)
    rows = {
        text: inputs_of(features_of(make_plan(envelope, catalog, now_ms=NOW_MS)))
        for text, envelope in envelopes().items()
    }
    ladder = new_ladder(SPECIALIST).ladder
    for kind, learner in ladder.learners.items():
        for _ in range(50):
            for text, row in rows.items():
                said = {CHAMPION: APPROVE, "small-tree": Recommendation.REJECT}.get(kind, RULE[text])
                learner.learn_one(row, said.value)
    sure = dict.fromkeys(ladder.learners, 0.95)  # a rung is as sure as it is said to have been right
    return served.to_bytes(replace(served_of(ladder, schema=SCHEMA, names=NAMES), learned=LEARNED, accuracies=sure))


class Live:
    """A worker with the stages of experiments, those who ask and those who judge.

    Args:
        addresses: Of the servers.
        folder: Where the worker keeps its things.
        seed: Of all chance but the experiments' salts.
        settings: Of the worker, over those here.
    """

    def __init__(
        self, addresses: Mapping[str, str], folder: Path, *, seed: int = 1, settings: Mapping[str, str] | None = None
    ) -> None:
        self.kafka = addresses["HIVE_KAFKA"]
        self._port = free_port()
        self.env = {
            **addresses,
            "HIVE_APP_ID": f"experiments-{uuid.uuid4().hex[:8]}",
            "HIVE_STAGES": STAGES,
            "HIVE_WEB_PORT": str(self._port),
            "HIVE_SESSION_TIMEOUT_S": "4",
            "HIVE_HEARTBEAT_S": "1",
            **(settings or {}),
        }
        self.worker = hive_worker("worker-1", self.env, folder)
        create_missing(Settings.load({**addresses}), topics.TOPICS)
        self._to = Producer(
            {"bootstrap.servers": self.kafka, "linger.ms": 2, "partitioner": "murmur2_random", "log_level": 0}
        )
        self._chance = random.Random(seed)
        self._run = uuid.uuid4().hex[:8]
        self._asked: dict[str, tuple[str, str]] = {}
        self._plans: set[str] = set()
        self._actors = self._begun = self._parts = 0
        self.judged: dict[str, Judged] = {}
        self.observed: list[tuple[int, Observation]] = []
        self.states: dict[str, list[tuple[int, Experiment]]] = {}
        self._hearing = self.reader(topics.PLANS_CONSENSUS, topics.EXPERIMENTS_OBSERVATIONS, topics.EXPERIMENTS_STATES)

    # -- the worker

    def start(self) -> None:
        """Start the worker and wait until it takes work, with the ladder that was made here."""
        self._publish_ladder()
        self.worker.spawn()
        self._wait_ready()

    def again(self) -> None:
        """Kill the worker where it stands, and start it anew."""
        self.worker.kill()
        self.worker.spawn()
        self._wait_ready()

    def stop(self) -> None:
        """End it, and take the ladder back."""
        self.worker.stop(20)
        self._hearing.close()
        for number in range(self._parts):
            self._produce(topics.SPECIALISTS_SNAPSHOTS, f"{served_key(SPECIALIST)}/{number}", None)
        self._to.flush(10)

    def _wait_ready(self) -> None:
        deadline_s = time.monotonic() + READY_S
        while not is_ready(self._port):
            if not self.worker.alive or time.monotonic() > deadline_s:
                raise RuntimeError("\n".join(["the worker is not ready", *self.worker.log_lines()]))
            time.sleep(0.1)

    def _publish_ladder(self) -> None:
        chunks = chunks_of(snapshot(), learned=LEARNED, next_offset=0, at_ms=NOW_MS)
        self._parts = len(chunks)
        for number, chunk in enumerate(chunks):
            self._produce(
                topics.SPECIALISTS_SNAPSHOTS, f"{served_key(SPECIALIST)}/{number}", msgspec.json.encode(chunk)
            )
        self._to.flush(10)

    # -- what is said

    def experiment(self, challenger: str, rules: ExperimentRules = RULES) -> str:
        """Start one by command; return its id once it runs."""
        self._begun += 1
        name = f"{self._begun}-{challenger}-{self._run}"
        self.word(
            ExperimentWord.START, name, specialist=SPECIALIST, champion="ladder", challenger=challenger, rules=rules
        )
        self.until(lambda: name in self.states)
        return name

    def word(self, word: ExperimentWord, name: str, **more: object) -> None:
        """Say a word to an experiment."""
        said = msgspec.convert({"experiment_id": name, "word": word, "by": "ana", "at": 0, **more}, ExperimentCommand)
        self.send(topics.EXPERIMENTS_COMMANDS, name, said)
        self._to.flush(10)

    def ask(self, plans: int, *, again: float = 0.0) -> list[str]:
        """Ask for plans, each of a new actor but for a share that comes again; return the intentions' ids."""
        asked = []
        for _ in range(plans):
            if self._actors and self._chance.random() < again:
                actor = f"actor-{self._run}-{self._chance.randrange(self._actors)}"
            else:
                actor = f"actor-{self._run}-{self._actors}"
                self._actors += 1
            text = self._chance.choice(list(RULE))
            intention = f"{self._run}-{len(self._asked)}"
            self._asked[intention] = (actor, text)
            self._plans.add(stable_id("plan", intention))
            envelope = replace(envelopes()[text], id=intention, actor=Actor(id=actor))
            self.send(topics.INTENTIONS_OF[Domain.BUSINESS], intention, envelope)
            asked.append(intention)
        self._to.flush(10)
        return asked

    def label(self, judged: Judged) -> None:
        """Say what should have been said of a plan."""
        plan_id = judged.consensus.plan_id
        word = PlanFeedback(
            plan_id=plan_id,
            recommendation=RULE[judged.text],
            by="simulation",
            at=judged.consensus.at + 1,
            specialist_type=SPECIALIST,
        )
        self.send(topics.FEEDBACK_PLANS, plan_id, word)
        self._to.poll(0)

    def send(self, topic: topics.TopicSpec, key: str, record: Record) -> None:
        """Put a record on a topic; it may take a moment until it is there."""
        self._to.produce(topic.name, encode(record), key)

    def _produce(self, topic: topics.TopicSpec, key: str, value: bytes | None) -> None:
        self._to.produce(topic.name, value, key, partition=partition_of(SPECIALIST))

    # -- what is heard

    def hear(self, wait_s: float = 0.1) -> None:
        """Take what has come on the topics since the last time."""
        for message in self._hearing.consume(1000, wait_s):
            if message.error() is None and message.value() is not None:
                self._take(message)

    def until(self, condition: Callable[[], bool], *, timeout_s: float = PATIENCE_S) -> None:
        """Hear until a condition holds.

        Raises:
            RuntimeError: it does not, in time.
        """
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline_s:
                raise RuntimeError("\n".join(["what was to come has not come", *self.worker.log_lines()]))
            self.hear()

    def wait(self, asked: list[str]) -> list[Judged]:
        """Return the plans that became of intentions, once all are decided about."""
        self.until(lambda: self.judged.keys() >= set(asked))
        return [self.judged[intention] for intention in asked]

    def followed(self, model: str, *, experiments: int) -> int:
        """Ask for a plan at a time until the worker has the newest state: until this model decides.

        Args:
            model: Whose opinion is to count, or any (an empty text).
            experiments: How many experiments are to have a hand in it.

        Returns:
            How many plans it took.

        Raises:
            RuntimeError: the worker does not follow.
        """
        deadline_s = time.monotonic() + PATIENCE_S
        plans = 0
        while time.monotonic() < deadline_s:
            [judged] = self.wait(self.ask(1))
            plans += 1
            if judged.model.startswith(model) and len(judged.consensus.exposures) == experiments:
                return plans
        raise RuntimeError("\n".join(["the worker does not follow", *self.worker.log_lines()]))

    def state(self, name: str) -> Experiment:
        """Return how an experiment stands."""
        return self.states[name][-1][1]

    def _take(self, message: Message) -> None:
        at_ms = message.timestamp()[1]
        if message.topic() == topics.EXPERIMENTS_STATES.name:
            state = msgspec.json.decode(message.value(), type=Experiment)
            if state.experiment_id.endswith(self._run) or state.round_id is not None:
                self.states.setdefault(state.experiment_id, []).append((at_ms, state))
        elif message.topic() == topics.EXPERIMENTS_OBSERVATIONS.name:
            seen = decode(Observation, message.value())
            if seen.plan_id in self._plans:  # others may have experiments on the same broker
                self.observed.append((at_ms, seen))
        else:
            consensus = decode(Consensus, message.value())
            if consensus.intent_id in self._asked:
                if consensus.intent_id in self.judged:
                    raise RuntimeError(f"{consensus.intent_id} was decided about twice")
                self.judged[consensus.intent_id] = Judged(*self._asked[consensus.intent_id], consensus)

    def reader(self, *specs: topics.TopicSpec) -> Consumer:
        consumer = Consumer(
            {
                "bootstrap.servers": self.kafka,
                "group.id": f"hear-{uuid.uuid4().hex}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )
        deadline_s = time.monotonic() + READY_S
        while True:
            try:
                kafka.assign(consumer, kafka.ends(consumer, [spec.name for spec in specs]))
            except KafkaException:  # on a busy machine, the leaders of new topics take their time
                if time.monotonic() > deadline_s:
                    raise
            else:
                return consumer
