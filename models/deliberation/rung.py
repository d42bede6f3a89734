"""A rung of a specialist's ladder as a challenger: what would decide if the ladder had another champion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from models.deliberation.scoring import ScoringLadder, calibrated
from models.online.ladder import Forecast
from models.online.rungs import KINDS, best_of

__all__ = ["PREFIX", "RungModel", "rung_of"]

PREFIX: Final = "rung:"
"""Before a rung's kind, where a challenger is named: `rung:small-forest`."""


def rung_of(version: str) -> str | None:
    """Return the kind of rung that a challenger's version names; None: it names none, but a registered model.

    Raises:
        ValueError: there is no such kind.
    """
    if not version.startswith(PREFIX):
        return None
    kind = version.removeprefix(PREFIX)
    if kind not in KINDS:
        raise ValueError(f"{version}: the rungs are {', '.join(f'{PREFIX}{each}' for each in KINDS)}")
    return kind


class RungModel:
    """A rung as it stands in the newest snapshot: it goes on learning, as the champion does.

    It is as sure as it has been right so far: only the champion's own probabilities are calibrated by the ladder.

    Args:
        scoring: The ladder.
        kind: Which of its rungs.

    Raises:
        KeyError: the ladder has no such rung.
    """

    def __init__(self, scoring: ScoringLadder, kind: str) -> None:
        self._ladder, self._kind = scoring.ladder, kind
        self._accuracy = scoring.ladder.accuracies[kind] or 0.0
        self.version = f"{PREFIX}{kind}@{scoring.version}"
        self.model_type = kind
        self.learned = scoring.ladder.learned

    def probabilities(self, row: Mapping[str, float], /) -> Sequence[float]:
        """Return the probabilities in the order of `LABELS`."""
        if self._kind == self._ladder.champion:
            return calibrated(self._ladder.predict(dict(row)))
        raw = self._ladder.probabilities_of(self._kind, dict(row))
        return calibrated(Forecast(best_of(raw), raw, self._accuracy, {}))

    def contributions(self, row: Mapping[str, float], label: int, /) -> Mapping[str, float]:  # noqa: ARG002
        """Return nothing: no rung can tell exactly."""
        return {}
