"""Planning while MongoDB, Neo4j and Redis go down and come back and the worker is killed: what is then to be seen.

The stores go down one after the other, in an order and by SIGTERM, SIGKILL or SIGSTOP as the seed says. While one is
down, intentions come in, and their plans must be there before it comes back: planning waits for no store. Then the
worker is killed while more come in and while people speak: somewhere between two stages, or within a transaction. In
the end everything is read back from Kafka, MongoDB and Neo4j.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, asdict, dataclass, field
from functools import partial
from itertools import chain
from random import Random
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, NamedTuple

from app import topics
from app.cli.ledger import verdicts
from app.engine.admin import create_missing
from app.settings import Settings
from app.stores import kafka
from app.stores.neo4j import GraphStore
from benchmarks.faults.stores import STORES, StoodStill, application, ways
from benchmarks.report import emit, progress
from benchmarks.servers import STOP_TIMEOUT_S, leave_behind
from models.ids import stable_id
from models.planning.ledger import verify
from models.records import LedgerEntry, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from confluent_kafka import Consumer

    from app.embedded.stack import Stack
    from models.planning.ledger import Verdict as Whole

BATCH = 9
PLANNED_S = 20.0
"""A plan that is not there by then was held up by a store that is down (a machine that is busy takes a second)."""
ENDED_S = 90.0
ASKED_S = 60.0
KILL_WITHIN_S = 0.6

_FOLLOWED = (
    topics.PLANS_APPROVAL_REQUESTS,
    topics.PLANS_APPROVAL_OUTCOMES,
    topics.PLANS_READY,
    topics.PLANS_COMPLETED,
    topics.LEDGER_ENTRIES,
)


class Kind(NamedTuple):
    """A kind of intention: its text, with a place for a word that nobody has said before, and what comes of it.

    For work similar intentions are looked up.
    """

    text: str
    is_work: bool
    needs_approval: bool


KINDS = (
    Kind("apagar as tabelas do banco de dados {}", is_work=True, needs_approval=True),
    Kind("Refatorar o módulo de pagamentos {}", is_work=True, needs_approval=False),
    Kind("Quantos clientes ativos por segmento?", is_work=False, needs_approval=False),
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was wrong; all zero is right.

    Attributes:
        lost: Intentions without an answer, plans that need an approval without a request.
        doubled: Requests, published plans and answers beyond the first of each.
        unapproved: Plans that were published although nobody had approved them, or that were not although somebody had.
        misapplied: Plans whose decision was not applied exactly once.
        broken_chains: Chains of the ledger that are not whole, or that MongoDB and Kafka hold differently.
        wrong_facts: Intentions of which the ledger tells more, less or something else than what happened.
        forgotten: Intentions that the graph does not have, or whose end it does not know.
        silent: Plans that were made without a store and do not say so.
        planned_max_s: The longest that a plan took while a store was down.
    """

    lost: int
    doubled: int
    unapproved: int
    misapplied: int
    broken_chains: int
    wrong_facts: int
    forgotten: int
    silent: int
    planned_max_s: float

    @property
    def right(self) -> bool:
        """Whether nothing was wrong."""
        wrong = asdict(self)
        return wrong.pop("planned_max_s") <= PLANNED_S and not any(wrong.values())


class Topics:
    """What is committed on the topics of the stages."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        kafka.assign(consumer, kafka.ends(consumer, [spec.name for spec in _FOLLOWED]))
        self._found: dict[str, list[dict[str, Any]]] = {spec.name: [] for spec in _FOLLOWED}

    def values(self, spec: topics.TopicSpec) -> Iterator[dict[str, Any]]:
        """Yield what has been read of a topic, of whatever run: others may write to the same broker."""
        yield from self._found[spec.name]

    def wait(self, there: Callable[[], Iterable[object]], *, timeout_s: float, what: str) -> None:
        """Read until nothing is missing.

        Raises:
            StoodStill: something still is when the time is up.
        """
        deadline_s = time.monotonic() + timeout_s
        while missing := list(there()):
            self.read(0.2)
            if time.monotonic() > deadline_s:
                raise StoodStill(f"{what}: {len(missing)} missing after {timeout_s:g} s, such as {missing[0]}")

    def read(self, for_s: float) -> None:
        """Read what there is."""
        deadline_s = time.monotonic() + for_s
        while (left_s := deadline_s - time.monotonic()) > 0:
            found = kafka.poll(self._consumer, left_s)
            told = None if found is None else _told(found.value)
            if found is not None and told is not None:
                self._found[found.topic].append(told)


@dataclass
class PlanningRun:
    """One run, all of it decided by its seed but for the moments that the machine decides."""

    seed: int
    servers: Stack
    data_dir: Path
    _: KW_ONLY
    kills: int = len(STORES)
    """SIGKILLs of the worker: one with each store at the most."""
    _asked: dict[str, Kind] = field(default_factory=dict, init=False)
    _approving: dict[str, bool] = field(default_factory=dict, init=False)
    _unheard: list[str] = field(default_factory=list, init=False)
    """Plans of work that were made without Neo4j or Redis."""
    _planned_max_s: float = field(default=0.0, init=False)
    _down: dict[str, Callable[[str], Any]] = field(default_factory=dict, init=False)
    """The stores that are down, and what starts each."""

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)
        self._app_id = f"planning-{self.seed}-{uuid.uuid4().hex[:6]}"
        self._settings = Settings.load({**self.servers.addresses, "HIVE_APP_ID": self._app_id})
        create_missing(self._settings, topics.TOPICS)
        leave_behind(self._settings.kafka, self._app_id)
        self._producer = kafka.producer(self._settings, {"linger.ms": 0})
        self._worker = application(
            "worker-1", addresses=self.servers.addresses, app_id=self._app_id, data_dir=self.data_dir
        )

    def run(self) -> Outcome:
        """Do it all, print the result, and return it.

        Raises:
            StoodStill: an answer, an entry or a memory does not come although everything is up again.
        """
        began_s = time.monotonic()
        order = self._chance.sample(STORES, len(STORES))
        self._killing = self._chance.sample(order, self.kills)
        with kafka.reader(self._settings) as consumer, ThreadPoolExecutor(1) as pool:
            self._worker.start()
            try:
                self._seen = Topics(consumer)  # by now every topic has its partitions
                for started in [self._without(store, pool.submit) for store in order]:
                    started.result()
                self._seen.wait(partial(self._unplanned, list(self._asked)), timeout_s=ENDED_S, what="plans")
                self._speak()
                self._seen.wait(self._unended, timeout_s=ENDED_S, what="answers")
                outcome = self._judge()
            finally:
                self._worker.stop(STOP_TIMEOUT_S)
                for store in list(self._down):
                    self._start(store)
        emit(
            "planning-faults",
            seed=self.seed,
            order=order,
            intentions=len(self._asked),
            kills=self.kills,
            **asdict(outcome),
            elapsed_s=round(time.monotonic() - began_s, 1),
        )
        return outcome

    # What is done

    def _without(self, store: str, soon: Callable[..., Any]) -> Any:
        """Take a store down, ask for plans, kill the worker while more is going on, and let the store start again."""
        self._worker.wait_ready()
        down, up = self._chance.choice(ways(self.servers, store))
        progress(f"seed {self.seed}: {down.__name__} {store}")
        self._down[store] = up
        down(store)
        asked = self._submit()
        began_s = time.monotonic()
        self._seen.wait(partial(self._unplanned, asked), timeout_s=PLANNED_S, what=f"plans without {store}")
        self._planned_max_s = max(self._planned_max_s, time.monotonic() - began_s)
        if store != "mongo":  # planning does without something, and says so
            self._unheard += [_plan_id(intention) for intention in asked if self._asked[intention].is_work]
        self._submit()
        self._speak()
        if store in self._killing:
            time.sleep(self._chance.uniform(0, KILL_WITHIN_S))
            self._worker.kill()
            self._worker.spawn()
        return soon(self._start, store)

    def _start(self, store: str) -> None:
        self._down.pop(store)(store)

    def _submit(self) -> list[str]:
        """Ask for plans; return the ids."""
        asked = {str(uuid.UUID(int=self._chance.getrandbits(128), version=4)): KINDS[n % 3] for n in range(BATCH)}
        for intention, kind in asked.items():
            text = kind.text.format("".join(self._chance.choices(ascii_lowercase, k=10)))
            self._send(topics.INTENTIONS_SUBMITTED, intention, {"id": intention, "text": text})
        self._asked |= asked
        self._producer.flush()
        return list(asked)

    def _speak(self) -> None:
        """Say something about each plan that has been seen to wait for it, and something else right after."""
        asking = dict.fromkeys(self._counted(topics.PLANS_APPROVAL_REQUESTS, "intent_id"))
        for plan_id in (_plan_id(intention) for intention in asking):
            if plan_id in self._approving:
                continue
            approves = self._approving[plan_id] = int(plan_id[-1], 16) % 2 == 0  # of the seed, whatever has come by now
            for says in (approves, not approves):
                decision = "approved" if says else "rejected"
                at_ms = time.time_ns() // 1_000_000
                response = {"plan_id": plan_id, "decision": decision, "by": "ana", "at": at_ms, "reason": "said"}
                self._send(topics.PLANS_APPROVAL_RESPONSES, plan_id, response)
        self._producer.flush()

    def _send(self, spec: topics.TopicSpec, key: str, value: Mapping[str, Any]) -> None:
        self._producer.produce(spec.name, json.dumps(value), key)

    # What is seen

    def _unplanned(self, asked: list[str]) -> Iterator[str]:
        waiting = {told.get("intent_id") for told in self._seen.values(topics.PLANS_APPROVAL_REQUESTS)}
        ready = {told.get("intent_id") for told in self._seen.values(topics.PLANS_READY)}
        return (intention for intention in asked if intention not in waiting | ready)

    def _unended(self) -> Iterator[str]:
        answered = {told.get("intention_id") for told in self._seen.values(topics.PLANS_COMPLETED)}
        yield from self._asked.keys() - answered
        said = Counter(told.get("plan_id") for told in self._seen.values(topics.PLANS_APPROVAL_OUTCOMES))
        yield from (plan_id for plan_id in self._approving if said[plan_id] < 2)

    def _judge(self) -> Outcome:
        self._seen.read(2.0)  # what comes twice comes late
        seen = self._seen
        requests = self._counted(topics.PLANS_APPROVAL_REQUESTS, "intent_id")
        ready = self._counted(topics.PLANS_READY, "intent_id")
        answers = self._counted(topics.PLANS_COMPLETED, "intention_id")
        asking = {intention for intention, kind in self._asked.items() if kind.needs_approval}
        approved = {intention for intention in asking if self._approving[_plan_id(intention)]}
        outcomes = seen.values(topics.PLANS_APPROVAL_OUTCOMES)
        applied = Counter(told["plan_id"] for told in outcomes if told.get("applied"))
        going = self._asked.keys() - asking | approved
        entries = self._entries()
        return Outcome(
            lost=len(self._asked.keys() - answers.keys()) + len(asking - requests.keys()),
            doubled=sum(times - 1 for counted in (requests, ready, answers) for times in counted.values()),
            unapproved=len(ready.keys() ^ going),
            misapplied=sum(applied[plan_id] != 1 for plan_id in self._approving),
            broken_chains=self._broken(entries),
            wrong_facts=self._wrong_facts(chain.from_iterable(entries.values())),
            forgotten=len(asyncio.run(self._forgotten())),
            silent=len(self._silent()),
            planned_max_s=round(self._planned_max_s, 2),
        )

    def _counted(self, spec: topics.TopicSpec, name: str) -> Counter[str]:
        return Counter(told[name] for told in self._seen.values(spec) if told.get(name) in self._asked)

    def _facts(self, intention: str) -> Counter[str]:
        """Return how often each kind of fact must be in the ledger about an intention."""
        if not self._asked[intention].needs_approval:
            return Counter(plan=1, completed=1)
        asked = Counter(approval_requested=1, approval=2, completed=1)  # two things were said about each
        return asked + Counter(plan=1) if self._approving[_plan_id(intention)] else asked

    def _wrong_facts(self, entries: Iterable[LedgerEntry]) -> int:
        told: dict[str, Counter[str]] = {intention: Counter() for intention in self._asked}
        for entry in entries:
            if entry.intent_id in told:  # others may have asked too
                told[entry.intent_id][entry.kind.value] += 1
        wrong = {intention: facts for intention, facts in told.items() if facts != self._facts(intention)}
        for intention, facts in wrong.items():
            progress(f"{intention}: the ledger tells {dict(facts)} instead of {dict(self._facts(intention))}")
        return len(wrong)

    def _entries(self) -> dict[str, list[LedgerEntry]]:
        """Return the chains, once they tell enough."""

        def ours() -> list[dict[str, Any]]:
            entries = self._seen.values(topics.LEDGER_ENTRIES)
            return [entry for entry in entries if entry.get("chain", "").startswith(f"{self._app_id}/")]

        def missing() -> range:
            told = sum(entry["intent_id"] in self._asked for entry in ours())
            return range(sum(self._facts(intention).total() for intention in self._asked) - told)

        self._seen.wait(missing, timeout_s=ASKED_S, what="entries of the ledger")
        chains: dict[str, list[LedgerEntry]] = {}
        for told in ours():
            chains.setdefault(told["chain"], []).append(decode(LedgerEntry, json.dumps(told).encode()))
        return chains

    def _broken(self, entries: dict[str, list[LedgerEntry]]) -> int:
        wanted = {name: verify(chained, name) for name, chained in entries.items()}
        kept = _patiently(self._kept, lambda found: found == wanted)
        return sum(whole.problem is not None or kept.get(name) != whole for name, whole in wanted.items())

    def _kept(self) -> dict[str, Whole]:
        found = asyncio.run(verdicts(self._settings))
        return {verdict.chain: verdict for verdict in found if verdict.chain.startswith(f"{self._app_id}/")}

    async def _forgotten(self) -> list[str]:
        graph = GraphStore.of(self._settings, timeout_s=10.0)
        statement = "MATCH (i:Intent) WHERE i.id IN $ids AND i.outcome IS NOT NULL RETURN i.id AS id"
        deadline_s = time.monotonic() + ASKED_S
        try:
            while True:
                rows = await graph.rows(statement, {"ids": list(self._asked)})
                missing = self._asked.keys() - {row["id"] for row in rows}
                if not missing or time.monotonic() > deadline_s:
                    return sorted(missing)
                await asyncio.sleep(0.5)
        finally:
            await graph.close()

    def _silent(self) -> list[str]:
        requested = [told.get("plan", {}) for told in self._seen.values(topics.PLANS_APPROVAL_REQUESTS)]
        plans = {plan.get("plan_id"): plan for plan in (*self._seen.values(topics.PLANS_READY), *requested)}
        return [plan_id for plan_id in self._unheard if not plans[plan_id]["metadata"].get("without")]


def _told(value: bytes | None) -> dict[str, Any] | None:
    """Return the object that a record holds; other runs on the same broker may have written anything."""
    try:
        told = json.loads(value or b"null")
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _plan_id(intention: str) -> str:
    return stable_id("plan", intention)


def _patiently(ask: Callable[[], dict[str, Whole]], enough: Callable[[dict[str, Whole]], bool]) -> dict[str, Whole]:
    """Ask until it is enough, or until waiting for it is in vain."""
    deadline_s = time.monotonic() + ASKED_S
    while True:
        found = ask()
        if enough(found) or time.monotonic() > deadline_s:
            return found
        time.sleep(0.5)
