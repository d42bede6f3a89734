"""Which arm a worker finds an actor in, as the experiments' states come and go, and which model is tried."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from app.challengers import Challengers
from app.experiments import Experiments
from app.specialists import Specialists
from models.deliberation.learned import LearnedModel
from models.deliberation.routed import NO_TRIALS, Route
from models.lifecycle.experiment import Status
from models.records import Arm, Recommendation, SpecialistType
from tests.unit.deliberation.test_routed import Sure
from tests.unit.deliberation.test_scoring import taught
from tests.unit.lifecycle.test_experiment_states import begun

BUSINESS, TECHNICAL = SpecialistType.BUSINESS, SpecialistType.TECHNICAL
ACTORS = [f"actor-{number}" for number in range(300)]


def known(_specialist: SpecialistType, version: str) -> LearnedModel | None:
    return Sure() if version == "2" else None


def route_of(experiments: Experiments, actor: str, specialist: SpecialistType = BUSINESS) -> Route | None:
    found = [each for each in experiments.trials(actor).routes if each.specialist is specialist]
    return found[0] if found else None


def treated(experiments: Experiments) -> set[str]:
    found = {actor: route_of(experiments, actor) for actor in ACTORS}
    return {actor for actor, place in found.items() if place is not None and place.arm is Arm.TREATMENT}


def test_a_worker_treats_whom_the_newest_state_says_and_nobody_when_it_is_over() -> None:
    experiments, state = Experiments(known), begun()
    assert experiments.trials("ana") is NO_TRIALS
    seen = []
    for stage in (0, 1, 2):
        assert experiments.take(msgspec.json.encode(replace(state, stage=stage)))
        seen.append(treated(experiments))
    assert seen[0] < seen[1] < seen[2], "nobody is moved out"
    assert route_of(experiments, "ana", TECHNICAL) is None
    assert not experiments.take(b"{}"), "what can't be read changes nothing"
    assert treated(experiments) == seen[2]
    other = replace(state, experiment_id="other", specialist=TECHNICAL)
    experiments.take(msgspec.json.encode(other))
    assert route_of(experiments, "ana", TECHNICAL) is not None
    experiments.take(msgspec.json.encode(replace(state, status=Status.PASSED, stage=3)))
    assert treated(experiments) == set(ACTORS)
    for over in (replace(state, status=Status.ROLLED_BACK), replace(state, status=Status.PASSED, concluded=True)):
        experiments.take(msgspec.json.encode(over))
        assert route_of(experiments, "ana") is None


def test_a_route_says_with_which_probability_and_nobody_who_it_is() -> None:
    experiments = Experiments(known)
    experiments.take(msgspec.json.encode(begun()))
    place = route_of(experiments, "ana")
    assert place is not None
    assert (place.probability, place.challenger.version, "ana" in place.unit) == (0.1, "7", False)


def test_a_worker_without_the_challenger_takes_no_part_in_either_arm() -> None:
    experiments = Experiments(known)
    experiments.take(msgspec.json.encode(replace(begun(), challenger="3")))
    assert list(experiments.trials("ana").routes) == []
    experiments.take(msgspec.json.encode(begun()))
    assert route_of(experiments, "ana") is not None


def test_a_version_is_a_rung_of_the_newest_ladder_or_a_registered_model() -> None:
    specialists = Specialists()
    challengers = Challengers(specialists)
    assert challengers.of(BUSINESS, "rung:quick") is None, "no ladder yet"
    specialists.take(BUSINESS, taught(BUSINESS, Recommendation.APPROVE))
    found = challengers.of(BUSINESS, "rung:quick")
    assert found is not None
    assert (found.model_type, found.learned) == ("quick", 300)
    assert challengers.of(BUSINESS, "rung:forest") is None, "that ladder has none"
    assert challengers.of(BUSINESS, "rung:oracle") is None
    assert challengers.of(BUSINESS, "2") is None, "nothing is registered here"
    challengers.registered = known
    assert challengers.of(BUSINESS, "2") is not None
