"""The five specialists' ladders that this worker scores with: the newest snapshots, swapped one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.deliberation.scoring import NO_LADDERS, Ladders, ScoringLadder

if TYPE_CHECKING:
    from models.records import SpecialistType

__all__ = ["Specialists"]


class Specialists:
    """What planning asks, and what whoever follows the snapshots brings up to date, from any thread."""

    def __init__(self) -> None:
        self._ladders: Ladders = NO_LADDERS

    def current(self) -> Ladders:
        """Return the newest ladders; those who hold them keep what they have."""
        return self._ladders

    def take(self, specialist: SpecialistType, scoring: ScoringLadder) -> None:
        """Score with this ladder from now on; it must not learn any more."""
        self._ladders = {**self._ladders, specialist: scoring}  # replaced whole: readers take no lock
