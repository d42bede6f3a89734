"""From a drift to a new champion, and every way in which there is none; with the worker killed at every point."""

from __future__ import annotations

import random
from typing import Any

import pytest

from models.lifecycle.experiment import Status
from models.lifecycle.retraining import End, Rules, Step
from models.records import (
    ExperimentCommand,
    ExperimentRules,
    ExperimentWord,
    RetrainingCommand,
    RetrainingWord,
    SpecialistType,
)
from tests.unit.lifecycle.simulated import HOUR_MS, Hands, Simulated, StepFailed

RULES = Rules(experiment=ExperimentRules(least_units=(5, 10, 20)))
UNTIL_APPROVAL = ["started", "collected", "trained", "validated", "registered", "approval_requested"]
PROMOTED = [
    *UNTIL_APPROVAL,
    "approved",
    "experiment_started",
    "traffic_expanded",
    "traffic_expanded",
    "experiment_passed",
    "promoted",
    "ended",
]
ROLLED_BACK = [*UNTIL_APPROVAL, "approved", "experiment_started", "rolled_back", "ended"]


def run(*, treated: float, kill_at: int | None = None, kill_every: bool = False) -> Simulated:
    """A drift, a round, an approval an hour later, and traffic until the experiment is over."""
    world = Simulated(RULES, Hands(), kill_at=kill_at)
    world.word(RetrainingWord.DRIFT, score=0.35, reason="error of business (adwin)")
    world.now_ms += HOUR_MS
    world.word(RetrainingWord.APPROVE)
    world.traffic(random.Random(7), treated=treated, control=0.5)
    return world


def outcome_of(world: Simulated) -> tuple[Any, ...]:
    """Return all that can be seen of a run, but for how often hands were asked."""
    return (
        world.tables["retraining"],
        world.tables["experiments"],
        [event.event_id for event in world.events],
        list(world.kept.values()),
        world.hands.champion,
    )


def test_a_drift_becomes_a_champion_by_an_approval_and_a_ramp() -> None:
    world = run(treated=0.95)
    assert world.told() == PROMOTED
    details = [event.details for event in world.kept.values()]
    assert [each["traffic"] for each in details if "traffic" in each] == [0.1, 0.25, 0.5, 1.0]
    assert (world.hands.champion, world.hands.calls) == ("2", ["collect", "train", "validate", "register", "promote"])
    [past] = world.retraining.past
    assert (past.ending, past.approved_by, world.retraining.now) == (End.PROMOTED, "ana", None)
    assert world.experiment is not None
    assert (world.experiment.status, world.experiment.concluded, world.experiment.traffic) == (Status.PASSED, True, 0.0)
    times = [event.at for event in world.kept.values()]
    assert times == sorted(times)


def test_a_harmful_challenger_is_rolled_back_and_the_champion_stays() -> None:
    world = run(treated=0.05)
    assert world.told() == ROLLED_BACK
    assert (world.hands.champion, world.hands.challenger, "promote" in world.hands.calls) == ("1", None, False)
    [past] = world.retraining.past
    assert past.ending is End.ROLLED_BACK
    assert (past.ended_why or "").startswith("outcomes: the challenger is worse")
    assert world.experiment is not None
    assert world.experiment.stage == 0, "it has never had more than 10 %"


@pytest.mark.parametrize(("treated", "events"), [(0.95, PROMOTED), (0.05, ROLLED_BACK)])
def test_a_worker_that_is_killed_at_any_point_ends_as_one_that_is_not(treated: float, events: list[str]) -> None:
    whole = run(treated=treated)
    wanted = outcome_of(whole)
    marked = [point for point in range(whole.points) if _matters(point, whole.points)]
    for point in marked:
        killed = run(treated=treated, kill_at=point)
        assert outcome_of(killed) == wanted, f"killed at point {point}"
        assert killed.told() == events
    assert len(marked) > 40


def _matters(point: int, points: int) -> bool:
    """All of the round's own points, which come first and last, and every seventh of those of the traffic between."""
    return point < 40 or point >= points - 30 or point % 7 == 0


def test_without_an_approval_nothing_is_promoted_whichever_way_is_tried() -> None:
    world = Simulated(RULES, Hands())
    world.word(RetrainingWord.START)
    now = world.retraining.now
    assert now is not None
    assert now.step is Step.APPROVAL
    about = {"round_id": now.round_id}
    # The open topic: the system's words, said by a person.
    for kind in set(RetrainingWord) - {RetrainingWord.START, RetrainingWord.APPROVE, RetrainingWord.REJECT}:
        passed = {"event": "passed", "status": "passed", "traffic": 1.0, "score": 9.0}
        world.say("retraining", _said(world, kind, **about, **passed, step="promote", result={"version": "2"}))
    # The closed one: reports of steps that the round is not at, and of an experiment that there is not.
    for step in Step:
        if step is not Step.APPROVAL:
            world.word(RetrainingWord.DONE, **about, step=step.value, result={"version": "2"})
            world.word(RetrainingWord.FAILED, **about, step=step.value, final=True)
    world.word(RetrainingWord.COMPARED, **about, event="passed", status="passed", traffic=1.0)
    # An approval of another round, a second start, time, drifts.
    world.word(RetrainingWord.APPROVE, round_id="another")
    world.word(RetrainingWord.START)
    world.word(RetrainingWord.DRIFT, score=1.0)
    world.now_ms += HOUR_MS
    world.tick()
    # An experiment of the same id, begun and passed by hand.
    rules = ExperimentRules(traffic=(50, 100), hours=(0.0,), least_units=(1,))
    begin = ExperimentCommand(
        experiment_id=now.experiment_id,
        word=ExperimentWord.START,
        by="mallory",
        at=world.now_ms,
        specialist=SpecialistType.BUSINESS,
        champion="1",
        challenger="2",
        rules=rules,
        round_id=now.round_id,
    )
    world.say("experiments", begin)
    world.traffic(random.Random(1), treated=0.95, control=0.3)
    assert world.experiment is not None
    assert world.experiment.status is Status.PASSED
    assert world.retraining.now is not None
    assert (world.retraining.now.step, world.hands.champion) == (Step.APPROVAL, "1")
    # Even the approval does not let the round use what somebody else has begun in its name.
    world.word(RetrainingWord.APPROVE)
    assert world.retraining.now is None
    assert world.retraining.past[-1].ending is End.FAILED
    assert ("promote" in world.hands.calls, world.hands.champion) == (False, "1")


def _status(world: Simulated) -> Status | None:
    return None if world.experiment is None else world.experiment.status


def _said(world: Simulated, kind: RetrainingWord, **more: Any) -> Any:
    return RetrainingCommand(specialist=SpecialistType.BUSINESS, word=kind, by="mallory", at=world.now_ms, **more)


def test_nobody_answers_and_the_round_expires() -> None:
    world = Simulated(RULES, Hands())
    world.word(RetrainingWord.START)
    world.now_ms += RULES.approval_ms
    world.word(RetrainingWord.APPROVE)
    assert world.told()[-2:] == ["expired", "ended"]
    assert (world.hands.champion, world.hands.challenger) == ("1", None)


def test_the_system_approves_only_by_a_setting_and_after_enough_rounds_that_people_had_approved() -> None:
    world = Simulated(Rules(automatic=True, automatic_after=1, cooldown_ms=0, experiment=RULES.experiment), Hands())
    world.word(RetrainingWord.START)
    assert world.retraining.now is not None
    assert world.retraining.now.step is Step.APPROVAL, "none has been promoted yet"
    world.word(RetrainingWord.APPROVE)
    world.traffic(random.Random(7), treated=0.95, control=0.5)
    assert world.retraining.promoted == 1
    world.word(RetrainingWord.START)
    now = world.retraining.now
    assert now is not None
    assert (now.step, now.approved_by) == (Step.COMPARE, "system")
    off = Simulated(RULES, Hands())
    off.tables["retraining"] = world.tables["retraining"]
    off.word(RetrainingWord.REJECT, reason="not now")
    off.word(RetrainingWord.START)
    assert off.retraining.now is not None
    assert off.retraining.now.step is Step.APPROVAL, "by default a person says so, each time"


def test_what_validation_refuses_is_never_registered() -> None:
    world = Simulated(RULES, Hands(passes=False))
    world.word(RetrainingWord.START)
    assert world.told() == ["started", "collected", "trained", "validated", "not_valid", "ended"]
    assert world.retraining.past[-1].ended_why == "f1 is 0.61, 0.65 is wanted"
    assert "register" not in world.hands.calls


def test_a_person_rejects_at_any_time_before_the_promotion() -> None:
    world = Simulated(RULES, Hands())
    world.word(RetrainingWord.START)
    world.word(RetrainingWord.APPROVE)
    assert [_status(world)] == [Status.RUNNING]
    world.word(RetrainingWord.REJECT, reason="the data were wrong")
    assert [_status(world)] == [Status.STOPPED]
    assert world.retraining.past[-1].ending is End.REJECTED
    assert (world.hands.champion, world.hands.challenger) == ("1", None)


def test_a_step_is_tried_again_later_and_not_for_ever_and_some_failures_are_final() -> None:
    world = Simulated(RULES, Hands())
    world.hands.fails["train"] = [OSError("the registry is down")] * 2
    world.word(RetrainingWord.START)
    for _ in range(2):
        now = world.retraining.now
        assert now is not None
        assert (now.step, now.problem) == (Step.TRAIN, "train: OSError: the registry is down")
        world.now_ms = now.again_at or 0
        world.settle()
    assert world.told() == [*UNTIL_APPROVAL[:2], "step_failed", "step_failed", *UNTIL_APPROVAL[2:]]

    world = Simulated(RULES, Hands())
    world.hands.fails["collect"] = [StepFailed("7 of 10,000 samples")]
    world.word(RetrainingWord.START)
    assert world.retraining.past[-1].ended_why == "collect: 7 of 10,000 samples"

    world = Simulated(RULES, Hands())
    world.hands.fails["promote"] = [OSError("down")] * 9
    world.word(RetrainingWord.START)
    world.word(RetrainingWord.APPROVE)
    world.traffic(random.Random(7), treated=0.95, control=0.5)
    while (now := world.retraining.now) is not None:
        world.now_ms = now.again_at or world.now_ms
        world.settle()
    assert world.hands.calls.count("promote") == RULES.tries
    assert world.retraining.past[-1].ending is End.FAILED
    assert world.experiment is not None
    assert (world.experiment.status, world.experiment.traffic) == (Status.STOPPED, 0.0), "the champion has it all again"


def test_drifts_wait_for_the_threshold_the_interval_and_the_cool_down() -> None:
    world = Simulated(RULES, Hands())
    world.word(RetrainingWord.DRIFT, score=0.19)
    assert world.retraining.now is None, "below the threshold"
    world.word(RetrainingWord.DRIFT, score=0.2)
    assert world.retraining.now is not None
    world.word(RetrainingWord.DRIFT, score=0.5)
    assert world.retraining.rounds == 1, "one at a time"
    world.word(RetrainingWord.REJECT, reason="no")
    ended_at = world.now_ms
    world.now_ms += RULES.cooldown_ms - 1
    world.tick()
    assert world.retraining.now is None, "it cools down"
    world.now_ms = ended_at + RULES.cooldown_ms
    world.tick()
    assert world.retraining.now is not None
    assert world.retraining.rounds == 2, "what has drifted meanwhile was not forgotten"
    world.word(RetrainingWord.START)
    refused = world.events[-1]
    assert (refused.event, refused.applied) == ("start", False)
