"""The limit of dead letters: a worker that makes letters of everything stops, instead of emptying its topic.

A letter here and there is its writer's fault. Letters in a row, or most of what comes, say that we are wrong: a defect,
a version that doesn't know a record's new form. Like arroyo's ``DlqLimitPolicy`` it counts in each partition how many
come in a row, and what share of the records they are. The transaction that would go over the limit isn't committed, so
the records stay where they are.

A worker that was started again must not begin to count anew, or it would empty the topic all the same, a limit's worth
at each start: the counts travel as the metadata of the committed offset, in the same transaction.

What doesn't count: a record that can't be read on a topic where anybody writes, and one that had been a letter before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faust.types import TP

    from app.engine.run import Run

__all__ = ["WINDOW", "LetterLimit", "Tally"]

WINDOW: Final = 1_000
"""Over about so many records of a partition is the share counted; then half of what was counted is forgotten."""
_NOTE: Final = re.compile(r"letters (\d{1,9}) (\d{1,9}) (\d{1,9})", re.ASCII)


class Tally(NamedTuple):
    """What was counted in a partition.

    Attributes:
        in_a_row: Letters since the last record that was none.
        letters: Letters among the last records.
        records: How many those are.
    """

    in_a_row: int = 0
    letters: int = 0
    records: int = 0

    @classmethod
    def read(cls, note: str | None) -> Tally:
        """Read what :attr:`note` wrote; anything else says nothing."""
        match = _NOTE.fullmatch(note or "")
        return cls(*map(int, match.groups())) if match else cls()

    @property
    def note(self) -> str:
        """Return it as the metadata of an offset."""
        return f"letters {self.in_a_row} {self.letters} {self.records}"

    def plus(self, records: int, *, letters: int, in_a_row: int) -> Tally:
        """Return it with so many further records; ``in_a_row`` is what it is behind them."""
        after = Tally(in_a_row, self.letters + letters, self.records + records)
        while after.records >= WINDOW:
            after = Tally(in_a_row, after.letters // 2, after.records // 2)
        return after


class LetterLimit:
    """Counts letters.

    Args:
        in_a_row: So many may come in a row in a partition; 0: any number.
        share: Such a share of the last :data:`WINDOW` records of a partition may be letters; 1: all.
    """

    def __init__(self, in_a_row: int, share: float) -> None:
        self._in_a_row = in_a_row
        self._most = share * WINDOW
        self._tallies: dict[TP, Tally] = {}

    def begin(self, notes: Mapping[TP, str | None]) -> None:
        """Go on from what was committed with the offsets of these partitions."""
        self._tallies = {tp: tally for tp, note in notes.items() if (tally := Tally.read(note)) != Tally()}

    def note(self, tp: TP) -> str | None:
        """Return what is to be committed with the offset of a partition."""
        tally = self._tallies.get(tp)
        return tally.note if tally else None

    def add(self, run: Run, letters: Mapping[int, bool]) -> str | None:
        """Count a run; return why the worker must stop, or ``None``.

        Args:
            run: The run.
            letters: By their offsets, the records of its partition that became letters, and whether they count.
        """
        before = self._tallies.get(run.tp)
        if before is None and not letters:
            return None
        before = before or Tally()
        counted = _in_order(run, letters)
        most = row = before.in_a_row
        for is_letter in counted:
            row = row + 1 if is_letter else 0
            most = max(most, row)
        found = before.letters + sum(counted)
        where = f"{run.tp.topic}-{run.tp.partition}"
        if self._in_a_row and any(counted) and most > self._in_a_row:
            return f"{most} records in a row of {where} became dead letters, {self._in_a_row} may"
        if any(counted) and found > self._most:
            return (
                f"{found} of the last {before.records + len(counted)} records of {where} became dead letters, "
                f"{self._most:g} of {WINDOW} may"
            )
        after = before.plus(len(counted), letters=sum(counted), in_a_row=row)
        if after.in_a_row or after.letters:
            self._tallies[run.tp] = after
        else:
            self._tallies.pop(run.tp, None)
        return None


def _in_order(run: Run, letters: Mapping[int, bool]) -> list[bool]:
    """Return of each record that counts, in their order, whether it became a letter."""
    if not letters:
        return [False] * run.size
    offsets = sorted([*(record.offset for record in run.records), *(raw.offset() for raw, _ in run.rejected)])
    return [letters.get(offset, False) for offset in offsets if letters.get(offset, True)]
