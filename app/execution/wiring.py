"""An executor with all four stores of the settings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from app.circuit import Circuit
from app.execution.budgets import AnswerBudget
from app.execution.executor import QueryExecutor
from app.execution.kafka import KafkaRunner
from app.execution.last_good import LastGood
from app.execution.mongodb import MongoRunner
from app.execution.neo4j import Neo4jRunner
from app.execution.redis import RedisRunner
from app.execution.sources import StandIns
from app.stores.kafka_reads import KafkaStore
from app.stores.mongo import MongoStore
from app.stores.neo4j import GraphStore
from app.stores.redis import RedisStore
from models.ids import stable_id
from models.queries import Limits

if TYPE_CHECKING:
    from app.settings import Settings
    from models.queries import Allowed

LAST_GOOD_TIMEOUT_S = 0.5
"""For Redis to keep or give a last good answer: who waits for it has waited for a store already."""
MEGABYTE = 1024 * 1024


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
        stand_ins=StandIns(
            names=allowed.sources,
            last_good=LastGood(
                RedisStore.of(settings, timeout_s=LAST_GOOD_TIMEOUT_S),
                Circuit(clock=time.monotonic),
                scope=stable_id("allowed", msgspec.json.encode(allowed, order="deterministic")),
            ),
        ),
        budget=AnswerBudget(
            {
                "bytes": settings.actor_answers_mb_per_minute * MEGABYTE,
                "rows": settings.actor_rows_per_minute,
                "seconds": settings.actor_query_s_per_minute,
            },
            clock=time.monotonic,
        ),
    )
