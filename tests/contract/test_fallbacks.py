"""What stands in for a source gives the same rows, on the embedded and on the real servers."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app import topics
from app.embedded.stack import Stack
from app.engine.admin import create_missing
from app.execution import QueryExecutor, executor_for
from app.execution.last_good import FRESH_MS
from app.sample import generate
from app.sample.load import load
from app.settings import Settings
from app.stores.mongo import MongoStore
from models.planning.grounding import Grounded, ground_question
from models.queries import allowed_by
from models.records import ExecutionResult
from tests.tickets import query_ticket
from tests.unit.planning.catalogs import CATALOG, NOW_MS

DATABASE = "fallbacks_contract"
ABOUT_REDIS = (
    "Liste os contadores de vendas do Norte e do Sul",
    "quantas sessões ativas por canal",
    "quantas sessões abertas?",
    "liste as sessões",
    "soma dos contadores de incidentes",
    "contador de incidentes do checkout",
)


@pytest.fixture
async def settings(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Settings]:
    monkeypatch.setattr(generate, "COUNTS", dict.fromkeys(generate.COUNTS, 60))
    settings = Settings.load({**stack.addresses, "HIVE_MONGO_DATABASE": DATABASE})
    create_missing(settings, [topics.SAMPLE_EVENTS])
    await load(settings, as_of=dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC), progress=lambda *_: None)
    yield settings
    mongo = MongoStore(settings.mongo, DATABASE, timeout_s=30)
    for name in await mongo.collections():
        await mongo.drop(name)
    await mongo.close()


@asynccontextmanager
async def executor_at(stack: Stack, **elsewhere: str) -> AsyncIterator[QueryExecutor]:
    settings = Settings.load({**stack.addresses, "HIVE_MONGO_DATABASE": DATABASE, **elsewhere})
    executor = executor_for(settings, allowed_by(CATALOG))
    try:
        yield executor
    finally:
        await executor.close()


async def answer(executor: QueryExecutor, question: str) -> ExecutionResult:
    """Ask what the first task of a question asks."""
    grounded = ground_question(question, CATALOG, at_ms=NOW_MS)
    assert isinstance(grounded, Grounded), grounded
    return await executor.execute(query_ticket(grounded.tasks[0].parameters))


def rows(result: ExecutionResult) -> list[dict[str, Any]]:
    """The rows without their order; times as moments, which each store writes in its own way."""
    found = [
        {name: dt.datetime.fromisoformat(it) if name == "started_at" else it for name, it in row.items()}
        for row in result.result.output["documents"]
    ]
    return sorted(found, key=lambda row: str(row.get("user") or row.get("service") or row.get("region")))


@pytest.mark.usefixtures("settings")
async def test_mongodb_answers_for_redis_with_the_same_rows(stack: Stack, unused_tcp_port: int) -> None:
    nowhere = f"redis://127.0.0.1:{unused_tcp_port}/0"
    async with executor_at(stack) as well, executor_at(stack, HIVE_REDIS=nowhere) as without:
        for question in ABOUT_REDIS:
            first, other = await answer(well, question), await answer(without, question)
            assert rows(other) == rows(first), question
            assert rows(first), question
            assert not first.result.metadata["fallback"]
            about = other.result.metadata
            assert (about["query_type"], about["fallback"]) == ("redis", True)
            assert about["source"] == f"{first.result.metadata['source']}_copy"
            assert about["chain"][0]["ending"] in ("unavailable", "open")


@pytest.mark.usefixtures("settings")
async def test_the_last_good_answer_is_found_by_another_worker(stack: Stack, unused_tcp_port: int) -> None:
    question = "Mostre os últimos 20 eventos"
    async with executor_at(stack) as well:
        for _ in range(100):  # the events can be read a moment after their transaction has been committed
            first = await answer(well, question)
            if first.result.output["count"] == 20:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(FRESH_MS / 1000)
        first = await answer(well, question)
    nowhere = {"HIVE_KAFKA": f"127.0.0.1:{unused_tcp_port}", "HIVE_STORE_TIMEOUT_S": "1"}
    async with executor_at(stack, **nowhere) as without:
        other = await answer(without, question)
    about = other.result.metadata
    assert other.result.output == first.result.output
    assert len(first.result.output["documents"]) == 20
    assert (about["source"], about["fallback"]) == ("last-good", True)
    assert 0 <= about["cached_age_s"] < 900
