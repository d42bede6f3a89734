"""How much a query may ask for and an answer may be."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """The limits of one query.

    Attributes:
        rows: Of the answer; more are cut, and the answer says so.
        size_bytes: Of the answer as JSON; a larger one is refused. The whole result has to fit into a record.
        time_s: From asking the store to its last row.
        depth: Levels of nesting, of the query as of a value in the answer.
        query_bytes: Of the parameters as JSON.
        scanned: Redis keys or Kafka records that may be looked at to find the rows.
    """

    rows: int = 1000
    size_bytes: int = 3 * 1024 * 1024
    time_s: float = 5.0
    depth: int = 32
    query_bytes: int = 256 * 1024
    scanned: int = 1_000_000

    def lowered(self, *, rows: int | None = None, time_s: float | None = None) -> Limits:
        """Return these limits, or lower ones where a task asks for less."""
        rows = self.rows if rows is None else min(rows, self.rows)
        time_s = self.time_s if time_s is None else min(time_s, self.time_s)
        return self if (rows, time_s) == (self.rows, self.time_s) else self._replace(rows=rows, time_s=time_s)
