"""The edges of retraining: settings, hands by their name, and events that MongoDB would not take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from app.errors import ConfigurationError, QueryRefused
from app.retraining import EVENTS, RetrainingEvents, experiment_rules, hands_of, rules_of
from app.settings import Settings
from models.lifecycle.hands import StepFailed
from models.lifecycle.retraining import drift_word
from models.records import Drift, DriftAction, DriftEvent, DriftSource, FeatureShift, RetrainingEvent, SpecialistType

if TYPE_CHECKING:
    from app.stores.mongo import MongoStore


class Picky:
    """A MongoDB that takes no name with a dollar in front."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.indexes = 0

    async def ensure_indexes(self, indexes: dict[str, tuple[tuple[str, ...], ...]]) -> None:
        assert list(indexes) == [EVENTS]
        self.indexes = len(indexes[EVENTS])

    async def insert_new(self, collection: str, documents: list[dict[str, Any]]) -> None:
        assert collection == EVENTS
        for each in documents:
            if isinstance(each["details"], dict) and any(name.startswith("$") for name in each["details"]):
                raise QueryRefused("a name begins with $")
            self.kept.setdefault(each["_id"], each)


async def test_each_event_is_kept_once_and_one_that_is_not_taken_as_it_is_as_text() -> None:
    mongo = Picky()
    kept = RetrainingEvents(cast("MongoStore", mongo))
    plain, odd = (
        RetrainingEvent(
            event_id=name, specialist=SpecialistType.BUSINESS, event="trained", at=1, by="system", details={key: 1}
        )
        for name, key in (("a", "f1"), ("b", "$f1"))
    )
    await kept.keep([plain])
    await kept.keep([plain, odd])
    assert mongo.kept["a"]["details"] == {"f1": 1}
    assert mongo.kept["b"]["details"] == '{"$f1":1}'
    assert mongo.indexes == 2


def test_settings_become_rules_and_wrong_ones_are_said() -> None:
    rules = rules_of(Settings(experiment_traffic="5,100", experiment_hours="1.5", experiment_least_units="30"))
    assert (rules.experiment.traffic, rules.experiment.hours, rules.automatic) == ((5, 100), (1.5,), False)
    with pytest.raises(ConfigurationError, match="rise to 100"):
        experiment_rules(Settings(experiment_traffic="50,20,100"))
    with pytest.raises(ConfigurationError, match="experiment_hours"):
        experiment_rules(Settings(experiment_hours="soon"))


@pytest.mark.parametrize(
    ("named", "says"),
    [("", "set HIVE_RETRAIN_HANDS"), ("nowhere:hands", "nowhere"), ("app.retraining:x", "no attribute")],
)
def test_hands_that_are_not_there_end_the_round_with_the_reason(named: str, says: str) -> None:
    with pytest.raises(StepFailed, match=says):
        hands_of(Settings(retrain_hands=named))


@pytest.mark.parametrize(
    ("model", "source", "level", "score"),
    [
        ("specialist-business", DriftSource.ERROR, Drift.DRIFT, 1.0),
        ("specialist.business", DriftSource.FEATURES, Drift.DRIFT, 0.3),
        ("specialist-business", DriftSource.ERROR, Drift.WARNING, None),
        ("domain", DriftSource.ERROR, Drift.DRIFT, None),
    ],
)
def test_a_drift_says_how_much_has_changed_and_whose_model(
    model: str, source: DriftSource, level: Drift, score: float | None
) -> None:
    event = DriftEvent(
        model=model,
        source=source,
        level=level,
        detector="adwin",
        action=DriftAction.NONE,
        at_example=9,
        before=0.2,
        after=0.4,
        champion="hat",
        movers=[FeatureShift(name="risk", psi=0.3, ks=0.2, p=0.01, before=0.1, after=0.4)],
    )
    said = drift_word(event, at_ms=5)
    assert (None if said is None else said.score) == (None if score is None else pytest.approx(score))
    assert said is None or said.specialist is SpecialistType.BUSINESS
