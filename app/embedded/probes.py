"""Does a server answer in its own protocol? Each probe is short, quiet, and never raises because a server is down."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import neo4j
import pymongo
import redis
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from neo4j.exceptions import DriverError, Neo4jError
from pymongo.errors import PyMongoError

from app.embedded.ports import LOOPBACK, accepts

TIMEOUT_S = 2.0


def kafka(port: int) -> bool:
    """Ask for metadata: a broker is there, and each partition (after a restart) has its leader."""
    if not accepts(port):
        return False
    client = AdminClient({"bootstrap.servers": f"{LOOPBACK}:{port}", "log_level": 0})
    try:
        metadata = client.list_topics(timeout=TIMEOUT_S)
    except KafkaException:
        return False
    leaders = (partition.leader for topic in metadata.topics.values() for partition in topic.partitions.values())
    return bool(metadata.brokers) and all(leader >= 0 for leader in leaders)


def redis_server(port: int) -> bool:
    """PING; a server that is still loading its data says so instead."""
    if not accepts(port):
        return False
    try:
        with redis.Redis(host=LOOPBACK, port=port, socket_timeout=TIMEOUT_S) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def bolt(port: int, *, auth: tuple[str, str] | None = None, database: str) -> bool:
    """Run a query over Bolt."""
    if not accepts(port):
        return False
    try:
        with neo4j.GraphDatabase.driver(
            f"bolt://{LOOPBACK}:{port}", auth=auth, connection_timeout=TIMEOUT_S, max_transaction_retry_time=0
        ) as driver:
            records, _, _ = driver.execute_query("RETURN 1 AS one", database_=database)
    except (DriverError, Neo4jError, OSError):
        return False
    return [record["one"] for record in records] == [1]


def mongo(port: int) -> bool:
    """Ping."""
    if not accepts(port):
        return False
    client: pymongo.MongoClient[dict[str, Any]]
    try:
        with pymongo.MongoClient(
            LOOPBACK, port, directConnection=True, serverSelectionTimeoutMS=int(TIMEOUT_S * 1000)
        ) as client:
            return bool(client.admin.command("ping")["ok"])
    except PyMongoError:
        return False


def mlflow(port: int) -> bool:
    """Search for experiments: the tracking store answers, not only the web server."""
    if not accepts(port):
        return False
    request = urllib.request.Request(
        f"http://{LOOPBACK}:{port}/api/2.0/mlflow/experiments/search",
        data=b'{"max_results": 1}',
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310
            return "experiments" in json.load(response)
    except (OSError, ValueError):  # URLError is an OSError
        return False
