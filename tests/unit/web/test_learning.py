"""What the pages of specialists and experiments are told, from records as they are on the topics."""

from __future__ import annotations

import msgspec
import pytest

from app import topics
from app.stores.kafka import Found
from app.web.kept import Kept
from app.web.learning import experiments, known, specialists
from models.lifecycle.experiment import Experiment, Status
from models.lifecycle.experiment.evidence import Lift
from models.records import (
    Drift,
    DriftAction,
    DriftEvent,
    DriftSource,
    ExperimentRules,
    LearningEvent,
    SpecialistType,
    encode,
)

EVENTS = topics.LEARNING_EVENTS.name


def put(kept: Kept, topic: str, key: str, value: bytes, offset: int = 0) -> None:
    kept.take([Found(topic, 0, offset, 5_000 + offset, key.encode(), value, [])])


def plan(at: int, confidence: float, recommendation: str = "approve") -> bytes:
    """Return what the page reads of a consensus; the rest of the record is passed over."""
    opinions = [
        {"specialist_type": each.value, "confidence_score": confidence, "recommendation": recommendation, "more": [1]}
        for each in SpecialistType
    ]
    return msgspec.json.encode({"at": at, "opinions": opinions, "plan_id": "p"})


def drift(model: str, after: float) -> bytes:
    event = DriftEvent(
        model=model,
        source=DriftSource.ERROR,
        level=Drift.DRIFT,
        detector="adwin",
        action=DriftAction.RESET,
        at_example=77,
        before=0.1,
        after=after,
        champion="small-forest",
    )
    return encode(event)


def test_nothing_has_been_said_yet() -> None:
    told = specialists(Kept())
    assert (told["plans"], told["changes"]) == (0, [])
    assert [(each.confidence, each.slices) for each in told["specialists"]] == [(None, [])] * len(SpecialistType)


def test_confidence_is_told_over_time_and_its_mean_is_that_of_all_opinions() -> None:
    kept = Kept()
    for number in range(100):
        put(
            kept, topics.PLANS_CONSENSUS.name, f"p-{number}", plan(10_000 + number, 0.2 if number < 50 else 0.8), number
        )
    put(kept, topics.PLANS_CONSENSUS.name, "broken", b"nonsense", 100)
    told = specialists(kept)
    one = told["specialists"][0]
    assert (told["plans"], told["begin"], told["end"]) == (100, 10_000, 10_099)
    assert one.confidence == pytest.approx(0.5)
    assert one.slices[0].confidence == pytest.approx(0.2)
    assert one.slices[-1].confidence == pytest.approx(0.8)
    assert sum(part.opinions for part in one.slices) == 100
    assert [part.at for part in one.slices] == sorted(part.at for part in one.slices)
    assert one.recommended == {"approve": 100}


def test_a_drift_is_a_change_and_a_step_of_a_learner_is_none() -> None:
    kept = Kept()
    step = LearningEvent(model="domain", version="v", seed="s", at=1, examples=1, mistaken=0, learned=1)
    put(kept, EVENTS, "domain", encode(step), 0)
    put(kept, EVENTS, "business", drift("business", 0.4), 1)
    put(kept, EVENTS, "anybody", b'{"detector": 3', 2)
    word = {"event_id": "e", "experiment_id": "x-1", "event": "paused", "at": 9_000, "by": "Ana", "why": "lunch"}
    put(kept, EVENTS, "x-1", msgspec.json.encode(word), 3)
    told = specialists(kept)
    paused, drifted = told["changes"]
    assert (paused.kind, paused.who, paused.what, paused.by) == ("experiment", "x-1", "paused", "Ana")
    assert (drifted.kind, drifted.who, drifted.level, drifted.before, drifted.after) == (
        "drift",
        "business",
        "drift",
        0.1,
        0.4,
    )
    business = next(each for each in told["specialists"] if each.specialist == "business")
    assert (business.drifts, business.champion, business.learned) == (1, "small-forest", 77)
    others = [each for each in told["specialists"] if each is not business]
    assert {(each.drifts, each.champion) for each in others} == {(0, None)}


def test_experiments_have_their_interval_and_those_that_go_on_come_first() -> None:
    kept, lift = Kept(), Lift()
    for number in range(400):
        treated = number % 2 == 0
        lift = lift.update(treated=treated, good=number // 2 % 10 < (9 if treated else 5), p=0.5)
    for number, (name, status) in enumerate((("old", Status.RUNNING), ("new", Status.STOPPED))):
        state = Experiment(
            experiment_id=name,
            salt="s",
            specialist=SpecialistType.BUSINESS,
            champion=None,
            challenger="rung:tree",
            rules=ExperimentRules(),
            status=status,
            began_at=number,
            stage_since=number,
            now_ms=number,
            by="ana",
            lift=lift,
        )
        put(kept, topics.EXPERIMENTS_STATES.name, name, msgspec.json.encode(state), number)
    first, second = experiments(kept)
    assert (first["experiment_id"], second["experiment_id"]) == ("old", "new")
    low, estimate, high = first["difference"]
    assert low < estimate < high
    assert estimate == pytest.approx(0.4, abs=0.1)
    assert set(known(kept)) == {"old", "new"}
