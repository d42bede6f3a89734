"""The queries of tasks on all four stores, on whatever servers the `stack` fixture gives (domain.md 5.1 and 10.6)."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from app.embedded.stack import Stack
from app.errors import QueryRefused
from app.execution import QueryExecutor, executor_for
from app.settings import Settings
from app.stores.mongo import MongoStore
from app.stores.neo4j import GraphStore
from app.stores.redis import RedisStore
from benchmarks.cluster import Cluster
from models.queries import Allowed, Limits
from models.records import ExecutionResult, ResultStatus
from tests.tickets import query_ticket

DATABASE = "queries_contract"
ITEMS = [
    {"_id": 1, "name": "Widget", "status": "active", "category": "A", "price": 10.5, "value": 100, "tags": ["x", "y"]},
    {"_id": 2, "name": "Gadget", "status": "active", "category": "A", "price": 25.0, "value": 300, "tags": ["y"]},
    {"_id": 3, "name": "Gizmo", "status": "inactive", "category": "B", "price": 99.0, "value": 200, "tags": []},
]
LIST = {"query_type": "mongodb", "collection": "items"}
ALLOWED = Allowed(
    collections=frozenset({"items", "no_such_collection"}),
    labels=frozenset({"QueriesContract", "QueriesTeam"}),
    relationships=frozenset({"NEEDS"}),
    keys=("test:query:{name}", "test:{name}", "bin:{name}"),
)


@pytest.fixture
def settings(stack: Stack) -> Settings:
    return Settings.load({**stack.addresses, "HIVE_MONGO_DATABASE": DATABASE})


@pytest.fixture
async def executor(settings: Settings) -> AsyncIterator[QueryExecutor]:
    made = executor_for(settings, ALLOWED)
    yield made
    await made.close()


@pytest.fixture
async def items(settings: Settings) -> AsyncIterator[None]:
    store = MongoStore(settings.mongo, DATABASE)
    await store.drop("items")
    await store.insert("items", ITEMS)
    yield
    await store.drop("items")
    await store.close()


@pytest.fixture
async def graph(settings: Settings) -> AsyncIterator[GraphStore]:
    store = GraphStore(settings.neo4j, (settings.neo4j_user, str(settings.neo4j_password)), settings.neo4j_database)
    await store.run_write("MATCH (n) WHERE n:QueriesContract OR n:QueriesTeam DETACH DELETE n")
    await store.run_write(
        "CREATE (a:QueriesContract {name: 'a', tier: 1}), (b:QueriesContract {name: 'b', tier: 2}), "
        "(a)-[:NEEDS {since: 2020}]->(b)"
    )
    yield store
    await store.run_write("MATCH (n) WHERE n:QueriesContract OR n:QueriesTeam DETACH DELETE n")
    await store.close()


@pytest.fixture
async def keys(settings: Settings) -> AsyncIterator[RedisStore]:
    store = RedisStore(settings.redis)
    names = ["test:query:1", "test:query:2", "test:other", "test:hash", "test:zset", "foreign"]
    await store.run([["DEL", *names]])
    await store.run(
        [
            ["SET", "test:query:1", '{"pages": 7}'],
            ["SET", "test:query:2", "plain text"],
            ["SET", "test:other", "41"],
            ["SET", "foreign", "secret"],
        ]
    )
    yield store
    await store.run([["DEL", *names]])
    await store.close()


@pytest.fixture
def topic(settings: Settings) -> str:
    return filled_topic(settings)


def filled_topic(settings: Settings) -> str:
    """A topic of two partitions: ten records, of which the even ones have the key `even`."""
    name = f"queries-{uuid.uuid4().hex}"
    Cluster(settings.kafka).create(name, 2)
    producer = Producer(settings.kafka_client())
    for number in range(10):
        producer.produce(
            name,
            key=b"even" if number % 2 == 0 else b"odd",
            value=b'{"number": %d}' % number,
            partition=number % 2,
            timestamp=1_700_000_000_000 + number * 1000,
        )
    assert producer.flush(30) == 0
    return name


def reading(settings: Settings, *topics: str, **limits: Any) -> QueryExecutor:
    allowed = Allowed(topics=frozenset(topics))
    return executor_for(settings, allowed, Limits(**limits) if limits else None)


async def run(executor: QueryExecutor, **parameters: Any) -> dict[str, Any]:
    result = await executor.execute(query_ticket(parameters))
    assert result.status is ResultStatus.COMPLETED, result.error_message
    return result.result.output


async def refused(executor: QueryExecutor, **parameters: Any) -> ExecutionResult:
    result = await executor.execute(query_ticket(parameters))
    assert result.status is ResultStatus.FAILED
    assert not result.result.success
    return result


async def test_every_store_is_well(executor: QueryExecutor) -> None:
    assert await executor.health() == {"mongodb": "", "neo4j": "", "redis": "", "kafka": ""}


@pytest.mark.usefixtures("items")
class TestMongo:
    async def test_a_filter_finds_and_ids_are_json(self, executor: QueryExecutor) -> None:
        found = await run(executor, **LIST, filter={"status": "active"})
        assert (found["count"], [row["_id"] for row in found["documents"]]) == (2, [1, 2])

    async def test_mongodb_is_the_default(self, executor: QueryExecutor) -> None:
        assert (await run(executor, collection="items"))["count"] == 3

    async def test_a_limit_limits_and_says_so(self, executor: QueryExecutor) -> None:
        found = await run(executor, **LIST, limit=2)
        assert (found["count"], found["truncated"]) == (2, True)

    async def test_sorted_by_value_the_largest_is_300(self, executor: QueryExecutor) -> None:
        [first] = (await run(executor, **LIST, sort={"value": -1}, limit=1))["documents"]
        assert first["value"] == 300

    async def test_a_complex_filter_sorted_by_price(self, executor: QueryExecutor) -> None:
        asked = {"category": "A", "$or": [{"price": {"$gte": 20}}, {"tags": {"$in": ["x"]}}]}
        found = await run(executor, **LIST, filter=asked, sort={"price": -1})
        assert [row["name"] for row in found["documents"]] == ["Gadget", "Widget"]

    async def test_it_counts(self, executor: QueryExecutor) -> None:
        assert (await run(executor, **LIST, operation="count", filter={"category": "A"}))["count"] == 2

    async def test_it_finds_the_different_values(self, executor: QueryExecutor) -> None:
        found = await run(executor, **LIST, operation="distinct", field="tags")
        assert found["documents"] == [{"tags": "x"}, {"tags": "y"}]

    async def test_it_aggregates(self, executor: QueryExecutor) -> None:
        pipeline = [{"$group": {"_id": "$category", "value": {"$sum": "$value"}}}, {"$sort": {"_id": 1}}]
        found = await run(executor, **LIST, operation="aggregate", pipeline=pipeline)
        assert found["documents"] == [{"_id": "A", "value": 400}, {"_id": "B", "value": 200}]

    async def test_a_collection_that_is_missing_is_an_error(self, executor: QueryExecutor) -> None:
        result = await refused(executor, query_type="mongodb", collection="no_such_collection")
        assert "no collection" in str(result.error_message)

    async def test_no_collection_is_an_error(self, executor: QueryExecutor) -> None:
        result = await refused(executor, query_type="mongodb")
        assert "collection" in str(result.error_message)

    async def test_more_than_the_limit_of_bytes_is_refused(self, settings: Settings) -> None:
        small = executor_for(settings, ALLOWED, Limits(size_bytes=150))
        result = await refused(small, **LIST)
        await small.close()
        assert result.result.metadata["reason"] == "size"


class TestNeo4j:
    async def test_nodes_keep_their_labels_and_properties(self, executor: QueryExecutor, graph: GraphStore) -> None:
        found = await run(
            executor, query_type="neo4j", cypher_query="MATCH (n:QueriesContract) RETURN n ORDER BY n.name"
        )
        assert found["results"] == [
            {"n": {"labels": ["QueriesContract"], "properties": {"name": name, "tier": tier}}}
            for name, tier in (("a", 1), ("b", 2))
        ]
        assert (found["count"], found["truncated"]) == (2, False)

    async def test_parameters_are_the_drivers(self, executor: QueryExecutor, graph: GraphStore) -> None:
        found = await run(
            executor,
            query_type="neo4j",
            cypher_query="MATCH (n:QueriesContract {name: $name}) RETURN n.tier AS tier",
            parameters={"name": "b"},
            columns=["tier"],
        )
        assert found["documents"] == [{"tier": 2}]

    async def test_relationships_keep_their_type_and_paths_both(
        self, executor: QueryExecutor, graph: GraphStore
    ) -> None:
        cypher = "MATCH p = (:QueriesContract)-[r:NEEDS]->(:QueriesContract) RETURN r, p"
        [row] = (await run(executor, query_type="neo4j", cypher_query=cypher))["results"]
        relationship = {"type": "NEEDS", "properties": {"since": 2020}}
        assert row["r"] == relationship
        assert [node["properties"]["name"] for node in row["p"]["nodes"]] == ["a", "b"]
        assert row["p"]["relationships"] == [relationship]

    async def test_a_statement_is_missing_or_wrong(self, executor: QueryExecutor) -> None:
        for parameters in ({}, {"cypher_query": "MATCH (n:QueriesContract) RETURN m"}, {"cypher_query": "RETURN $x"}):
            await refused(executor, query_type="neo4j", **parameters)

    async def test_the_rows_end_at_the_limit(self, executor: QueryExecutor) -> None:
        cypher = "UNWIND range(1, 100000) AS x RETURN x"
        found = await run(executor, query_type="neo4j", cypher_query=cypher)
        assert (found["count"], found["truncated"]) == (1000, True)
        assert (await run(executor, query_type="neo4j", cypher_query="RETURN 1 AS x"))["results"] == [{"x": 1}]

    async def test_the_server_refuses_to_write_with_read_access(self, graph: GraphStore) -> None:
        """What parsing would let through by mistake would still not write."""
        for statement in ("CREATE (n:QueriesTeam) RETURN n", "MATCH (n:QueriesContract) SET n.tier = 0 RETURN n"):
            with pytest.raises(QueryRefused) as caught:
                await graph.read(statement, {}, lambda _: True)
            assert caught.value.reason == "writes"
        assert await graph.run_write("MATCH (n:QueriesTeam) RETURN count(n) AS n") == [{"n": 0}]

    async def test_what_is_written_is_read_by_the_next_read(self, graph: GraphStore) -> None:
        for number in range(5):
            await graph.run_write("CREATE (n:QueriesTeam {number: $number})", {"number": number})
            rows: list[Any] = []

            def take(row: Any, to: list[Any] = rows) -> bool:
                to.append(row)
                return True

            await graph.read("MATCH (n:QueriesTeam) RETURN count(n) AS n", {}, take)
            assert rows[0]["n"] == number + 1


class TestRedis:
    async def test_get_parses_json(self, executor: QueryExecutor, keys: RedisStore) -> None:
        found = await run(executor, query_type="redis", key="test:query:1")
        assert (found["exists"], found["value"]) == (True, {"pages": 7})

    async def test_get_keeps_text_that_is_no_json(self, executor: QueryExecutor, keys: RedisStore) -> None:
        assert (await run(executor, query_type="redis", key="test:query:2"))["value"] == "plain text"

    async def test_a_key_that_is_missing(self, executor: QueryExecutor, keys: RedisStore) -> None:
        found = await run(executor, query_type="redis", operation="get", key="test:query:none")
        assert (found["exists"], found["value"]) == (False, None)

    async def test_scan_finds_two_and_keys_three(self, executor: QueryExecutor, keys: RedisStore) -> None:
        scanned = await run(executor, query_type="redis", operation="scan", pattern="test:query:*", fetch_values=True)
        listed = await run(executor, query_type="redis", operation="keys", pattern="test:*")
        assert (scanned["count"], scanned["keys"]) == (2, ["test:query:1", "test:query:2"])
        assert scanned["values"] == {"test:query:1": {"pages": 7}, "test:query:2": "plain text"}
        assert (listed["count"], listed["complete"]) == (3, True)

    async def test_mget_and_rows(self, executor: QueryExecutor, keys: RedisStore) -> None:
        asked = ["test:query:1", "test:query:none", "test:other"]
        found = await run(executor, query_type="redis", operation="mget", keys=asked)
        assert found["values"] == {"test:query:1": {"pages": 7}, "test:other": 41}
        rows = await run(
            executor,
            query_type="redis",
            operation="scan",
            pattern="test:query:1*",
            key_pattern="test:query:{name}",
            value="json",
            fetch_values=True,
            columns=["name", "pages"],
        )
        assert rows["documents"] == [{"name": "1", "pages": 7}]

    async def test_hashes_and_sorted_sets(self, executor: QueryExecutor, keys: RedisStore) -> None:
        await keys.run([["HSET", "test:hash", "n", "3", "t", "x"], ["ZADD", "test:zset", 1, "a", 3, "c", 2, "b"]])
        hashes = await run(executor, query_type="redis", operation="hash", keys=["test:hash"], columns=["n"])
        top = await run(executor, query_type="redis", operation="zset", key="test:zset", limit=2)
        assert hashes["documents"] == [{"n": 3, "t": "x"}]
        assert top["members"] == [{"member": "c", "score": 3.0}, {"member": "b", "score": 2.0}]
        assert top["truncated"]
        wrong = await refused(executor, query_type="redis", operation="mget", keys=["test:hash"])
        assert "holds a hash" in str(wrong.error_message)
        assert "WRONGTYPE" in str((await refused(executor, query_type="redis", key="test:hash")).error_message)

    async def test_bytes_that_are_no_text_are_base64(self, executor: QueryExecutor, settings: Settings) -> None:
        import redis.asyncio as plain_redis

        client = plain_redis.from_url(str(settings.redis))
        await client.set("bin:1", b"\x00\xff\xfe")
        found = await run(executor, query_type="redis", key="bin:1")
        await client.delete("bin:1")
        await client.aclose()
        assert found["value"] == {"base64": "AP/+"}

    async def test_a_scan_over_many_keys_gives_the_listed_ones_up_to_the_limit(
        self, executor: QueryExecutor, keys: RedisStore
    ) -> None:
        many = [f"test:many:{number}" for number in range(3000)]
        await keys.run([["SET", key, "1"] for key in many])
        found = await run(executor, query_type="redis", operation="scan", pattern="test:many:*")
        await keys.run([["DEL", *many]])
        assert (found["count"], found["truncated"]) == (1000, True)

    async def test_values_that_are_too_large_are_not_fetched(self, executor: QueryExecutor, keys: RedisStore) -> None:
        await keys.run([["SETRANGE", "test:other", 50_000_000, "x"]])
        result = await refused(executor, query_type="redis", key="test:other")
        assert result.result.metadata["reason"] == "size"


class TestKafka:
    async def test_from_an_offset_the_first_ones(self, settings: Settings, topic: str) -> None:
        executor = reading(settings, topic)
        found = await run(executor, query_type="kafka", topic=topic, partition=1, offset=1, max_messages=2)
        await executor.close()
        assert [(m["offset"], m["key"], m["value"]) for m in found["messages"]] == [
            (1, "odd", {"number": 3}),
            (2, "odd", {"number": 5}),
        ]
        assert found["truncated"]

    async def test_the_newest_of_all_partitions_oldest_first(self, settings: Settings, topic: str) -> None:
        executor = reading(settings, topic)
        found = await run(executor, query_type="kafka", topic=topic, limit=3, columns=["number"])
        await executor.close()
        assert found["documents"] == [{"number": 7}, {"number": 8}, {"number": 9}]
        assert found["truncated"]

    async def test_by_key_and_by_time(self, settings: Settings, topic: str) -> None:
        executor = reading(settings, topic)
        begin_ms = 1_700_000_000_000
        by_key = await run(executor, query_type="kafka", topic=topic, key="even", columns=["number"])
        period = {"from_ms": begin_ms + 2000, "to_ms": begin_ms + 5000}
        by_time = await run(executor, query_type="kafka", topic=topic, **period, key=None, columns=["number"])
        late = await run(executor, query_type="kafka", topic=topic, from_ms=begin_ms + 10**9, columns=["number"])
        await executor.close()
        assert [row["number"] for row in by_key["documents"]] == [0, 2, 4, 6, 8]
        assert [row["number"] for row in by_time["documents"]] == [2, 3, 4]
        assert (late["count"], late["complete"]) == (0, True)

    async def test_what_is_no_json_is_text_or_base64_with_a_flag(self, settings: Settings, topic: str) -> None:
        producer = Producer(settings.kafka_client())
        avro = b"\x00\x00\x00\x00\x07\x02\x0aVenda"
        for value in (avro, "é texto".encode(), None, b"\xff\xff"):
            producer.produce(topic, value=value, partition=0)
        assert producer.flush(30) == 0
        executor = reading(settings, topic)
        found = await run(executor, query_type="kafka", topic=topic, partition=0, offset=5)
        await executor.close()
        shown = [(m["value"], m.get("value_encoding"), m.get("schema_id")) for m in found["messages"]]
        assert shown == [
            ("AAAAAAcCClZlbmRh", "base64", 7),
            ("é texto", "text", None),
            (None, None, None),
            ("//8=", "base64", None),
        ]

    async def test_a_topic_that_is_quiet_or_missing_ends_at_once(self, settings: Settings) -> None:
        quiet = f"quiet-{uuid.uuid4().hex}"
        Cluster(settings.kafka).create(quiet, 3)
        executor = reading(settings, quiet, "no-such-topic")
        began_s = time.monotonic()
        found = await run(executor, query_type="kafka", topic=quiet)
        ahead = await run(executor, query_type="kafka", topic=quiet, partition=0, offset=10**6)
        missing = await refused(executor, query_type="kafka", topic="no-such-topic")
        await executor.close()
        assert time.monotonic() - began_s < 5
        assert (found["count"], found["complete"], ahead["count"]) == (0, True, 0)
        assert "there is no topic" in str(missing.error_message)
        assert "no-such-topic" not in AdminClient(settings.kafka_client()).list_topics(timeout=10).topics

    async def test_no_group_is_joined_and_nothing_committed(self, settings: Settings, topic: str) -> None:
        executor = reading(settings, topic)
        await run(executor, query_type="kafka", topic=topic)
        await executor.close()
        groups = AdminClient(settings.kafka_client()).list_consumer_groups().result(10).valid
        assert "hive-reads" not in [group.group_id for group in groups]


@pytest.mark.real
async def test_an_open_transaction_is_neither_read_nor_waited_for(real_stack: Stack) -> None:
    """The embedded broker hides all of a partition for as long as a transaction is open on it."""
    settings = Settings.load(real_stack.addresses)
    topic = filled_topic(settings)
    producer = Producer(settings.kafka_client() | {"transactional.id": uuid.uuid4().hex})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, value=b'{"number": 99}', partition=0)
    producer.flush(30)
    executor = reading(settings, topic)
    before = await run(executor, query_type="kafka", topic=topic, columns=["number"])
    producer.commit_transaction(30)
    for _ in range(100):  # the partition gets its marker a moment after the coordinator has said so
        after = await run(executor, query_type="kafka", topic=topic, columns=["number"])
        if after["count"] > before["count"]:
            break
        await asyncio.sleep(0.1)
    await executor.close()
    assert (before["count"], after["count"]) == (10, 11)


async def test_a_type_that_is_none_is_an_error_result(executor: QueryExecutor) -> None:
    result = await refused(executor, query_type="oracle", collection="items")
    assert "not supported" in str(result.error_message)


@pytest.mark.usefixtures("items")
async def test_a_query_ends_within_its_time(executor: QueryExecutor) -> None:
    began = dt.datetime.now(dt.UTC)
    await run(executor, **LIST)
    assert dt.datetime.now(dt.UTC) - began < dt.timedelta(seconds=30)
