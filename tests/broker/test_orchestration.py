"""Plans through a real worker of the stage `orchestrate`: the test lets plans go and says what came of each ticket.

Whatever is killed, comes too early or comes again, a plan ends once, with the right answer, and a ticket goes out once.
"""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from msgspec import structs

from app.clock import now_ms
from app.embedded.ports import free_port
from app.engine.admin import create_missing
from app.settings import Settings
from app.topics import EXECUTION_TICKETS_OF, TOPICS
from models.planning.tickets import first_tickets
from models.records import CognitivePlan, CommandKind, ExecutionTicket, PlanCommand, decode, encode
from models.records.base import Record
from tests.broker.cluster import get, producer, read, worker_process
from tests.unit.orchestration.simulated import DAY_MS, done, plan_of, query, transform

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from app.embedded.process import ManagedProcess
    from app.embedded.stack import Stack

pytestmark = pytest.mark.real

PLANS = 12
"""Of each kind: so many that each of the four partitions has some."""
TICKETS = EXECUTION_TICKETS_OF["mongodb"].name
JOIN = [{"op": "join", "with": "b", "on": [["n", "n"]], "how": "inner", "prefix": ""}]
ANSWERED_S = 60.0
AGAIN_S = 1.0
"""What is done twice comes soon after."""


class Hive(NamedTuple):
    """A worker, and what the test says to it and hears from it."""

    kafka: str
    worker: ManagedProcess
    settings: dict[str, str]
    addresses: dict[str, str]
    folder: Path

    def say(self, *events: tuple[str, Record]) -> None:
        """Write events, each on its topic."""
        to = producer(self.kafka)
        for topic, event in events:
            plan_id: str = getattr(event, "plan_id")  # noqa: B009 — every event has one, the record's base has not
            to.produce(topic, encode(event), key=plan_id)
        assert to.flush(10) == 0

    def let_go(self, *plans: CognitivePlan) -> None:
        """Let plans go."""
        self.say(*(("plans.ready", plan) for plan in plans))

    def answer(self, *tickets: ExecutionTicket) -> None:
        """Say what came of tickets: two rows of a plan's first query and one of the second, which has one of them."""
        for ticket in tickets:
            rows = [{"n": 1}, {"n": 2}] if ticket.task_id == "a" else [{"n": 2}]
            self.say(("execution.results", done(ticket, rows)))

    def tickets(self, plans: Collection[str], many: int, timeout_s: float = ANSWERED_S) -> list[ExecutionTicket]:
        """Return the tickets of these plans that the worker has sent, once there are so many."""
        return [decode(ExecutionTicket, value) for value in self._values([TICKETS], plans, many, timeout_s)]

    def ends(self, plans: Collection[str], many: int, timeout_s: float = ANSWERED_S) -> list[dict[str, Any]]:
        """Return the ends of these plans, once there are so many."""
        return [json.loads(value) for value in self._values(["plans.completed"], plans, many, timeout_s)]

    def check_ends(self, plans: Collection[str], *, outcome: str = "answered") -> None:
        """Wait until these plans have ended; check how, and that each did so once."""
        self.ends(plans, len(plans))
        ends = self.ends(plans, len(plans) + 1, AGAIN_S)
        assert Counter(end["plan_id"] for end in ends) == Counter(list(plans))
        assert {end["outcome"] for end in ends} == {outcome}
        assert all(outcome == "cancelled" or end["answer"]["rows"] == [[2]] for end in ends)

    def _values(self, topics: list[str], plans: Collection[str], many: int, timeout_s: float) -> list[bytes]:
        def of(found: list[Any]) -> list[bytes]:
            values = [message.value() for message in found if message.key().decode(errors="replace") in plans]
            return [value for value in values if value is not None]

        return of(read(self.kafka, topics, lambda found: len(of(found)) >= many, timeout_s=timeout_s))


@pytest.fixture(scope="module")
def hive(real_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hive]:
    """Run a worker that orchestrates and does nothing else."""
    create_missing(Settings.load(real_stack.addresses), TOPICS)
    settings = {
        "HIVE_STAGES": "orchestrate",
        "HIVE_APP_ID": f"orchestration-{free_port()}",
        "HIVE_DEAD_LETTERS_IN_A_ROW": "100000",  # other tests leave nonsense on plans.ready
    }
    folder = tmp_path_factory.mktemp("orchestration")
    process, _ = worker_process(real_stack.addresses, folder, settings)
    process.start()
    yield Hive(real_stack.addresses["HIVE_KAFKA"], process, settings, dict(real_stack.addresses), folder)
    process.stop(timeout_s=30)


def plans(number: int = PLANS) -> dict[str, CognitivePlan]:
    """A query, one that follows it, and what both have brought joined."""
    made = plan_of(query("a"), query("b", "a"), transform("end", "a", "b", steps=JOIN))
    now = now_ms()
    ids = [f"plan-{uuid.uuid4().hex}" for _ in range(number)]
    return {
        plan_id: structs.replace(made, plan_id=plan_id, intent_id=plan_id, created_at=now, valid_until=now + DAY_MS)
        for plan_id in ids
    }


def first(plan: CognitivePlan) -> ExecutionTicket:
    """The ticket that went out with a plan."""
    [ticket] = first_tickets(plan, now_ms=now_ms())
    return ticket


def test_plans_end_once_through_early_results_a_cancellation_a_kill_and_repetition(hive: Hive) -> None:
    early, cancelled = plans(), plans(2)
    hive.answer(*map(first, early.values()))
    hive.let_go(*early.values(), *cancelled.values())
    hive.answer(*hive.tickets(early, PLANS))
    hive.ends(early, PLANS)
    hive.say(
        *(
            ("plans.commands", PlanCommand(plan_id=plan_id, kind=CommandKind.CANCEL, by="ana", at=now_ms()))
            for plan_id in cancelled
        )
    )
    hive.answer(*map(first, cancelled.values()))
    hive.ends(cancelled, 2)

    between, under_way = plans(), plans()
    hive.let_go(*between.values(), *under_way.values())
    hive.answer(*map(first, between.values()))
    hive.tickets(between, PLANS)  # so the first query's result is taken in, and the join waits for the second's
    hive.answer(*map(first, under_way.values()))
    hive.worker.kill()
    hive.worker.start()
    both = {**between, **under_way}
    seconds = hive.tickets(both, 2 * PLANS)
    hive.answer(*seconds)
    hive.ends(both, 2 * PLANS)

    # Those of before the kill have their markers from the changelog.
    ended = {**early, **both}
    hive.let_go(*ended.values(), *cancelled.values())
    hive.answer(*map(first, ended.values()), *seconds)
    hive.let_go(*(marks := plans(PLANS)).values())
    hive.answer(*map(first, marks.values()))
    hive.answer(*hive.tickets(marks, PLANS))
    hive.check_ends(marks)  # the worker has read all that was written before
    hive.check_ends(ended)
    hive.check_ends(cancelled, outcome="cancelled")
    assert Counter(ticket.plan_id for ticket in hive.tickets(ended, 3 * PLANS + 1, AGAIN_S)) == Counter(list(ended))


def test_plans_go_on_at_the_worker_that_takes_their_partitions_over_and_back(hive: Hive) -> None:
    some = plans()
    hive.let_go(*some.values())
    hive.answer(*map(first, some.values()))
    tickets = hive.tickets(some, PLANS)
    leaving = {**hive.settings, "HIVE_STATIC_MEMBER": "false"}  # a static member's partitions wait for it to return
    other, port = worker_process(hive.addresses, hive.folder, leaving)
    other.start()
    try:
        deadline_s = time.monotonic() + ANSWERED_S
        while not json.loads(get(port, "/health/ready")[1])["partitions"]:
            assert time.monotonic() < deadline_s, "the second worker gets no partitions"
            time.sleep(0.1)
        hive.answer(*tickets[: PLANS // 2])
    finally:
        other.stop(timeout_s=30)  # so its partitions go back
    hive.answer(*tickets[PLANS // 2 :])
    hive.check_ends(some)
    assert Counter(ticket.plan_id for ticket in hive.tickets(some, PLANS + 1, AGAIN_S)) == Counter(list(some))
