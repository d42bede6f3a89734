"""What each rung said of an example when it came, until its label does: what rungs are judged by.

The learner asks its rungs itself when it is shown an example. What they say then depends on the examples before it on
the topic alone, so scoring has the champion to ask and no other, and whatever is killed, the same is judged by.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from models.online.ladder import Forecast

__all__ = ["MOST", "Waiting"]

MOST: Final = 2_000
"""Examples that wait; of those forgotten, only who decided is judged."""


class _Said(NamedTuple):
    """What was said of one example: the champion's label, how probable it was, and what each said, by its name."""

    label: str | None
    probability: float
    names: tuple[str, ...]
    labels: tuple[str | None, ...]


class Waiting:
    """Keeps what was said of the newest `most` examples that have no label yet."""

    def __init__(self, *, most: int = MOST) -> None:
        """Start with nothing said."""
        self._most = most
        self._said: dict[str, _Said] = {}
        self._names: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        """Tell whether the same was said of the same examples."""
        return isinstance(other, Waiting) and list(self._said.items()) == list(other._said.items())

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self._said)

    def put(self, key: str, forecast: Forecast) -> None:
        """Keep what was said of an example; of one that is shown twice the first counts."""
        if key in self._said:
            return
        names = tuple(forecast.said)
        if names != self._names:
            self._names = names  # one object for all: a snapshot holds it once
        label = forecast.label
        probability = 0.0 if label is None else forecast.probabilities[label]
        self._said[key] = _Said(label, probability, self._names, tuple(forecast.said.values()))
        if len(self._said) > self._most:
            del self._said[next(iter(self._said))]

    def take(self, key: str) -> Forecast | None:
        """Return what was said of an example, and forget it; None: it isn't known any more."""
        found = self._said.pop(key, None)
        if found is None:
            return None
        probabilities = {} if found.label is None else {found.label: found.probability}
        return Forecast(found.label, probabilities, 0.0, dict(zip(found.names, found.labels, strict=True)))
