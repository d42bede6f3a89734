"""Loading the sample gives the same state, however often it is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from app import topics
from app.embedded.stack import Stack
from app.engine.admin import create_missing
from app.errors import ConfigurationError
from app.sample import generate
from app.sample import load as loading
from app.sample.load import REDIS_KEYS, load, loaded_as_of
from app.settings import Settings
from app.stores import kafka
from app.stores.mongo import MongoStore
from app.stores.neo4j import GraphStore
from app.stores.redis import RedisStore

AS_OF = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)

COUNTS = {"sales": 130, "customers": 40, "incidents": 40, "deployments": 40, "access_log": 60}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load a company that fits into a test, in more than one batch; `make demo` loads the whole one."""
    monkeypatch.setattr(generate, "COUNTS", COUNTS)
    monkeypatch.setattr(loading, "BATCH", 50)


@pytest.fixture
async def settings(stack: Stack) -> AsyncIterator[Settings]:
    settings = Settings.load({**stack.addresses, "HIVE_MONGO_DATABASE": "sample_contract"})
    create_missing(settings, [topics.SAMPLE_EVENTS])
    yield settings
    mongo = mongo_of(settings)
    for name in await mongo.collections():
        await mongo.drop(name)
    await mongo.close()


def mongo_of(settings: Settings) -> MongoStore:
    return MongoStore(settings.mongo, settings.mongo_database, timeout_s=30)


def quiet(part: str, done: int, total: int) -> None:
    assert 0 <= done <= total, part


async def contents(settings: Settings) -> dict[str, object]:
    """What all stores hold of the sample."""
    mongo = mongo_of(settings)
    graph = GraphStore(settings.neo4j, (settings.neo4j_user, str(settings.neo4j_password)), settings.neo4j_database)
    redis = RedisStore(settings.redis)
    first = await mongo.execute({"collection": "sales", "sort": {"_id": 1}, "limit": 3})
    found = {
        "first sales": first["documents"],
        "documents": {
            name: (await mongo.execute({"collection": name, "operation": "count"}))["count"] for name in COUNTS
        },
        "nodes": await graph.run_write(
            "MATCH (n) WHERE n:Service OR n:Team RETURN labels(n)[0] AS label, count(n) AS n ORDER BY label"
        ),
        "edges": await graph.run_write("MATCH (:Service)-[r]->() RETURN type(r) AS type, count(r) AS n ORDER BY type"),
        "keys": sorted((await redis.run([["SMEMBERS", REDIS_KEYS]]))[0]),
    }
    await mongo.close()
    await graph.close()
    await redis.close()
    with kafka.reader(settings) as consumer:
        starts = kafka.starts(consumer, [topics.SAMPLE_EVENTS.name])
        stamp = AS_OF.isoformat().encode()
        records = kafka.read_to_end(consumer, starts, timeout_s=30)
        found["events"] = sum(("as-of", stamp) in record.headers for record in records)
    return found


async def test_a_second_load_of_the_same_moment_changes_nothing(settings: Settings) -> None:
    data = await load(settings, as_of=AS_OF, progress=quiet)
    once = await contents(settings)
    await load(settings, as_of=AS_OF, progress=quiet)

    assert await contents(settings) == once
    assert once["documents"] == {name: len(documents) for name, documents in data.collections.items()}
    assert once["keys"] == sorted([*data.counters, *data.sessions])
    assert once["events"] == len(data.events)
    assert await loaded_as_of(settings) == AS_OF


async def test_a_later_moment_takes_the_place_of_an_older_one(settings: Settings) -> None:
    later = AS_OF + dt.timedelta(days=1)
    await load(settings, as_of=AS_OF, progress=quiet)
    before = await contents(settings)

    await load(settings, as_of=later, progress=quiet)

    after = await contents(settings)
    assert after["documents"] == before["documents"]
    assert after["first sales"] != before["first sales"]
    assert await loaded_as_of(settings) == later


async def test_collections_that_are_not_the_samples_are_left_alone(settings: Settings) -> None:
    mongo = mongo_of(settings)
    await mongo.insert("sales", [{"_id": "precious"}])

    with pytest.raises(ConfigurationError, match="HIVE_MONGO_DATABASE"):
        await load(settings, as_of=AS_OF, progress=quiet)

    kept = await mongo.execute({"collection": "sales"})
    await mongo.close()
    assert kept["documents"] == [{"_id": "precious"}]


async def test_an_interrupted_load_is_done_again(settings: Settings) -> None:
    mongo = mongo_of(settings)
    await mongo.put("hive_sample", {"_id": 1, "as_of": AS_OF, "complete": False})
    await mongo.insert("sales", [{"_id": 1, "half": True}])
    assert await loaded_as_of(settings) is None

    await load(settings, as_of=AS_OF, progress=quiet)

    counted = await mongo.execute({"collection": "sales", "operation": "count"})
    await mongo.close()
    assert counted["count"] == COUNTS["sales"]
