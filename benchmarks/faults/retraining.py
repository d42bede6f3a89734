"""Rounds of retraining through a worker that is killed at every step: are they what they are without a kill?"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from app.retraining import EVENTS
from app.settings import Settings
from app.stores.mongo import MongoStore
from benchmarks.report import emit
from models.records import SpecialistType
from tests.broker.retraining_run import PROMOTED, ROLLED_BACK, RetrainingRun

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def run(addresses: Mapping[str, str], folder: Path) -> bool:
    """Kill the worker at each event of a round that ends with a promotion, then of one that is rolled back."""
    cases = (
        ("a good challenger", SpecialistType.BUSINESS, 0.95, PROMOTED),
        ("a harmful challenger", SpecialistType.TECHNICAL, 0.05, ROLLED_BACK),
    )
    met = [_case(addresses, folder, *case) for case in cases]
    return all(met)


def _case(
    addresses: Mapping[str, str], folder: Path, name: str, specialist: SpecialistType, right: float, wanted: list[str]
) -> bool:
    began_s = time.monotonic()
    kill_at = set(wanted) - {"ended"}
    tried = RetrainingRun(addresses, folder / specialist.value, {specialist: right}, kill_at=kill_at)
    events = tried.run()[specialist]
    told = [event["event"] for event in events]
    kept = asyncio.run(_kept(addresses, events[0]["round_id"]))
    promoted = tried.hands.champion() != "1"
    met = told == wanted and kept == [event["event_id"] for event in events] and promoted is (wanted is PROMOTED)
    emit(
        "retraining-faults",
        what=name,
        kills=tried.kills,
        events=told,
        same_in_mongodb=kept == [event["event_id"] for event in events],
        champion_changed=promoted,
        hands_called=tried.hands.calls(),
        seconds=round(time.monotonic() - began_s, 1),
        met=met,
    )
    return met


async def _kept(addresses: Mapping[str, str], round_id: str) -> list[Any]:
    store = MongoStore.of(Settings.load(addresses))
    page = await store.page(EVENTS, {"round_id": round_id}, by="number", limit=100)
    await store.close()
    return [each["_id"] for each in page]
