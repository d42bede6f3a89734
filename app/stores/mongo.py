"""MongoDB: read-only queries for tasks, writes for seeding. The only module that imports motor."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import bson
import pymongo
from bson import CodecOptions, Decimal128, ObjectId
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
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
from models.queries import Limits, parse_mongodb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from app.settings import Settings
    from models.queries import MongoQuery

_DUPLICATE = 11000  # a document with this key is there

BATCH_ROWS = 200
"""Documents that the server sends before it is asked for more."""
GRACE_S = 0.5
"""How much longer than the driver's own limit is waited for its word that the limit is reached."""
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
        self._indexed: set[str] = set()
        self._expiring: set[tuple[str, str]] = set()

    @classmethod
    def of(cls, settings: Settings, *, timeout_s: float | None = None) -> Self:
        """Return the one of the settings, with their limit for a call or another one."""
        return cls(str(settings.mongo), settings.mongo_database, timeout_s or settings.store_timeout_s)

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
        """Run a read of any collection: for this system's own, and not for what a task asks for.

        Returns:
            `documents` (JSON scalars only, at most 1,000), their `count`, and `truncated`: there were more.

        Raises:
            QueryRefused: not allowed, not valid, too slow, or on a collection that doesn't exist.
            StoreUnavailable: no answer; try again later.
        """
        query = parse_mongodb(parameters, None, Limits(time_s=self._timeout_s))
        if query.operation == "count":
            return {"documents": [], "count": await self.count(query), "truncated": False}
        documents: list[dict[str, Any]] = []

        def take(document: dict[str, Any], size_bytes: int) -> bool:  # noqa: ARG001
            documents.append(document)
            return len(documents) <= query.limits.rows

        whole = await self.read(query, take)
        del documents[query.limits.rows :]
        return {"documents": documents, "count": len(documents), "truncated": not whole}

    async def count(self, query: MongoQuery) -> int:
        """Return how many documents match.

        Raises:
            QueryRefused: not valid, too slow, or on a collection that doesn't exist.
            StoreUnavailable: no answer; try again later.
        """
        limit_s = min(query.limits.time_s, self._timeout_s)
        database = self._database
        with _boundary(limit_s), pymongo.timeout(limit_s):
            async with asyncio.timeout(limit_s + GRACE_S):
                found = int(await database[query.collection].count_documents(query.filter))
                if not found:
                    await self._check_exists(query.collection)
        return found

    async def read(self, query: MongoQuery, take: Callable[[dict[str, Any], int], bool]) -> bool:
        """Run a query and hand over its documents as they come, until `take` wants no more.

        Args:
            query: What to read; its limit of rows is the caller's business, who may want one more to know of it.
            take: Gets a document, of JSON scalars only, and its size in bytes, and says whether the next is wanted.

        Returns:
            Whether all documents were taken.

        Raises:
            QueryRefused: not valid, too slow, too large, or on a collection that doesn't exist.
            StoreUnavailable: no answer; try again later.
        """
        limit_s = min(query.limits.time_s, self._timeout_s)
        database = self._database
        seen = False
        # The time for the query as a whole: the driver sends what is left of it as maxTimeMS with each command.
        with _boundary(limit_s), pymongo.timeout(limit_s):
            async with asyncio.timeout(limit_s + GRACE_S):
                cursor = _cursor(database[query.collection].with_options(codec_options=_RAW), query)
                try:
                    async for raw in cursor:
                        seen = True
                        size_bytes = len(raw.raw)
                        if size_bytes > query.limits.size_bytes:
                            raise QueryRefused(f"a document has {size_bytes:,} bytes: ask for less of it", "size")
                        if not take(_plain(bson.decode(raw.raw, codec_options=_DECODED)), size_bytes):
                            return False
                finally:
                    await cursor.close()
                if not seen:
                    await self._check_exists(query.collection)
        return True

    async def _check_exists(self, collection: str) -> None:
        if not await self._exists(collection):
            raise QueryRefused(f"there is no collection {collection!r} in {self._name!r}")

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

    async def page(
        self, collection: str, where: Mapping[str, Any], *, by: str, limit: int, fields: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """Return the first documents, in the order of a field, as they are stored, or these of their fields."""
        database = self._database
        with _boundary(self._timeout_s):
            cursor = database[collection].find(where, None if fields is None else list(fields)).sort(by, 1)
            found: list[dict[str, Any]] = await cursor.limit(limit).to_list(limit)
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

    async def put_many(self, collection: str, documents: Sequence[dict[str, Any]]) -> None:
        """Insert documents, or replace those with their `_id`; of two with one `_id` the last one stays."""
        database = self._database
        writes = [pymongo.ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in documents]
        with _boundary(self._timeout_s):
            await database[collection].bulk_write(writes, ordered=True)

    async def drop(self, collection: str) -> None:
        """Remove a collection with all its documents."""
        database = self._database
        with _boundary(self._timeout_s):
            await database[collection].drop()

    async def ensure_indexes(self, indexes: Mapping[str, Iterable[Sequence[str]]]) -> None:
        """Create the indexes of collections, each given by its fields; asks the server the first time only."""
        for collection, each in indexes.items():
            if collection not in self._indexed:
                for fields in each:
                    await self.create_index(collection, fields)
                self._indexed.add(collection)

    async def ensure_expiry(self, collection: str, field: str) -> None:
        """Have the server forget the documents of a collection once the time in a field has come (a date, UTC)."""
        if (collection, field) not in self._expiring:
            database = self._database
            with _boundary(self._timeout_s):
                await database[collection].create_index([(field, 1)], expireAfterSeconds=0)
            self._expiring.add((collection, field))

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


_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
_DECODED: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)


def _cursor(collection: Any, query: MongoQuery) -> Any:
    # One row more than wanted, so that a cut result is known to be one.
    most = query.limits.rows + 1
    if query.operation == "distinct":
        path = f"${query.field}"
        pipeline = [{"$match": query.filter}, {"$unwind": path}, {"$group": {"_id": path}}, {"$sort": {"_id": 1}}]
        shown = {"$project": {"_id": 0, query.field.rpartition(".")[2]: "$_id"}}
        return collection.aggregate([*pipeline, {"$limit": most}, shown], batchSize=BATCH_ROWS)
    if query.operation == "aggregate":
        return collection.aggregate([*query.pipeline, {"$limit": most}], batchSize=BATCH_ROWS)
    return collection.find(
        query.filter,
        query.projection,
        skip=query.skip,
        limit=most,
        sort=query.sort or None,
        batch_size=BATCH_ROWS,
    )


def _plain(value: Any) -> Any:  # noqa: PLR0911 — one for each type
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
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value) if isinstance(value, ObjectId) else repr(value)


@contextmanager
def _boundary(timeout_s: float) -> Iterator[None]:
    """Turn the driver's errors into ours: the one place that knows them."""
    try:
        yield
    except ExecutionTimeout as error:
        raise QueryRefused(f"the query took longer than {timeout_s:g} s; narrow it", "slow") from error
    except TimeoutError as error:
        raise StoreUnavailable("mongo", f"no answer in {timeout_s:g} s") from error
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
