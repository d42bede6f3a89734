"""How every worker comes to score with the newest model: it follows the compacted topic of snapshots.

The follower is a reader of its own: it joins no group, sees committed snapshots only, and reads the topic from its
beginning, for only the newest snapshot of a model counts. A snapshot that can't be used is logged, counted and passed
over; scoring goes on with the model before it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from models.records import ModelSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Followable", "Followed", "Follower"]

logger = logging.getLogger(__name__)

POLL_S = 0.5
AGAIN_S = 1.0
CHUNK = 100


class Model(Protocol):
    """What can be followed."""

    @property
    def version(self) -> str:
        """Return the name of these very weights."""
        ...

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a model.

        Raises:
            ValueError: these bytes are none.
        """
        ...


class Followable(Protocol):
    """Whatever is brought up to date by the records of a key."""

    def take(self, raw: bytes) -> bool:
        """Take over a record; tell whether it could be used."""
        ...


M = TypeVar("M", bound=Model)


class Followed(Generic[M]):
    """A model and where it comes from; both change in one step, so that whoever takes them gets a pair.

    Args:
        name: Its key on the topic.
        shipped: The model to begin with.

    Attributes:
        now: The model, and the snapshot that it was read from.
        on_refused: Called when a snapshot can't be used.
    """

    def __init__(self, name: str, shipped: M) -> None:
        self.name = name
        self.now: tuple[M, ModelSnapshot | None] = (shipped, None)
        self.on_refused: Callable[[], None] = lambda: None
        self._kind = type(shipped)

    @property
    def model(self) -> M:
        """Return the newest model."""
        return self.now[0]

    def take(self, raw: bytes) -> bool:
        """Take over a snapshot's record; tell whether it could be used."""
        try:
            snapshot = msgspec.json.decode(raw, type=ModelSnapshot)
            self.now = (self._kind.from_bytes(snapshot.data), snapshot)
        except Exception as error:  # noqa: BLE001 — whatever is wrong with it, scoring goes on with the model before it
            self.on_refused()
            logger.warning("snapshot refused model=%s bytes=%d %r", self.name, len(raw), error)
            return False
        logger.info("model=%s version=%s learned=%d", self.name, snapshot.version, snapshot.learned)
        return True


class Follower:
    """Reads the topic of snapshots in a thread of its own.

    Args:
        client: librdkafka properties (address, security).
        topic: The topic's name.
        models: What to bring up to date with the records of a key; None for the others.
        patience_s: How long to wait for the newest snapshots before work begins.
    """

    def __init__(
        self,
        client: Mapping[str, Any],
        topic: str,
        models: Callable[[str], Followable | None],
        *,
        patience_s: float,
    ) -> None:
        self._properties = {
            **client,
            "group.id": f"follow-{topic}",  # librdkafka wants one; it is never joined
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "queued.max.messages.kbytes": 16 * 1024,
            "fetch.message.max.bytes": 8 * 1024 * 1024,
        }
        self._topic = topic
        self._models = models
        self._patience_s = patience_s
        self._caught_up = threading.Event()
        self._stopped = threading.Event()

    async def start(self) -> None:
        """Begin to follow; return once the newest snapshots are in place.

        When they can't be had in time, that is said, and work begins with what there is: a model that knows less is
        better than no worker.
        """
        threading.Thread(target=self._follow, name="follower", daemon=True).start()
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(None, self._caught_up.wait, self._patience_s):
            logger.warning("no end of %s in %.0f s: work begins with older models", self._topic, self._patience_s)

    def stop(self) -> None:
        """Follow no longer."""
        self._stopped.set()

    def _follow(self) -> None:
        while not self._stopped.is_set():
            try:
                self._read()
            except Exception as error:  # noqa: BLE001 — a follower that has ended would leave an old model for ever
                logger.warning("following %s is begun anew: %s", self._topic, error)
                self._stopped.wait(AGAIN_S)

    def _read(self) -> None:
        consumer = Consumer(self._properties)
        try:
            partitions = consumer.list_topics(self._topic, timeout=10).topics[self._topic].partitions
            consumer.assign([TopicPartition(self._topic, number, OFFSET_BEGINNING) for number in partitions])
            unread = set(partitions)
            newest: dict[bytes, bytes | None] = {}
            while not self._stopped.is_set():
                first = consumer.poll(POLL_S)  # consume() would wait for more of them
                for message in [] if first is None else [first, *consumer.consume(CHUNK, 0)]:
                    if message.error() is None:
                        newest[message.key()] = message.value()
                    else:
                        unread.discard(_ended(message))
                if not unread:  # what is older than the newest needs no reading
                    self._take(newest)
                    newest = {}
                    self._caught_up.set()
        finally:
            consumer.close()

    def _take(self, newest: Mapping[bytes, bytes | None]) -> None:
        for key, value in newest.items():
            followed = self._models(key.decode(errors="replace")) if key else None
            if followed is not None and value is not None:
                followed.take(value)


def _ended(message: Any) -> int | None:
    """Return the partition that has been read to its end.

    Raises:
        KafkaException: what does not pass by itself.
    """
    error = message.error()
    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 — its public name
        return int(message.partition())
    if error.fatal():
        raise KafkaException(error)
    logger.info("while following: %s", error.str())
    return None
