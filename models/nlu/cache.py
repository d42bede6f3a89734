"""Readings that are kept in the process: the same text is read once."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from models.nlu.entities import Vocabulary
from models.nlu.model import DomainModel
from models.nlu.reading import Reading, read

SIZE: Final = 4_096
"""Readings that are kept, about 2 KB each."""

LONGEST_KEPT: Final = 1_000
"""Characters of a text that is kept: longer ones hardly come twice, and would make 4,096 of them 40 MB."""


class ReadingCache:
    """The newest readings by text and asked language; the one used longest ago goes first.

    Nothing of the sender is in the key: who asks what another has asked gets the same reading. Attributes `hits` and
    `misses` count.
    """

    def __init__(self, size: int = SIZE, *, vocabulary: Vocabulary | None = None) -> None:
        self.hits = 0
        self.misses = 0
        self._size = size
        self._vocabulary = vocabulary
        self._model: DomainModel | None = None
        self._version = ""
        self._kept: OrderedDict[tuple[str, str | None], Reading] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def read(self, text: str, *, asked: str | None, at_ms: int, model: DomainModel) -> Reading:
        """Return the reading of a text, from the cache where it holds at that reference time; see `reading.read`."""
        reading = self.get(text, asked=asked, at_ms=at_ms, model=model)
        if reading is None:
            reading = read(text, asked=asked, at_ms=at_ms, model=model, vocabulary=self._vocabulary)
            self.put(text, asked, reading)
        return reading

    def get(self, text: str, *, asked: str | None, at_ms: int, model: DomainModel) -> Reading | None:
        """Return the reading that is kept and holds, or None."""
        reading = self.peek(text, asked=asked, at_ms=at_ms, model=model)
        if reading is None:
            self.misses += 1
            return None
        self._kept.move_to_end((text, asked))
        self.hits += 1
        return reading

    def peek(self, text: str, *, asked: str | None, at_ms: int, model: DomainModel) -> Reading | None:
        """Return what `get` would; nothing is counted, and nothing becomes newer."""
        if model is not self._model or model.version != self._version:
            self._kept.clear()
            self._model, self._version = model, model.version
        reading = self._kept.get((text, asked))
        return reading if reading is not None and reading.holds_at(at_ms) else None

    def put(self, text: str, asked: str | None, reading: Reading) -> None:
        """Keep a reading, unless it is of another model than the newest or of a very long text."""
        if reading.model_version != self._version or len(text) > LONGEST_KEPT:
            return
        self._kept[text, asked] = reading
        self._kept.move_to_end((text, asked))
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
