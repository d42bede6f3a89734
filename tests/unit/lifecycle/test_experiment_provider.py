"""Which arm a worker finds an actor in, as the experiments' states come and go."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from app.experiments import Experiments
from models.lifecycle.experiment import Status
from models.records import Arm, Observation, Scored, SpecialistType, decode, encode
from tests.unit.lifecycle.test_experiment_states import begun

BUSINESS, TECHNICAL = SpecialistType.BUSINESS, SpecialistType.TECHNICAL
ACTORS = [f"actor-{number}" for number in range(300)]


def treated(experiments: Experiments) -> set[str]:
    found = {actor: experiments.assigned(BUSINESS, actor) for actor in ACTORS}
    return {actor for actor, place in found.items() if place is not None and place.arm is Arm.TREATMENT}


def test_a_worker_treats_whom_the_newest_state_says_and_nobody_when_it_is_over() -> None:
    experiments, state = Experiments(), begun()
    assert experiments.assigned(BUSINESS, "ana") is None
    seen = []
    for stage in (0, 1, 2):
        assert experiments.take(msgspec.json.encode(replace(state, stage=stage)))
        seen.append(treated(experiments))
    assert seen[0] < seen[1] < seen[2], "nobody is moved out"
    assert experiments.assigned(TECHNICAL, "ana") is None
    assert not experiments.take(b"{}"), "what can't be read changes nothing"
    assert treated(experiments) == seen[2]
    other = replace(state, experiment_id="other", specialist=TECHNICAL)
    experiments.take(msgspec.json.encode(other))
    assert experiments.assigned(TECHNICAL, "ana") is not None
    experiments.take(msgspec.json.encode(replace(state, status=Status.PASSED, stage=3)))
    assert treated(experiments) == set(ACTORS)
    for over in (replace(state, status=Status.ROLLED_BACK), replace(state, status=Status.PASSED, concluded=True)):
        experiments.take(msgspec.json.encode(over))
        assert experiments.assigned(BUSINESS, "ana") is None


def test_an_exposure_says_with_which_probability_and_travels_whole() -> None:
    experiments = Experiments()
    experiments.take(msgspec.json.encode(begun()))
    place = experiments.assigned(BUSINESS, "ana")
    assert place is not None
    scored = Scored(approves=True, confidence=0.7, latency_ms=1.5)
    exposure = place.exposure(champion=scored, challenger=scored)
    assert (exposure.probability, exposure.unit, "ana" in exposure.unit) == (0.1, place.unit, False)
    seen = Observation(plan_id="p", at=1, exposures=[exposure])
    assert decode(Observation, encode(seen)) == seen
