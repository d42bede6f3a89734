"""MongoDB: read-only queries for tasks, writes for seeding. The only module that imports motor."""

from __future__ import annotations

import datetime as dt
import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bson import Decimal128, ObjectId
from bson.errors import BSONError
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
)
from pymongo.errors import (
    ConfigurationError as BadAddress,
)

from app.errors import ConfigurationError, QueryRefused, StoreUnavailable
from app.stores._mongo_query import MongoQuery

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_DUPLICATE = 11000  # a document with this key is there
LISTED_S = 30.0
"""How long it is believed that a collection exists: each empty answer would otherwise cost a second call."""


class MongoStore:
    """One database of a MongoDB server.

    Args:
        uri: `mongodb://…`.
        database: Its name.
        timeout_s: Limit for one call as a whole: finding a server, waiting for a connection, the server's own
            work (`maxTimeMS` is what is left of it) and reading the answer.
    """

    def __init__(self, uri: str, database: str, timeout_s: float = 10.0) -> None:
        self._uri = uri
        self._name = database
        self._timeout_s = timeout_s
        self._client: Any = None
        self._listed: frozenset[str] = frozenset()
        self._listed_at_s = -LISTED_S  # never

    @property
    def _database(self) -> Any:
        if self._client is None:
            try:
                # timeoutMS makes the driver send maxTimeMS with each command.
                self._client = AsyncIOMotorClient(self._uri, timeoutMS=int(self._timeout_s * 1000), tz_aware=True)
            except (BadAddress, ValueError) as error:
                raise ConfigurationError(f"HIVE_MONGO: {error}") from error
        return self._client[self._name]

    async def ping(self) -> None:
        """Ask the server for a sign of life.

        Raises:
            StoreUnavailable: it gave none in time.
        """
        database = self._database
        with _boundary(self._timeout_s):
            await database.command("ping")

    async def execute(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Run a task's query.

        Returns:
            `documents` (JSON scalars only, at most 1,000), their `count`, and `truncated`: there were more.

        Raises:
            QueryRefused: not allowed, not valid, too slow, or on a collection that doesn't exist.
            StoreUnavailable: no answer; try again later.
        """
        query = MongoQuery.parse(parameters)
        database = self._database
        with _boundary(self._timeout_s):
            output = await _run(database[query.collection], query)
            if not output["count"] and not await self._exists(query.collection):
                raise QueryRefused(f"there is no collection {query.collection!r} in {self._name!r}")
        return output

    async def _exists(self, collection: str) -> bool:
        now_s = time.monotonic()
        if now_s - self._listed_at_s > LISTED_S or collection not in self._listed:
            self._listed = frozenset(await self._database.list_collection_names())
            self._listed_at_s = now_s
        return collection in self._listed

    async def insert(self, collection: str, documents: Sequence[dict[str, Any]]) -> None:
        """Insert a batch of documents that carry their own `_id`."""
        database = self._database
        with _boundary(self._timeout_s):
            await database[collection].insert_many(list(documents), ordered=False)

    async def insert_new(self, collection: str, documents: Sequence[dict[str, Any]]) -> None:
        """Insert the documents whose `_id` is not there yet; the others stay as they are."""
        database = self._database
        with _boundary(self._timeout_s):
            try:
                await database[collection].insert_many(list(documents), ordered=False)
            except BulkWriteError as error:
                if any(found.get("code") != _DUPLICATE for found in error.details.get("writeErrors", ())):
                    raise

    async def distinct(self, collection: str, field: str) -> list[Any]:
        """Return the values that a field has."""
        database = self._database
        with _boundary(self._timeout_s):
            found: list[Any] = await database[collection].distinct(field)
        return found

    async def page(self, collection: str, where: Mapping[str, Any], *, by: str, limit: int) -> list[dict[str, Any]]:
        """Return the first documents, in the order of a field, as they are stored."""
        database = self._database
        with _boundary(self._timeout_s):
            found: list[dict[str, Any]] = await database[collection].find(where).sort(by, 1).limit(limit).to_list(limit)
        return found

    async def collections(self) -> set[str]:
        """Return the names of the collections that there are."""
        database = self._database
        with _boundary(self._timeout_s):
            return set(await database.list_collection_names())

    async def put(self, collection: str, document: dict[str, Any]) -> None:
        """Insert a document, or replace the one with its `_id`."""
        database = self._database
        with _boundary(self._timeout_s):
            await database[collection].replace_one({"_id": document["_id"]}, document, upsert=True)

    async def drop(self, collection: str) -> None:
        """Remove a collection with all its documents."""
        database = self._database
        with _boundary(self._timeout_s):
            await database[collection].drop()

    async def create_index(self, collection: str, fields: Sequence[str]) -> None:
        """Create an ascending index; one that exists already is left alone."""
        database = self._database
        with _boundary(self._timeout_s):
            await database[collection].create_index([(name, 1) for name in fields])

    async def close(self) -> None:
        """Close every connection; a later call opens them again."""
        if self._client is not None:
            self._client.close()
            self._client = None


async def _run(collection: Any, query: MongoQuery) -> dict[str, Any]:
    if query.operation == "count":
        return {"documents": [], "count": await collection.count_documents(query.filter), "truncated": False}
    # One row more than wanted, so that a cut result is known to be one.
    if query.operation == "aggregate":
        cursor = collection.aggregate([*query.pipeline, {"$limit": query.limit + 1}])
    else:
        cursor = collection.find(query.filter, query.projection, skip=query.skip, limit=query.limit + 1)
        if query.sort:
            cursor = cursor.sort(query.sort)
    found = await cursor.to_list(query.limit + 1)
    documents = [_plain(document) for document in found[: query.limit]]
    return {"documents": documents, "count": len(documents), "truncated": len(found) > len(documents)}


def _plain(value: Any) -> Any:
    """Turn a BSON value into JSON scalars: times in ISO 8601 UTC, ids as text, decimals as numbers."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal128):
        return float(value.to_decimal())
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value) if isinstance(value, ObjectId) else repr(value)


@contextmanager
def _boundary(timeout_s: float) -> Iterator[None]:
    """Turn the driver's errors into ours: the one place that knows them."""
    try:
        yield
    except ExecutionTimeout as error:
        raise QueryRefused(f"the query took longer than {timeout_s:g} s; narrow it") from error
    except (ConnectionFailure, NetworkTimeout) as error:
        raise StoreUnavailable("mongo", _short(error)) from error
    except OperationFailure as error:
        if error.timeout or error.has_error_label("RetryableWriteError"):
            raise StoreUnavailable("mongo", _short(error)) from error
        raise QueryRefused(_short(error)) from error
    except PyMongoError as error:
        if error.timeout:
            raise StoreUnavailable("mongo", _short(error)) from error
        raise QueryRefused(_short(error)) from error
    except (BSONError, ValueError, OverflowError) as error:
        raise QueryRefused(f"not a query that MongoDB can read: {error}") from error


def _short(error: Exception) -> str:
    """Leave out what the driver appends for its own developers: topology and the whole reply."""
    return re.split(r", full error:|, Timeout:|, Topology Description:| \(configured timeouts", str(error))[0]
