"""The rows of an answer, as they come: counted, measured and masked, so that none is held that can't be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from app.errors import QueryRefused
from models.queries.shape import check_depth, surely_flat

if TYPE_CHECKING:
    from models.queries import Limits

MASK = "***"


class Rows:
    """Takes rows up to the limits.

    Args:
        limits: Of the answer; further rows are cut, further bytes refused.
        masked: Names of the fields whose values are not shown, at whatever depth they stand.
    """

    def __init__(self, limits: Limits, masked: frozenset[str] = frozenset()) -> None:
        self._limits = limits
        self._masked = masked
        self._size_bytes = 0
        self.rows: list[Any] = []
        self.truncated = False

    def add(self, row: Any) -> bool:
        """Take a row, and say whether the next one is wanted.

        Raises:
            QueryRefused: it is nested too deep, or makes the answer too large.
        """
        if len(self.rows) >= self._limits.rows:
            self.truncated = True
            return False
        try:
            encoded = msgspec.json.encode(row)
        except RecursionError:
            encoded = b""
        if not surely_flat(encoded, depth=self._limits.depth):
            check_depth(row, depth=self._limits.depth, what="a row of the answer")
        if self._masked:
            row = _masked(row, self._masked)
            encoded = msgspec.json.encode(row)
        self._size_bytes += len(encoded) + 1
        if self._size_bytes > self._limits.size_bytes:
            raise QueryRefused(
                f"the answer has more than {self._limits.size_bytes:,} bytes: ask for less, or for a summary", "size"
            )
        self.rows.append(row)
        return True

    def output(self, named: str = "documents") -> dict[str, Any]:
        """Return the rows as the output of a query."""
        return {named: self.rows, "count": len(self.rows), "truncated": self.truncated}

    def part(self, error: QueryRefused, named: str = "documents") -> dict[str, Any]:
        """Return the rows that had come before the time was over, marked as a part.

        Raises:
            QueryRefused: there are none, or it was for another reason.
        """
        if error.reason != "slow" or not self.rows:
            raise error
        return self.output(named) | {"truncated": True, "complete": False}


def _masked(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: MASK if key in names else _masked(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, names) for item in value]
    return value
