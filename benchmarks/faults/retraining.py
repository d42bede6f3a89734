"""Rounds of retraining through a worker that is killed at every step: are they what they are without a kill?

Nothing is put on but the world: generated audit records and opinions, drifts that are said to have been seen, and how
the plans of each arm turn out. Samples are collected from Kafka and MongoDB, models are trained and validated in child
processes, and MLflow's aliases say who is the champion.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from app.clock import now_ms
from app.lifecycle.hands import ChildHands
from app.lifecycle.training import REPORT
from app.retraining import EVENTS
from app.settings import Settings
from app.stores.mongo import MongoStore
from app.stores.registry import ModelRegistry
from benchmarks.audited import AuditedWorld
from benchmarks.collector import store
from benchmarks.report import emit
from models.lifecycle.hands import Order
from models.lifecycle.registry import Alias, Tag
from models.records import SpecialistType
from tests.broker.retraining_run import PROMOTED, ROLLED_BACK, SETTINGS, RetrainingRun

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_RECORDS = 9_000
_SETTINGS = {
    **SETTINGS,
    "HIVE_RETRAIN_HANDS": "app.lifecycle.hands:hands",
    "HIVE_COLLECT_MIN_SAMPLES": str(_RECORDS // 6),
    "HIVE_TRAIN_LIMIT_S": "0",  # one setting of each family
}


class _Case(NamedTuple):
    """A round: what it is called, whose it is, how often its challenger is right, and what it must tell."""

    name: str
    specialist: SpecialistType
    right: float
    wanted: list[str]


def run(addresses: Mapping[str, str], folder: Path) -> bool:
    """Kill the worker at each event of a round that ends with a promotion, then of one that is rolled back.

    The first specialist has no registered champion before, the second one has.
    """
    settings = Settings.load({**addresses, **_SETTINGS, "HIVE_DATA_DIR": str(folder)})
    # All of it lies before any drift: a round takes what was said before it began.
    store(AuditedWorld(_RECORDS, seed=1, now_ms=now_ms(), different=_RECORDS), settings)
    _make_champion(settings, SpecialistType.TECHNICAL)
    cases = (
        _Case("a good challenger", SpecialistType.BUSINESS, 0.95, PROMOTED),
        _Case("a harmful challenger", SpecialistType.TECHNICAL, 0.05, ROLLED_BACK),
    )
    met = [_case(settings, addresses, folder, case) for case in cases]
    return all(met)


def _make_champion(settings: Settings, specialist: SpecialistType) -> None:
    hands, order = ChildHands(settings), Order(round_id="before", specialist=specialist, since_ms=now_ms())
    trained = hands.train(order, hands.collect(order))
    hands.promote(order, hands.register(order, trained, hands.validate(order, trained)))


def _case(settings: Settings, addresses: Mapping[str, str], folder: Path, case: _Case) -> bool:
    name, specialist, right, wanted = case
    began_s = time.monotonic()
    before = asyncio.run(_aliases(settings, specialist))
    kill_at = set(wanted) - {"ended"}
    tried = RetrainingRun(
        addresses, folder / specialist.value, {specialist: right}, kill_at=kill_at, settings=_SETTINGS
    )
    events = tried.run()[specialist]
    told = [event["event"] for event in events]
    round_id = events[0]["round_id"]
    kept = asyncio.run(_kept(settings, round_id))
    versions, figures = asyncio.run(_made(settings, specialist, round_id))
    after = asyncio.run(_aliases(settings, specialist))
    champion = versions[-1] if wanted is PROMOTED else before.get(Alias.CHAMPION)
    met = (
        told == wanted
        and kept == [event["event_id"] for event in events]
        and len(versions) == 1
        and after.get(Alias.CHAMPION) == champion
        and Alias.CHALLENGER not in after
    )
    emit(
        "retraining-faults",
        what=name,
        kills=tried.kills,
        events=told,
        same_in_mongodb=kept == [event["event_id"] for event in events],
        versions_registered=versions,
        champion_before=before.get(Alias.CHAMPION),
        champion_after=after.get(Alias.CHAMPION),
        candidate=figures,
        seconds=round(time.monotonic() - began_s, 1),
        met=met,
    )
    return met


async def _aliases(settings: Settings, specialist: SpecialistType) -> dict[str, str]:
    async with ModelRegistry.of(settings) as registry:
        return await registry.aliases(specialist)


async def _made(settings: Settings, specialist: SpecialistType, round_id: str) -> tuple[list[str], dict[str, float]]:
    """Return the versions of a round, and what was measured of the last."""
    async with ModelRegistry.of(settings) as registry:
        made = [each for each in await registry.versions(specialist) if each.tags[Tag.ROUND] == round_id]
        if not made:
            return [], {}
        assert await registry.run_file(made[-1].run_id, REPORT)
        measured = (await registry.details(made[-1]))[1]
        return [each.version for each in made], {name: round(measured[name], 3) for name in ("accuracy", "f1", "ece")}


async def _kept(settings: Settings, round_id: str) -> list[Any]:
    mongo = MongoStore.of(settings)
    page = await mongo.page(EVENTS, {"round_id": round_id}, by="number", limit=100)
    await mongo.close()
    return [each["_id"] for each in page]
