"""What the catalog marks as sensitive leaves no store: not in rows, not in what the store gives, not in keys."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import msgspec
import pytest

from app.execution.kafka import KafkaRunner
from app.execution.mongodb import MongoRunner
from app.execution.neo4j import Neo4jRunner
from app.execution.redis import RedisRunner
from app.stores.kafka import Found
from app.stores.kafka_reads import Read, Records
from models.planning import load_catalog
from models.queries import Allowed, Limits, MongoQuery, allowed_by

HIDDEN = "123.456.789-09"
FRAMED = b"\0\0\0\0\7" + HIDDEN.encode()
ENTRY = """\
  - name: {name}
    kind: {kind}
    {place}
    label: {{pt: {name}, en: {name}}}
    synonyms: {{}}
    fields: [{{name: {field}, type: string, sensitive: true}}{more}]
    default_measure: {name}
    measures: [{{name: {name}, aggregation: count, label: {{pt: {name}, en: {name}}}}}]
    dimensions: []
    list_fields: [{field}]
"""
TOKENS = "key: 'token:{user}'\n    value: string"
TWO = ", {name: user, type: string}"
ALLOWED = allowed_by(
    load_catalog(
        "sources:\n"
        + ENTRY.format(name="people", kind="mongodb", place="collection: people", field="cpf", more="")
        + ENTRY.format(name="persons", kind="neo4j", place="node: Person", field="cpf", more="")
        + ENTRY.format(name="logins", kind="kafka", place="topic: logins\n    key_field: cpf", field="cpf", more="")
        + ENTRY.format(name="carts", kind="redis", place="key: 'cart:{user}'\n    value: json", field="cpf", more=TWO)
        + ENTRY.format(name="tokens", kind="redis", place=TOKENS, field="value", more=TWO)
        + ENTRY.format(name="by_cpf", kind="redis", place="key: 'of:{cpf}'\n    value: json", field="cpf", more=""),
        source="masked.yaml",
    )
)
DOCUMENT = {"cpf": HIDDEN, "name": "Ana", "deep": [{"cpf": HIDDEN, "at": {"cpf": [HIDDEN]}}]}


class Mongo:
    async def read(self, query: MongoQuery, take: Callable[[dict[str, Any], int], bool]) -> bool:
        return take(DOCUMENT, 10)


class Graph:
    async def read(self, cypher: str, parameters: Any, take: Callable[[Any], bool], *, timeout_s: float) -> bool:
        return take({"n": DOCUMENT, "cpf": HIDDEN})


class Topic:
    async def read(self, read: Read) -> Records:
        values = [msgspec.json.encode(DOCUMENT), HIDDEN.encode(), FRAMED, None]
        return Records([Found("logins", 0, n, 0, HIDDEN.encode(), value, []) for n, value in enumerate(values)])


KEYS = {
    "cart:a": msgspec.json.encode(DOCUMENT),
    "token:a": HIDDEN.encode(),
    f"of:{HIDDEN}": msgspec.json.encode(DOCUMENT),
}


class Keys:
    async def read(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        return [self.answer(*command) for command in commands]

    def answer(self, name: str, *parts: Any) -> Any:
        value = KEYS[parts[-1] if name == "MEMORY" else parts[0]]
        return {"TYPE": b"string", "EXISTS": 1, "STRLEN": len(value)}.get(name, value)

    async def scan(self, glob: str, count: int) -> AsyncIterator[bytes]:
        for key in KEYS:
            if key.startswith(glob.rstrip("*")):
                yield key.encode()


RUNNERS: dict[str, Any] = {
    "mongodb": (MongoRunner, Mongo),
    "neo4j": (Neo4jRunner, Graph),
    "kafka": (KafkaRunner, Topic),
    "redis": (RedisRunner, Keys),
}


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("mongodb", {"collection": "people"}),
        ("neo4j", {"cypher_query": "MATCH (n:Person) RETURN n"}),
        ("kafka", {"topic": "logins"}),
        ("kafka", {"topic": "logins", "columns": ["cpf"]}),
        ("redis", {"key": "cart:a"}),
        ("redis", {"key": "token:a"}),
        ("redis", {"key": "token:a", "key_pattern": "token:{user}", "value": "string", "columns": ["value"]}),
        ("redis", {"operation": "mget", "keys": ["cart:a", "token:a"]}),
        ("redis", {"operation": "scan", "pattern": "of:*"}),
        ("redis", {"operation": "scan", "pattern": "of:*", "fetch_values": True}),
        (
            "redis",
            {
                "operation": "scan",
                "pattern": "of:*",
                "key_pattern": "of:{cpf}",
                "value": "json",
                "fetch_values": True,
                "columns": ["cpf"],
            },
        ),
    ],
)
async def test_it_is_masked_wherever_it_stands(kind: str, parameters: dict[str, Any]) -> None:
    runner, store = RUNNERS[kind]
    output = await runner(store(), ALLOWED).run({"query_type": kind, **parameters}, Limits())
    text = msgspec.json.encode(output).decode()
    assert "***" in text
    assert HIDDEN not in text
    assert base64.b64encode(FRAMED).decode() not in text
    assert output["count" if "count" in output else "keys"] != 0


@pytest.mark.parametrize("keys", [("cart:{user}", "cart:{user}:card"), ("cart:{user}:card", "cart:{user}")])
async def test_a_key_that_two_patterns_list_shows_what_both_allow(keys: tuple[str, ...]) -> None:
    class Card:
        async def read(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
            return [msgspec.json.encode({"number": HIDDEN, "name": "Ana"}) for _ in commands]

    allowed = Allowed(keys=keys, sensitive={"cart:{user}:card": frozenset({"number"})})
    runner = RedisRunner(Card(), allowed)  # type: ignore[arg-type]
    output = await runner.run({"operation": "get", "key": "cart:a:card"}, Limits())
    assert output["value"] == {"number": "***", "name": "Ana"}
