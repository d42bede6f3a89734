"""A ladder on any stream of rows: predictions at arrival, labels as late as they come, and the figures of both."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final, NamedTuple

from models.online.encoding import RowEncoder
from models.online.ladder import Forecast, Ladder
from models.online.measures import Outcome, Prequential
from models.records import Drift, DriftEvent, DriftSource

__all__ = ["MOST_LABELS", "Point", "StreamEvaluation", "is_drift"]

MOST_LABELS: Final = 100
"""Labels of a stream: a column with more is a number, or a name, and no label."""


class Point(NamedTuple):
    """The rolling figures after so many rows."""

    row: int
    accuracy: float
    no_change: float


def is_drift(event: DriftEvent) -> bool:
    """Whether an event says that a drift is there, rather than what came of it, or a warning."""
    found = event.source is DriftSource.ERROR and event.level is Drift.DRIFT
    return found and not event.detector.startswith("paired")


class StreamEvaluation:
    """Test, then train, on one stream.

    Attributes:
        ladder: What learns.
        measures: The figures of the champion's predictions, each made when its row came.
        drifts: How many rows had come when a drift was found.
        events: All that the ladder told.
        curve: The rolling figures, every `every` rows.
        rows: How many rows have come.
        unlabelled: How many of them have no label: they are predicted and watched, and neither counted nor learned.
    """

    def __init__(self, ladder: Ladder, *, delay: int = 0, every: int = 100) -> None:
        """Begin with nothing.

        Args:
            ladder: What learns.
            delay: Rows that come between a row and its label.
            every: Rows from one point of the curve to the next.
        """
        self.ladder = ladder
        self.encoder = RowEncoder()
        self.measures = Prequential()
        self.drifts: list[int] = []
        self.events: list[DriftEvent] = []
        self.curve: list[Point] = []
        self.rows = self.unlabelled = 0
        self._delay, self._every = delay, every
        self._waiting: deque[tuple[dict[str, float], str, Forecast] | None] = deque()
        self._labels: set[str] = set()
        self._newest_label: str | None = None

    def take(self, cells: Mapping[str, str], label: str) -> None:
        """Take a row and, for later, its label (empty: it has none).

        Raises:
            ValueError: there are more than MOST_LABELS labels.
        """
        row = self.encoder.encode(cells)
        forecast = self.ladder.forecast(row)
        self.rows += 1
        self._note(self.ladder.observe(row, forecast))
        if label:
            self._count(label, forecast)
            self._waiting.append((row, label, forecast))
        else:
            self.unlabelled += 1
            self._waiting.append(None)
        if len(self._waiting) > self._delay and (due := self._waiting.popleft()) is not None:
            self._newest_label = due[1]
            self._note(self.ladder.learn(*due))
        if self.rows % self._every == 0 and self.measures.rolling_accuracy is not None:
            rolling = self.measures.rolling()
            self.curve.append(Point(self.rows, rolling.accuracy or 0.0, rolling.no_change or 0.0))

    def _count(self, label: str, forecast: Forecast) -> None:
        self._labels.add(label)
        if len(self._labels) > MOST_LABELS:
            raise ValueError(f"the label has more than {MOST_LABELS} different values: is it a category?")
        of_label = forecast.probabilities.get(label, 0.0)
        self.measures.update(Outcome(label, forecast.label, self._newest_label, forecast.confidence, of_label))

    def _note(self, events: list[DriftEvent]) -> None:
        self.events += events
        self.drifts += [self.rows for event in events if is_drift(event)]
