"""The specialists' decision, through a real worker: a question, work, what they reject and what a person must see."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

from app.clock import now_ms
from app.decisions import DECISIONS
from app.pheromones import Pheromones
from app.settings import Settings
from app.stores.mongo import MongoStore
from app.stores.redis import RedisStore
from models.deliberation.weights import judged
from models.ids import stable_id
from models.online.features import NAMES, SCHEMA
from models.records import Consensus, Domain, Recommendation, SpecialistType, decode
from tests.broker.cluster import answers, producer, read, worker

if TYPE_CHECKING:
    from pathlib import Path

    from app.embedded.stack import Stack

QUESTION = "vendas por região no último trimestre"
WORK = "Configurar auto-scaling para microserviços no Kubernetes"
DESTROYS = "apagar os clientes inativos"
GRAVE = "Apagar completamente o banco de dados de produção sem backup"


def submit_all(kafka: str, texts: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Submit texts, with what goes with them; return the id of each one's plan."""
    to = producer(kafka)
    plans = {}
    for text, more in texts.items():
        identity = str(uuid.uuid4())
        body = {"id": identity, "text": text, **more}
        to.produce("intentions.submitted", json.dumps(body), key=identity)
        plans[text] = identity
    assert to.flush(10) == 0
    return plans


def consensus_of(kafka: str, plan_ids: set[str]) -> dict[str, Consensus]:
    def ours(messages: list[Any]) -> list[Any]:
        return [m for m in messages if m.key() and m.key().decode() in plan_ids]

    found = ours(read(kafka, ["plans.consensus"], lambda found: len(ours(found)) >= len(plan_ids)))
    assert len(found) == len({m.key() for m in found}), "each plan is decided once"
    return {m.key().decode(): decode(Consensus, m.value()) for m in found}


def test_each_plan_gets_five_opinions_and_one_decision_and_goes_its_way(real_stack: Stack, tmp_path: Path) -> None:
    kafka = real_stack.addresses["HIVE_KAFKA"]
    app_id = f"deliberates-{uuid.uuid4().hex[:8]}"
    settings = Settings.load({**real_stack.addresses, "HIVE_APP_ID": app_id})
    asyncio.run(_judge(settings))
    with worker(real_stack.addresses, tmp_path, HIVE_APP_ID=app_id, HIVE_HANDOFF_S="0.5"):
        grave = {
            "constraints": {"priority": "critical", "security_level": "restricted"},
            "qos": {"consistency": "strong"},
        }
        intentions = submit_all(kafka, {QUESTION: {}, WORK: {}, DESTROYS: {}, GRAVE: grave})
        plans = {text: stable_id("plan", intention) for text, intention in intentions.items()}
        told = consensus_of(kafka, set(plans.values()))
        ended = answers(kafka, {intentions[text] for text in (QUESTION, WORK, GRAVE)})
        requests = read(
            kafka,
            ["plans.approval-requests"],
            lambda found: any(m.key() == plans[DESTROYS].encode() for m in found),
        )
        kept = asyncio.run(_kept(settings, set(plans.values())))
    assert told.keys() == set(plans.values())
    for text, plan_id in plans.items():
        one = told[plan_id]
        assert [opinion.specialist_type for opinion in one.opinions] == list(SpecialistType)
        assert (one.intent_id, one.feature_schema, len(one.features)) == (intentions[text], SCHEMA, len(NAMES))
        assert kept[plan_id]["decision"]["hash"] == one.decision.hash
        assert len(kept[plan_id]["opinions"]) == len(SpecialistType)
    decided = {text: told[plan_id].decision.final_decision for text, plan_id in plans.items()}
    assert decided[QUESTION] is Recommendation.APPROVE
    assert decided[WORK] in (Recommendation.APPROVE, Recommendation.CONDITIONAL)
    assert (decided[DESTROYS], decided[GRAVE]) == (Recommendation.REVIEW_REQUIRED, Recommendation.REJECT)
    assert (ended[intentions[WORK]]["status"], ended[intentions[GRAVE]]["status"]) == ("planned", "failed")
    assert "recusado pelos especialistas" in ended[intentions[GRAVE]]["error"]
    assert plans[GRAVE].encode() not in {m.key() for m in requests}, "what is rejected is asked of nobody"
    assert plans[DESTROYS].encode() in {m.key() for m in requests}
    weights = {vote.specialist_type: vote.weight for vote in told[plans[WORK]].decision.specialist_votes}
    domain = told[plans[WORK]].domain
    assert domain is Domain.INFRASTRUCTURE
    assert weights[SpecialistType.TECHNICAL] > 0.2 > weights[SpecialistType.BUSINESS], "by their records, from Redis"


async def _judge(settings: Settings) -> None:
    """Leave one specialist a good record in a domain, and one a bad one."""
    store = RedisStore.of(settings)
    trails = Pheromones(store, scope=settings.app_id, clock=now_ms)
    approve, reject = Recommendation.APPROVE, Recommendation.REJECT
    ours = Domain.INFRASTRUCTURE
    now = now_ms()
    for number in range(5):
        plan_id = f"p-{number}"
        await trails.reinforce(
            [
                judged(plan_id, SpecialistType.TECHNICAL, ours, said=approve, confidence=0.9, label=approve, at_ms=now),
                judged(plan_id, SpecialistType.BUSINESS, ours, said=reject, confidence=0.9, label=approve, at_ms=now),
            ]
        )
    await store.close()


async def _kept(settings: Settings, plan_ids: set[str]) -> dict[str, dict[str, Any]]:
    """Return the documents of plans, once all are there or time is up."""
    store = MongoStore.of(settings)
    try:
        for _ in range(100):
            found = await store.page(DECISIONS, {"_id": {"$in": sorted(plan_ids)}}, by="_id", limit=10)
            if len(found) == len(plan_ids):
                break
            await asyncio.sleep(0.1)
        return {document["_id"]: document for document in found}
    finally:
        await store.close()
