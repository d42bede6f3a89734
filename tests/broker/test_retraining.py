"""From a drift to a champion, and to none, through a worker that is killed on the way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from app.retraining import EVENTS
from app.settings import Settings
from app.stores.mongo import MongoStore
from models.records import SpecialistType
from tests.broker.retraining_run import RetrainingRun

if TYPE_CHECKING:
    from pathlib import Path

    from app.embedded.stack import Stack

pytestmark = pytest.mark.embedded

UNTIL_COMPARED = [
    "started",
    "collected",
    "trained",
    "validated",
    "registered",
    "approval_requested",
    "approved",
    "experiment_started",
]
PROMOTED = [*UNTIL_COMPARED, "traffic_expanded", "traffic_expanded", "experiment_passed", "promoted", "ended"]
ROLLED_BACK = [*UNTIL_COMPARED, "rolled_back", "ended"]


@pytest.mark.timeout(180)
def test_a_drift_becomes_a_champion_and_a_harmful_one_does_not(embedded_stack: Stack, tmp_path: Path) -> None:
    good = RetrainingRun(
        embedded_stack.addresses,
        tmp_path / "good",
        SpecialistType.BEHAVIOR,
        treated=0.95,
        kill_at=("trained", "experiment_started"),
    )
    events = good.run()
    assert [event["event"] for event in events] == PROMOTED
    assert good.kills == 2
    assert good.hands.champion() == f"v-{events[0]['round_id'][:8]}"
    assert kept(embedded_stack, events[0]["round_id"]) == events, "MongoDB has the same, each once, in order"


def kept(stack: Stack, round_id: str) -> list[dict[str, Any]]:
    async def found() -> list[dict[str, Any]]:
        store = MongoStore.of(Settings.load(stack.addresses))
        page = await store.page(EVENTS, {"round_id": round_id}, by="number", limit=100)
        await store.close()
        return [{name: value for name, value in each.items() if name != "_id"} for each in page]

    return asyncio.run(found())
