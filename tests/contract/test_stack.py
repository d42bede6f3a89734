"""What the servers of both stacks must be able to do for this system, asked in their own protocols."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import neo4j
import pymongo
import pytest
import redis
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource
from neo4j.exceptions import ClientError

from app.embedded.stack import Stack
from benchmarks.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = [{"region": "Norte", "total": 10}, {"region": "Sul", "total": 5}, {"region": "Norte", "total": 7}]


def new_topic(stack: Stack, **config: str) -> str:
    topic = f"contract-{uuid.uuid4().hex}"
    Cluster(stack.addresses["HIVE_KAFKA"]).create(topic, 1, config)
    return topic


def transactional_producer(stack: Stack) -> Producer:
    producer = Producer(
        {"bootstrap.servers": stack.addresses["HIVE_KAFKA"], "transactional.id": uuid.uuid4().hex, "linger.ms": 50}
    )
    producer.init_transactions(30)
    return producer


def committed_values(stack: Stack, topic: str) -> list[bytes]:
    """Read a topic of one partition to the end of what is committed."""
    consumer = Consumer(
        {
            "bootstrap.servers": stack.addresses["HIVE_KAFKA"],
            "group.id": "contract",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    values: list[bytes] = []
    try:
        while True:
            message = consumer.poll(30)
            assert message is not None
            if message.error() is not None:
                assert message.error().code() == KafkaError._PARTITION_EOF
                return values
            values.append(message.value())
    finally:
        consumer.close()


@pytest.fixture
def database(stack: Stack) -> Iterator[pymongo.database.Database[dict[str, Any]]]:
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(stack.addresses["HIVE_MONGO"]) as client:
        yield client["stack_contract"]
        client.drop_database("stack_contract")


@pytest.fixture
def graph(stack: Stack) -> Iterator[neo4j.Driver]:
    where = stack.addresses
    auth = (where["HIVE_NEO4J_USER"], where["HIVE_NEO4J_PASSWORD"]) if where["HIVE_NEO4J_USER"] else None
    with neo4j.GraphDatabase.driver(where["HIVE_NEO4J"], auth=auth) as driver:
        yield driver
        driver.execute_query("MATCH (n:StackContract) DETACH DELETE n", database_=where["HIVE_NEO4J_DATABASE"])


def test_kafka_commits_records_in_a_transaction(stack: Stack) -> None:
    topic = new_topic(stack)
    producer = transactional_producer(stack)

    producer.begin_transaction()
    for number in range(10):
        producer.produce(topic, key=b"k", value=b"%d" % number, headers=[("h", b"\x00\xff")])
    producer.commit_transaction(30)

    assert committed_values(stack, topic) == [b"%d" % number for number in range(10)]


def test_kafka_hides_an_open_transaction(stack: Stack) -> None:
    topic = new_topic(stack)
    producer = transactional_producer(stack)

    producer.begin_transaction()
    producer.produce(topic, value=b"open")
    producer.flush(30)
    before = committed_values(stack, topic)
    producer.commit_transaction(30)

    assert (before, committed_values(stack, topic)) == ([], [b"open"])


def test_kafka_keeps_what_a_topic_is_created_with(stack: Stack) -> None:
    wanted = {"cleanup.policy": "compact", "max.message.bytes": "4194304", "retention.ms": "3600000"}
    topic = new_topic(stack, **wanted)

    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    admin = AdminClient({"bootstrap.servers": stack.addresses["HIVE_KAFKA"]})
    found = admin.describe_configs([resource])[resource].result(10)

    assert {name: found[name].value for name in wanted} == wanted


def test_kafka_commits_offsets_in_a_transaction(stack: Stack) -> None:
    topic = new_topic(stack)
    producer = transactional_producer(stack)
    # The embedded broker lets the first member of a group wait for half of its session timeout.
    short = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 1000}
    consumer = Consumer({"bootstrap.servers": stack.addresses["HIVE_KAFKA"], "group.id": uuid.uuid4().hex, **short})
    consumer.subscribe([topic])
    deadline = time.monotonic() + 30
    while not consumer.assignment() and time.monotonic() < deadline:
        consumer.poll(0.1)

    producer.begin_transaction()
    producer.produce(topic, value=b"output")
    producer.send_offsets_to_transaction([TopicPartition(topic, 0, 42)], consumer.consumer_group_metadata(), 30)
    producer.commit_transaction(30)
    committed = consumer.committed([TopicPartition(topic, 0)], timeout=30)
    consumer.close()

    assert [position.offset for position in committed] == [42]


@pytest.mark.real
def test_real_kafka_hides_what_was_aborted(real_stack: Stack) -> None:
    """The embedded one shows it, which is why nothing about crashes is tested there."""
    topic = new_topic(real_stack)
    producer = transactional_producer(real_stack)

    producer.begin_transaction()
    producer.produce(topic, value=b"aborted")
    producer.flush(30)
    producer.abort_transaction(30)
    producer.begin_transaction()
    producer.produce(topic, value=b"good")
    producer.commit_transaction(30)

    assert committed_values(real_stack, topic) == [b"good"]


@pytest.mark.real
def test_real_kafka_keeps_its_records_when_it_is_killed(real_stack: Stack) -> None:
    topic = new_topic(real_stack)
    producer = transactional_producer(real_stack)
    producer.begin_transaction()
    producer.produce(topic, value=b"kept")
    producer.commit_transaction(30)
    where = real_stack.addresses["HIVE_KAFKA"]
    deadline = time.monotonic() + 60
    while not committed_values(real_stack, topic) and time.monotonic() < deadline:
        # Kafka 4.4 may never write the marker of a transaction whose commit has just returned when it is killed
        # (docs/decisions/0001): that is its business, keeping what is complete is the stack's.
        pass

    real_stack.kill("kafka")
    real_stack.start("kafka")

    assert real_stack.addresses["HIVE_KAFKA"] == where
    assert committed_values(real_stack, topic) == [b"kept"]


def test_mongo_finds_what_was_inserted(database: pymongo.database.Database[dict[str, Any]]) -> None:
    database.sales.insert_many([dict(row) for row in ROWS])

    assert list(database.sales.find({"total": {"$gt": 6}}, {"_id": 0}, sort=[("total", 1)])) == [
        {"region": "Norte", "total": 7},
        {"region": "Norte", "total": 10},
    ]


def test_mongo_groups_and_sorts(database: pymongo.database.Database[dict[str, Any]]) -> None:
    database.sales.insert_many([dict(row) for row in ROWS])

    answer = database.sales.aggregate(
        [
            {"$match": {"total": {"$gte": 5}}},
            {"$group": {"_id": "$region", "total": {"$sum": "$total"}, "count": {"$sum": 1}}},
            {"$sort": {"total": -1}},
        ]
    )

    assert list(answer) == [{"_id": "Norte", "total": 17, "count": 2}, {"_id": "Sul", "total": 5, "count": 1}]


def test_graph_matches_a_path_by_parameter(stack: Stack, graph: neo4j.Driver) -> None:
    database = stack.addresses["HIVE_NEO4J_DATABASE"]
    graph.execute_query(
        "CREATE (:StackContract {name: $shop})-[:USES]->(:StackContract {name: $store})",
        {"shop": "loja", "store": "estoque"},
        database_=database,
    )

    records, _, _ = graph.execute_query(
        "MATCH (a:StackContract {name: $name})-[:USES]->(b) RETURN b.name AS name", {"name": "loja"}, database_=database
    )

    assert [record.data() for record in records] == [{"name": "estoque"}]


@pytest.mark.parametrize("size", [5_000, 1_000_000])
def test_graph_takes_large_parameters(stack: Stack, graph: neo4j.Driver, size: int) -> None:
    records, _, _ = graph.execute_query(
        "RETURN size($text) AS size", {"text": "é" * size}, database_=stack.addresses["HIVE_NEO4J_DATABASE"]
    )

    assert records[0]["size"] == size


def test_graph_returns_what_it_was_given(stack: Stack, graph: neo4j.Driver) -> None:
    values: list[Any] = [
        None,
        True,
        -1,
        2**62,
        1.5,
        1e300,
        'a "b" \\ c\n',
        "São Paulo",
        [1, [2, None]],
        {"a b": {"c": []}},
    ]

    records, _, _ = graph.execute_query(
        "RETURN $values AS values", {"values": values}, database_=stack.addresses["HIVE_NEO4J_DATABASE"]
    )

    assert records[0]["values"] == values


def test_graph_returns_nodes_relationships_and_paths(stack: Stack, graph: neo4j.Driver) -> None:
    database = stack.addresses["HIVE_NEO4J_DATABASE"]
    created = graph.execute_query(
        "CREATE (:StackContract {name: 'loja'})-[:USES {since: 2020}]->(:StackContract {name: 'estoque'})",
        database_=database,
    ).summary.counters

    found = graph.execute_query(
        "MATCH p = (:StackContract {name: 'estoque'})<-[r:USES]-(a) RETURN a, r, p", database_=database
    )
    node, relationship, path = found.records[0]

    assert (created.nodes_created, created.relationships_created) == (2, 1)
    assert (set(node.labels), dict(node)) == ({"StackContract"}, {"name": "loja"})
    assert (relationship.type, dict(relationship), relationship.start_node) == ("USES", {"since": 2020}, node)
    assert [each["name"] for each in path.nodes] == ["estoque", "loja"]
    assert path.relationships[0] == relationship


def test_graph_says_why_it_refuses_a_statement_and_goes_on(stack: Stack, graph: neo4j.Driver) -> None:
    database = stack.addresses["HIVE_NEO4J_DATABASE"]

    with pytest.raises(neo4j.exceptions.CypherSyntaxError, match="RETRUN"):
        graph.execute_query("RETRUN 1", database_=database)
    records, _, _ = graph.execute_query("RETURN 1 AS one", database_=database)

    assert records[0]["one"] == 1


def test_graph_refuses_to_write_in_a_reading_session(stack: Stack, graph: neo4j.Driver) -> None:
    database = stack.addresses["HIVE_NEO4J_DATABASE"]

    with graph.session(database=database, default_access_mode="READ") as session, pytest.raises(ClientError):
        session.run("CREATE (:StackContract)").consume()

    records, _, _ = graph.execute_query("MATCH (n:StackContract) RETURN count(n) AS count", database_=database)
    assert records[0]["count"] == 0


def test_graph_answers_one_connection_after_another(stack: Stack) -> None:
    where = stack.addresses
    auth = (where["HIVE_NEO4J_USER"], where["HIVE_NEO4J_PASSWORD"]) if where["HIVE_NEO4J_USER"] else None

    for _ in range(4):
        with neo4j.GraphDatabase.driver(where["HIVE_NEO4J"], auth=auth, connection_timeout=30) as driver:
            driver.execute_query("RETURN 1", database_=where["HIVE_NEO4J_DATABASE"])


def test_graph_gives_a_long_answer_in_portions(stack: Stack, graph: neo4j.Driver) -> None:
    with graph.session(database=stack.addresses["HIVE_NEO4J_DATABASE"], fetch_size=100) as session:
        rows = session.run("UNWIND range(1, 1234) AS x RETURN x")

        assert [row["x"] for row in rows] == list(range(1, 1235))


@pytest.mark.embedded
def test_embedded_graph_refuses_to_roll_back_what_it_has_written(embedded_stack: Stack) -> None:
    """FalkorDB has no transactions of several statements; to act as if it had would lose data silently."""
    where = embedded_stack.addresses
    with (
        neo4j.GraphDatabase.driver(where["HIVE_NEO4J"], auth=(where["HIVE_NEO4J_USER"], "")) as driver,
        driver.session(database="stack_contract") as session,
    ):
        transaction = session.begin_transaction()
        transaction.run("CREATE (:StackContract)").consume()
        with pytest.raises(ClientError, match="can't undo"):
            transaction.rollback()
        session.run("MATCH (n:StackContract) DELETE n").consume()


def test_redis_returns_what_was_set(stack: Stack) -> None:
    key = f"contract:{uuid.uuid4().hex}"
    with redis.Redis.from_url(stack.addresses["HIVE_REDIS"]) as client:
        client.set(key, "visto", ex=60)

        assert client.get(key) == b"visto"
