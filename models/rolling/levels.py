"""How long a bucket is, how long it is kept, and when it is final."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["AHEAD_MS", "LATENESS_MS", "LEVELS", "Level", "level"]

LATENESS_MS: Final = 30_000
"""A bucket is final once an event has come that is so much younger than its end; what comes after that is late.

Event times are those of the workers' decisions, and come in their order but for what the workers' clocks differ by and
a transaction is held up; a worker that is stopped for longer has lost its partitions.
"""
AHEAD_MS: Final = 60_000
"""An event that is so much ahead of its observer's clock is not believed: it would close the buckets of all others."""


class Level(NamedTuple):
    """Buckets of one length.

    Attributes:
        name: As it stands in keys and queries.
        length_ms: Their length, in milliseconds; they begin at multiples of it since the epoch (UTC).
        kept: How many final ones are kept, of each source and partition.
    """

    name: str
    length_ms: int
    kept: int

    def slot(self, at_ms: int) -> int:
        """Return the number of the bucket that a time falls into; all before that of the watermark are final."""
        return at_ms // self.length_ms


LEVELS: Final = (
    Level("1m", 60_000, 90),
    Level("5m", 300_000, 300),
    Level("1h", 3_600_000, 192),
    Level("24h", 86_400_000, 31),
)
"""Each is a multiple of the one before, into which final buckets are added: 1.5 h, 25 h, 8 days, 31 days are kept."""


def level(name: str) -> Level:
    """Return the level of a name.

    Raises:
        KeyError: there is none.
    """
    for each in LEVELS:
        if each.name == name:
            return each
    raise KeyError(name)
