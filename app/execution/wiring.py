"""An executor with all four stores of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.execution.executor import QueryExecutor
from app.execution.kafka import KafkaRunner
from app.execution.mongodb import MongoRunner
from app.execution.neo4j import Neo4jRunner
from app.execution.redis import RedisRunner
from app.stores.kafka_reads import KafkaStore
from app.stores.mongo import MongoStore
from app.stores.neo4j import GraphStore
from app.stores.redis import RedisStore
from models.queries import Limits

if TYPE_CHECKING:
    from app.settings import Settings
    from models.queries import Allowed


def executor_for(settings: Settings, allowed: Allowed, limits: Limits | None = None) -> QueryExecutor:
    """Return the executor of a worker; its stores connect on first use."""
    timeout_s = settings.store_timeout_s
    auth = (settings.neo4j_user, str(settings.neo4j_password))
    mongo = MongoStore(str(settings.mongo), settings.mongo_database, timeout_s)
    graph = GraphStore(settings.neo4j, auth, settings.neo4j_database, timeout_s=timeout_s)
    redis = RedisStore(str(settings.redis), timeout_s)
    kafka = KafkaStore(settings.kafka_client(), timeout_s)
    return QueryExecutor(
        settings.worker,
        {
            "mongodb": MongoRunner(mongo, allowed),
            "neo4j": Neo4jRunner(graph, allowed),
            "redis": RedisRunner(redis, allowed),
            "kafka": KafkaRunner(kafka, allowed),
        },
        limits or Limits(time_s=timeout_s),
    )
