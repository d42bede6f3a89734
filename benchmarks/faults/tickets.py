"""Tickets of all four kinds while the stores go down and come back and workers are killed: what is then to be seen.

Questions come in at an even rate, each of which needs one query: a quarter of them on MongoDB, Neo4j, Redis and Kafka
each. MongoDB, Neo4j and Redis go down in turn, by SIGTERM, SIGKILL or SIGSTOP, and come back; every few seconds one of
the workers is SIGKILLed. When, whom and how follows from the seed. In the end every question has one answer: rows, or
one sentence that says why there are none.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import uuid
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from random import Random
from statistics import median
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

import orjson

from app import topics
from app.engine.admin import create_missing
from app.sample.load import load, loaded_as_of
from app.settings import Settings
from benchmarks.cluster import Cluster
from benchmarks.faults.answers import Answers, Outcome, judge
from benchmarks.faults.fleet import Fleet
from benchmarks.faults.load import produce
from benchmarks.faults.stores import STORES, StoodStill, application, ways
from benchmarks.report import emit, progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.embedded.stack import Stack

KINDS = ("mongodb", "neo4j", "redis", "kafka")
KIND_OF = {"mongo": "mongodb", "neo4j": "neo4j", "redis": "redis"}
USERS = 40
"""Users that are asked about: so many different questions of Redis and of Kafka."""
TICK_S = 0.05
STANDSTILL_S = 120.0


@dataclass(frozen=True, kw_only=True)
class TicketPlan:
    """How much of what, in one run.

    Attributes:
        tickets: Questions that are asked, evenly over `duration_s`.
        rounds: How often each store goes down.
        down_s: For how long, at the least and at the most.
        kill_every_s: Seconds from one SIGKILL of a worker to the next, about.
    """

    seed: int
    tickets: int = 20_000
    duration_s: float = 240.0
    rounds: int = 2
    down_s: tuple[float, float] = (3.0, 9.0)
    kill_every_s: float = 8.0
    workers: int = 2


class Outage(NamedTuple):
    """A store that goes down, seconds after the start."""

    at_s: float
    store: str
    way: int
    lasts_s: float


def outages(plan: TicketPlan) -> list[Outage]:
    """Return when which store goes down: in turn, in an order of its own each round."""
    rng = Random(plan.seed)
    order = [store for _ in range(plan.rounds) for store in rng.sample(STORES, len(STORES))]
    width_s = 0.9 * plan.duration_s / len(order)
    return [
        Outage((0.05 * plan.duration_s) + (place + 0.2 * rng.random()) * width_s, store, rng.randrange(6), lasts_s)
        for place, store in enumerate(order)
        if (lasts_s := rng.uniform(*plan.down_s))
    ]


def kills(plan: TicketPlan) -> list[float]:
    """Return when a worker is killed, seconds after the start."""
    rng = Random(plan.seed + 1)
    count = int(plan.duration_s / plan.kill_every_s)
    return [(place + rng.random()) * plan.kill_every_s for place in range(count)]


@dataclass(frozen=True)
class Question:
    """What is asked: its text, and the kind of query that it needs."""

    text: str
    kind: str


def question(number: int) -> Question:
    """Return a question, each kind in its turn; those of Redis and Kafka are about one user of many."""
    kind, user = KINDS[number % len(KINDS)], number // len(KINDS) % USERS + 1
    texts = {
        "mongodb": "Quantos clientes ativos por segmento?",
        "neo4j": "Quantos serviços por equipe?",
        "redis": f"Liste as sessões do usuário user{user:03}",
        "kafka": f"Liste os eventos do user{user:03}",
    }
    return Question(texts[kind], kind)


@dataclass
class _Done:
    """What was done: when workers were killed, and when which stores were down (epoch seconds)."""

    kills: list[float] = field(default_factory=list)
    down: list[tuple[str, float, float]] = field(default_factory=list)


class TicketRun:
    """One run, all of it decided by its seed but for the moments that the machine decides."""

    def __init__(self, plan: TicketPlan, servers: Stack, data_dir: Path) -> None:
        self._plan = plan
        self._servers = servers
        addresses = {**servers.addresses, "HIVE_MONGO_DATABASE": "tickets"}  # others may have customers of their own
        self._ids, self._victims = Random(plan.seed + 2), Random(plan.seed + 3)  # each used by one thread
        self._run_dir = data_dir / f"tickets-{plan.seed}-{uuid.uuid4().hex[:6]}"
        self._run_dir.mkdir(parents=True)
        self._settings = Settings.load({**addresses, "HIVE_APP_ID": self._run_dir.name})
        self._cluster = Cluster(self._settings.kafka)
        self._asked: dict[str, Question] = {}
        self._asked_at_s: dict[str, float] = {}
        self._done = _Done()
        make = partial(application, addresses=addresses, app_id=self._run_dir.name, data_dir=self._run_dir, waits=False)
        self._fleet = Fleet(make)

    async def _load(self) -> None:
        now = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0)
        loaded = await loaded_as_of(self._settings)
        as_of = loaded if loaded and loaded.date() == now.date() else now
        await load(self._settings, as_of=as_of, progress=lambda *_: None)

    def run(self) -> Outcome:
        """Do it all, print the result, and return it.

        Raises:
            StoodStill: The answers stopped coming.
            KafkaException: The questions could not be asked.
        """
        began_s = time.monotonic()
        create_missing(self._settings, topics.TOPICS)
        asyncio.run(self._load())
        answers = Answers(self._cluster.bootstrap)
        stop = Event()
        with ThreadPoolExecutor(3) as pool:
            reading = pool.submit(answers.run, stop)
            try:
                self._fleet.scale(self._plan.workers)
                self._warm_up(answers, reading)
                asking = pool.submit(self._ask, stop)
                disturbing = pool.submit(self._take_down, stop)
                self._kill(asking, disturbing, reading)
                self._drain(answers, reading)
            finally:
                stop.set()
                self._fleet.stop()
        progress("checking")
        outcome = judge(self._cluster, {each: asked.kind for each, asked in self._asked.items()}, answers.seen)
        self._report(outcome, answers, time.monotonic() - began_s)
        return outcome

    # What is done

    def _warm_up(self, answers: Answers, reading: Future[None]) -> None:
        """Wait until the first questions are answered: the faults begin when there is something to disturb."""
        stop = Event()
        for each in (question(number) for number in range(len(KINDS))):
            self._put([each], per_s=100.0, stop=stop)
        self._drain(answers, reading)

    def _ask(self, stop: Event) -> None:
        plan = self._plan
        questions = [question(number) for number in range(plan.tickets - len(self._asked))]
        self._put(questions, per_s=plan.tickets / plan.duration_s, stop=stop)

    def _put(self, questions: list[Question], *, per_s: float, stop: Event) -> None:
        def records() -> Iterator[tuple[bytes, bytes]]:
            for each in questions:
                intention = str(uuid.UUID(int=self._ids.getrandbits(128), version=4))
                self._asked[intention], self._asked_at_s[intention] = each, time.time()
                yield intention.encode(), orjson.dumps({"id": intention, "text": each.text})

        produce(self._cluster.bootstrap, topics.INTENTIONS_SUBMITTED.name, records(), per_s=per_s, stop=stop)

    def _take_down(self, stop: Event) -> None:
        began_s = time.monotonic()
        for at_s, store, way, lasts_s in outages(self._plan):
            if stop.wait(max(0.0, began_s + at_s - time.monotonic())):
                return
            possible = ways(self._servers, store)
            down, up = possible[way % len(possible)]
            progress(f"{down.__name__} {store} for {lasts_s:.1f} s")
            since_s = time.time()
            down(store)
            try:
                stop.wait(lasts_s)
            finally:
                up(store)
            self._done.down.append((store, since_s, time.time()))
            progress(f"{store} is back")

    def _kill(self, asking: Future[None], disturbing: Future[None], reading: Future[None]) -> None:
        began_s, pending = time.monotonic(), kills(self._plan)
        while pending or not (asking.done() and disturbing.done()):
            self._fleet.tend()
            for future in (asking, disturbing, reading):
                if future.done():
                    future.result()
            if pending and time.monotonic() - began_s >= pending[0]:
                pending.pop(0)
                self._done.kills.append(self._fleet.kill(self._victims).at_s)
            time.sleep(TICK_S)

    def _drain(self, answers: Answers, reading: Future[None]) -> None:
        moved_s, before = time.monotonic(), -1
        while missing := self._asked.keys() - answers.seen.keys():
            self._fleet.tend()
            if reading.done():
                reading.result()
            if len(missing) != before:
                before, moved_s = len(missing), time.monotonic()
            elif time.monotonic() - moved_s > STANDSTILL_S:
                kinds = sorted({self._asked[intention].kind for intention in missing})
                raise StoodStill(f"{len(missing)} questions without an answer ({', '.join(kinds)}), as {min(missing)}")
            time.sleep(TICK_S * 4)

    # What is seen

    def _report(self, outcome: Outcome, answers: Answers, elapsed_s: float) -> None:
        after_kills = [self._answered_after(answers, at_s, "kafka") for at_s in self._done.kills]
        after_outages: defaultdict[str, list[float]] = defaultdict(list)
        for store, _, up_s in self._done.down:
            after_outages[store].append(self._answered_after(answers, up_s, KIND_OF[store]))
        emit(
            "ticket-faults",
            seed=self._plan.seed,
            questions=len(self._asked),
            kills=len(self._done.kills),
            worker_exits=self._fleet.exits,
            outages=[store for store, _, _ in self._done.down],
            **outcome.fields(),
            store_recovery_s={store: round(max(waits), 1) for store, waits in sorted(after_outages.items())},
            kill_recovery_p50_s=round(median(after_kills), 1) if after_kills else None,
            kill_recovery_max_s=round(max(after_kills), 1) if after_kills else None,
            elapsed_s=round(elapsed_s, 1),
        )

    def _answered_after(self, answers: Answers, at_s: float, kind: str) -> float:
        """Return how long after a moment the last question of a kind was answered that had been asked before it."""
        last_s = max(
            (
                answers.first_at_s[intention]
                for intention, asked_s in self._asked_at_s.items()
                if asked_s <= at_s and self._asked[intention].kind == kind and intention in answers.first_at_s
            ),
            default=at_s,
        )
        return max(0.0, last_s - at_s)
