"""The five specialists' ladders that this worker scores with: the newest snapshots, swapped one by one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import msgspec

from models.deliberation.scoring import NO_LADDERS, Ladders, ScoringLadder
from models.online.features import SCHEMA
from models.online.served import from_bytes
from models.records import SpecialistType
from tables.ladders import Chunk, joined, served_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.learning import Followable

__all__ = ["Specialists"]

logger = logging.getLogger(__name__)

_BY_NAME: Final = {served_key(specialist): specialist for specialist in SpecialistType}
"""Of what is on the topic, only what scoring needs is read: the rest is the learners', and takes 10 ms and more."""


class Specialists:
    """What planning asks, and what whoever follows the snapshots brings up to date, from any thread."""

    def __init__(self) -> None:
        self._ladders: Ladders = NO_LADDERS
        self._parts: dict[SpecialistType, dict[int, Chunk]] = {specialist: {} for specialist in SpecialistType}
        self.on_refused: Callable[[str], None] = lambda _model: None

    def current(self) -> Ladders:
        """Return the newest ladders; those who hold them keep what they have."""
        return self._ladders

    def take(self, specialist: SpecialistType, scoring: ScoringLadder) -> None:
        """Score with this ladder from now on; it must not learn any more."""
        self._ladders = {**self._ladders, specialist: scoring}  # replaced whole: readers take no lock

    def followed(self, key: str) -> Followable | None:
        """Return what takes the records of a key of the snapshots' topic, on the follower's thread."""
        name, _, number = key.partition("/")
        return _Part(self, _BY_NAME[name], int(number)) if name in _BY_NAME and number.isdecimal() else None

    def put(self, specialist: SpecialistType, number: int, chunk: Chunk) -> bool:
        """Take a part of a snapshot; with its last part, score with it. Tell whether it could be used."""
        parts = self._parts[specialist]
        parts[number] = chunk
        whole = [parts.get(at) for at in range(chunk.chunks)]
        same = [part for part in whole if part is not None and part.version == chunk.version]
        if len(same) < chunk.chunks:
            return True
        self._parts[specialist] = {}
        try:
            ladder = from_bytes(joined(same), schema=SCHEMA)
        except ValueError as error:
            self.on_refused(specialist.value)
            logger.warning("snapshot refused model=%s %s", specialist.value, error)
            return False
        self.take(specialist, ScoringLadder(ladder, chunk.version))
        logger.info("model=%s version=%s learned=%d", specialist.value, chunk.version, chunk.learned)
        return True


class _Part:
    """One key of the snapshots' topic."""

    def __init__(self, specialists: Specialists, specialist: SpecialistType, number: int) -> None:
        self._to, self._specialist, self._number = specialists, specialist, number

    def take(self, raw: bytes) -> bool:
        """Take over a part's record; tell whether it could be used."""
        try:
            chunk = msgspec.json.decode(raw, type=Chunk)
        except msgspec.MsgspecError as error:
            self._to.on_refused(self._specialist.value)
            logger.warning("snapshot refused model=%s part=%d %s", self._specialist.value, self._number, error)
            return False
        return self._to.put(self._specialist, self._number, chunk)
