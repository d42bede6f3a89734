"""What the collector reads of a real broker and a real MongoDB, to the record; and the command around it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
import uuid
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest
from click.testing import CliRunner

from app.cli import main
from app.ledger import Ledger, documents
from app.lifecycle import datasets
from app.lifecycle.collect import FEEDBACK, collect
from app.settings import Settings
from app.stores.mongo import MongoStore
from benchmarks.audited import AuditedWorld
from benchmarks.collector import store
from models.planning.ledger import Head, append
from models.records import (
    ApprovalDecision,
    ApprovalOutcome,
    Domain,
    IntentAudit,
    IntentOutcome,
    LedgerFact,
    Recommendation,
    SpecialistType,
    encode,
)
from tests.broker.cluster import producer
from tests.unit.lifecycle.plans import plan

if TYPE_CHECKING:
    from pathlib import Path

    from app.embedded.stack import Stack

RECORDS = 1_200


def test_every_record_is_counted_once_and_what_is_written_is_what_was_collected(stack: Stack, tmp_path: Path) -> None:
    settings = Settings.load(stack.addresses)
    world = AuditedWorld(RECORDS, seed=2, now_ms=time.time_ns() // 1_000_000, scope=uuid.uuid4().hex)
    store(AuditedWorld(0, seed=0), settings)  # the topics, if this is the first test
    before = collect(settings, world.rules).gatherer  # other tests may have kept records, of some specialists only
    store(world, settings)
    seen: Counter[str] = Counter()
    collected = collect(settings, world.rules, on_read=lambda source, _done, _of: seen.update([source]))
    for specialist in SpecialistType:
        found = Counter(collected.gatherer.gathered(specialist).fates)
        found.subtract(before.gathered(specialist).fates)
        assert found == world.fates, specialist
    assert collected.read == seen
    assert collected.read["intentions.audit"] >= RECORDS
    _older_plan(settings, world, tmp_path)


def _older_plan(settings: Settings, world: AuditedWorld, tmp_path: Path) -> None:
    """A plan from before there was a consensus, with an approval in the ledger and a rating from elsewhere."""
    scope = uuid.uuid4().hex
    at_ms = world.rules.to_ms - 5_000
    older = msgspec.structs.replace(plan(1, at_ms=at_ms), plan_id=f"{scope}-plan", intent_id=f"{scope}-intent")
    asyncio.run(_keep(settings, older.intent_id, older.plan_id, LedgerFact(intent_id="i", at=at_ms, plan=older)))
    to = producer(settings.kafka)
    record = IntentAudit(
        intention_id=older.intent_id, outcome=IntentOutcome.DOMAIN, text="…", actor="…", at=at_ms,
        domain=Domain.BUSINESS, confidence=0.9,
    )  # fmt: skip
    to.produce("intentions.audit", encode(record), older.intent_id)
    assert to.flush(10) == 0
    environ = {"HIVE_KAFKA": settings.kafka, "HIVE_MONGO": str(settings.mongo), "HIVE_DATA_DIR": str(tmp_path)}
    arguments = ["models", "collect", "business", "evolution", "--min-samples", "1", "--simulated"]
    result = CliRunner().invoke(main, [*arguments, "--json"], env=environ)
    assert result.exit_code == 0, result.output
    manifests = {each["specialist"]: each for each in json.loads(result.stdout)}
    for name, label in (("business", Recommendation.REJECT), ("evolution", Recommendation.APPROVE)):
        parquet = tmp_path / "datasets" / f"{name}.parquet"
        manifest, matrix = datasets.read(parquet)
        assert json.loads(msgspec.json.encode(manifest)) == manifests[name]
        assert manifest.sha256 == hashlib.sha256(parquet.read_bytes()).hexdigest()
        assert manifest.samples == len(matrix.labels) == manifest.fates["usable"] >= RECORDS // 6 + 1
        assert manifest.origin.simulated
        assert manifest.ranges["num_tasks"].least >= 1
        import polars as pl

        mine = pl.read_parquet(parquet).filter(pl.col("plan_id") == older.plan_id).to_dicts()
        assert [(each["label"], each["num_tasks"], each["at_ms"]) for each in mine] == [(label.value, 1.0, at_ms)]
    too_many = str(manifests["business"]["samples"] + 1)
    short = CliRunner().invoke(main, ["models", "collect", "business", "--min-samples", too_many], env=environ)
    assert short.exit_code == 1
    assert f"not enough samples, {int(too_many) - 1:,} of {int(too_many):,}" in " ".join(short.output.split())
    parquet.write_bytes(parquet.read_bytes()[:-1] + b"?")
    with pytest.raises(datasets.DatasetUnreadable, match="SHA-256"):
        datasets.read(parquet)


async def _keep(settings: Settings, intent_id: str, plan_id: str, fact: LedgerFact) -> None:
    at_ms = fact.at + 1_000
    outcome = ApprovalOutcome(plan_id=plan_id, decision=ApprovalDecision.APPROVED, applied=True, by="ana", at=at_ms)
    facts = [
        msgspec.structs.replace(fact, intent_id=intent_id),
        LedgerFact(intent_id=intent_id, at=at_ms, approval=outcome),
    ]
    head, entries = Head(), []
    for each in facts:
        entry, head = append(head, f"{plan_id}/0", each)
        entries.append(entry)
    mongo = MongoStore.of(settings)
    await Ledger(mongo).keep(documents(entries))
    elsewhere = {"plan_id": plan_id, "specialist_type": "business", "recommendation": "reject", "at": at_ms}
    await mongo.put(FEEDBACK, {"_id": plan_id, **elsewhere})
    await mongo.close()
