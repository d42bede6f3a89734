"""Tables: state that is a changelog topic, and a copy of it in memory.

A table's partition holds what the transactions have *committed*, as the bytes that stand in the changelog: a value
that is read is decoded afresh, so that no caller can change the state by changing a value in place. A stage writes
through a view of one partition, inside its transaction; the copy changes once the commit has succeeded. What is being
committed is *pending*: views read through it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Generic, TypeVar

import msgspec

__all__ = ["Table", "TableView"]

V = TypeVar("V")

_ENCODER = msgspec.json.Encoder()
_GONE: Any = object()


class Table(Mapping[str, V], Generic[V]):
    """A changelog-backed table, read as a mapping over all partitions that this worker holds.

    Args:
        name: The table's name; its changelog is ``{app id}-{name}-changelog``.
        changelog: That topic's name.
        value_type: What its values are, as msgspec takes it.
        count: How many partitions it has.
    """

    def __init__(self, name: str, *, changelog: str, value_type: type[V], count: int) -> None:
        self.name = name
        self.changelog = changelog
        self.count = count
        self._decoder = msgspec.json.Decoder(value_type)
        self.partitions: dict[int, dict[bytes, bytes]] = {}
        self._pending: defaultdict[int, deque[Mapping[bytes, bytes | None]]] = defaultdict(deque)

    def __getitem__(self, key: str) -> V:
        raw_key = key.encode()
        for held in self.partitions.values():
            if (raw := held.get(raw_key)) is not None:
                return self._decoder.decode(raw)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        for held in list(self.partitions.values()):
            for key in list(held):
                yield key.decode()

    def __len__(self) -> int:
        return sum(len(held) for held in self.partitions.values())

    def view(self, partition: int) -> TableView[V]:
        """Return a view of one partition to write through."""
        return TableView(self, partition)

    def hand_over(self, partition: int, changes: Mapping[bytes, bytes | None]) -> None:
        """Let views read what is about to be committed."""
        self._pending[partition].append(changes)

    def settle(self, partition: int, changes: Mapping[bytes, bytes | None], *, committed: bool) -> None:
        """Take over, or drop, what was handed over; what follows a dropped one is dropped too."""
        self._pending[partition].remove(changes)
        if not committed:
            return
        held = self.partitions.setdefault(partition, {})
        for key, value in changes.items():
            held.pop(key, None)  # what is written goes to the end: the front is what nobody has written for longest
            if value is not None:
                held[key] = value

    def pending(self, partition: int) -> Mapping[bytes, bytes | None]:
        """Return what is being committed in a partition."""
        found: dict[bytes, bytes | None] = {}
        for changes in self._pending[partition]:
            found.update(changes)
        return found

    def decode(self, raw: bytes) -> V:
        """Decode a stored value."""
        return self._decoder.decode(raw)


class TableView(MutableMapping[str, V], Generic[V]):
    """One partition of a table within a transaction: reads what the transaction itself has written.

    Values are to be re-assigned; a change in place is not seen.
    """

    __slots__ = ("_held", "_pending", "_table", "_undo", "_written", "partition")

    def __init__(self, table: Table[V], partition: int) -> None:
        self._table = table
        self.partition = partition
        self._held = table.partitions.setdefault(partition, {})
        self._pending = table.pending(partition)
        self._written: dict[str, Any] = {}
        self._undo: list[tuple[str, Any]] | None = None

    def __getitem__(self, key: str) -> V:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value  # type: ignore[no-any-return]

    def get(self, key: str, default: Any = None) -> Any:
        """Return a key's value, or the default; a record's commonest question, so without an exception on its way."""
        value = self._written.get(key, _GONE)
        if value is _GONE:
            raw_key = key.encode()
            raw = self._pending[raw_key] if raw_key in self._pending else self._held.get(raw_key)
            return default if raw is None else self._table.decode(raw)
        return default if value is None else value

    def __setitem__(self, key: str, value: V) -> None:
        if value is None:
            raise ValueError("a table can't hold None: delete the key instead")
        self._write(key, value)

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._write(key, None)

    def _write(self, key: str, value: Any) -> None:
        if self._undo is not None:
            self._undo.append((key, self._written.get(key, _GONE)))
        self._written[key] = value

    def __iter__(self) -> Iterator[str]:
        for raw in self._held.keys() | self._pending.keys():
            key = raw.decode()
            if key not in self._written and self._pending.get(raw, _GONE) is not None:
                yield key
        yield from [key for key, value in self._written.items() if value is not None]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def oldest(self) -> Iterator[str]:
        """Yield the committed keys that are still there, in the order of their last write: what expires is in front.

        What this view has written is left out, wherever it stood. Deleting what is yielded is allowed.
        """
        for raw in self._held:
            if raw not in self._pending and (key := raw.decode()) not in self._written:
                yield key

    @property
    def size(self) -> int:
        """Return how many keys are committed: what is about to be is not in it, so that this costs nothing."""
        return len(self._held)

    def mark(self) -> None:
        """Remember this point, to be able to come back to it."""
        self._undo = []

    def undo(self) -> None:
        """Take back what was written since the mark."""
        for key, value in reversed(self._undo or []):
            if value is _GONE:
                del self._written[key]
            else:
                self._written[key] = value
        self._undo = None

    def changes(self) -> dict[bytes, bytes | None]:
        """Return what was written, one entry a key; ``None`` is a tombstone, of what there was before."""
        changes: dict[bytes, bytes | None] = {}
        for key, value in self._written.items():
            raw = key.encode()
            if value is not None:
                changes[raw] = _ENCODER.encode(value)
            elif raw in self._held or self._pending.get(raw) is not None:
                changes[raw] = None
        return changes
