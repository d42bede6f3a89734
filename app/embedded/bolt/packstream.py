"""PackStream, the serialisation of Bolt messages (https://neo4j.com/docs/bolt/current/packstream/)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

_INT64 = range(-(2**63), 2**63)
_SIZED = {"bytes": (0xCC, None), "str": (0xD0, 0x80), "list": (0xD4, 0x90), "dict": (0xD8, 0xA0)}
"""Markers: that of a size in one byte (two and four bytes follow), and that of a size below 16 (bytes have none)."""


@dataclass(frozen=True)
class Structure:
    """A message, or a value that is more than JSON: a node, a date."""

    tag: int
    fields: tuple[Any, ...]


def pack(value: Any) -> bytes:  # noqa: PLR0911 - one for each type
    """Serialise a value.

    Raises:
        TypeError: PackStream has no such type.
    """
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return _pack_int(value)
        case float():
            return struct.pack(">Bd", 0xC1, value)
        case str():
            data = value.encode()
            return _head("str", len(data)) + data
        case bytes():
            return _head("bytes", len(value)) + value
        case list() | tuple():
            return _head("list", len(value)) + b"".join(map(pack, value))
        case dict():
            return _head("dict", len(value)) + b"".join(pack(key) + pack(item) for key, item in value.items())
        case Structure(tag, fields):
            return bytes([0xB0 + len(fields), tag]) + b"".join(map(pack, fields))
    raise TypeError(f"PackStream has no {type(value).__name__}")


def _pack_int(value: int) -> bytes:
    if -16 <= value < 128:
        return struct.pack(">b", value)
    for marker, form, bits in ((0xC8, ">Bb", 7), (0xC9, ">Bh", 15), (0xCA, ">Bi", 31)):
        if -(2**bits) <= value < 2**bits:
            return struct.pack(form, marker, value)
    if value not in _INT64:
        raise TypeError(f"{value} has more than 64 bits")
    return struct.pack(">Bq", 0xCB, value)


def _head(kind: str, size: int) -> bytes:
    first, tiny = _SIZED[kind]
    if tiny is not None and size < 16:
        return bytes([tiny + size])
    for marker, form, limit in ((first, ">BB", 2**8), (first + 1, ">BH", 2**16), (first + 2, ">BI", 2**32)):
        if size < limit:
            return struct.pack(form, marker, size)
    raise TypeError(f"a {kind} of {size} is too long")


def unpack(data: bytes) -> Any:
    """Read one value.

    Raises:
        ValueError: this isn't PackStream.
    """
    try:
        return _Reader(data).read()
    except (IndexError, TypeError, struct.error, UnicodeDecodeError, RecursionError) as exc:
        raise ValueError(f"not PackStream: {exc}") from exc


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def read(self) -> Any:
        marker = self._data[self._at]
        self._at += 1
        if marker < 0x80:
            return marker
        if marker >= 0xF0:
            return marker - 0x100
        high, low = marker & 0xF0, marker & 0x0F
        if high in (0x80, 0x90, 0xA0, 0xB0):
            return self._sized(high, low)
        if marker in _SCALARS:
            return _SCALARS[marker]
        if marker in _NUMBERS:
            return self._number(_NUMBERS[marker])
        for first, tiny in _SIZED.values():
            if first <= marker <= first + 2:
                return self._sized(tiny, self._number((">B", ">H", ">I")[marker - first]))
        raise ValueError(f"not PackStream: marker {marker:#x}")

    def _sized(self, kind: int | None, size: int) -> Any:
        if kind == 0x80:
            return self._take(size).decode()
        if kind == 0x90:
            return [self.read() for _ in range(size)]
        if kind == 0xA0:
            return {self.read(): self.read() for _ in range(size)}
        if kind == 0xB0:
            tag = self._take(1)[0]
            return Structure(tag, tuple(self.read() for _ in range(size)))
        return self._take(size)

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) < size:
            raise IndexError(f"{size} bytes wanted, {len(taken)} there")
        self._at += size
        return taken


_SCALARS = {0xC0: None, 0xC2: False, 0xC3: True}
_NUMBERS = {0xC1: ">d", 0xC8: ">b", 0xC9: ">h", 0xCA: ">i", 0xCB: ">q"}
