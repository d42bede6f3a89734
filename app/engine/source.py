"""Where records come from: a librdkafka consumer that reads the partitions which Faust's consumer group has assigned.

Faust's driver (aiokafka) stays the member of the group: it joins, heartbeats, assigns. Fetching is left to
librdkafka, because aiokafka builds every record in Python (3 µs each) and parses every response on the event loop;
and because librdkafka can be asked for the *settled* committed offsets. After a rebalance the new owner of a
partition must not start from the committed offset while a transaction of the old owner is still open: were it
committed after all, its records would be processed twice. With ``isolation.level=read_committed`` the coordinator
answers once every pending transaction is decided (KIP-447).

Everything here blocks and belongs on one thread; only :meth:`Source.lag` may be called from others.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from faust.types import TP

from app.engine.run import Generation, RawRun
from app.errors import BrokerUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["NOBODY", "Source", "end_offsets"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

NOBODY = Generation(-1, "")
ASK_TIMEOUT_S = 5.0
ASK_AGAIN_S = 0.05
FULL_S = 0.005
HOLD_AFTER_S = 0.25  # longer than a stage that keeps up needs to make room
_EOF = KafkaError._PARTITION_EOF  # noqa: SLF001 — its public name


class Source:
    """Reads assigned partitions in runs.

    Args:
        client: librdkafka properties (address, security).
        group: The consumer group whose committed offsets count.
        patience_s: How long pending transactions may take to be decided; longer than their own timeout.
        run_records: The most records of a run, where ``run_records_of`` has no other number for its topic.
        fetch_records: The most records that one :meth:`fetch` returns.
        fetch_max_wait_ms: How long the broker may hold back an empty fetch.
    """

    def __init__(
        self,
        client: Mapping[str, Any],
        *,
        group: str,
        patience_s: float,
        run_records: int,
        fetch_records: int,
        fetch_max_wait_ms: int,
    ) -> None:
        self._properties = {
            **client,
            "group.id": group,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": fetch_max_wait_ms,
            "fetch.queue.backoff.ms": 10,  # the default, 1 s, leaves a fast reader idle half of the time
            "fetch.error.backoff.ms": 100,
            "queued.max.messages.kbytes": 32 * 1024,
            "socket.nagle.disable": True,
        }
        self._patience_s = patience_s
        self._run_records = run_records
        self.run_records_of: dict[str, int] = {}
        self._fetch_records = fetch_records
        self._consumer: Consumer | None = None
        self._positions: dict[TP, int] = {}
        self._delivered: dict[TP, int] = {}
        self._held: set[TP] = set()
        self._full_since_s: float | None = None
        self.notes: dict[TP, str | None] = {}
        self.generation = NOBODY

    def settled_offsets(self, partitions: Iterable[TP]) -> dict[TP, int]:
        """Return where to read on: the settled committed offset, else the beginning of the partition.

        What was committed with the offsets is kept in ``notes``.

        Raises:
            BrokerUnavailable: when the coordinator gives no settled answer in time.
        """
        wanted = [TopicPartition(tp.topic, tp.partition) for tp in partitions]
        if not wanted:
            return {}
        found = self._patiently(partial(self._committed, wanted))
        answer = {TP(p.topic, p.partition): p.offset for p in found}
        self.notes = {TP(p.topic, p.partition): p.metadata for p in found}
        for tp, offset in answer.items():
            if offset < 0:
                answer[tp] = self._patiently(partial(self._beginning, tp))
        return answer

    def _committed(self, wanted: list[TopicPartition]) -> list[TopicPartition]:
        found: list[TopicPartition] = self._ensure().committed(wanted, timeout=ASK_TIMEOUT_S)
        error = next((p.error for p in found if p.error), None)
        if error is not None:
            raise KafkaException(error)
        return found

    def _beginning(self, tp: TP) -> int:
        beginning, _ = self._ensure().get_watermark_offsets(TopicPartition(*tp), timeout=ASK_TIMEOUT_S)
        return int(beginning)

    def _patiently(self, ask: Callable[[], T]) -> T:
        # Unsettled offsets, a coordinator that moves, a topic that its leader doesn't know yet: all of it passes.
        deadline_s = time.monotonic() + self._patience_s
        while True:
            try:
                return ask()
            except KafkaException as exc:
                error = exc.args[0]
            if time.monotonic() > deadline_s:
                raise BrokerUnavailable(f"no settled offsets: {error}")
            logger.info("offsets are not known yet: %s", error)
            time.sleep(ASK_AGAIN_S)

    def assign(self, positions: Mapping[TP, int], generation: Generation) -> None:
        """Read these partitions from these offsets on; what is fetched counts as delivered under this generation."""
        self._positions = dict(positions)
        self._delivered = {}
        self._held.clear()
        self.generation = generation
        consumer = self._ensure()
        consumer.assign([TopicPartition(tp.topic, tp.partition, offset) for tp, offset in positions.items()])
        consumer.resume([TopicPartition(*tp) for tp in positions])  # what was held back stays so over an assignment

    def hold(self, full: Iterable[TP]) -> None:
        """Fetch nothing more of these partitions for now, and go on with those held before (back-pressure)."""
        wanted = {tp for tp in full if tp in self._positions}
        if pause := wanted - self._held:
            self._ensure().pause([TopicPartition(*tp) for tp in pause])
        if resume := self._held - wanted:
            self._ensure().resume([TopicPartition(*tp) for tp in resume])
        self._held = wanted

    def fetch(self, full: frozenset[TP], timeout_s: float) -> tuple[list[RawRun], Generation]:
        """Return what has come, in runs, and the generation that it was assigned under; waits at most ``timeout_s``."""
        if self._waits(full):
            # Better not to ask for a moment than to hold something back: librdkafka then throws away what it has
            # fetched ahead of it, and has to fetch it again.
            time.sleep(min(timeout_s, FULL_S))
            return [], self.generation
        if full != self._held:
            self.hold(full)
        consumer = self._ensure()
        first = consumer.poll(timeout_s)
        if first is None:
            return [], self.generation
        # consume() with a timeout would wait until all are there; without one it takes what has been fetched already.
        return self._runs([first, *consumer.consume(self._fetch_records, 0)]), self.generation

    def _waits(self, full: frozenset[TP]) -> bool:
        """Tell whether to wait for room: in all partitions, or for a moment in those that have just become full."""
        if full <= self._held:
            self._full_since_s = None
            return bool(full) and full >= self._positions.keys()
        now_s = time.monotonic()
        if self._full_since_s is None:
            self._full_since_s = now_s
        return now_s - self._full_since_s < HOLD_AFTER_S or full >= self._positions.keys()

    def _runs(self, messages: list[Any]) -> list[RawRun]:
        if any(map(Message.error, messages)):
            for message in messages:
                if message.error() is not None:
                    self._on_event(message)
            messages = [message for message in messages if message.error() is None]
        found: dict[tuple[str, int], list[Any]] = {}
        at = 0
        # Fetched partition by partition: looked at in stretches, not one by one. A method of the class costs a fifth of
        # what operator.methodcaller() does.
        slots = zip(map(Message.topic, messages), map(Message.partition, messages), strict=True)
        for slot, same in groupby(slots):
            end = at + len(list(same))
            found.setdefault(slot, []).extend(messages[at:end])
            at = end
        runs: list[RawRun] = []
        for slot, records in found.items():
            runs += self._cut(TP(*slot), records)
        return runs

    def _cut(self, tp: TP, records: list[Any]) -> Iterator[RawRun]:
        length = self.run_records_of.get(tp.topic, self._run_records)
        for start in range(0, len(records), length):
            chunk = records[start : start + length]
            yield RawRun(tp, chunk, self._delivered.get(tp))
            self._delivered[tp] = chunk[-1].offset() + 1
            self._reached(tp, self._delivered[tp])

    def _reached(self, tp: TP, position: int) -> None:
        # Never back: the end, which lies behind, may have been noted before the records that came with it.
        self._positions[tp] = max(position, self._positions.get(tp, 0))

    def _on_event(self, message: Any) -> None:
        error = message.error()
        if error.code() == _EOF:
            # The end lies behind the control records of the last transaction, which are never delivered.
            self._reached(TP(message.topic(), message.partition()), message.offset())
        elif error.fatal():
            raise KafkaException(error)
        else:
            logger.warning("while fetching: %s", error.str())

    def lag(self) -> dict[TP, int]:
        """Return how many records of each partition have not been fetched yet, as far as is known."""
        consumer = self._consumer
        found: dict[TP, int] = {}
        if consumer is None:
            return found
        for tp, position in list(self._positions.items()):
            try:
                _, end = consumer.get_watermark_offsets(TopicPartition(*tp), cached=True)
            except (KafkaException, RuntimeError):  # not fetched yet, or just closed
                continue
            found[tp] = max(0, end - position)
        return found

    def _ensure(self) -> Consumer:
        if self._consumer is None:
            self._consumer = Consumer(self._properties)
        return self._consumer

    def close(self) -> None:
        """Close the connection."""
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None


def end_offsets(admin: AdminClient, partitions: Iterable[TP], *, spec: OffsetSpec | None = None) -> dict[TP, int]:
    """Return the end of each partition (its high watermark), open transactions included, or another offset. Blocking.

    Raises:
        KafkaException: when the broker does not answer.
    """
    request = {TopicPartition(tp.topic, tp.partition): spec or OffsetSpec.latest() for tp in partitions}
    if not request:
        return {}
    futures = admin.list_offsets(
        request, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=ASK_TIMEOUT_S
    )
    return {TP(p.topic, p.partition): future.result().offset for p, future in futures.items()}
