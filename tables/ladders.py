"""The specialists' ladders, each as a snapshot in chunks.

Key: ``{specialist}/{number of the chunk}`` for what goes on learning, ``served:{specialist}/{number}`` for what scoring
needs of it. Value: a :class:`Chunk`. Bound: five specialists, :data:`MOST_CHUNKS` chunks of each. One partition a
specialist; the changelog is the topic ``specialists.snapshots``, which every worker follows to score with the newest.
A snapshot is written in the transaction that commits the offsets of what it has learned.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from models.errors import InvalidSnapshot
from models.records import SpecialistType
from tables import TableSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tables import OrderedView

__all__ = [
    "CHUNK_BYTES",
    "LADDERS",
    "MOST_CHUNKS",
    "Chunk",
    "chunks_of",
    "joined",
    "partition_of",
    "read",
    "served_key",
    "write",
]

CHUNK_BYTES: Final = 1024 * 1024
MOST_CHUNKS: Final = 64


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a snapshot.

    Attributes:
        version: Of the snapshot: the beginning of the checksum of what goes on learning.
        sha256: Of all parts together.
        chunks: How many parts there are.
        learned: How many labels it has learned.
        next_offset: The offset of the next example.
        at_ms: When it was written, epoch milliseconds.
        data: This part.
    """

    version: str
    sha256: str
    chunks: int
    learned: int
    next_offset: int
    at_ms: int
    data: bytes


LADDERS: Final = TableSpec("ladders", Chunk, partitions=len(SpecialistType))


def partition_of(specialist: SpecialistType) -> int:
    """Return the partition on which a specialist's learner works."""
    return list(SpecialistType).index(specialist)


def served_key(specialist: SpecialistType) -> str:
    """Return what goes before the number of a chunk for scoring."""
    return f"served:{specialist.value}"


def chunks_of(data: bytes, *, learned: int, next_offset: int, at_ms: int, version: str | None = None) -> list[Chunk]:
    """Cut a snapshot; `version` is that of the one that it was made of, if not its own.

    Raises:
        InvalidSnapshot: it is too large.
    """
    parts = [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)]
    if len(parts) > MOST_CHUNKS:
        raise InvalidSnapshot(f"it has {len(data):,} bytes, {MOST_CHUNKS * CHUNK_BYTES:,} are allowed")
    digest = hashlib.sha256(data).hexdigest()
    return [
        Chunk(
            version=version or digest[:12],
            sha256=digest,
            chunks=len(parts),
            learned=learned,
            next_offset=next_offset,
            at_ms=at_ms,
            data=part,
        )
        for part in parts
    ]


def joined(chunks: Sequence[Chunk]) -> bytes:
    """Put a snapshot together.

    Raises:
        InvalidSnapshot: these are not the parts of one.
    """
    data = b"".join(chunk.data for chunk in chunks)
    if not chunks or len(chunks) != chunks[0].chunks or hashlib.sha256(data).hexdigest() != chunks[0].sha256:
        raise InvalidSnapshot("its parts are not those of one snapshot")
    return data


def write(view: OrderedView[Chunk], name: str, chunks: Sequence[Chunk]) -> None:
    """Put a snapshot in the place of the one before; `name` is the specialist's, or its `served_key`."""
    for number, chunk in enumerate(chunks):
        view[f"{name}/{number}"] = chunk
    for number in range(len(chunks), MOST_CHUNKS):
        if view.get(key := f"{name}/{number}") is None:
            break
        del view[key]


def read(view: OrderedView[Chunk], name: str) -> list[Chunk]:
    """Return the newest snapshot's parts; none when there is no snapshot."""
    first = view.get(f"{name}/0")
    if first is None:
        return []
    rest = (view.get(f"{name}/{number}") for number in range(1, first.chunks))
    return [first, *(chunk for chunk in rest if chunk is not None)]
