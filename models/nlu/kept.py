"""What is worked out once and kept: a dictionary that fills itself, and forgets the oldest when it is full."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Final, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

ROOM: Final = 16_384
"""Entries that are kept where nothing else is said: more words than a language's speakers use."""

_AT_ONCE: Final = 16
"""The share of the room that is made at a time, one in so many: dropping all takes milliseconds."""


class Kept(dict[Key, Value]):
    """What a function makes of each key, for at most `room` of them.

    Ask with `kept[key]`, or `map(kept.__getitem__, keys)`: a plain dictionary, for an LRU cache touches five places in
    memory for each look-up.
    """

    def __init__(self, make: Callable[[Key], Value], *, room: int = ROOM) -> None:
        super().__init__()
        self._make = make
        self._room = room

    def __missing__(self, key: Key) -> Value:
        if len(self) >= self._room:
            for oldest in list(islice(self, max(1, self._room // _AT_ONCE))):
                del self[oldest]
        value = self[key] = self._make(key)
        return value
