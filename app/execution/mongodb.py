"""``query_type`` mongodb: find, aggregate, count and distinct on one collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.errors import QueryRefused
from app.execution.rows import Rows
from app.execution.runner import StoreRunner
from app.stores.mongo import MongoStore
from models.queries import parse_mongodb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.queries import Limits


class MongoRunner(StoreRunner[MongoStore]):
    """Runs the queries of tasks on a MongoDB.

    The output is `documents`, their `count`, and `truncated` when there are more. One that the time was over for has
    `complete` false.
    """

    async def run(self, parameters: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
        """Run one query."""
        query = parse_mongodb(parameters, self._allowed, limits)
        if query.operation == "count":
            return {"documents": [], "count": await self._store.count(query), "truncated": False}
        rows = Rows(query.limits, query.masked)
        try:
            await self._store.read(query, lambda document, _: rows.add(document))
        except QueryRefused as error:
            return rows.part(error)
        return rows.output()
