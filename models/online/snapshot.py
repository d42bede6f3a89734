"""Snapshots of models: arrays (npz) and a JSON header, and nothing that could run when it is read."""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.errors import InvalidSnapshot

MAX_BYTES = 256 * 1024 * 1024
"""Most that a snapshot may take when unpacked: a small file must not fill the memory."""

_HEADER = "header"


class Snapshot:
    """What a model has learned: a header of plain values, and arrays by name.

    What is read from it is checked: each getter raises InvalidSnapshot where the field is absent or of another
    type, shape or range.
    """

    def __init__(self, header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.header = header
        self.arrays = arrays

    def to_bytes(self) -> bytes:
        """Pack it."""
        buffer = io.BytesIO()
        header = np.frombuffer(msgspec.json.encode(self.header), np.uint8)
        np.savez_compressed(buffer, allow_pickle=False, **{_HEADER: header}, **self.arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Snapshot:
        """Unpack it.

        Raises:
            InvalidSnapshot: these bytes are no snapshot, or one that unpacks to more than MAX_BYTES.
        """
        try:
            arrays = _unpacked(data)
            header = msgspec.json.decode(arrays.pop(_HEADER).tobytes(), type=dict[str, Any])
        except Exception as error:  # numpy, zipfile, zlib and msgspec find foreign bytes wrong in many ways
            raise InvalidSnapshot(f"it can't be unpacked: {type(error).__name__}: {error}") from error
        return cls(header, arrays)

    def part(self, name: str) -> Snapshot:
        """Return the snapshot that was put in with `with_part` under this name."""
        header = self.header.get(name)
        if not isinstance(header, dict):
            raise InvalidSnapshot(f"{name}: it is missing")
        prefix = f"{name}."
        return Snapshot(header, {k[len(prefix) :]: v for k, v in self.arrays.items() if k.startswith(prefix)})

    def with_part(self, name: str, part: Snapshot) -> Snapshot:
        """Return this snapshot with another one in it."""
        arrays = {f"{name}.{key}": array for key, array in part.arrays.items()}
        return Snapshot({**self.header, name: part.header}, {**self.arrays, **arrays})

    def expect(self, name: str, value: object) -> None:
        """Check that a field of the header has this value."""
        if self.header.get(name) != value:
            raise InvalidSnapshot(f"{name}: {self.header.get(name)!r} was found, {value!r} is understood here")

    def string(self, name: str) -> str:
        """Return a string of the header."""
        value = self.header.get(name)
        if not isinstance(value, str):
            raise InvalidSnapshot(f"{name}: a string was expected, not {value!r:.40}")
        return value

    def strings(self, name: str) -> list[str]:
        """Return a list of strings of the header."""
        value = self.header.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise InvalidSnapshot(f"{name}: a list of strings was expected, not {value!r:.40}")
        return list(value)

    def integer(self, name: str) -> int:
        """Return a number of the header that is whole and not below 0."""
        value = self.header.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise InvalidSnapshot(f"{name}: a whole number from 0 was expected, not {value!r:.40}")
        return value

    def number(self, name: str) -> float:
        """Return a finite number of the header."""
        value = self.header.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            raise InvalidSnapshot(f"{name}: a number was expected, not {value!r:.40}")
        return float(value)

    def rows(self, name: str, *, below: int) -> NDArray[np.uint16]:
        """Return an array of row numbers, each once and below a bound."""
        array = self._array(name)
        if array.dtype != np.uint16 or array.ndim != 1 or (len(array) and int(array.max()) >= below):
            raise InvalidSnapshot(f"{name}: a list of rows below {below} was expected")
        if len(np.unique(array)) != len(array):
            raise InvalidSnapshot(f"{name}: a row is given twice")
        return array

    def floats(self, name: str, shape: tuple[int, ...], *, least: float = -math.inf) -> NDArray[np.float32]:
        """Return an array of finite 32-bit floats of this shape, none below `least`."""
        array = self._array(name)
        if array.dtype != np.float32 or array.shape != shape:
            raise InvalidSnapshot(f"{name}: float32 {shape} was expected, not {array.dtype} {array.shape}")
        if not np.isfinite(array).all() or (array < least).any():
            raise InvalidSnapshot(f"{name}: a value is not finite, or below {least}")
        return array

    def _array(self, name: str) -> NDArray[Any]:
        if name not in self.arrays:
            raise InvalidSnapshot(f"{name}: it is missing")
        return self.arrays[name]


def _unpacked(data: bytes) -> dict[str, NDArray[Any]]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        size = sum(entry.file_size for entry in packed.infolist())
    if size > MAX_BYTES:
        raise ValueError(f"it has {size} bytes unpacked, {MAX_BYTES} are allowed")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
