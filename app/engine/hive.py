"""The Faust application, extended: runs, transactions, committed tables, a watchdog, and a stop that drains."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import time
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, TypeVar

import faust
from faust.types import TP
from mode.utils.futures import maybe_async

from app import topics
from app.engine import admin
from app.engine.committer import Committer, Work
from app.engine.consumer import Delivery, NamedAssignor, RunTransport
from app.engine.lanes import Lanes
from app.engine.limit import LetterLimit
from app.engine.logs import end_spinner
from app.engine.restore import Restored, restore
from app.engine.run import RunSchema
from app.engine.source import NOBODY, Source
from app.engine.tables import Table
from app.engine.watchdog import Watchdog
from app.errors import ConfigurationError
from models.records import decode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from app.engine.run import Batch, Generation
    from app.engine.tracing import Tracer
    from app.settings import Settings
    from app.topics import TopicSpec

__all__ = ["HiveApp"]

logger = logging.getLogger(__name__)

V = TypeVar("V")

EXIT_FAILED = 1
RETRY_BROKER_S = 1.0
DRAIN_LOOK_S = 0.01
SWITCH_S = 0.001  # the committer comes back from a call to the broker several times in a cycle: not 5 ms late each time


class HiveApp(faust.App):
    """A Faust application whose stages work in runs and transactions.

    ``@app.agent``, ``faust worker`` and ``faust send`` are Faust's own; new are :meth:`run_topic` and a :meth:`Table`
    that is written in transactions.
    """

    def __init__(
        self, settings: Settings, *, outputs: Iterable[TopicSpec] = (), lanes: Iterable[str] = (), **options: Any
    ) -> None:
        self.settings = settings
        self.delivery = Delivery(settings.waiting_records)
        self.limit = LetterLimit(settings.dead_letters_in_a_row, settings.dead_letters_share)
        self.hive_tables: dict[str, Table[Any]] = {}
        self.busy: set[str] = set()
        self.in_flight: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(deque)
        self.generation: Generation = NOBODY
        self.ready = False
        self.span_tracer: Tracer | None = None
        self.observers: list[Callable[[Batch, int], None]] = []
        self.cycle_observers: list[Callable[[list[Work], float], None]] = []
        self.restore_observers: list[Callable[[str, Restored], None]] = []
        self._specs = {spec.name: spec for spec in outputs}
        self._read: set[str] = set()
        self._tables_of: dict[tuple[int, int], Generation] = {}  # by number of partitions, and partition
        self._preparations: list[Callable[[], Awaitable[None]]] = []
        self._endings: list[Callable[[], Awaitable[None] | None]] = []
        self.instance = settings.worker if settings.static_member else None
        self.source = Source(
            settings.kafka_client(),
            group=settings.app_id,
            patience_s=settings.transaction_timeout_ms / 1000 * 3,
            run_records=settings.run_records,
            fetch_records=settings.batch_records,
            fetch_max_wait_ms=settings.fetch_max_wait_ms,
        )
        self.watchdog = Watchdog(stuck_s=settings.stuck_s, loop_lag_s=settings.loop_lag_s, lag=self.lag, fail=self.fail)
        self.committer = Lanes(self._committer, lanes)
        super().__init__(settings.app_id, **{**_faust_options(settings), **options})
        self.transport = RunTransport(self._broker_urls(), self)
        self.on_partitions_revoked.connect(self._on_revoked)
        self.on_rebalance_complete.connect(self._on_assigned)

    def _committer(self, lane: str) -> Committer:
        return Committer(
            self.settings,
            instance=self.instance,
            current=lambda: self.generation,
            fail=self.fail,
            observe=self._observe_cycle,
            lane=lane,
        )

    def _broker_urls(self) -> list[Any]:
        return list(self.conf.broker_consumer)

    # -- what an application declares

    def run_topic(self, *specs: TopicSpec, run_records: int | None = None) -> Any:
        """Return the Faust topic of one or several listed topics, delivered in runs of typed records.

        Args:
            specs: The topics.
            run_records: The most records of a run; less than the setting for a stage whose records take long.

        Raises:
            ConfigurationError: another stage reads one of them.
        """
        for spec in specs:
            if spec.name in self._read:
                raise ConfigurationError(f"{spec.name} is read by another stage: offsets are committed for one")
            self._read.add(spec.name)
            self._specs[spec.name] = spec
            if run_records is not None:
                self.source.run_records_of[spec.name] = run_records
        schema = RunSchema({spec.name: _decoder(spec) for spec in specs})
        return self.topic(*(spec.name for spec in specs), schema=schema)

    def Table(  # noqa: N802 — Faust's name
        self, name: str, *, value_type: type[V], partitions: int | None = None, changelog: TopicSpec | None = None
    ) -> Table[V]:
        """Return a table whose changelog is written in the stages' transactions.

        Args:
            name: The table's name.
            value_type: What its values are, as msgspec takes it.
            partitions: How many it has: as many as the topics of the stages that write it; the setting by default.
            changelog: A listed topic that is its changelog, for a table that others are to read; its number of
                partitions counts.
        """
        changelog = changelog or topics.changelog(self.settings.app_id, name, partitions=partitions)
        self._specs[changelog.name] = changelog
        count = self.partitions_of(changelog.name)
        table: Table[V] = Table(name, changelog=changelog.name, value_type=value_type, count=count)
        self.hive_tables[name] = table
        return table

    def partitions_of(self, topic: str) -> int:
        """Return how many partitions a declared topic has."""
        return self._specs[topic].partitions or self.settings.partitions

    def before_start(self, prepare: Callable[[], Awaitable[None]]) -> None:
        """Have something done once Kafka answers and the topics are there, before anything is processed."""
        self._preparations.append(prepare)

    def after_stop(self, end: Callable[[], Awaitable[None] | None]) -> None:
        """Have something ended once everything that was begun is committed, or left to others."""
        self._endings.append(end)

    async def _on_agent_error(self, agent: Any, exc: BaseException) -> None:
        # Faust would start the agent again behind the records that it was given, and they would be lost.
        self.fail(f"stage {agent.name} failed: {exc!r}")

    def dead_letter_topic(self, topic: str) -> str:
        """Return where dead letters of a topic go."""
        return self._specs[topic].dead_letter

    def is_open(self, topic: str) -> bool:
        """Tell whether anybody may write to a topic."""
        return self._specs[topic].is_open

    # -- start

    async def on_first_start(self) -> None:
        """Wait for Kafka, create missing topics, register the producers.

        Faust would make its data folders here; our tables are in memory and in Kafka, so there are none.
        """
        end_spinner()
        loop = asyncio.get_running_loop()
        while (why := await loop.run_in_executor(None, admin.reachable, self.settings)) is not None:
            logger.warning("waiting for Kafka at %s: %s", self.settings.kafka, why)
            await asyncio.sleep(RETRY_BROKER_S)
        if self.settings.create_topics:
            wanted = {**self._specs, **{name: spec for name, spec in _LISTED.items() if name in self._dead_letters()}}
            created = await loop.run_in_executor(None, admin.create_missing, self.settings, wanted.values())
            if created:
                logger.info("topics created: %s", ", ".join(created))
        for prepare in self._preparations:
            await prepare()
        await self.committer.start()
        # Not an app task: Faust starts those after the first assignment, which may take long.
        self.add_future(self.watchdog.beat())
        self.watchdog.start()
        # Millions of small objects live for one batch and then go, without cycles: looking for cycles all the time
        # costs a third of the throughput.
        sys.setswitchinterval(SWITCH_S)
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)

    def _dead_letters(self) -> set[str]:
        return {spec.dead_letter for spec in self._specs.values()}

    # -- rebalance

    async def _on_revoked(self, *_: Any, **__: Any) -> None:
        # What is in the middle of a transaction may finish: the generation is valid until we join again.
        self.ready = False
        try:
            await asyncio.wait_for(self.committer.settle(), self.settings.session_timeout_s)
        except TimeoutError:
            self.fail("a transaction was still undecided when the partitions were taken away")

    async def _on_assigned(self, *_: Any, **__: Any) -> None:
        generation = self.consumer.membership()
        assigned = {TP(tp.topic, tp.partition) for tp in self.consumer.assignment()}
        self.generation = generation
        self.delivery.begin(generation)
        self.watchdog.rebalanced()
        await self.committer.settle()  # work of the generation before: committed and in the tables by now, or dropped
        if self.hive_tables:
            # The settled offsets first: once they are known, every transaction below them is decided.
            await self.consumer.on_source(self.source.settled_offsets, assigned)
            await self._restore_tables(assigned, generation)
        self.ready = self.generation == generation
        logger.info("assigned generation=%d partitions=%d", generation.number, len(assigned))

    async def _restore_tables(self, assigned: set[TP], generation: Generation) -> None:
        # A table goes with the topics that have as many partitions as it has: the others are assigned apart from them.
        held = {(self.partitions_of(tp.topic), tp.partition) for tp in assigned}
        # A partition that was ours in the generation before was nobody else's in between: its copy is right.
        kept = {
            slot for slot, since in self._tables_of.items() if slot in held and since.number == generation.number - 1
        }
        loop = asyncio.get_running_loop()
        for table in self.hive_tables.values():
            for partition in list(table.partitions):
                if (table.count, partition) not in kept:
                    del table.partitions[partition]
            missing = sorted(partition for count, partition in held - kept if count == table.count)
            if missing:
                found = await loop.run_in_executor(None, self._restore, table.changelog, missing, generation)
                table.partitions.update(found.partitions)
                logger.info(
                    "restored table=%s partitions=%s records=%d seconds=%.2f",
                    table.name,
                    missing,
                    found.records,
                    found.elapsed_s,
                )
                for observe in self.restore_observers:
                    observe(table.name, found)
        self._tables_of = dict.fromkeys(held, generation) if self._is_current(generation) else {}

    def _is_current(self, generation: Generation) -> bool:
        return bool(self.consumer.membership() == generation)

    def _restore(self, changelog: str, partitions: list[int], generation: Generation) -> Restored:
        return restore(
            self.settings.kafka_client(),
            changelog,
            partitions,
            patience_s=self.settings.transaction_timeout_ms / 1000 * 3,
            wanted=lambda: self._is_current(generation),
        )

    # -- while it runs

    def committed(self, batch: Batch, *, dead_letters: int) -> None:
        """Note a batch that has been committed."""
        self.watchdog.committed({run.tp.topic for run in batch.runs})
        for observe in self.observers:
            observe(batch, dead_letters)

    def _observe_cycle(self, work: list[Work], seconds: float) -> None:
        for observe in self.cycle_observers:
            observe(work, seconds)

    def lag(self) -> dict[str, int]:
        """Return how many records wait, per topic: fetched or not. Empty while partitions are being assigned."""
        if not self.ready or self.rebalancing:
            return {}
        found: dict[str, int] = {}
        for tp, unfetched in self.source.lag().items():
            found[tp.topic] = found.get(tp.topic, 0) + unfetched + self.delivery.waiting.get(tp, 0)
        return found

    def waiting_since_ms(self) -> dict[str, int]:
        """Return when the oldest fetched record was written that its stage has not done, per topic with any."""
        found: dict[str, int] = {}
        for tp, since_ms in self.delivery.since_ms.items():
            if since_ms:
                found[tp.topic] = min(since_ms[0], found.get(tp.topic, since_ms[0]))
        return found

    def fail(self, reason: str) -> None:
        """End the process now, uncommitted work with it: the supervisor starts it again."""
        logger.critical("worker ends: %s", reason)
        print(f"hive worker {self.settings.worker} ends: {reason}", file=sys.stderr, flush=True)  # noqa: T201
        logging.shutdown()
        os._exit(EXIT_FAILED)

    # -- stop

    async def on_stop(self) -> None:
        """Drain: take nothing new, finish what has been begun, leave the rest to others."""
        began_s = time.monotonic()
        self.ready = False
        if self.committer.started:
            self.consumer.stop_flow()
            self.flow_control.clear()
            await self._drain(began_s + self.settings.drain_s)
        self.watchdog.stop()
        await super().on_stop()
        if self.committer.started:
            await self.committer.stop()
        for end in self._endings:
            await maybe_async(end())
        logger.info("drained seconds=%.2f", time.monotonic() - began_s)

    async def _drain(self, deadline_s: float) -> None:
        while busy := self.busy - self.watchdog.paused.keys():  # what waits for a store is left to the next owner
            if time.monotonic() > deadline_s:
                logger.warning("stopping although stages are still at work, their records will be read again: %s", busy)
                return
            await asyncio.sleep(DRAIN_LOOK_S)
        await self.committer.settle()


def _decoder(spec: TopicSpec) -> Callable[[bytes | None], Any] | None:
    record = spec.record
    if record is None:
        return None
    return lambda data: decode(record, data)


def _faust_options(settings: Settings) -> dict[str, Any]:
    session_s = settings.session_timeout_s
    credentials = None
    if settings.kafka_username:
        credentials = faust.SASLCredentials(
            username=settings.kafka_username,
            password=str(settings.kafka_password),
            mechanism=settings.kafka_sasl_mechanism,
        )
    return {
        "broker": [f"kafka://{server.strip()}" for server in settings.kafka.split(",")],
        "broker_credentials": credentials,
        "broker_session_timeout": session_s,
        "broker_heartbeat_interval": settings.heartbeat_s,
        "broker_request_timeout": max(30.0, session_s * 2),
        "broker_rebalance_timeout": session_s * 2,
        "broker_max_poll_interval": 300.0,
        "consumer_metadata_max_age_ms": 30_000,
        "topic_partitions": settings.partitions,
        "topic_replication_factor": settings.replication,
        "topic_disable_leader": True,
        "topic_allow_declare": False,  # topics are created from the list (app/topics.py)
        "table_standby_replicas": 0,
        "PartitionAssignor": NamedAssignor,
        "stream_wait_empty": False,
        "stream_recovery_delay": 0.0,
        "stream_buffer_maxsize": 1_000_000,  # what waits is bounded by Delivery, in records
        "store": "memory://",
        "datadir": str(settings.data_dir / "faust" / settings.worker),
        "web_bind": settings.web_bind,
        "web_port": settings.web_port,
        "web_host": settings.web_bind,
        "web_tables_enabled": False,
        "web_router_enabled": False,
        "cython_optimizations": True,
        "worker_redirect_stdouts": False,
    }


_LISTED = {spec.name: spec for spec in topics.TOPICS}
