from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from app import topics
from app.cli import _plans, _render, main
from app.stores import kafka
from models.deliberation.scoring import consensus_of
from models.records import CommandKind, PlanCommand, SpecialistType, decode, encode
from tests.unit.orchestration.simulated import World, claimed, done, failed, outside, plan_of, query, transform


class Broker:
    """The topics that the command reads, what comes while it looks, and what it says there."""

    def __init__(self) -> None:
        self.records: list[kafka.Found] = []
        self.later: list[kafka.Found] = []
        self.said: list[bytes] = []

    def found(self, topic: str, key: str, value: bytes | None) -> kafka.Found:
        return kafka.Found(topic, 0, len(self.records), 0, key.encode(), value, [])

    def put(self, world: World) -> None:
        """Write where a plan stands, as the stage does."""
        self.records += self.of(world)

    def of(self, world: World) -> list[kafka.Found]:
        plan = world.plan
        written = [self.found(topics.PLANS_READY.name, plan.plan_id, encode(plan))]
        if world.state is not None or world.ends:
            raw = None if world.state is None else msgspec.json.encode(world.state)
            written.append(self.found(topics.PLANS_STATES.name, plan.plan_id, raw))
        written += [self.found(topics.PLANS_COMPLETED.name, "intention", encode(end)) for end in world.ends]
        return written

    def produce(self, topic: str, value: bytes, key: bytes) -> None:
        assert (topic, key) == (topics.PLANS_COMMANDS.name, b"plan-1")
        self.said.append(value)

    def flush(self, _: float) -> int:
        return 0


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker()

    @contextmanager
    def book(_: Any, only: str | None = None, since_ms: int | None = None) -> Iterator[tuple[_plans.Book, None]]:
        made = _plans.Book()
        for record in broker.records:
            if only is None or _plans.names(record, only):
                made.note(record)
        yield made, None

    def hear(book: _plans.Book, _: Any) -> str | None:
        return book.note(broker.later.pop(0)) if broker.later else None

    monkeypatch.setattr(_plans, "read", book)
    monkeypatch.setattr(_plans, "hear", hear)
    monkeypatch.setattr(kafka, "check_reachable", lambda _: None)
    monkeypatch.setattr(kafka, "producer", lambda _: broker)
    return broker


def hive(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["plans", *arguments])


def test_a_plan_that_runs_shows_its_steps_and_their_states(broker: Broker) -> None:
    world = World(plan_of(query("a"), query("b"), transform("c", "a", "b"))).release()
    world.happen(done(world.tickets[0]))
    broker.put(world)
    shown = hive("show", "plan-1").stdout
    rows = [line.split() for line in shown.splitlines() if line.strip()[:1] in {"1", "2", "∥"}]
    assert [row[:3] for row in rows] == [["1", "a", "QUERY"], ["∥", "b", "QUERY"], ["2", "c", "TRANSFORM"]]
    for row, state in zip(rows, ("completed", "released", "waiting"), strict=True):
        assert state in row
    assert rows[2][4:6] == ["a,", "b"], "what it waits for"
    assert "plan plan-1: running" in shown


def test_a_plan_shows_what_the_specialists_said_of_it(broker: Broker) -> None:
    world = World(plan_of(query("a"), outside("b"))).release()
    broker.put(world)
    before = hive("show", "plan-1").stdout
    assert "decision" not in before, "as long as nothing is known of it"
    other = msgspec.structs.replace(world.plan, plan_id="plan-2")
    for plan in (other, world.plan):
        consensus = consensus_of(plan, now_ms=1)
        broker.records.append(broker.found(topics.PLANS_CONSENSUS.name, plan.plan_id, encode(consensus)))
    shown = [line for line in hive("show", "plan-1").stdout.splitlines() if line not in before.splitlines()]
    names = [line.split()[0] for line in shown]
    assert names[:6] == ["decision", *(each.value for each in SpecialistType)]
    assert max(map(len, shown)) < 80
    for line, opinion in zip(shown[1:], consensus.opinions, strict=False):
        assert f"{opinion.recommendation.value} {opinion.confidence_score:.2f}: " in line
        largest = max(opinion.explainability.feature_importances, key=lambda factor: factor.importance)
        assert f"{largest.importance:.2f}" in line
    told = json.loads(hive("show", "plan-1", "--json").stdout)["decided"]
    assert told["decision"] == consensus.decision.final_decision.value
    assert [each["specialist"] for each in told["opinions"]] == names[1:6]
    assert told["opinions"][0]["factors"][0].keys() == {"name", "importance", "contribution"}


def test_a_plan_that_has_ended_says_how(broker: Broker) -> None:
    world = World(plan_of(query("a"))).release()
    world.run()
    broker.put(world)
    told = json.loads(hive("show", "plan-1", "--json").stdout)
    assert (told["status"], told["ended"], told["tasks"][0]["status"]) == ("answered", True, "completed")
    assert told["timings"]["total"] >= 0


def test_a_plan_is_followed_until_its_end(broker: Broker) -> None:
    world = World(plan_of(query("a"), query("b", "a"))).release()
    broker.put(world)
    world.happen(done(world.tickets[0]))
    broker.later += broker.of(world)
    world.happen(done(world.tickets[1]))
    broker.later += broker.of(world)
    lines = [json.loads(line) for line in hive("show", "plan-1", "--watch", "--json").stdout.splitlines()]
    assert [[task["status"] for task in line["tasks"]] for line in lines] == [
        ["released", "waiting"],
        ["completed", "released"],
        ["completed", "completed"],
    ]


def test_the_list_is_of_those_that_run_unless_all_are_wanted(broker: Broker) -> None:
    world = World(plan_of(query("a"))).release()
    world.run()
    broker.put(world)
    assert json.loads(hive("list", "--json").stdout) == []
    assert [told["plan_id"] for told in json.loads(hive("list", "--all", "--json").stdout)] == ["plan-1"]


def test_a_plan_that_is_cancelled_says_what_became_of_it(broker: Broker) -> None:
    world = World(plan_of(outside("a"))).release()
    broker.put(world)
    world.say(CommandKind.CANCEL)
    broker.later += broker.of(world)
    result = hive("cancel", "plan-1", "--by", "ana", "--reason", "not now")
    assert (result.exit_code, result.stdout) == (0, "plan-1 cancelled\n")
    [said] = broker.said
    told = decode(PlanCommand, said)
    assert (told.plan_id, told.kind, told.by, told.reason) == ("plan-1", CommandKind.CANCEL, "ana", "not now")


def test_what_has_ended_or_never_was_can_not_be_cancelled(broker: Broker) -> None:
    world = World(plan_of(query("a"))).release()
    world.run()
    broker.put(world)
    for plan_id, why in (("plan-1", "has ended already: answered"), ("plan-9", "has been let go")):
        result = hive("cancel", plan_id, "--by", "ana", "--reason", "x")
        assert result.exit_code == 1
        assert why in result.stderr
    assert broker.said == []


def test_a_cancellation_is_told_at_once_that_waits_for_outside_workers(broker: Broker) -> None:
    world = World(plan_of(outside("a"))).release()
    world.happen(claimed(world.tickets[0]))
    broker.put(world)
    world.say(CommandKind.CANCEL)
    broker.later += broker.of(world)[1:]
    result = hive("cancel", "plan-1", "--by", "ana", "--reason", "x")
    assert (result.exit_code, "ends when its outside workers have" in result.stdout) == (0, True)


def test_what_came_of_a_cancellation_in_vain_is_said(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["app.cli.plans"], "CANCEL_S", 0.05)
    world = World(plan_of(query("a"))).release()
    broker.records += broker.of(world)[:1]
    assert "no worker has begun it yet" in hive("cancel", "plan-1", "--reason", "x").stderr
    assert "--reason is empty" in hive("cancel", "plan-1", "--reason", " ").stderr
    assert broker.said == []
    broker.put(world)
    assert "nothing came of it" in hive("cancel", "plan-1", "--reason", "x").stderr
    world.run()
    broker.later += broker.of(world)
    assert "it ended meanwhile (answered)" in hive("cancel", "plan-1", "--reason", "x").stderr


def test_who_follows_a_plan_that_fails_ends_with_1(broker: Broker) -> None:
    world = World(plan_of(query("a"))).release()
    broker.put(world)
    world.run(lambda ticket: failed(ticket, error="no field ana@example.com"))
    broker.later += broker.of(world)
    result = hive("show", "plan-1", "--watch")
    assert (result.exit_code, "a: no field [EMAIL]" in result.stdout, "ana@" in result.stdout) == (1, True, False)


def test_a_plan_fits_into_eighty_columns(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_render, "console", Console(width=80))
    work = [outside("build"), outside("test", "build"), outside("scan", "build"), outside("deploy", "test", "scan")]
    broker.put(World(plan_of(*work)).release())
    lines = hive("show", "plan-1").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[:2] for line in lines if " waiting" in line] == [["2", "test"], ["∥", "scan"], ["3", "deploy"]]


def test_records_of_other_plans_are_passed_over_undecoded(broker: Broker) -> None:
    world = World(plan_of(query("a"))).release()
    of_it = broker.of(world)
    world.run()
    of_it += broker.of(world)
    assert len(of_it) == 5
    assert all(_plans.names(record, "plan-1") for record in of_it)
    assert not any(_plans.names(record, other) for record in of_it for other in ("plan-2", "plan-", "plan-11"))


def test_what_is_no_record_of_a_plan_is_passed_over(broker: Broker) -> None:
    broker.records.append(broker.found(topics.PLANS_READY.name, "x", b"\xff"))
    broker.records.append(broker.found(topics.PLANS_COMPLETED.name, "x", None))
    result = hive("show", "plan-1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "hive plans list --all" in result.stderr
