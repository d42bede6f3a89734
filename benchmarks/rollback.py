"""A rollback while plans are scored: how long until each worker decides by the model before, and what fails.

The models are made in a moment (`benchmarks.registered`); the registry is a real MLflow, and the plans are real ones.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from itertools import cycle, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from click.testing import CliRunner
from confluent_kafka import Consumer, Producer

from app import topics
from app.cli import main as hive
from app.clock import now_ms
from app.embedded.ports import free_port
from app.engine.admin import create_missing
from app.sample.questions import QUESTIONS
from app.settings import Settings
from app.stores import kafka
from app.stores.registry import ModelRegistry
from benchmarks.registered import packed, promote
from benchmarks.report import emit, progress
from benchmarks.servers import hive_worker, is_ready, leave_behind
from models.nlu import to_envelope, understand
from models.records import Consensus, SpecialistType, Submission, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from confluent_kafka import Message

WORKERS: Final = 3
PER_S: Final = 200
ROLLBACKS: Final = 3
APART_S: Final = 7.0
TARGET_S: Final = 5.0
READY_S: Final = 90.0
ARRIVE_S: Final = 30.0
WHO: Final = SpecialistType.BUSINESS
OLD: Final = 5_001
NEW: Final = 5_002


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen.

    Attributes:
        plans, missing, failed, dead: Sent; without a decision; decided without the registered models; dead letters.
        took_s: For each rollback, seconds from before the command to the last plan that any worker decided by the model
            that was the champion before it.
        wavered: Plans that it decided after the other one had begun to, on the same worker.
        workers: How many of them have scored plans, and name the right champion.
    """

    plans: int
    missing: int
    failed: int
    dead: int
    took_s: list[float]
    wavered: int
    workers: int


def run(addresses: Mapping[str, str], data_dir: Path) -> bool:
    """Measure it at 200 plans a second on three workers; print it, and return whether the target is met."""
    addresses = {**addresses, "HIVE_PARTITIONS": str(WORKERS)}  # one for each worker
    found = measure(addresses, data_dir, workers=WORKERS, per_s=PER_S, rollbacks=ROLLBACKS, apart_s=APART_S)
    right = not (found.missing or found.failed or found.dead or found.wavered) and found.workers == WORKERS
    met = right and bool(found.took_s) and max(found.took_s) <= TARGET_S
    emit("rollback", per_s=PER_S, **msgspec.to_builtins(found), target_s=TARGET_S, met=met)
    return met


def measure(
    addresses: Mapping[str, str], data_dir: Path, *, workers: int, per_s: int, rollbacks: int, apart_s: float
) -> Result:
    """Score plans, roll the champion of one specialist back, and back again, and look at each decision."""
    settings = Settings.load(addresses)
    create_missing(settings, topics.TOPICS)
    versions = asyncio.run(_registered(settings))
    progress(f"versions {versions} are registered; {workers} workers start")
    with _workers(addresses, data_dir, workers) as ports, _Load(settings.kafka, per_s) as load:
        _wait(lambda: all(_champion(port) == versions[1] for port in ports), "the champion on all workers")
        begins: list[int] = []
        for _ in range(rollbacks):
            load.wait_for(len(load.sent) + int(per_s * apart_s))
            progress("hive models rollback")
            begins.append(now_ms())
            words = ["models", "rollback", WHO.value, "--reason", "benchmark", "--by", "benchmark"]
            said = CliRunner().invoke(hive, words, env=dict(addresses))
            assert said.exit_code == 0, said.output
        load.wait_for(len(load.sent) + int(per_s * apart_s))
        load.stop()
        champion = versions[0] if rollbacks % 2 else versions[1]
        right = sum(_champion(port) == champion and _scored(port) > 0 for port in ports)
        return _result(load, begins, versions, right)


async def _registered(settings: Settings) -> tuple[str, str]:
    """Register two models of each specialist, and make the second the champion."""
    made: dict[SpecialistType, list[str]] = {}
    async with ModelRegistry.of(settings) as registry:
        for who in SpecialistType:
            models = [packed(10.0 + place, learned=learned) for place, learned in enumerate((OLD, NEW))]
            made[who] = [await promote(registry, who, model) for model in models]
    old, new = made[WHO]
    return old, new


@contextmanager
def _workers(addresses: Mapping[str, str], folder: Path, count: int) -> Iterator[list[int]]:
    """Run workers that plan, and wait until they take work."""
    ports = [free_port() for _ in range(count)]
    app_id = f"rollback-{ports[0]}"
    leave_behind(addresses["HIVE_KAFKA"], app_id)
    with ExitStack() as running:
        started = []
        for port in ports:
            environ = {
                **addresses,
                "HIVE_APP_ID": app_id,
                "HIVE_WEB_PORT": str(port),
                "HIVE_STAGES": "plan",
                "HIVE_RECALL_MS": "0",
            }
            process = hive_worker(f"worker-{port}", environ, folder)
            process.spawn()
            running.callback(process.stop, 30)
            started.append(process)
        _wait(lambda: all(map(is_ready, ports)) or not all(each.alive for each in started), "the workers")
        for process in started:
            if not process.alive:
                raise RuntimeError("\n".join(["a worker has ended", *process.log_lines()]))
        yield ports


class _Load:
    """Sends envelopes to the plan stage at an even rate, and reads each decision."""

    def __init__(self, address: str, per_s: int) -> None:
        self._per_s = per_s
        self.sent: list[str] = []
        self.decided: dict[str, Consensus] = {}
        self.partitions: dict[str, int] = {}
        self.dead = 0
        self._producer = Producer({"bootstrap.servers": address, "linger.ms": 0})
        self._consumer = Consumer(
            {
                "bootstrap.servers": address,
                "group.id": f"rollback-{uuid.uuid4().hex}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
            }
        )
        names = (topics.PLANS_CONSENSUS.name, *(spec.name for spec in topics.DEAD_LETTERS))
        # Not OFFSET_END: that is looked up when it is first read, and the first decisions may be there by then.
        kafka.assign(self._consumer, kafka.ends(self._consumer, names))
        self._sending, self._reading = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._send, self._read)]

    def __enter__(self) -> Self:
        self._sending.set()
        self._reading.set()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._reading.clear()
        for thread in self._threads:
            thread.join()
        self._consumer.close()
        del self._producer  # else it asks for the broker when that is gone

    def stop(self) -> None:
        """Send no more, and wait for the decisions that are to come."""
        self._sending.clear()
        self._threads[0].join()
        deadline_s = time.monotonic() + ARRIVE_S
        while len(self.decided) < len(self.sent) and time.monotonic() < deadline_s:
            time.sleep(0.05)

    def wait_for(self, count: int) -> None:
        """Wait until so many have been sent."""
        while len(self.sent) < count:
            time.sleep(0.01)

    def _send(self) -> None:
        texts = cycle(question.text for question in QUESTIONS)
        began_s = time.monotonic()
        while self._sending.is_set():
            due_s = began_s + len(self.sent) / self._per_s
            if (wait_s := due_s - time.monotonic()) > 0:
                self._producer.poll(0)
                time.sleep(min(wait_s, 0.01))
                continue
            self._one(next(texts))
        self._producer.flush(30)

    def _one(self, text: str) -> None:
        submission = Submission(text=text, id=str(uuid.uuid4()))
        envelope = to_envelope(submission, understand(submission, now_ms=now_ms()), fallback_id="f", now_ms=now_ms())
        to = topics.INTENTIONS_OF[envelope.intent.domain]
        self._producer.produce(to.name, encode(envelope), envelope.id, on_delivery=self._sent)
        self._producer.poll(0)
        self.sent.append(envelope.id)

    def _sent(self, _error: object, message: Message) -> None:
        self.partitions[(message.key() or b"").decode()] = int(message.partition() or 0)

    def _read(self) -> None:
        while self._reading.is_set():
            for message in self._consumer.consume(500, 0.1):
                if message.error() is not None:
                    continue
                if message.topic() != topics.PLANS_CONSENSUS.name:
                    self.dead += 1
                    continue
                consensus = decode(Consensus, message.value())
                self.decided[consensus.intent_id] = consensus


def _result(load: _Load, begins: list[int], versions: tuple[str, str], workers: int) -> Result:
    failed = 0
    sent = set(load.sent)
    seen: dict[int, list[tuple[int, str]]] = defaultdict(list)
    decided = {key: found for key, found in load.decided.items() if key in sent}
    for key, consensus in decided.items():
        said = next(o.explainability.model_version for o in consensus.opinions if o.specialist_type is WHO) or ""
        failed += said not in versions or any("problem" in opinion.metadata for opinion in consensus.opinions)
        seen[load.partitions[key]].append((consensus.at, said))
    took_s, wavered = [], 0
    for number, (began_ms, ends_ms) in enumerate(pairwise([*begins, now_ms()])):
        gone, comes = versions[1 - number % 2], versions[number % 2]
        last = began_ms
        for decisions in seen.values():
            here = [(at, version) for at, version in decisions if began_ms <= at < ends_ms]
            first = min((at for at, version in here if version == comes), default=ends_ms)
            late = [at for at, version in here if version == gone]
            wavered += sum(at > first for at in late)
            last = max([last, *late])
        took_s.append(round((last - began_ms) / 1000, 2))
    return Result(
        plans=len(sent),
        missing=len(sent) - len(decided),
        failed=failed,
        dead=load.dead,
        took_s=took_s,
        wavered=wavered,
        workers=workers,
    )


def _champion(port: int) -> str | None:
    """Return the version that a worker says decides."""
    for line in _metrics(port):
        if line.startswith("neural_hive_registered_champion_info{") and f'specialist="{WHO.value}"' in line:
            return line.partition('version="')[2].partition('"')[0]
    return None


def _scored(port: int) -> float:
    """Return how many records a worker has planned."""
    lines = [line for line in _metrics(port) if line.startswith('neural_hive_records_total{stage="plan"}')]
    return float(lines[0].rpartition(" ")[2]) if lines else 0.0


def _metrics(port: int) -> list[str]:
    from urllib.request import urlopen

    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return str(answer.read().decode()).splitlines()


def _wait(done: Any, what: str) -> None:
    deadline_s = time.monotonic() + READY_S
    while not done():
        if time.monotonic() > deadline_s:
            raise RuntimeError(f"waited {READY_S:g} s for {what}")
        time.sleep(0.1)
