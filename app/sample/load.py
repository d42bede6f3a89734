"""Load the sample into MongoDB, the graph, Redis and Kafka: as often as you like, it is there once."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from app import topics
from app.errors import ConfigurationError
from app.sample.generate import SampleData, generate
from app.stores import kafka
from app.stores.mongo import MongoStore
from app.stores.neo4j import GraphStore
from app.stores.redis import RedisStore
from models.planning import load_catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.settings import Settings

    Progress = Callable[[str, int, int], None]
    """Told a part's name, how many of its records are there, and how many there will be."""

CATALOG = Path(__file__).with_name("catalog.yaml")
MARKER = "hive_sample"
"""Collection with one document, which says that the sample is ours to replace, and of what moment it is."""
LAYOUT = 2
"""Of the collections: a sample of an older one is loaded anew."""
BATCH = 1000
REDIS_KEYS = "hive:sample:keys"


async def loaded_as_of(settings: Settings) -> dt.datetime | None:
    """Return the moment of the sample that MongoDB holds, or None when there is none, or only a part of it.

    Raises:
        StoreUnavailable: MongoDB does not answer.
    """
    async with AsyncExitStack() as stack:
        return await _marked(_mongo(settings, stack))


async def load(settings: Settings, *, as_of: dt.datetime, progress: Progress) -> SampleData:
    """Load the sample of this moment, in place of an older one; what is there already is left alone.

    Raises:
        StoreUnavailable: a store does not answer.
        BrokerUnavailable: Kafka does not answer.
        ConfigurationError: MongoDB holds collections of these names that are not the sample's.
    """
    data = await asyncio.to_thread(generate, as_of=as_of)
    async with AsyncExitStack() as stack:
        await _load_documents(_mongo(settings, stack), data, as_of=as_of, progress=progress)
        graph = GraphStore.of(settings)
        stack.push_async_callback(graph.close)
        await _load_graph(graph, data, progress)
        redis = RedisStore.of(settings)
        stack.push_async_callback(redis.close)
        await _load_keys(redis, data, progress)
    await asyncio.to_thread(_load_events, settings, data, as_of=as_of, progress=progress)
    return data


def _mongo(settings: Settings, stack: AsyncExitStack) -> MongoStore:
    store = MongoStore.of(settings)
    stack.push_async_callback(store.close)
    return store


async def _marked(store: MongoStore) -> dt.datetime | None:
    if MARKER not in await store.collections():
        return None
    found = await store.execute({"collection": MARKER, "filter": {"_id": 1, "complete": True, "layout": LAYOUT}})
    return dt.datetime.fromisoformat(found["documents"][0]["as_of"]) if found["documents"] else None


async def _load_documents(store: MongoStore, data: SampleData, *, as_of: dt.datetime, progress: Progress) -> None:
    collections = data.collections | data.copies
    total = sum(map(len, collections.values()))
    if await _marked(store) == as_of:
        progress("mongo", total, total)
        return
    existing = await store.collections()
    if MARKER not in existing and (taken := existing & collections.keys()):
        raise ConfigurationError(
            f"MongoDB has collections of its own named {', '.join(sorted(taken))}: set HIVE_MONGO_DATABASE to "
            "another name for the sample, or start without it (`hive up --no-sample`)"
        )
    marker = {"_id": 1, "as_of": as_of, "complete": False, "layout": LAYOUT}
    await store.put(MARKER, marker)
    indexed = _indexed_fields()
    done = 0
    for name, documents in collections.items():
        await store.drop(name)
        numbered = [{"_id": number, **document} for number, document in enumerate(documents, start=1)]
        for batch in _batches(numbered):
            await store.insert(name, batch)
            done += len(batch)
            progress("mongo", done, total)
        for field in indexed.get(name, ()):  # once the documents are there: that is four times as fast
            await store.create_index(name, [field])
    await store.put(MARKER, marker | {"complete": True})


def _indexed_fields() -> dict[str, list[str]]:
    """Return what queries on each collection match on: its time, and what its answers can be narrowed to."""
    catalog = load_catalog(CATALOG.read_text(encoding="utf-8"), source=str(CATALOG))
    return {
        source.place: [
            *([source.time_field] if source.time_field else []),
            *(dimension.field for dimension in source.dimensions if dimension.values),
        ]
        for source in catalog.sources.values()
        if source.kind == "mongodb"
    }


def _batches(documents: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(documents), BATCH):
        yield documents[start : start + BATCH]


async def _load_graph(store: GraphStore, data: SampleData, progress: Progress) -> None:
    nodes, edges = data.graph
    labels = {node["name"]: node["label"] for node in nodes}
    for label in sorted(set(labels.values())):
        rows = [node for node in nodes if node["label"] == label]
        await store.run_write(f"UNWIND $rows AS row MERGE (n:{label} {{name: row.name}}) SET n += row", {"rows": rows})
    # Labels and types can't be parameters of Cypher; these are the generator's own.
    for kind, source, target in sorted({(kind, labels[a], labels[b]) for a, kind, b in edges}):
        pairs = [[a, b] for a, type_, b in edges if (type_, labels[a], labels[b]) == (kind, source, target)]
        await store.run_write(
            f"UNWIND $pairs AS pair MATCH (a:{source} {{name: pair[0]}}), (b:{target} {{name: pair[1]}}) "
            f"MERGE (a)-[:{kind}]->(b)",
            {"pairs": pairs},
        )
    total = len(nodes) + len(edges)
    progress("graph", total, total)


async def _load_keys(store: RedisStore, data: SampleData, progress: Progress) -> None:
    """Replace all keys in one transaction: a reader sees the old sample or the new one."""
    [old] = await store.run([["SMEMBERS", REDIS_KEYS]])
    values = {key: str(count) for key, count in data.counters.items()}
    values |= {key: msgspec.json.encode(session).decode() for key, session in data.sessions.items()}
    await store.run(
        [
            ["DEL", REDIS_KEYS, *old],
            *(["SET", key, value] for key, value in values.items()),
            ["SADD", REDIS_KEYS, *values],
        ]
    )
    progress("redis", len(values), len(values))


def _load_events(settings: Settings, data: SampleData, *, as_of: dt.datetime, progress: Progress) -> None:
    """Append the events that the topic doesn't have yet, in one transaction."""
    topic = topics.SAMPLE_EVENTS.name
    stamp = as_of.isoformat().encode()
    with kafka.reader(settings) as consumer:
        starts = kafka.required(kafka.starts(consumer, [topic]), topic)
        there = kafka.read_to_end(consumer, starts, timeout_s=30)
        if any(("as-of", stamp) in record.headers for record in there):
            progress("kafka", len(data.events), len(data.events))
            return
    with kafka.kafka_errors(settings):
        producer = kafka.producer(settings, {"transactional.id": f"{settings.app_id}-sample"})
        producer.init_transactions(kafka.ANSWER_S)
        producer.begin_transaction()
        for event in data.events:
            producer.produce(
                topic,
                key=event["user"].encode(),
                value=msgspec.json.encode(event),
                timestamp=int(dt.datetime.fromisoformat(event["at"]).timestamp() * 1000),
                headers=[("as-of", stamp)],
            )
        producer.commit_transaction(kafka.ANSWER_S)
    progress("kafka", len(data.events), len(data.events))
