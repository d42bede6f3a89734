"""Snapshots of a ladder: bytes that say what made them, and are refused by anything else.

The learners are river's, whose only form is Python's pickle, which is not stable over river's versions. So a snapshot
names the versions of river and numpy, the schema of the features and a checksum, and all are compared before anything
is unpickled. What a pickle may name is limited to what a ladder is made of: bytes from elsewhere can't run anything.

The source of truth are the labelled examples: what is refused is made anew from them, from the offset of an older
snapshot or from the beginning.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from importlib.metadata import version
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from models.errors import InvalidSnapshot
from models.online.ladder import Ladder
from models.online.snapshot import Snapshot
from models.online.waiting import Waiting

__all__ = ["KIND", "LadderState", "from_bytes", "to_bytes"]

KIND: Final = "ladder/2"

_PACKAGES: Final = (
    "models.online",
    "models.records",
    "river._river_rust",
    "river.drift",
    "river.forest",
    "river.metrics",
    "river.proba",
    "river.stats",
    "river.tree",
)
"""Whose classes, and nothing but classes, a ladder may be made of."""

_OTHERS: Final = frozenset(
    {
        ("builtins", "float"),
        ("builtins", "int"),
        ("builtins", "set"),
        ("collections", "Counter"),
        ("collections", "defaultdict"),
        ("collections", "deque"),
        ("functools", "partial"),
        ("msgspec._utils", "rebuild"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy._core.numeric", "_frombuffer"),
        ("random", "Random"),
    }
)


class LadderState(NamedTuple):
    """A ladder, and up to where it has learned.

    Attributes:
        ladder: As it stood.
        schema: Of the features that it has learned from.
        next_offset: The offset of the next example on its topic.
        waiting: What was said of the examples whose labels have not come.
    """

    ladder: Ladder
    schema: str
    next_offset: int
    waiting: Waiting


def to_bytes(state: LadderState) -> bytes:
    """Pack a ladder."""
    packed = pickle.dumps((state.ladder, state.waiting), protocol=5)
    header = {
        "kind": KIND,
        "libraries": _libraries(),
        "schema": state.schema,
        "next_offset": state.next_offset,
        "learned": state.ladder.learned,
        "settings": msgspec.to_builtins(state.ladder.settings),
        "sha256": hashlib.sha256(packed).hexdigest(),
    }
    return Snapshot(header, {"ladder": np.frombuffer(packed, np.uint8)}).to_bytes()


def from_bytes(data: bytes, *, schema: str) -> LadderState:
    """Unpack a ladder.

    Raises:
        InvalidSnapshot: these bytes are none; they were written with another version of a library or for another
            schema of features; they were damaged; or they name what no ladder is made of.
    """
    packed = Snapshot.from_bytes(data)
    packed.expect("kind", KIND)
    packed.expect("libraries", _libraries())
    packed.expect("schema", schema)
    array = packed.arrays.get("ladder")
    if array is None or array.dtype != np.uint8 or array.ndim != 1:
        raise InvalidSnapshot("ladder: a list of bytes was expected")
    content = array.tobytes()
    if hashlib.sha256(content).hexdigest() != packed.string("sha256"):
        raise InvalidSnapshot("sha256: it is not that of the ladder's bytes: they were damaged")
    try:
        ladder, waiting = _Unpickler(io.BytesIO(content)).load()
    except InvalidSnapshot:
        raise
    except Exception as error:  # a pickle can be wrong in any way
        raise InvalidSnapshot(f"ladder: it can't be unpacked: {type(error).__name__}: {error}") from error
    known = isinstance(ladder, Ladder) and isinstance(waiting, Waiting)
    if not known or ladder.learned != packed.integer("learned"):
        raise InvalidSnapshot("ladder: it is none, or not the one that the header tells of")
    return LadderState(ladder, schema, packed.integer("next_offset"), waiting)


def _libraries() -> dict[str, str]:
    return {name: version(name) for name in ("river", "numpy")}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Give out what a ladder is made of, and nothing else; a dotted name could reach through a module."""
        ours = any(module == package or module.startswith(f"{package}.") for package in _PACKAGES)
        if "." not in name and (ours or (module, name) in _OTHERS):
            found = super().find_class(module, name)
            if not ours or isinstance(found, type):
                return found
        raise InvalidSnapshot(f"ladder: {module}.{name} is no part of one")
