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
    return QueryExecutor(
        settings.worker,
        {
            "mongodb": MongoRunner(MongoStore.of(settings), allowed),
            "neo4j": Neo4jRunner(GraphStore.of(settings), allowed),
            "redis": RedisRunner(RedisStore.of(settings), allowed),
            "kafka": KafkaRunner(KafkaStore(settings.kafka_client(), timeout_s), allowed),
        },
        limits or Limits(time_s=timeout_s),
    )
