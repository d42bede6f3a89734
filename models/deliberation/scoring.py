"""From a plan to its consensus: features, what the specialists' ladders say of them, opinions, decision.

Each ladder's champion is asked once: what it says is both the learner's part of the opinion and what it is judged by
later, so it travels with the decision. What the other rungs say, their owner asks them (`models.online.waiting`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from models.deliberation import deliberate
from models.deliberation.learned import LearnedModel, Learners, Unusable, probabilities_of
from models.deliberation.prior import LABELS
from models.deliberation.routed import NO_TRIALS, Timer, Told, Trials, route
from models.deliberation.weights import EVEN, Trail
from models.online.features import SCHEMA, features_of, inputs_of, row_of
from models.online.task_graph import graph_of
from models.records import CognitivePlan, Consensus, Exposure, Recommendation, SpecialistForecast, SpecialistType

if TYPE_CHECKING:
    from models.online.ladder import Forecast
    from models.online.rungs import Row

__all__ = ["NO_LADDERS", "Asked", "Ladders", "ScoringLadder", "calibrated", "consensus_of"]


class Asked(Protocol):
    """A ladder as scoring needs it (`models.online.served.ServedLadder`, `models.online.ladder.Ladder`)."""

    @property
    def champion(self) -> str:
        """The kind of the rung that decides."""
        ...

    @property
    def learned(self) -> int:
        """How many labels it has learned."""
        ...

    @property
    def accuracies(self) -> Mapping[str, float | None]:
        """Of each rung, the share of its predictions that was right."""
        ...

    def predict(self, x: Row) -> Forecast:
        """Let the champion say what an example is; nothing changes."""
        ...

    def probabilities_of(self, kind: str, x: Row) -> dict[str, float]:
        """Let one rung say what an example is; nothing changes.

        Raises:
            KeyError: there is no such rung.
        """
        ...


class ScoringLadder(NamedTuple):
    """A specialist's ladder as a snapshot holds it; it is asked, and never learns.

    Attributes:
        ladder: The ladder; its labels are the values of `Recommendation`.
        version: The version of the snapshot.
    """

    ladder: Asked
    version: str


Ladders = Mapping[SpecialistType, ScoringLadder]

NO_LADDERS: Final[Ladders] = {}


class _Said:
    """What a ladder said of one plan, as opinions ask for it."""

    def __init__(self, scoring: ScoringLadder, forecast: Forecast) -> None:
        self.version = scoring.version
        self.learned = scoring.ladder.learned
        self.model_type = scoring.ladder.champion
        self._forecast = forecast

    def probabilities(self, _row: Mapping[str, float], /) -> Sequence[float]:
        return calibrated(self._forecast)

    def contributions(self, _row: Mapping[str, float], _label: int, /) -> Mapping[str, float]:
        return {}  # no rung can tell exactly; the rules' factors explain


def consensus_of(
    plan: CognitivePlan,
    *,
    now_ms: int,
    ladders: Ladders = NO_LADDERS,
    trails: Mapping[SpecialistType, Trail] = EVEN,
    trials: Trials = NO_TRIALS,
) -> Consensus:
    """Let the specialists judge a plan and decide; the same arguments give the same record, byte for byte.

    Args:
        plan: The plan.
        now_ms: The time, epoch milliseconds.
        ladders: What specialists have learned; those that are missing speak by their rules.
        trails: The specialists' records in the plan's domain.
        trials: Whose opinions count: registered champions' in the place of ladders, which are asked too, since they
            learn; and challengers' while experiments run, whose records are the only thing that takes its time.
    """
    graph = graph_of(plan.tasks)
    features = features_of(plan, graph)
    row = inputs_of(features)
    forecasts: list[SpecialistForecast] = []
    said: dict[SpecialistType, LearnedModel] = {}
    took_ms: dict[SpecialistType, float] = {}
    for specialist, scoring in ladders.items():
        if scoring.ladder.learned <= 0:
            continue
        began_s = trials.timer()
        forecast = scoring.ladder.predict(row)
        took_ms[specialist] = (trials.timer() - began_s) * 1000
        said[specialist] = _Said(scoring, forecast)
        forecasts.append(
            SpecialistForecast(
                specialist_type=specialist,
                label=forecast.label,
                probabilities=dict(forecast.probabilities),
                confidence=forecast.confidence,
                said=dict(forecast.said),
                model_version=scoring.version,
                learned=scoring.ladder.learned,
            )
        )
    _ask(trials.champions, row, said, took_ms, trials.timer)
    learners: Learners = said
    exposures: list[Exposure] = []
    if trials.routes:
        learners, exposures = route(plan, trials, said, row=row, took_ms=took_ms)
    opinions, decision = deliberate(plan, now_ms=now_ms, learners=learners, row=row, trails=trails, graph=graph)
    return Consensus(
        plan_id=plan.plan_id,
        intent_id=plan.intent_id,
        correlation_id=plan.correlation_id,
        domain=plan.original_domain,
        at=now_ms,
        feature_schema=SCHEMA,
        features=row_of(features),
        forecasts=forecasts,
        opinions=opinions,
        decision=decision,
        exposures=exposures,
    )


def _ask(
    champions: Learners,
    row: Mapping[str, float],
    said: dict[SpecialistType, LearnedModel],
    took_ms: dict[SpecialistType, float],
    timer: Timer,
) -> None:
    """Put what champions say in the place of what the ladders say; where one fails, its ladder's word stays."""
    for specialist, model in champions.items():
        began_s = timer()
        try:
            told = probabilities_of(model, row)
        except Unusable:
            continue
        took_ms[specialist] = (timer() - began_s) * 1000
        said[specialist] = Told(model, told)


def calibrated(forecast: Forecast) -> list[float]:
    """Return the champion's probabilities in the order of `LABELS`, that of its label as often right as it says.

    The others share what is left as the champion has it, and none gets more than its label: what is recommended is what
    is judged.
    """
    raw = [forecast.probabilities.get(label.value, 0.0) for label in LABELS]
    if forecast.label is None:
        return [1.0 / len(LABELS)] * len(LABELS)
    best = LABELS.index(Recommendation(forecast.label))
    rest = sum(raw) - raw[best]
    largest = max(value for at, value in enumerate(raw) if at != best)
    sure = forecast.confidence
    if rest <= 0.0:
        others, least = [1.0 / (len(LABELS) - 1)] * len(LABELS), 1.0 / len(LABELS)
    else:
        others, least = [value / rest for value in raw], largest / (rest + largest)
    sure = max(sure, least)
    return [sure if at == best else (1.0 - sure) * others[at] for at in range(len(LABELS))]
