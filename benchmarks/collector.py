"""The collector: generated records through Kafka and MongoDB; are the counts exact, and is what it writes honest?"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from app import topics
from app.decisions import DECISIONS
from app.engine.admin import create_missing
from app.lifecycle import datasets
from app.lifecycle.collect import collect
from app.settings import Settings
from app.stores import kafka
from app.stores.mongo import MongoStore
from benchmarks.audited import AuditedWorld
from benchmarks.report import emit
from models.lifecycle.dataset import Origin
from models.lifecycle.gather import FATES
from models.lifecycle.training import Plan, shuffled_accuracy, train
from models.records import SpecialistType, encode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_AT_ONCE = 500
_SIGMAS = 4.0


def store(world: AuditedWorld, settings: Settings) -> None:
    """Put a world where the collector looks for it."""
    create_missing(settings, [topics.INTENTIONS_AUDIT, topics.FEEDBACK_PLANS])
    sender = kafka.producer(settings)
    for number, value in enumerate(world.audit):
        sender.produce(topics.INTENTIONS_AUDIT.name, value, str(number))
        sender.poll(0)
    for said in world.feedback:
        sender.produce(topics.FEEDBACK_PLANS.name, encode(said), said.plan_id)
        sender.poll(0)
    assert sender.flush(60) == 0
    asyncio.run(_keep(world, settings))


async def _keep(world: AuditedWorld, settings: Settings) -> None:
    mongo = MongoStore.of(settings)
    kept = [{"_id": each["plan_id"], **each} for each in world.decisions]
    for begin in range(0, len(kept), _AT_ONCE):
        await mongo.put_many(DECISIONS, kept[begin : begin + _AT_ONCE])
    await mongo.close()


def run(addresses: Mapping[str, str], folder: Path, *, records: int) -> bool:
    """Collect a world, and train on what was collected, with its labels and with shuffled ones."""
    settings = Settings.load(addresses)
    world = AuditedWorld(records, seed=1, now_ms=time.time_ns() // 1_000_000, different=records)
    store(world, settings)
    began_s = time.process_time()
    collected = collect(settings, world.rules)
    gathered = {each: collected.gatherer.gathered(each) for each in SpecialistType}
    exact = all(each.fates == world.fates for each in gathered.values())
    origin = Origin(collected_at_ms=world.rules.to_ms, rules=world.rules, read=collected.read, simulated=True)
    met = exact
    for specialist, found in gathered.items():
        parquet = folder / f"{specialist.value}.parquet"
        manifest = datasets.write(parquet, specialist, found, origin)
        met = met and datasets.read(parquet)[0] == manifest
    spent_s = time.process_time() - began_s
    emit(
        "collector",
        audit_records=records,
        fates={name: gathered[SpecialistType.BUSINESS].fates[name] for name in FATES},
        wanted=world.fates,
        exact_for_all_five=exact,
        read=collected.read,
        left_out_by_confidence=round(gathered[SpecialistType.BUSINESS].bias.left_out, 4),
        cpu_seconds=round(spent_s, 1),
        met=met,
    )
    return met and _chance(folder / "business.parquet")


def _chance(parquet: Path) -> bool:
    """Does a model know anything of the test part when its labels were shuffled? It must not."""
    found = datasets.read(parquet)[1]
    matrix = found.rows, found.labels, found.at_ms
    shuffled, chance = shuffled_accuracy(*matrix, seed=3)
    trained = train(*matrix, plan=Plan(most_tried=3), seconds=lambda: 0.0)
    tested = trained.figures.samples
    margin = _SIGMAS * (chance * (1.0 - chance) / tested) ** 0.5
    met = bool(shuffled <= chance + margin)
    emit(
        "collector-leaks",
        samples=len(found.labels),
        tested=tested,
        accuracy_with_shuffled_labels=round(shuffled, 4),
        accuracy_of_the_commonest_label=round(chance, 4),
        at_most=round(chance + margin, 4),
        accuracy_with_the_labels=round(trained.figures.accuracy, 4),
        met=met,
    )
    return met
