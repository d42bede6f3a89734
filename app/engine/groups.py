"""The group metadata that a transaction's offsets are committed with.

``send_offsets_to_transaction`` wants the metadata of the consumer whose offsets they are, so that the group's
coordinator can refuse a worker that has lost its partitions (KIP-447). Our consumer is Faust's (aiokafka), our
producer librdkafka's, whose Python binding takes this metadata only as an opaque value made by its own consumer. Its
serialised form, as librdkafka 2.x writes it, is put together here from the membership that the records were
*delivered* under. A test compares it with what the binding itself writes.
"""

from __future__ import annotations

import struct

__all__ = ["group_metadata"]

_MAGIC = b"CGMDv2:"


def group_metadata(*, group: str, generation: int, member: str, instance: str | None = None) -> bytes:
    """Return the group metadata as librdkafka serialises it.

    Layout: magic, generation (int32, little endian), group, NUL, member, NUL, then 1 for "no instance id" or 0 and the
    instance id, NUL.
    """
    tail = b"\1" if instance is None else b"\0" + instance.encode() + b"\0"
    return b"".join(
        (_MAGIC, struct.pack("<i", generation), group.encode(), b"\0", member.encode(), b"\0", tail),
    )
