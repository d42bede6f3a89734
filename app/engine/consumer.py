"""Faust's Kafka driver, delivering runs instead of records.

Overridden through the driver's own extension points. aiokafka stays the member of the consumer group (join, heartbeat,
assignment by Faust's assignor); records come from :mod:`app.engine.source`; each run of a partition is handed on as
one Faust event; offsets are those of the transactions, so nothing is acknowledged or committed here.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import aiokafka
from faust.assignor.partition_assignor import PartitionAssignor
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from yarl import URL

from app.engine.run import Generation, RawRun, Run
from app.engine.source import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from app.engine.hive import HiveApp

__all__ = ["Delivery", "NamedAssignor", "RunTransport"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

REST = 8  # a full partition is read on once this part of it is done, before what was fetched ahead is thrown away
FETCH_TIMEOUT_S = 0.1  # also how long an assignment may wait for the fetch before it
NEVER_MS = 2**31 - 1


class Delivery:
    """What waits for the stages, partition by partition; a partition with too much is held back (back-pressure).

    Args:
        most: Records of one partition that may wait.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._generation = NOBODY
        self._handed_over: dict[TP, int] = {}
        self.waiting: defaultdict[TP, int] = defaultdict(int)
        self.since_ms: defaultdict[TP, deque[int]] = defaultdict(deque)
        """When the first record of each waiting run was written, the oldest run in front."""
        self.full: set[TP] = set()

    def begin(self, generation: Generation) -> None:
        """Forget what waited: the rebalance has cleared the queues."""
        self._generation = generation
        self._handed_over.clear()
        self.waiting.clear()
        self.since_ms.clear()
        self.full.clear()

    def add(self, tp: TP, count: int, first_ms: int) -> None:
        """Count records that were handed to a stage's queue, as one run."""
        self.waiting[tp] += count
        self.since_ms[tp].append(first_ms)
        if self.waiting[tp] >= self._most:
            self.full.add(tp)

    def release(self, run: Run) -> None:
        """Count the records of a run that a stage is done with."""
        if run.generation == self._generation:
            self.waiting[run.tp] -= run.size
            self.since_ms[run.tp].popleft()
            if self.waiting[run.tp] <= self._most - self._most // REST:
                self.full.discard(run.tp)

    def follows(self, run: Run) -> bool:
        """Note that a run is handed over to be committed; tell whether none was left out before it."""
        before = self._handed_over.get(run.tp)
        self._handed_over[run.tp] = run.next_offset
        return before == run.after


class NamedAssignor(PartitionAssignor):
    """Faust's assignor, with members told apart by their name instead of the address of their web page.

    A static member that comes back quickly is given the assignment of its former life. Faust asserts that the address
    in it is its own: a worker that was started again on another port, or in another pod, never became ready.
    """

    app: HiveApp

    @property
    def _url(self) -> URL:
        return URL("http://worker") / self.app.settings.worker


class _Listener(driver.ConsumerRebalanceListener):
    async def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        self._thread.pause(assigned)
        await super().on_partitions_assigned(assigned)


class MemberThread(driver.AIOKafkaConsumerThread):
    """The thread that owns the aiokafka consumer: the member of the group."""

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        app: HiveApp = self.app
        settings, conf = app.settings, app.conf
        self._assignor = app.assignor
        return aiokafka.AIOKafkaConsumer(
            client_id=settings.worker,
            group_id=conf.id,
            group_instance_id=app.instance,
            bootstrap_servers=settings.kafka.split(","),
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(settings.session_timeout_s * 1000),
            heartbeat_interval_ms=int(settings.heartbeat_s * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            max_poll_interval_ms=NEVER_MS,  # it is never polled; progress is the watchdog's business
            metadata_max_age_ms=conf.consumer_metadata_max_age_ms,
            **driver.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
        )

    def pause(self, partitions: Iterable[Any]) -> None:
        """Keep aiokafka from fetching: that is the source's part."""
        self._ensure_consumer().pause(*partitions)

    def membership(self) -> Generation:
        """Return the group membership as it is now."""
        coordinator = self._ensure_consumer()._coordinator  # noqa: SLF001 — aiokafka shows it nowhere else
        return Generation(coordinator.generation, coordinator.member_id)


class RunConsumer(driver.Consumer):
    """The Faust consumer, delivering runs."""

    RebalanceListener: ClassVar[type[_Listener]] = _Listener
    app: HiveApp
    _thread: MemberThread

    def on_init(self) -> None:
        """Make the thread that fetches."""
        super().on_init()
        self._fetching = ThreadPoolExecutor(1, thread_name_prefix="fetch")

    def _new_consumer_thread(self) -> MemberThread:
        return MemberThread(self, loop=self.loop, beacon=self.beacon)

    def membership(self) -> Generation:
        """Return the group membership as it is now."""
        return self._thread.membership()

    async def on_source(self, call: Callable[..., T], *args: Any) -> T:
        """Call something of the source, on its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._fetching, call, *args)

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: FBT001, FBT002
        """Do nothing: offsets are committed by the transactions."""
        return False

    async def verify_all_partitions_active(self) -> None:
        """Do nothing: the watchdog looks at what was really committed."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Read all assigned partitions from their settled committed offsets on."""
        generation = self.membership()
        source = self.app.source
        positions = await self.on_source(source.settled_offsets, _plain(self.assignment()))
        self.app.limit.begin(source.notes)
        await self.on_source(source.assign, positions, generation)
        return positions

    async def on_stop(self) -> None:
        """Stop fetching."""
        await super().on_stop()
        await self.on_source(self.app.source.close)
        self._fetching.shutdown(wait=False)

    async def _drain_messages(self, fetcher: Any) -> None:
        app = self.app
        try:
            while not (self.should_stop or fetcher.should_stop):
                if not self.flow_active:
                    await self.wait(self.can_resume_flow)
                found, generation = await self.on_source(
                    app.source.fetch, frozenset(app.delivery.full), FETCH_TIMEOUT_S
                )
                for run in found:
                    await self._deliver(run, generation)
        except asyncio.CancelledError:
            if not app.should_stop:
                raise
        except Exception as exc:  # noqa: BLE001 — a reader that has stopped must not look alive
            app.fail(f"reading failed: {exc!r}")

    async def _deliver(self, run: RawRun, generation: Generation) -> None:
        while not (self.flow_active or self.should_stop):
            await self.wait(self.can_resume_flow)
        if generation != self.app.generation:
            return  # the partitions have been assigned anew, and are read from their settled offsets on
        self.app.delivery.add(run.tp, len(run.records), run.records[0].timestamp()[1])
        await self.callback(_message(run, generation))
        await asyncio.sleep(0)


def _plain(partitions: Iterable[Any]) -> list[TP]:
    return [TP(tp.topic, tp.partition) for tp in partitions]


def _message(run: RawRun, generation: Generation) -> ConsumerMessage:
    last = run.records[-1]
    kind, timestamp_ms = last.timestamp()
    return ConsumerMessage(
        run.tp.topic,
        run.tp.partition,
        last.offset(),
        timestamp_ms / 1000.0,
        kind,
        None,
        None,
        (run, generation),
        None,
        tp=run.tp,
        generation_id=generation.number,
    )


class RunTransport(driver.Transport):
    """Faust's Kafka transport with the run consumer."""

    Consumer: ClassVar[type[RunConsumer]] = RunConsumer
