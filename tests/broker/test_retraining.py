"""From a drift to a champion, and to none, through a worker that is killed on the way."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner

from app.cli import main
from app.drift_events import DRIFT_EVENTS
from app.retraining import EVENTS
from app.settings import Settings
from app.stores.mongo import MongoStore
from benchmarks.faults.retraining import PROMOTED, ROLLED_BACK
from models.lifecycle.experiment import Experiment
from models.records import SpecialistType
from tests.broker.retraining_run import RetrainingRun, rehearsal

if TYPE_CHECKING:
    from pathlib import Path

    from app.embedded.stack import Stack

pytestmark = pytest.mark.embedded
HOURS = (24.0, 48.0, 72.0)


def test_a_drift_becomes_a_champion_and_a_harmful_challenger_does_not(embedded_stack: Stack, tmp_path: Path) -> None:
    """Two rounds at once, through one worker that is killed in the middle; killed at each step: `make faults`."""
    good, bad = SpecialistType.BEHAVIOR, SpecialistType.EVOLUTION
    began_ms = time.time_ns() // 1_000_000
    kill_at = ("experiment_started",)
    with rehearsal(tmp_path) as clock:
        run = RetrainingRun(embedded_stack.addresses, tmp_path, {good: 0.95, bad: 0.05}, clock, kill_at=kill_at)
        told = run.run(by_hand)
    assert run.names() == {good: PROMOTED, bad: ROLLED_BACK}
    assert run.kills == 1
    assert any("this is a rehearsal" in line for line in run.process.log_lines(10_000)), "it says what clock it has"
    assert run.hands.champion() == f"v-{told[good][0]['round_id'][:8]}"
    lasted = run.hours(good)
    assert [hours >= least for hours, least in zip(lasted, HOURS, strict=True)] == [True] * len(HOURS), lasted
    for events in told.values():
        assert [event["at"] for event in events] == sorted(event["at"] for event in events)
        assert kept(embedded_stack, events[0]["round_id"]) == events, "MongoDB has the same, each once, in order"
    drifts = found(embedded_stack, DRIFT_EVENTS, {"at": {"$gte": began_ms}}, by="at")
    assert {f"specialist-{good}", f"specialist-{bad}"} <= {each["model"] for each in drifts}, (
        "and the drifts that began them"
    )


def by_hand(run: RetrainingRun) -> None:
    """Try an experiment as a person does: it is started, paused, moved to another cluster, so to say, and stopped."""
    start = ("experiment", "start", "--specialist", "technical", "--challenger", "7", "--champion", "6", "--by", "ana")
    assert run.hive(*start, "--id", "by-hand") == "by-hand runs: 10 % of the actors\n"
    assert run.hive("experiment", "pause", "by-hand", "--by", "ana") == "by-hand paused: 0 % of the actors\n"
    exported = run.hive("experiment", "export", "by-hand")
    assert run.hive("experiment", "stop", "by-hand", "--by", "ana", "--reason", "moved").startswith("by-hand stopped")
    file = run.hands.folder / "by-hand.json"
    file.write_text(exported, encoding="utf-8")
    assert run.hive("experiment", "import", str(file), "--by", "bea").startswith("by-hand paused")
    assert run.hive("experiment", "resume", "by-hand", "--by", "ana") == "by-hand running: 10 % of the actors\n"
    run.traffic(msgspec.convert(json.loads(exported), Experiment), 0.5)
    refused = CliRunner().invoke(main, (*start, "--id", "another"), env=run.environ)
    assert (refused.exit_code, "by-hand of the same specialist is not over" in refused.stderr) == (1, True)
    listed = json.loads(run.hive("experiment", "status", "--json"))
    assert [(each["status"], each["challenger"]) for each in listed if each["experiment_id"] == "by-hand"] == [
        ("running", "7")
    ]
    for arguments in (("experiment", "status"), ("experiment", "status", "by-hand"), ("retrain", "status")):
        assert max(map(len, run.hive(*arguments).splitlines())) <= 120
    assert json.loads(run.hive("retrain", "status", "technical", "--json"))[0]["now"] is None


def kept(stack: Stack, round_id: str) -> list[dict[str, Any]]:
    page = found(stack, EVENTS, {"round_id": round_id}, by="number")
    return [{name: value for name, value in each.items() if name != "_id"} for each in page]


def found(stack: Stack, collection: str, where: dict[str, Any], *, by: str) -> list[dict[str, Any]]:
    async def page() -> list[dict[str, Any]]:
        store = MongoStore.of(Settings.load(stack.addresses))
        documents = await store.page(collection, where, by=by, limit=100)
        await store.close()
        return documents

    return asyncio.run(page())
