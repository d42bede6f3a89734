"""Small streams with known change points, and a walk through one."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from models.online.ladder import Forecast, Ladder
from models.records import DriftEvent

Example = tuple[dict[str, float], str]


def flipping(n: int, *flips: int, seed: int = 1, noise: float = 0.02) -> list[Example]:
    """`x > y` says "up"; from each flip on the other way round."""
    chance = random.Random(seed)
    made = []
    for at in range(n):
        x, y = chance.random(), chance.random()
        up = (x > y) != (chance.random() < noise)
        up ^= sum(at >= flip for flip in flips) % 2 == 1
        made.append(({"x": x, "y": y}, "up" if up else "down"))
    return made


class Walk(NamedTuple):
    forecasts: list[Forecast]
    events: list[DriftEvent]
    accuracy: float


def walk(ladder: Ladder, examples: Iterable[Example], *, delay: int = 0) -> Walk:
    """Forecast, observe and learn, each label `delay` examples late; what waits at the end is not learned."""
    waiting: deque[tuple[dict[str, float], str, Forecast]] = deque()
    forecasts, events, right = [], [], 0
    for x, y in examples:
        forecast = ladder.forecast(x)
        forecasts.append(forecast)
        right += forecast.label == y
        events += ladder.observe(x, forecast)
        waiting.append((x, y, forecast))
        if len(waiting) > delay:
            events += ladder.learn(*waiting.popleft())
    return Walk(forecasts, events, right / max(len(forecasts), 1))
