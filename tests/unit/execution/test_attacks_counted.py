"""Attacks by way of a ticket: each ends in a result that says why, is counted, and reaches no store."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import generate_latest

from app.engine import HiveApp
from app.errors import StoreUnavailable
from app.execution import QueryExecutor, chain
from app.execution.kafka import KafkaRunner
from app.execution.mongodb import MongoRunner
from app.execution.neo4j import Neo4jRunner
from app.execution.redis import RedisRunner
from app.observability.metrics import WorkerMetrics
from app.settings import Settings
from models.records import ResultStatus
from tests.tickets import query_ticket
from tests.unit.queries.test_attacks import ALLOWED, KAFKA, MONGODB, NEO4J, REDIS

ATTACKS = {"mongodb": MONGODB, "neo4j": NEO4J, "redis": REDIS, "kafka": KAFKA}


class Untouched:
    """A store that nobody may ask anything."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked of the store")


class Down:
    """A store that is down."""

    async def ping(self) -> None: ...

    async def close(self) -> None: ...

    async def run(self, parameters: Any, limits: Any) -> dict[str, Any]:
        raise StoreUnavailable("mongo", "is down")


@pytest.fixture
def metrics() -> WorkerMetrics:
    return WorkerMetrics(HiveApp(Settings(app_id="t")))


@pytest.fixture
def runners() -> dict[str, Any]:
    store: Any = Untouched()
    return {
        "mongodb": MongoRunner(store, ALLOWED),
        "neo4j": Neo4jRunner(store, ALLOWED),
        "redis": RedisRunner(store, ALLOWED),
        "kafka": KafkaRunner(store, ALLOWED),
    }


@pytest.fixture
def executor(metrics: WorkerMetrics, runners: dict[str, Any]) -> QueryExecutor:
    executor = QueryExecutor("agent", runners)
    executor.observers.append(metrics.query)
    executor.link_observers.append(metrics.asked)
    return executor


def counted(metrics: WorkerMetrics) -> Iterator[tuple[tuple[str, str], int]]:
    for line in generate_latest(metrics.registry).decode().splitlines():
        match = re.fullmatch(r'neural_hive_queries_total\{ending="(.+)",query_type="(.+)"\} (.+)', line)
        if match:
            yield (match[2], match[1]), int(float(match[3]))


async def test_every_attack_is_a_failed_result_and_is_counted(executor: QueryExecutor, metrics: WorkerMetrics) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    for kind, attacks in ATTACKS.items():
        for parameters, _ in attacks:
            result = await executor.execute(query_ticket({"query_type": kind, **parameters}))
            about = result.result.metadata
            assert result.status is ResultStatus.FAILED, parameters
            assert result.error_message
            assert not about["retryable"]
            expected[kind, about["reason"]] += 1
    assert dict(counted(metrics)) == dict(expected)
    assert sum(expected.values()) > 200
    # Whoever is refused has shown that the source is well: no breaker is opened by attacks.
    assert {circuit.state for circuit in executor.circuits.values()} == {"closed"}


@pytest.mark.parametrize("kind", ATTACKS)
async def test_an_attack_in_what_stands_in_is_refused_as_well(
    kind: str, runners: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "RETRY_AFTER_S", (0.0, 0.0))
    for parameters, reason in ATTACKS[kind]:
        asking = QueryExecutor("agent", {**runners, "down": Down()})
        seen: list[tuple[str, str]] = []
        asking.link_observers.append(lambda source, ending, to=seen: to.append((source, ending)))  # type: ignore[misc]
        fallback = {"parameters": {"query_type": kind, **parameters}}
        ticket = query_ticket({"query_type": "down", "fallbacks": [fallback]})
        try:
            result = await asking.execute(ticket)
        except StoreUnavailable:  # it waits for the first one, as it should
            assert (kind, reason) in seen
        else:  # deeper or larger than any ticket may be
            assert result.result.metadata["reason"] == reason == "depth"
