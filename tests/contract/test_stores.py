"""What each store promises, on whatever server the `stack` fixture gives."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from app.embedded.stack import Stack
from app.errors import ConfigurationError, QueryRefused, StoreUnavailable
from app.settings import Settings
from app.stores.mongo import MongoStore
from app.stores.neo4j import GraphStore
from app.stores.redis import RedisStore

DATABASE = "stores_contract"
ROWS = [
    {
        "_id": number,
        "region": ("north", "south")[number % 2],
        "total": number,
        "at": dt.datetime(2026, 1, number, tzinfo=dt.UTC),
    }
    for number in range(1, 11)
]


@pytest.fixture
def settings(stack: Stack) -> Settings:
    return Settings.load(stack.addresses)


@pytest.fixture
async def mongo(settings: Settings) -> AsyncIterator[MongoStore]:
    store = MongoStore(settings.mongo, DATABASE)
    await store.drop("sales")
    await store.insert("sales", ROWS)
    yield store
    await store.drop("sales")
    await store.close()


@pytest.fixture
async def graph(settings: Settings) -> AsyncIterator[GraphStore]:
    auth = (settings.neo4j_user, str(settings.neo4j_password))
    store = GraphStore(settings.neo4j, auth, settings.neo4j_database)
    try:
        yield store
        await store.run_write("MATCH (n:StoresContract) DETACH DELETE n")
    finally:
        await store.close()


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[RedisStore]:
    store = RedisStore(settings.redis)
    try:
        yield store
        await store.run([["DEL", "stores-contract"]])
    finally:
        await store.close()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that the kernel connects to and that never says a word, like one that is frozen."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


class TestMongo:
    async def test_find_returns_json_scalars(self, mongo: MongoStore) -> None:
        found = await mongo.execute({"collection": "sales", "filter": {"_id": 3}})

        assert found == {
            "documents": [{"_id": 3, "region": "south", "total": 3, "at": "2026-01-03T00:00:00Z"}],
            "count": 1,
            "truncated": False,
        }

    async def test_find_projects_sorts_skips_and_limits(self, mongo: MongoStore) -> None:
        found = await mongo.execute(
            {
                "collection": "sales",
                "projection": {"_id": 0, "total": 1},
                "sort": {"total": -1},
                "skip": 1,
                "limit": 2,
            }
        )

        assert found == {"documents": [{"total": 9}, {"total": 8}], "count": 2, "truncated": True}

    async def test_count_counts(self, mongo: MongoStore) -> None:
        found = await mongo.execute({"collection": "sales", "operation": "count", "filter": {"region": "north"}})

        assert found["count"] == 5

    async def test_aggregate_groups_a_range_of_time(self, mongo: MongoStore) -> None:
        found = await mongo.execute(
            {
                "collection": "sales",
                "operation": "aggregate",
                "pipeline": [
                    {
                        "$match": {
                            "at": {
                                "$gte": {"$date": "2026-01-02T00:00:00Z"},
                                "$lt": {"$date": "2026-01-05T00:00:00Z"},
                            }
                        }
                    },
                    {"$group": {"_id": "$region", "total": {"$sum": "$total"}}},
                    {"$sort": {"_id": 1}},
                ],
            }
        )

        assert found["documents"] == [{"_id": "north", "total": 6}, {"_id": "south", "total": 3}]

    async def test_more_rows_than_the_limit_are_cut_and_said_to_be(self, mongo: MongoStore) -> None:
        await mongo.drop("many")
        await mongo.insert("many", [{"_id": number} for number in range(1001)])

        found = await mongo.execute({"collection": "many"})
        grouped = await mongo.execute({"collection": "many", "operation": "aggregate", "pipeline": [{"$match": {}}]})

        await mongo.drop("many")
        assert [(f["count"], f["truncated"]) for f in (found, grouped)] == [(1000, True), (1000, True)]

    async def test_nothing_found_is_an_answer(self, mongo: MongoStore) -> None:
        assert (await mongo.execute({"collection": "sales", "filter": {"_id": -1}}))["documents"] == []

    @pytest.mark.parametrize(
        "parameters",
        [
            {"collection": "no_such_collection"},
            {"collection": "no_such_collection", "operation": "count"},
            {"collection": "sales", "filter": {"total": {"$in": 3}}},
            {"collection": "sales", "filter": {"total": 2**80}},
            {"collection": "sales", "filter": {"total": "\ud800"}},
            {
                "collection": "sales",
                "operation": "aggregate",
                "pipeline": [{"$group": {"total": {"$sum": "$total"}}}],
            },
        ],
        ids=repr,
    )
    async def test_what_the_server_can_not_do_is_refused(self, mongo: MongoStore, parameters: dict[str, Any]) -> None:
        with pytest.raises(QueryRefused):
            await mongo.execute(parameters)

    async def test_a_collection_that_has_come_since_is_found(self, mongo: MongoStore) -> None:
        later = {"collection": "later", "filter": {"region": "nowhere"}}
        with pytest.raises(QueryRefused, match="no collection 'later'"):
            await mongo.execute(later)
        await mongo.insert("later", [{"_id": 1}])
        assert (await mongo.execute(later))["count"] == 0
        await mongo.drop("later")

    async def test_it_can_be_used_again_after_close(self, mongo: MongoStore) -> None:
        await mongo.close()

        await mongo.ping()

    async def test_an_index_can_be_created_twice(self, mongo: MongoStore) -> None:
        await mongo.create_index("sales", ["region", "at"])
        await mongo.create_index("sales", ["region", "at"])


class TestGraph:
    async def test_ping_is_answered(self, graph: GraphStore) -> None:
        await graph.ping()

    async def test_rows_are_merged_once(self, graph: GraphStore) -> None:
        merge = "UNWIND $rows AS row MERGE (n:StoresContract {name: row.name}) SET n += row.more RETURN count(n) AS n"
        rows = [{"name": f"service-{number}", "more": {"tier": number}} for number in range(3)]

        for _ in range(2):
            assert await graph.run_write(merge, {"rows": rows}) == [{"n": 3}]

        counted = await graph.run_write("MATCH (n:StoresContract) RETURN count(n) AS n, sum(n.tier) AS tiers")
        assert counted == [{"n": 3, "tiers": 3}]

    async def test_a_statement_that_is_none_is_refused(self, graph: GraphStore) -> None:
        with pytest.raises(QueryRefused):
            await graph.run_write("this is no Cypher")

    async def test_it_can_be_used_again_after_close(self, graph: GraphStore) -> None:
        await graph.ping()
        await graph.close()

        await graph.ping()


class TestRedis:
    async def test_commands_run_in_their_order(self, redis: RedisStore) -> None:
        answers = await redis.run(
            [["SET", "stores-contract", 41], ["INCR", "stores-contract"], ["GET", "stores-contract"]]
        )

        assert answers == [True, 42, "42"]

    async def test_a_wrong_command_is_refused(self, redis: RedisStore) -> None:
        with pytest.raises(QueryRefused):
            await redis.run([["SET", "stores-contract", "x"], ["INCR", "stores-contract"]])

    async def test_it_can_be_used_again_after_close(self, redis: RedisStore) -> None:
        await redis.ping()
        await redis.close()

        await redis.ping()


def stores_at(port: int) -> list[MongoStore | GraphStore | RedisStore]:
    return [
        MongoStore(f"mongodb://127.0.0.1:{port}", DATABASE, timeout_s=0.3),
        GraphStore(f"bolt://127.0.0.1:{port}", ("", ""), "neo4j", timeout_s=0.3),
        RedisStore(f"redis://127.0.0.1:{port}/0", timeout_s=0.3),
    ]


@pytest.mark.parametrize("number", range(3), ids=["mongo", "neo4j", "redis"])
async def test_a_server_that_is_frozen_is_unavailable(silent_port: int, number: int) -> None:
    store = stores_at(silent_port)[number]

    with pytest.raises(StoreUnavailable):
        await store.ping()
    await store.close()


@pytest.mark.parametrize("number", range(3), ids=["mongo", "neo4j", "redis"])
async def test_a_server_that_is_down_is_unavailable(unused_tcp_port: int, number: int) -> None:
    store = stores_at(unused_tcp_port)[number]

    with pytest.raises(StoreUnavailable) as caught:
        await store.ping()
    await store.close()

    assert len(str(caught.value)) < 200


async def test_a_query_on_a_server_that_is_down_is_unavailable(unused_tcp_port: int) -> None:
    store = MongoStore(f"mongodb://127.0.0.1:{unused_tcp_port}", DATABASE, timeout_s=0.3)

    with pytest.raises(StoreUnavailable):
        await store.execute({"collection": "sales"})
    await store.close()


@pytest.mark.parametrize(
    "store",
    [
        MongoStore("mongodb://host:port", DATABASE),
        GraphStore("wrong://127.0.0.1:1", ("", ""), "neo4j"),
        RedisStore("http://127.0.0.1:1"),
    ],
    ids=["mongo", "neo4j", "redis"],
)
async def test_an_address_that_is_none_says_which_setting(
    store: MongoStore | GraphStore | RedisStore,
) -> None:
    with pytest.raises(ConfigurationError, match="HIVE_"):
        await store.ping()
