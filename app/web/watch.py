"""The one reader of a worker's console: a thread that reads while somebody looks, and ends soon after.

It joins no group and takes part in nothing: the worker's own consumer knows nothing of it. It reads at most
:data:`MOST_PER_S` records a second and passes over what it can't keep up with, so that the console of a busy worker
costs it little; how many it has passed over is shown.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from app import topics
from app.errors import BrokerUnavailable, HiveError
from app.stores import kafka
from app.web.flow import Meter
from app.web.kept import SHELVES, Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from confluent_kafka import Consumer

    from app.settings import Settings

__all__ = ["Watch"]

logger = logging.getLogger(__name__)

IDLE_S: Final = 45.0
"""So long after the last look the reader goes on, for whoever only reloads the page."""
MOST_PER_S: Final = 2_000
BEHIND: Final = 20_000
"""From so many unread records of a partition on the reader goes on with the newest ones."""
SAMPLE_S: Final = 2.0
TELL_S: Final = 0.2
AGAIN_S: Final = 2.0
READY_S: Final = 20.0
FLOW: Final = "flow"


class Watch:
    """Reads for everybody who looks.

    Args:
        settings: Where Kafka is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._listeners: set[Callable[[set[str]], None]] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._caught_up = threading.Event()
        self._looked_s = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self.kept = Kept()
        self.meter = Meter()
        self.skipped = 0
        self.problem: str | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether there is a reader."""
        return self._thread is not None

    async def look(self) -> None:
        """Say that somebody looks; return once what there is has been read.

        Raises:
            BrokerUnavailable: it could not be read in time.
        """
        self._loop = asyncio.get_running_loop()
        with self._lock:
            self._looked_s = time.monotonic()
            if self._thread is None:
                self._begin()
        deadline_s = time.monotonic() + READY_S
        while not self._caught_up.is_set():
            if time.monotonic() > deadline_s:
                raise BrokerUnavailable(self.problem or f"Kafka took longer than {READY_S:g} s for what there is")
            await asyncio.sleep(0.05)

    def listen(self, told: Callable[[set[str]], None]) -> Callable[[], None]:
        """Have somebody told, on the event loop, what has changed; return what ends that."""
        self._listeners.add(told)

        def leave() -> None:
            self._listeners.discard(told)
            self._looked_s = time.monotonic()

        return leave

    def stop(self) -> None:
        """End the reader."""
        self._stopped.set()

    def _begin(self) -> None:
        self.kept, self.meter, self.skipped, self.problem = Kept(), Meter(), 0, None
        self._stopped, self._caught_up = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, args=(self._stopped,), name="console", daemon=True)
        self._thread.start()

    def _wanted(self) -> bool:
        return bool(self._listeners) or time.monotonic() - self._looked_s < IDLE_S

    def _work(self, stopped: threading.Event) -> None:
        while not self._has_ended(stopped):
            try:
                self._read(stopped)
            except (HiveError, KafkaException) as error:
                self.problem = str(error)
                self._tell({FLOW})
                stopped.wait(AGAIN_S)

    def _has_ended(self, stopped: threading.Event) -> bool:
        """Tell whether the reader is to end; then what it has kept goes with it."""
        with self._lock:  # nobody begins to look meanwhile
            ended = stopped.is_set() or not self._wanted()
            if ended:
                self._thread, self.kept = None, Kept()
            return ended

    def _read(self, stopped: threading.Event) -> None:
        with kafka.reader(self._settings, group=self._settings.app_id, extra=_GENTLE) as consumer:
            flow = Flow(self._settings, consumer)
            begin, unread = flow.begin()
            kafka.assign(consumer, begin)
            self.problem = None
            changed: set[str] = set()
            sampled_s = told_s = 0.0
            while not stopped.is_set() and self._wanted():
                began_s = time.monotonic()
                records = []
                for message in consumer.consume(100, TELL_S):
                    if kafka.is_news(message):
                        unread.discard((message.topic(), message.partition()))
                    else:
                        records.append(kafka.found(message))
                changed |= self.kept.take(records)
                now_s = time.monotonic()
                if not unread and now_s - sampled_s >= SAMPLE_S:
                    sampled_s = now_s
                    self.meter.take(now_s, *flow.sample(), dict(self.kept.counts))
                    self.skipped += flow.catch_up()
                    changed.add(FLOW)
                    self._caught_up.set()
                if changed and now_s - told_s >= TELL_S:
                    told_s = now_s
                    self._tell(changed)
                    changed = set()
                if records and not unread:
                    stopped.wait(max(0.0, len(records) / MOST_PER_S - (now_s - began_s)))

    def _tell(self, changed: set[str]) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        for told in list(self._listeners):
            loop.call_soon_threadsafe(told, set(changed))


class Flow:
    """What the reader asks the broker about the topics."""

    def __init__(self, settings: Settings, consumer: Consumer) -> None:
        self._consumer = consumer
        self._admin = AdminClient(settings.kafka_client() | {"log_level": 0})
        self._places = list(kafka.existing(consumer, [spec.name for spec in topics.TOPICS]))
        if not self._places:
            raise HiveError("there are no topics yet; `hive topics --apply` creates them")

    def begin(self) -> tuple[kafka.Offsets, set[tuple[str, int]]]:
        """Return where to begin to read, and the partitions that there is something to read of."""
        ends, starts = self._offsets(OffsetSpec.latest()), self._offsets(OffsetSpec.earliest())
        begin = {}
        for place, end in ends.items():
            if (shelf := SHELVES.get(place[0])) is not None:
                start = starts.get(place, 0)
                begin[place] = start if shelf.whole else max(start, end - shelf.tail)
        return begin, {place for place, start in begin.items() if start < ends[place]}

    def sample(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return the sum of the ends of each topic, and the lag of those that the group reads."""
        ends = self._offsets(OffsetSpec.latest())
        asked = [TopicPartition(topic, partition) for topic, partition in self._places]
        total: dict[str, int] = {}
        for (topic, _), end in ends.items():
            total[topic] = total.get(topic, 0) + end
        lag: dict[str, int] = {}
        for item in self._consumer.committed(asked, timeout=kafka.ANSWER_S):
            if item.error is None and item.offset >= 0:
                behind = max(0, ends.get((item.topic, item.partition), 0) - item.offset)
                # One may be the mark of a transaction.
                lag[item.topic] = lag.get(item.topic, 0) + (behind if behind > 1 else 0)
        return total, lag

    def catch_up(self) -> int:
        """Go on with the newest records where too many are unread; return how many are passed over."""
        skipped = 0
        for item in self._consumer.position(self._consumer.assignment()):
            shelf = SHELVES[item.topic]
            _, high = self._consumer.get_watermark_offsets(item, cached=True)
            if item.offset >= 0 and high - item.offset > BEHIND and not shelf.whole:
                skipped += high - shelf.tail - item.offset
                self._consumer.seek(TopicPartition(item.topic, item.partition, high - shelf.tail))
        return skipped

    def _offsets(self, spec: Any) -> dict[tuple[str, int], int]:
        asked = {TopicPartition(topic, partition): spec for topic, partition in self._places}
        return dict(_answers(self._admin.list_offsets(asked, request_timeout=kafka.ANSWER_S)))


def _answers(futures: dict[Any, Any]) -> Iterator[tuple[tuple[str, int], int]]:
    for place, future in futures.items():
        yield (place.topic, place.partition), future.result().offset


_GENTLE: Final = {"fetch.wait.max.ms": 500, "queued.max.messages.kbytes": 8 * 1024, "queued.min.messages": 1_000}
