"""Plans of every shape come to their end, once, with the right states and the right answers."""

from __future__ import annotations

import random
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvalidRecord
from models.orchestration import PlanState, Rules
from models.orchestration.apply import MOST_EARLY
from models.planning.tickets import RETRIES
from models.records import (
    CognitivePlan,
    CommandKind,
    CompletedPlan,
    CompletionStatus,
    ExecutionResult,
    ExecutionTicket,
    PlanOutcome,
    PlanTask,
    RiskBand,
    TaskType,
    decode,
    encode,
)
from tests.unit.orchestration.simulated import World, claimed, done, failed, outside, plan_of, query, transform


def rows_of(end: CompletedPlan) -> list[list[object]]:
    assert end.answer is not None
    return [list(row) for row in end.answer.rows]


def test_one_query_is_answered_by_its_result_and_leaves_nothing_behind() -> None:
    world = World(plan_of(query("a"))).release()
    end = world.run(lambda ticket: done(ticket, [{"n": 7}]))
    assert (end.status, end.outcome) == (CompletionStatus.COMPLETED, PlanOutcome.ANSWERED)
    assert rows_of(end) == [[7]]
    assert (world.state, world.outputs) == (None, {})


def test_a_diamond_joins_what_both_sides_have_brought() -> None:
    join = {"op": "join", "with": "right", "on": [["n", "n"]], "how": "inner", "prefix": ""}
    plan = plan_of(
        query("top"), query("left", "top"), query("right", "top"), transform("end", "left", "right", steps=[join])
    )
    rows = {"top": [{"n": 0}], "left": [{"n": 1}, {"n": 2}], "right": [{"n": 2}, {"n": 3}]}
    world = World(plan).release()
    assert [ticket.task_id for ticket in world.tickets] == ["top"]
    end = world.run(lambda ticket: done(ticket, rows[ticket.task_id]))
    assert rows_of(end) == [[2]]
    assert set(world.statuses.values()) == {"completed"}
    assert [ticket.task_id for ticket in world.tickets] == ["top", "left", "right"], "a transformation has no ticket"


def test_a_chain_of_twenty_goes_one_by_one() -> None:
    tasks = [query("t0"), *(query(f"t{n}", f"t{n - 1}") for n in range(1, 20))]
    world = World(plan_of(*tasks)).release()
    end = world.run()
    assert [ticket.task_id for ticket in world.tickets] == [f"t{n}" for n in range(20)]
    assert end.outcome is PlanOutcome.ANSWERED


def test_a_chain_of_transformations_is_worked_out_at_once() -> None:
    tasks = [query("t0"), *(transform(f"t{n}", f"t{n - 1}") for n in range(1, 20))]
    world = World(plan_of(*tasks)).release()
    world.happen(done(world.tickets[0], [{"n": 4}]))
    assert rows_of(world.ends[0]) == [[4]]


def test_a_hundred_go_out_together_and_all_are_waited_for() -> None:
    fan = [query(f"q{n}", "start") for n in range(100)]
    plan = plan_of(query("start"), *fan, transform("end", *(task.task_id for task in fan)))
    world = World(plan).release()
    world.happen(done(world.tickets[0]))
    assert len(world.tickets) == 101
    for ticket in random.Random(3).sample(world.tickets[1:], 100):
        assert not world.ends
        world.happen(done(ticket, [{"n": int(ticket.task_id[1:])}]))
    assert rows_of(world.ends[0]) == [[0]]


def test_what_depends_on_a_failed_task_is_left_out_and_the_rest_goes_on() -> None:
    plan = plan_of(query("a"), query("bad", "a"), query("side", "a"), transform("end", "bad"))
    world = World(plan).release()
    end = world.run(lambda ticket: failed(ticket) if ticket.task_id == "bad" else done(ticket))
    assert world.statuses == {"a": "completed", "bad": "failed", "side": "completed", "end": "skipped"}
    assert (end.status, end.outcome) == (CompletionStatus.FAILED, PlanOutcome.FAILED)
    assert end.error is not None
    assert "no such field" in end.error


def test_a_failed_side_makes_an_answer_partial() -> None:
    plan = plan_of(query("side"), query("answer"))
    world = World(plan).release()
    end = world.run(lambda ticket: failed(ticket) if ticket.task_id == "side" else done(ticket))
    assert (end.status, end.outcome) == (CompletionStatus.COMPLETED, PlanOutcome.PARTIAL)


@pytest.mark.parametrize(
    ("dependencies", "order"), [({"a": ["b"], "b": ["a"]}, ["a", "b"]), ({"a": ["a"]}, ["a"]), ({"a": ["x"]}, ["a"])]
)
def test_a_cycle_offered_by_hand_is_refused_as_a_record(dependencies: dict[str, list[str]], order: list[str]) -> None:
    wire = msgspec.to_builtins(plan_of(*(query(name) for name in order)))
    for task in wire["tasks"]:
        task["dependencies"] = dependencies[task["task_id"]]
    with pytest.raises(InvalidRecord, match="comes before what it depends on"):
        decode(CognitivePlan, msgspec.json.encode(wire))


@pytest.mark.parametrize("band", RiskBand)
def test_a_task_is_tried_again_as_often_as_its_risk_says(band: RiskBand) -> None:
    world = World(plan_of(query("a"), band=band)).release()
    end = world.run(lambda ticket: failed(ticket, retryable=True, error="the store went away"))
    assert len(world.tickets) == 1 + RETRIES[band]
    assert len({ticket.ticket_id for ticket in world.tickets}) == len(world.tickets)
    assert (end.outcome, "went away" in str(end.error)) == (PlanOutcome.FAILED, True)


def test_back_off_grows_and_is_the_same_again() -> None:
    def times() -> list[int]:
        world = World(plan_of(query("a"), band=RiskBand.CRITICAL)).release()
        world.run(lambda ticket: failed(ticket, retryable=True))
        return [ticket.created_at for ticket in world.tickets]

    first, again = times(), times()
    assert first == again
    waits = [after - before for before, after in pairwise(first)]
    rules = Rules()
    assert len(waits) == RETRIES[RiskBand.CRITICAL]
    assert all(rules.retry_ms * 2**n / 2 <= wait <= rules.retry_ms * 2**n for n, wait in enumerate(waits))


def test_a_ticket_that_nobody_answers_ends_by_its_deadline() -> None:
    world = World(plan_of(query("a"))).release()
    end = world.run(lambda _: None)
    assert world.now_ms == world.tickets[0].sla.deadline + world.rules.grace_ms
    assert "deadline" in str(end.error)


def test_a_plan_ends_when_it_is_no_longer_valid() -> None:
    world = World(plan_of(query("a"), query("b", "a"), valid_ms=1_000)).release()
    end = world.run(lambda _: None)
    assert world.statuses == {"a": "failed", "b": "skipped"}
    assert "no longer valid" in str(end.error)


def test_outside_work_that_nobody_takes_up_is_handed_off_with_all_that_follows() -> None:
    world = World(plan_of(outside("build", kind=TaskType.BUILD), outside("deploy", "build"))).release()
    end = world.run(lambda _: None)
    assert world.now_ms == world.tickets[0].created_at + world.rules.handoff_ms
    assert world.statuses == {"build": "handed_off", "deploy": "skipped"}
    assert end.outcome is PlanOutcome.HANDED_OFF


def test_outside_work_that_is_taken_up_has_until_its_deadline() -> None:
    world = World(plan_of(outside("build"))).release()
    world.happen(claimed(world.tickets[0]))
    world.now_ms += world.rules.handoff_ms * 2
    world.say(CommandKind.TICK)
    assert world.statuses == {"build": "running"}
    world.happen(done(world.tickets[0]))
    assert world.ends[0].outcome is PlanOutcome.DONE


def test_what_was_done_for_nothing_is_taken_back_in_reverse() -> None:
    plan = plan_of(
        outside("build", kind=TaskType.BUILD),
        outside("deploy", "build"),
        outside("check", "deploy", kind=TaskType.TEST),
    )
    world = World(plan).release()
    end = world.run(lambda ticket: failed(ticket) if ticket.task_id == "check" else done(ticket))
    back = [ticket for ticket in world.tickets if ticket.task_type is TaskType.COMPENSATE]
    assert [ticket.task_id for ticket in back] == ["deploy", "build"]
    assert world.statuses == {"build": "compensated", "deploy": "compensated", "check": "failed"}
    assert end.outcome in (PlanOutcome.FAILED, PlanOutcome.PARTIAL)


def test_what_can_not_be_taken_back_is_said_and_the_rest_goes_on() -> None:
    plan = plan_of(outside("build", kind=TaskType.BUILD), outside("deploy", "build"), outside("check", "deploy"))
    world = World(plan).release()

    def answer(ticket: ExecutionTicket) -> ExecutionResult:
        stuck = ticket.task_id == "deploy" and ticket.task_type is TaskType.COMPENSATE
        return failed(ticket) if stuck or ticket.task_id == "check" else done(ticket)

    world.run(answer)
    assert world.statuses == {"build": "compensated", "deploy": "uncompensated", "check": "failed"}


def test_a_cancelled_plan_begins_nothing_more_and_takes_back_what_was_done() -> None:
    world = World(plan_of(outside("build", kind=TaskType.BUILD), outside("deploy", "build"))).release()
    world.happen(done(world.tickets[0]))
    world.say(CommandKind.CANCEL)
    end = world.run(lambda ticket: done(ticket) if ticket.task_type is TaskType.COMPENSATE else None)
    assert world.statuses == {"build": "compensated", "deploy": "skipped"}
    assert end.outcome is PlanOutcome.CANCELLED
    assert "ana" in str(end.error)


def test_a_result_that_comes_before_its_plan_is_kept_and_counts_when_the_plan_comes() -> None:
    world = World(plan_of(query("a"), transform("b", "a")))
    from models.planning.tickets import first_tickets

    [ticket] = first_tickets(world.plan, now_ms=world.now_ms)
    for _ in range(3):
        world.happen(done(ticket, [{"n": 5}]))
    assert world.state is not None
    assert len(world.state.early) == 1
    world.happen(world.plan)
    assert rows_of(world.ends[0]) == [[5]]


def test_what_is_kept_before_a_plan_comes_is_bounded_and_forgotten() -> None:
    world = World(plan_of(query("a")))
    ticket = World(plan_of(query("a"))).release().tickets[0]
    for number in range(MOST_EARLY + 50):
        world.happen(done(msgspec.structs.replace(ticket, ticket_id=f"unknown-{number}")))
    assert world.state is not None
    assert len(world.state.early) == MOST_EARLY
    world.wait()
    assert world.state is None


def test_a_plan_that_comes_again_after_its_end_does_not_begin_again() -> None:
    world = World(plan_of(query("a"), query("b", "a"))).release()
    world.run()
    before = list(world.tickets)
    world.happen(world.plan)
    world.happen(done(world.tickets[0]))
    assert (world.state, world.tickets, len(world.ends)) == (None, before, 1)


def test_a_state_survives_its_changelog() -> None:
    world = World(plan_of(query("a"), query("b", "a"))).release()
    world.happen(done(world.tickets[0]))
    assert msgspec.json.decode(msgspec.json.encode(world.state), type=PlanState) == world.state


@st.composite
def graphs(draw: st.DrawFn) -> CognitivePlan:
    tasks: list[PlanTask] = []
    for number in range(draw(st.integers(1, 8))):
        before = draw(st.lists(st.sampled_from([task.task_id for task in tasks]), unique=True)) if tasks else []
        make = draw(st.sampled_from([query, outside] if not before else [query, outside, transform]))
        tasks.append(make(f"t{number}", *before))
    return plan_of(*tasks, band=draw(st.sampled_from(RiskBand)))


def _ending(end: CompletedPlan) -> tuple[object, ...]:
    tasks = [(task.id, task.status, task.attempts) for task in end.tasks or ()]
    return end.status, end.outcome, end.answer and end.answer.rows, tasks


@settings(deadline=None)  # the first transformation imports polars
@given(plan=graphs(), fate=st.integers(0, 2**32), seeds=st.tuples(st.integers(), st.integers()))
def test_any_order_of_results_and_any_repetition_come_to_the_same_end(
    plan: CognitivePlan, fate: int, seeds: tuple[int, int]
) -> None:
    """Also through the changelog: what a killed worker left is read back before each event."""

    def result(ticket: ExecutionTicket) -> ExecutionResult:
        kind = random.Random(f"{fate}{ticket.ticket_id}").random()
        if ticket.task_type is TaskType.COMPENSATE or kind < 0.6:
            return done(ticket, [{"n": round(kind * 100)}])
        return failed(ticket, retryable=kind < 0.8)

    ends = []
    for seed in seeds:
        luck, world = random.Random(seed), World(plan).release()
        waiting = list(world.tickets)
        sent = len(waiting)
        seen: list[ExecutionResult] = []
        for _ in range(2_000):
            if world.ends:
                break
            if world.state is not None:
                world.state = msgspec.json.decode(msgspec.json.encode(world.state), type=PlanState)
            if seen and luck.random() < 0.3:
                world.happen(world.plan if luck.random() < 0.2 else luck.choice(seen))
            elif waiting:
                answered = result(waiting.pop(luck.randrange(len(waiting))))
                seen.append(answered)
                world.happen(answered)
            else:
                world.wait()
            waiting += world.tickets[sent:]
            sent = len(world.tickets)
        for late in luck.sample(seen, len(seen)):
            world.happen(late if luck.random() < 0.5 else world.plan)
        world.happen(world.plan)
        assert (world.state, world.tickets[sent:]) == (None, []), "what comes after the end begins nothing"
        [end] = world.ends
        assert len({ticket.ticket_id for ticket in world.tickets}) == len(world.tickets), "none goes out twice"
        assert decode(CompletedPlan, encode(end)) == end
        ends.append(_ending(end))
    assert ends[0] == ends[1]
