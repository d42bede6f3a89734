"""Experiments: every status with every word, the ramp by hours and by what is shown, and what ends one at once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from models.lifecycle.experiment import (
    TRANSITIONS,
    Cause,
    Experiment,
    Status,
    Unit,
    arm_of,
    command,
    due_at,
    exported,
    expose,
    imported,
    judge,
    observe,
    outcome,
    place_of,
    unit_of,
    waits_for,
)
from models.records import (
    Arm,
    ExperimentCommand,
    ExperimentRules,
    ExperimentWord,
    Exposure,
    Observation,
    Recommendation,
    Scored,
    SpecialistType,
    decode,
    encode,
)

HOUR_MS = 3_600_000
APPROVE, REJECT = Recommendation.APPROVE, Recommendation.REJECT
QUICK = ExperimentRules(least_units=(5, 10, 20))
GOOD = Scored(says=APPROVE, confidence=0.7, latency_ms=5.0)


def word(kind: ExperimentWord, *, at: int = 0, **more: Any) -> ExperimentCommand:
    if kind is ExperimentWord.START:
        more = {"specialist": SpecialistType.BUSINESS, "champion": "1", "challenger": "2", **more}
    if kind is ExperimentWord.STOP:
        more = {"reason": "enough", **more}
    return ExperimentCommand(experiment_id="e", word=kind, by="ana", at=at, **more)


def begun(rules: ExperimentRules = QUICK, **more: Any) -> Experiment:
    state, [event] = command(None, word(ExperimentWord.START, rules=rules, **more), at_ms=0)
    assert state is not None
    assert (event.event, event.applied, state.status, state.traffic) == ("started", True, Status.RUNNING, 0.1)
    return state


def fed(state: Experiment, *, treated: tuple[int, int], control: tuple[int, int], **scored: Any) -> Experiment:
    """Let units of each arm have their outcomes, evenly mixed: so many right of so many."""
    p = state.traffic
    mixed = sorted(
        ((number + 0.5) / n, is_treated, number * right // n != (number + 1) * right // n)
        for is_treated, (right, n) in ((True, treated), (False, control))
        for number in range(n)
    )
    for number, (_, is_treated, good) in enumerate(mixed):
        one = Scored(says=APPROVE, confidence=0.7, latency_ms=5.0, **scored) if is_treated else GOOD
        exposure = Exposure(
            experiment_id="e",
            unit=f"{number:016x}",
            arm=Arm.TREATMENT if is_treated else Arm.CONTROL,
            probability=p,
            champion=None if is_treated else one,
            challenger=one if is_treated else None,
        )
        state, unit = expose(state, None, exposure, plan_id="p", at_ms=0)
        assert unit is not None
        state, _ = outcome(state, unit, label=APPROVE if good else REJECT)
    return state


def test_the_ramp_goes_up_with_its_hours_and_with_what_is_shown_and_the_last_stage_is_passed() -> None:
    state = begun()
    assert judge(state, now_ms=25 * HOUR_MS).state.traffic == 0.1, "hours alone are not enough"
    state = fed(state, treated=(18, 20), control=(90, 180))
    assert judge(state, now_ms=23 * HOUR_MS).state.traffic == 0.1, "nor are outcomes alone"
    seen = []
    for hours, treated, control in ((24, (0, 0), (0, 0)), (72, (54, 60), (90, 180)), (144, (270, 300), (150, 300))):
        state = fed(state, treated=treated, control=control)
        state, events = judge(state, now_ms=hours * HOUR_MS)
        seen += [(event.event, event.status, event.traffic) for event in events]
    assert seen == [
        ("traffic_expanded", "running", 0.25),
        ("traffic_expanded", "running", 0.5),
        ("passed", "passed", 1.0),
    ]
    assert (state.ended_at, arm_of(state, "anybody")[0]) == (144 * HOUR_MS, Arm.TREATMENT)
    after, [event] = command(state, word(ExperimentWord.CONCLUDE), at_ms=145 * HOUR_MS)
    assert after is not None
    assert (event.event, after.traffic) == ("concluded", 0.0), "the challenger is the champion now"
    assert event.at == 145 * HOUR_MS, "when it was said, though nothing is judged any more"


def test_a_challenger_that_is_as_good_goes_no_further_than_it_has_shown_to_be_and_lapses() -> None:
    state = fed(begun(), treated=(10, 20), control=(90, 180))
    state = judge(state, now_ms=24 * HOUR_MS).state
    assert state.traffic == 0.25, "nothing speaks against it"
    state = fed(state, treated=(30, 60), control=(90, 180))
    state = judge(state, now_ms=100 * HOUR_MS).state
    assert (state.traffic, waits_for(state, now_ms=100 * HOUR_MS)) == (0.25, "a positive difference")
    assert due_at(state) == round(QUICK.lapse_hours * HOUR_MS)
    state, [event] = judge(state, now_ms=round(QUICK.lapse_hours * HOUR_MS))
    assert (event.event, state.status, state.traffic) == ("failed", Status.FAILED, 0.0)


@pytest.mark.parametrize(
    ("why", "treated", "scored"),
    [
        ("outcomes", (5, 60), {}),
        ("guardrail errors", (0, 60), {"error": True}),
        ("breakdown", (0, 12), {"error": True}),
    ],
)
def test_harm_rolls_back_at_any_look_and_says_why(why: str, treated: tuple[int, int], scored: dict[str, Any]) -> None:
    state = fed(
        begun(ExperimentRules(tolerated_errors=0.4 if "guard" in why else 0.05)),
        treated=treated,
        control=(400, 500),
        **scored,
    )
    if why == "guardrail errors":
        state = replace(state, breaker=type(state.breaker)(), lift=type(state.lift)())
    state, [event] = judge(state, now_ms=1)
    assert (state.status, state.traffic) == (Status.ROLLED_BACK, 0.0)
    assert event.why is not None
    assert event.why.startswith(why)
    assert arm_of(state, "anybody")[0] is Arm.CONTROL
    assert judge(state, now_ms=10**9).events == (), "it is over"


def test_a_guardrail_is_for_each_of_the_four() -> None:
    for name, one in {
        "latency": Scored(says=APPROVE, confidence=0.7, latency_ms=500.0),
        "confidence": Scored(says=APPROVE, confidence=0.1, latency_ms=5.0),
        "calibration": Scored(says=APPROVE, confidence=0.95, latency_ms=5.0),
    }.items():
        state = begun()
        for number in range(80):
            exposure = Exposure(
                experiment_id="e", unit=f"{number:016x}", arm=Arm.TREATMENT, probability=0.1, challenger=one
            )
            state, unit = expose(state, None, exposure, plan_id="p", at_ms=0)
            assert unit is not None
            if name == "calibration":
                state, _ = outcome(state, unit, label=REJECT)
                state = replace(state, lift=type(state.lift)())
        # The sample ratio is off too, but the guardrails are looked at first.
        assert (judge(state, now_ms=1).state.why or "").startswith(f"guardrail {name}")


def test_a_sample_ratio_that_is_off_is_no_experiment() -> None:
    state = fed(begun(), treated=(70, 100), control=(70, 100))
    assert (judge(state, now_ms=1).state.why or "").startswith("sample ratio")


def test_every_status_takes_the_words_of_the_table_and_refuses_the_others() -> None:
    words = {
        ExperimentWord.PAUSE: Cause.PAUSE,
        ExperimentWord.RESUME: Cause.RESUME,
        ExperimentWord.STOP: Cause.STOP,
        ExperimentWord.EXPAND: Cause.EXPAND,
    }
    for status in Status:
        if status is Status.NOT_STARTED:
            continue
        before = replace(begun(), status=status, stage=3 if status is Status.PASSED else 0)
        for kind, cause in words.items():
            after, events = command(before, word(kind), at_ms=5)
            assert after is not None
            if (status, cause) in TRANSITIONS:
                assert (after.status, events[-1].applied) == (TRANSITIONS[status, cause], True)
            else:
                assert (after, events[-1].applied, events[-1].why) == (before, False, f"it is {status.value}")
    for kind in words:
        assert command(None, word(kind), at_ms=5)[1][0].why == "there is no such experiment"


def test_a_pause_treats_nobody_and_does_not_count_and_those_who_were_treated_come_back() -> None:
    state: Experiment | None = begun()
    assert state is not None
    treated = [actor for actor in map(str, range(200)) if arm_of(state, actor)[0] is Arm.TREATMENT]
    state, _ = command(state, word(ExperimentWord.PAUSE), at_ms=10 * HOUR_MS)
    assert state is not None
    assert [actor for actor in treated if arm_of(state, actor)[0] is Arm.TREATMENT] == []
    state, _ = command(state, word(ExperimentWord.RESUME), at_ms=30 * HOUR_MS)
    assert state is not None
    assert [actor for actor in treated if arm_of(state, actor)[0] is Arm.CONTROL] == []
    state = fed(state, treated=(18, 20), control=(90, 180))
    assert judge(state, now_ms=43 * HOUR_MS).state.traffic == 0.1
    assert judge(state, now_ms=44 * HOUR_MS).state.traffic == 0.25, "24 hours that were not paused"


def test_a_person_may_be_quicker_than_the_hours_but_not_than_the_evidence() -> None:
    state: Experiment | None = begun()
    for traffic in (0.25, 0.5):
        state, [event] = command(state, word(ExperimentWord.EXPAND), at_ms=1)
        assert event.traffic == traffic
    after, [event] = command(state, word(ExperimentWord.EXPAND), at_ms=1)
    assert (after, event.why) == (state, "the challenger has not shown that it is better")
    assert state is not None
    better = fed(state, treated=(270, 300), control=(150, 300))
    passed, [event] = command(better, word(ExperimentWord.EXPAND), at_ms=1)
    assert passed is not None
    assert (passed.status, event.event, event.by) == (Status.PASSED, "passed", "ana")


def test_a_word_finds_an_experiment_that_time_has_ended_before() -> None:
    state, events = command(begun(), word(ExperimentWord.EXPAND), at_ms=round(QUICK.lapse_hours * HOUR_MS))
    assert state is not None
    assert [(event.event, event.applied) for event in events] == [("failed", True), ("expand", False)]


def test_a_specialist_has_one_at_a_time() -> None:
    other = replace(begun(), experiment_id="other")
    for status in Status:
        busy = replace(other, status=status)
        _, [event] = command(None, word(ExperimentWord.START), at_ms=0, others=[busy])
        assert event.applied is (status not in (Status.RUNNING, Status.PAUSED, Status.PASSED))
    elsewhere = replace(other, specialist=SpecialistType.TECHNICAL)
    assert command(None, word(ExperimentWord.START), at_ms=0, others=[elsewhere])[1][0].applied
    assert command(begun(), word(ExperimentWord.START), at_ms=0)[1][0].why == "there is one of this id"


def test_in_the_shadow_nobody_is_treated_and_both_are_counted() -> None:
    state, _ = command(None, word(ExperimentWord.START, rules=ExperimentRules(shadow=True)), at_ms=0)
    assert state is not None
    for number in range(40):
        arm, unit_id = arm_of(state, str(number))
        assert arm is Arm.CONTROL
        exposure = Exposure(
            experiment_id="e",
            unit=unit_id,
            arm=arm,
            probability=state.traffic,
            champion=Scored(says=REJECT if number % 2 else APPROVE, confidence=0.5),
            challenger=Scored(says=APPROVE, confidence=0.75),
        )
        state, unit = expose(state, None, exposure, plan_id="p", at_ms=0)
        assert unit is not None
        state, _ = outcome(state, unit, label=APPROVE)
    pairs = judge(state, now_ms=400 * HOUR_MS).state.pairs
    assert (pairs.n, pairs.agreed, pairs.known, pairs.right) == (40, 20, 40, (20, 40))
    assert pairs.confidence == (20.0, 30.0)
    assert command(state, word(ExperimentWord.EXPAND), at_ms=1)[1][0].applied is False


def test_a_unit_counts_once_whatever_comes_later() -> None:
    state = begun()
    exposure = Exposure(experiment_id="e", unit="0" * 16, arm=Arm.TREATMENT, probability=0.1, challenger=GOOD)
    state, unit = expose(state, None, exposure, plan_id="p", at_ms=0)
    assert unit == Unit(True, 0.1, 0, "p", APPROVE, 0.7, False)
    assert unit is not None
    again, nothing = expose(state, unit, exposure, plan_id="q", at_ms=1)
    assert (again.units, again.exposures, nothing) == ((0, 1), (0, 2), None)
    state, counted = outcome(state, unit, label=APPROVE)
    assert counted is not None
    assert (state.lift.n, state.lift.good) == ((0, 1), (0, 1))
    assert outcome(state, counted, label=REJECT) == (state, None)


def test_a_label_counts_once_and_only_for_the_specialists_that_it_is_for() -> None:
    business, technical = begun(), replace(begun(), experiment_id="t", specialist=SpecialistType.TECHNICAL)
    states, units, waiting = {"e": business, "t": technical}, dict[str, Unit](), dict[str, list[str]]()

    def seen(**more: Any) -> None:
        observe(states, units, waiting, Observation(plan_id="p", at=1, **more), at_ms=1)

    def counted() -> tuple[tuple[int, int], tuple[int, int]]:
        return states["e"].lift.n, states["t"].lift.n

    seen(label=APPROVE)
    assert counted() == ((0, 0), (0, 0)), "nobody has said anything of that plan"
    exposures = [
        Exposure(experiment_id=name, unit="0" * 16, arm=Arm.CONTROL, probability=0.1, champion=GOOD)
        for name in ("e", "t", "over")
    ]
    seen(exposures=exposures)
    seen(label=APPROVE, specialist=SpecialistType.TECHNICAL)
    assert (counted(), waiting) == (((0, 0), (1, 0)), {"p": ["e/" + "0" * 16]})
    seen(label=REJECT)
    seen(label=REJECT)
    assert (counted(), waiting) == (((1, 0), (1, 0)), {})
    assert (states["e"].lift.good, states["t"].lift.good) == ((0, 0), (1, 0))


def test_an_export_comes_back_as_it_was_but_treats_nobody_and_belongs_to_no_round() -> None:
    state = fed(begun(round_id="r"), treated=(18, 20), control=(90, 180))
    raw = msgspec.json.encode(exported(state))
    back = imported(msgspec.json.decode(raw))
    assert (back.status, back.round_id, back.traffic) == (Status.PAUSED, None, 0.0)
    assert replace(back, status=state.status, round_id="r", paused_at=None) == state
    said = word(ExperimentWord.IMPORT, state=msgspec.json.decode(raw))
    there, [event] = command(None, said, at_ms=7)
    assert there is not None
    assert (there.lift, event.event) == (state.lift, "imported")
    assert command(state, said, at_ms=7)[1][0].why == "there is one of this id"
    for broken in ({}, {**exported(state), "stage": 9}, {**exported(state), "experiment_id": "other"}):
        assert command(None, word(ExperimentWord.IMPORT, state=broken), at_ms=7)[1][0].applied is False


@given(st.text(min_size=1, max_size=20), st.text(max_size=20), st.lists(st.integers(0, 100), min_size=2, max_size=6))
def test_growing_traffic_moves_nobody_out_of_the_treatment(actor: str, salt: str, stages: list[int]) -> None:
    place = place_of(unit_of(salt, actor))
    assert 0.0 <= place < 1.0
    treated = [place < stage / 100 for stage in sorted(stages)]
    assert treated == sorted(treated), "once treated, always treated"


def test_the_traffic_is_what_it_should_be_and_two_experiments_treat_different_people() -> None:
    actors = [f"actor-{number}" for number in range(20_000)]
    one, other = ([place_of(unit_of(salt, actor)) for actor in actors] for salt in ("a", "b"))
    for stage in (0.1, 0.25, 0.5):
        assert sum(place < stage for place in one) / len(actors) == pytest.approx(stage, abs=0.01)
    both = sum(a < 0.5 and b < 0.5 for a, b in zip(one, other, strict=True))
    assert both / len(actors) == pytest.approx(0.25, abs=0.01)


def test_records_travel_whole_and_what_is_wrong_is_said() -> None:
    said = word(ExperimentWord.START, rules=ExperimentRules(traffic=(5, 100), hours=(1.0,), least_units=(10,)))
    assert decode(ExperimentCommand, encode(said)) == said
    for wrong in ({"traffic": (50, 20, 100)}, {"traffic": (10, 50)}, {"hours": (1.0,)}):
        with pytest.raises(ValueError, match="expected"):
            ExperimentRules(**wrong)
    with pytest.raises(ValueError, match="reason"):
        ExperimentCommand(experiment_id="e", word=ExperimentWord.STOP, by="ana", at=0)
    with pytest.raises(ValueError, match="champion: must be given"):
        Exposure(experiment_id="e", unit="0" * 16, arm=Arm.CONTROL, probability=0.1)
