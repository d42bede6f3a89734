"""How much the steps of one task may hold."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """The limits of one TRANSFORM: what goes beyond is refused, before it is computed.

    Attributes:
        rows: Of any table on the way, the result of a join among them.
        cells: Rows times columns of any table on the way.
        columns: That a pivot may make.
        steps: In one list.
    """

    rows: int = 100_000
    cells: int = 1_000_000
    columns: int = 100
    steps: int = 50
