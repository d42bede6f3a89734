"""As much of an application as a transaction needs, which only remembers what it is handed."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, cast

from faust.types import TP

from app.engine.consumer import Delivery
from app.engine.limit import LetterLimit
from app.engine.run import Batch, Generation, RawRun, Run
from app.engine.tables import Table
from app.topics import TopicSpec
from models.errors import InvalidRecord

if TYPE_CHECKING:
    from app.engine.tracing import Tracer

OUT = TopicSpec(name="out", key="k", record=None, retention_ms=1)
NOW = Generation(1, "me")


class FakeMessage:
    """As much of a Kafka message as a run is made of."""

    def __init__(
        self, offset: int, value: bytes, partition: int = 0, headers: list[tuple[str, bytes | None]] | None = None
    ) -> None:
        self._offset, self._value, self._partition, self._headers = offset, value, partition, headers

    def topic(self) -> str:
        return "in"

    def partition(self) -> int:
        return self._partition

    def offset(self) -> int:
        return self._offset

    def key(self) -> bytes:
        return b"key"

    def value(self) -> bytes:
        return self._value

    def headers(self) -> list[tuple[str, bytes | None]] | None:
        return self._headers

    def timestamp(self) -> tuple[int, int]:
        return 1, 0


class FakeCommitter:
    """Takes work; the test decides what becomes of it."""

    def __init__(self) -> None:
        self.taken: list[tuple[Any, asyncio.Future[None]]] = []

    def submit(self, work: Any) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.taken.append((work, done))
        return done


class FakeWatchdog:
    """Remembers who waited."""

    def __init__(self) -> None:
        self.paused: list[str] = []

    def pause(self, stage: str, why: Exception) -> None:
        self.paused.append(stage)

    def resume(self, stage: str) -> None:
        """Nothing to do."""


class FakeApp:
    """As much of the application as a transaction uses."""

    def __init__(self) -> None:
        self.generation = NOW
        self.delivery = Delivery(1000)
        self.delivery.begin(NOW)
        self.committer = FakeCommitter()
        self.watchdog = FakeWatchdog()
        self.in_flight: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(deque)
        self.counts: Table[int] = Table("counts", changelog="counts-log", value_type=int, count=4)
        self.hive_tables: dict[str, Table[Any]] = {"counts": self.counts}
        self.failed: list[str] = []
        self.noted: list[tuple[int, int]] = []
        self.limit = LetterLimit(3, 1.0)
        self.open: set[str] = set()
        self.span_tracer: Tracer | None = None

    def partitions_of(self, topic: str) -> int:
        return {"in": 4}[topic]

    def dead_letter_topic(self, topic: str) -> str:
        return f"{topic}-dead"

    def is_open(self, topic: str) -> bool:
        return topic in self.open

    def fail(self, reason: str) -> None:
        self.failed.append(reason)

    def committed(self, batch: Batch, *, dead_letters: int) -> None:
        self.noted.append((batch.size, dead_letters))


def _digits(data: bytes | None) -> int:
    if data == b"broken":
        raise RuntimeError("a defect of the decoder")
    if data is None or not data.isdigit():
        raise InvalidRecord("not-a-number", repr(data))
    return int(data)


def batch_of(app: FakeApp, *values: bytes, first: int = 0, after: int | None = None) -> Batch:
    raw = RawRun(TP("in", 0), [FakeMessage(first + n, value) for n, value in enumerate(values)], after)
    return Batch(cast("Any", app), "stage", [Run(raw, NOW, _digits)])
