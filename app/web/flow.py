"""How much goes through each topic, seen from outside: the ends of the topics, looked at now and then."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from app import topics
from app.web.kept import SHELVES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Meter", "TopicFlow"]

SAMPLES: Final = 61
"""Two minutes, a sample every two seconds."""
WINDOW: Final = 5
"""A rate is that of the last so many samples: ten seconds."""


class TopicFlow(msgspec.Struct, frozen=True, kw_only=True):
    """What goes through a topic.

    Attributes:
        name: The topic.
        per_s: Records a second, of the last ten seconds.
        history: The same, sample by sample, the newest last.
        is_counted: The records were counted; else it is told by the ends of its partitions, and the marks of
            transactions count, too.
        total: The sum of the ends of its partitions.
        lag: How many records the group has not worked off; None: it does not read the topic.
    """

    name: str
    per_s: float
    history: list[float]
    is_counted: bool
    total: int
    lag: int | None


class _Sample(NamedTuple):
    at_s: float
    ends: Mapping[str, int]
    counts: Mapping[str, int]


class Meter:
    """Turns looks at the topics into rates; for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: deque[_Sample] = deque(maxlen=SAMPLES)
        self._lag: Mapping[str, int] = {}

    def take(self, at_s: float, ends: Mapping[str, int], lag: Mapping[str, int], counts: Mapping[str, int]) -> None:
        """Take a look.

        Args:
            at_s: When, on a clock that never goes back.
            ends: The sum of the ends of each topic.
            lag: How far behind the group is, for the topics that it reads.
            counts: How many records of each topic have been read so far.
        """
        with self._lock:
            self._samples.append(_Sample(at_s, ends, counts))
            self._lag = lag

    def flow(self) -> list[TopicFlow]:
        """Return what goes through each topic, in the order of the list of topics."""
        with self._lock:
            samples, lag = list(self._samples), self._lag
        if not samples:
            return []
        there = samples[-1].ends
        return [_flow(spec.name, samples, lag.get(spec.name)) for spec in topics.TOPICS if spec.name in there]


def _flow(name: str, samples: list[_Sample], lag: int | None) -> TopicFlow:
    counted = name in SHELVES
    values = [(sample.counts if counted else sample.ends).get(name, 0) for sample in samples]
    rates = [
        _rate(values[place] - values[place - 1], samples[place].at_s - samples[place - 1].at_s)
        for place in range(1, len(samples))
    ]
    first = max(0, len(samples) - 1 - WINDOW)
    return TopicFlow(
        name=name,
        per_s=_rate(values[-1] - values[first], samples[-1].at_s - samples[first].at_s),
        history=rates,
        is_counted=counted,
        total=samples[-1].ends[name],
        lag=lag,
    )


def _rate(number: int, seconds: float) -> float:
    return round(max(0, number) / seconds, 2) if seconds > 0 else 0.0
