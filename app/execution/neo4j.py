"""``query_type`` neo4j: Cypher that reads."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.errors import QueryRefused
from app.execution.rows import Rows
from app.execution.runner import StoreRunner
from app.stores.bolt import Date, DateTime, Duration, Node, Path, Point, Relationship, Time
from app.stores.neo4j import GraphStore
from models.queries import parse_neo4j
from models.queries.cypher import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neo4j import Record

    from models.queries import Allowed, Limits


CHECKED_STATEMENTS = 1024


class Neo4jRunner(StoreRunner[GraphStore]):
    """Runs the queries of tasks on a graph.

    The output is `results` (`documents` for a task that names its `columns`), their `count`, and `truncated`;
    `complete` is false where the time was over before the last row. A node is `{"labels": […], "properties": {…}}`, a
    relationship `{"type": …, "properties": {…}}`, a path `{"nodes": […], "relationships": […]}`.
    """

    def __init__(self, store: GraphStore, allowed: Allowed) -> None:
        super().__init__(store, allowed)
        # The same few statements come again and again, with other parameters: to check one takes as long as to ask it.
        self._check = lru_cache(CHECKED_STATEMENTS)(read_only)

    async def run(self, parameters: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
        """Run one query."""
        query = parse_neo4j(parameters, self._allowed, limits, self._check)
        rows = Rows(query.limits, self._allowed.graph_masked)

        def take(record: Record) -> bool:
            return rows.add(dict(zip(record.keys(), map(plain, record.values()), strict=True)))

        named = "documents" if query.as_rows else "results"
        try:
            await self._store.read(query.cypher, query.parameters, take, timeout_s=query.limits.time_s)
        except QueryRefused as error:
            return rows.part(error, named)
        return rows.output(named)


def plain(value: Any) -> Any:  # noqa: PLR0911 — one for each type
    """Turn a value of the graph into JSON; labels and types are kept."""
    match value:
        case Node():
            return {"labels": sorted(value.labels), "properties": _properties(value)}
        case Relationship():
            return {"type": value.type, "properties": _properties(value)}
        case Path():
            nodes, relationships = map(plain, (list(value.nodes), list(value.relationships)))
            return {"nodes": nodes, "relationships": relationships}
        case list() | tuple() if not isinstance(value, Duration | Point):
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case Point():
            return {"srid": value.srid, "coordinates": list(value)}
        case Date() | DateTime() | Time() | Duration():
            return value.iso_format()
        case bytes() | bytearray():
            return base64.b64encode(value).decode()
    return value


def _properties(entity: Node | Relationship) -> dict[str, Any]:
    return {key: plain(value) for key, value in entity.items()}
