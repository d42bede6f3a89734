"""What a worker's console remembers of the topics: the newest records, as they came, within bounds.

Records are kept as bytes and read when somebody looks at them: to keep one costs microseconds, also when nobody looks
at that very one.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from app import topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.stores.kafka import Found

__all__ = ["SHELVES", "Kept", "Shelf"]

_MB: Final = 1024 * 1024


class Shelf(NamedTuple):
    """How a topic is kept.

    Attributes:
        kind: What it is about, as the page knows it.
        keys: Of so many keys the newest records are kept.
        each: So many of each key.
        whole: It is read from its beginning (compacted topics); else from the last :attr:`tail` of each partition on.
        tail: See there.
        by_place: Each record counts, whatever its key.
    """

    kind: str
    keys: int = 2_000
    each: int = 1
    whole: bool = False
    tail: int = 500
    by_place: bool = False
    most_bytes: int = 8 * _MB


SHELVES: Final[Mapping[str, Shelf]] = {
    topics.INTENTIONS_AUDIT.name: Shelf("intentions", each=4),
    topics.INTENTIONS_VALIDATION.name: Shelf("validation", tail=2_000),
    topics.INTENTIONS_VALIDATED.name: Shelf("validation", each=4, tail=2_000),
    topics.PLANS_CONSENSUS.name: Shelf("specialists", most_bytes=24 * _MB),
    topics.PLANS_READY.name: Shelf("intentions", most_bytes=16 * _MB),
    topics.PLANS_APPROVAL_REQUESTS.name: Shelf("approvals", most_bytes=16 * _MB),
    topics.PLANS_APPROVALS.name: Shelf("approvals", keys=20_000, whole=True, most_bytes=16 * _MB),
    topics.PLANS_STATES.name: Shelf("intentions", whole=True, most_bytes=24 * _MB),
    topics.PLANS_COMPLETED.name: Shelf("intentions", most_bytes=16 * _MB),
    topics.LEARNING_EVENTS.name: Shelf("specialists", tail=2_000, by_place=True),
    topics.EXPERIMENTS_STATES.name: Shelf("experiments", keys=500, whole=True),
    **{spec.name: Shelf("letters", by_place=True, most_bytes=16 * _MB) for spec in topics.DEAD_LETTERS},
    topics.DEAD_LETTERS_HANDLED.name: Shelf("letters", keys=20_000, whole=True),
}
"""What is read while somebody looks; nothing else is."""


class Kept:
    """The records, for several threads.

    Attributes:
        counts: How many records of each topic have been taken, each once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, OrderedDict[bytes, list[Found]]] = {name: OrderedDict() for name in SHELVES}
        self._bytes: Counter[str] = Counter()
        self._read: dict[tuple[str, int], int] = {}
        self.counts: Counter[str] = Counter()

    def take(self, records: Iterable[Found]) -> set[str]:
        """Keep records; return what they are about."""
        kinds = set()
        with self._lock:
            for record in records:
                shelf = SHELVES.get(record.topic)
                if shelf is not None:
                    self._take(shelf, record)
                    kinds.add(shelf.kind)
        return kinds

    def _take(self, shelf: Shelf, record: Found) -> None:
        place = (record.topic, record.partition)
        if record.offset > self._read.get(place, -1):  # the reader may have begun anew: what it has read comes again
            self._read[place] = record.offset
            self.counts[record.topic] += 1
        found = self._found[record.topic]
        key = b"%d/%d" % (record.partition, record.offset) if shelf.by_place else record.key or b""
        before = found.pop(key, [])
        if record.value is None and shelf.whole:  # a tombstone: the key is gone from its table
            self._bytes[record.topic] -= sum(map(_size, before))
            return
        others = [one for one in before if (one.partition, one.offset) != (record.partition, record.offset)]
        now = [*others, record][-shelf.each :]
        found[key] = now
        self._bytes[record.topic] += sum(map(_size, now)) - sum(map(_size, before))
        while len(found) > shelf.keys or (self._bytes[record.topic] > shelf.most_bytes and len(found) > 1):
            _, oldest = found.popitem(last=False)
            self._bytes[record.topic] -= sum(map(_size, oldest))

    def of(self, topic: str, key: str) -> list[Found]:
        """Return what is kept of a key, the newest last."""
        with self._lock:
            return list(self._found[topic].get(key.encode(), ()))

    def newest(self, topic: str, limit: int | None = None) -> list[Found]:
        """Return the newest record of each key, those first whose newest record came last."""
        with self._lock:
            found = [records[-1] for records in reversed(self._found[topic].values())]
        return found[:limit]

    def all(self, topic: str) -> list[Found]:
        """Return all that is kept of a topic, those first whose key has been quiet for longest."""
        with self._lock:
            return [record for records in self._found[topic].values() for record in records]

    @property
    def size_bytes(self) -> int:
        """Return how much is kept."""
        return sum(self._bytes.values())


def _size(record: Found) -> int:
    return len(record.value or b"") + len(record.key or b"") + 200
