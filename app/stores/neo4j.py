"""The graph: Neo4j, or FalkorDB, which speaks the same protocol (Bolt)."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from app.errors import ConfigurationError, QueryRefused, StoreUnavailable
from app.stores.bolt import (
    READ_ACCESS,
    WRITE_ACCESS,
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncSession,
    AuthError,
    BadAddress,
    DriverError,
    Neo4jError,
    Query,
    unit_of_work,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from neo4j import AsyncBookmarkManager, AsyncManagedTransaction, Record

    from app.settings import Settings

CONNECTIONS = 50
FETCH_ROWS = 100
"""Rows that the server sends before it is asked for more: what is held of an answer of ten million rows."""
GRACE_S = 0.5
"""How much longer than the server's own limit is waited for its word that the limit is reached."""
ALIVE_S = 1.0
"""How long it may take to show that a server which is late is there. Neo4j looks for what is over its time only each
two seconds (db.transaction.monitor.check.interval), so that its word may come late."""
RETRY_SHARE = 0.5
"""Part of a call's time within which what failed for a passing reason is begun again."""
RETRY_AFTER_S = (0.05, 0.15)


class GraphStore:
    """One database of a graph server.

    Args:
        uri: `bolt://…` or `neo4j://…`.
        auth: User and password.
        database: Its name.
        timeout_s: Limit for one call as a whole; the driver itself waits without end for an answer.
    """

    def __init__(self, uri: str, auth: tuple[str, str], database: str, *, timeout_s: float = 10.0) -> None:
        self._uri = uri
        self._auth = auth
        self._database = database
        self._timeout_s = timeout_s
        self._driver: AsyncDriver | None = None
        self._bookmarks: AsyncBookmarkManager | None = None

    @classmethod
    def of(cls, settings: Settings, *, timeout_s: float | None = None) -> Self:
        """Return the one of the settings, with their limit for a call or another one."""
        auth = (settings.neo4j_user, str(settings.neo4j_password))
        limit_s = timeout_s or settings.store_timeout_s
        return cls(str(settings.neo4j), auth, settings.neo4j_database, timeout_s=limit_s)

    async def ping(self) -> None:
        """Ask the server for a sign of life.

        Raises:
            StoreUnavailable: it gave none in time.
        """
        await self.read("RETURN 1", {}, lambda _: True)

    async def read(
        self,
        cypher: str,
        parameters: Mapping[str, Any],
        take: Callable[[Record], bool],
        *,
        timeout_s: float | None = None,
    ) -> bool:
        """Run a statement with read access and hand over its rows as they come, until `take` wants no more.

        Reads see what this store has written before (bookmarks). The server ends the statement after its time, and
        refuses one that writes. One that fails for a passing reason is begun again, as long as no row of it has been
        handed over.

        Args:
            cypher: The statement.
            parameters: Its parameters.
            take: Gets a row, and says whether the next one is wanted.
            timeout_s: Limit for the call, at most the store's.

        Returns:
            Whether all rows were taken.

        Raises:
            QueryRefused: the server refuses the statement, or it takes too long.
            StoreUnavailable: no answer; try again later.
        """
        limit_s = min(timeout_s or self._timeout_s, self._timeout_s)
        retried_until_s = time.monotonic() + limit_s * RETRY_SHARE
        state = _State()
        with _boundary(limit_s):
            async with self._deadline(limit_s, state):
                while True:
                    try:
                        return await self._read(Query(cypher, timeout=limit_s), dict(parameters), take, state)
                    except (DriverError, Neo4jError) as error:
                        if state.begun or not error.is_retryable() or time.monotonic() > retried_until_s:
                            raise
                    await asyncio.sleep(random.uniform(*RETRY_AFTER_S))
        raise AssertionError  # the boundary lets nothing pass in silence

    async def _read(
        self, query: Query, parameters: dict[str, Any], take: Callable[[Record], bool], state: _State
    ) -> bool:
        # A transaction of its own without BEGIN and COMMIT: one round trip instead of three.
        try:
            async with self._session(READ_ACCESS) as session:
                result = await session.run(query, parameters)
                state.accepted = True
                async for record in result:
                    state.begun = True
                    if not take(record):
                        raise _EnoughError  # noqa: TRY301
        except _EnoughError:
            return False
        return True

    async def rows(self, cypher: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run a statement with read access, as `read` does, and return all of its rows."""
        found: list[dict[str, Any]] = []

        def take(record: Record) -> bool:
            found.append(record.data())
            return True

        await self.read(cypher, parameters or {}, take)
        return found

    async def run_write(self, cypher: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run one statement in a transaction of its own and return its rows.

        Raises:
            QueryRefused: the server refuses the statement.
            StoreUnavailable: no answer; try again later.
        """
        timeout_s = self._timeout_s

        @unit_of_work(timeout=timeout_s)
        async def work(transaction: AsyncManagedTransaction) -> list[dict[str, Any]]:
            return await (await transaction.run(cypher, dict(parameters or {}))).data()

        with _boundary(timeout_s):
            async with asyncio.timeout(timeout_s + GRACE_S), self._session(WRITE_ACCESS) as session:
                return await session.execute_write(work)

    async def close(self) -> None:
        """Close every connection; a later call opens them again."""
        if self._driver is not None:
            driver, self._driver = self._driver, None
            await driver.close()

    @asynccontextmanager
    async def _session(self, access: str) -> AsyncIterator[AsyncSession]:
        """Open a session. Where it ends early, so does its connection, and with it what the server does for it.

        The driver's own way is to have the rest of an answer sent to throw it away, however long that takes.
        """
        session = self._new_session(access)
        try:
            try:
                yield session
            except Neo4jError:
                await session.close()  # the server has ended it
                raise
            await session.close()
        except Neo4jError:
            raise
        except BaseException:
            session.cancel()
            await session.close()  # there is no connection left to wait for
            raise

    def _new_session(self, access: str) -> AsyncSession:
        if self._driver is None:
            self._driver = AsyncGraphDatabase.driver(
                self._uri,
                auth=self._auth,
                max_connection_pool_size=CONNECTIONS,
                connection_timeout=self._timeout_s,
                connection_acquisition_timeout=self._timeout_s,
                max_transaction_retry_time=self._timeout_s * RETRY_SHARE,
                initial_retry_delay=0.05,
            )
            self._bookmarks = AsyncGraphDatabase.bookmark_manager()
        return self._driver.session(
            database=self._database,
            default_access_mode=access,
            fetch_size=FETCH_ROWS,
            bookmark_manager=self._bookmarks,
        )

    @asynccontextmanager
    async def _deadline(self, timeout_s: float, state: _State) -> AsyncIterator[None]:
        """Give up after the time; when the server has accepted the query and is well, the query is to blame."""
        try:
            async with asyncio.timeout(timeout_s + GRACE_S):
                yield
        except TimeoutError:
            if not state.accepted or not await self._answers():
                raise
            raise QueryRefused(_TOO_SLOW.format(timeout_s), "slow") from None

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(ALIVE_S), self._session(READ_ACCESS) as session:
                await (await session.run("RETURN 1")).consume()
        except (TimeoutError, DriverError, Neo4jError, OSError):
            return False
        return True


_TOO_SLOW = "the query took longer than {:g} s; narrow it"


@dataclass(slots=True)
class _State:
    """How far a read has come: the server has accepted it, and rows of it have been handed over."""

    accepted: bool = False
    begun: bool = False


class _EnoughError(Exception):
    """No more rows are wanted."""


@contextmanager
def _boundary(timeout_s: float) -> Iterator[None]:
    """Turn the driver's errors into ours: the one place that knows them."""
    try:
        yield
    except AuthError as error:
        raise ConfigurationError("the graph refuses HIVE_NEO4J_USER and HIVE_NEO4J_PASSWORD") from error
    except (BadAddress, ValueError) as error:
        raise ConfigurationError(f"HIVE_NEO4J: {error}") from error
    except TimeoutError as error:
        raise StoreUnavailable("neo4j", f"no answer in {timeout_s:g} s") from error
    except Neo4jError as error:
        if "TransactionTimedOut" in (error.code or ""):
            raise QueryRefused(_TOO_SLOW.format(timeout_s), "slow") from error
        if "OutOfMemoryError" in (error.code or ""):
            # It passes, says the server; but it has been tried again, and what needs so much will need it always.
            raise QueryRefused("the query needs more memory than the graph gives; narrow it", "size") from error
        if error.is_retryable():
            raise StoreUnavailable("neo4j", _short(error)) from error
        reason = "writes" if "AccessMode" in (error.code or "") else "server"
        raise QueryRefused(str(error), reason) from error  # type: ignore[arg-type]
    except (DriverError, OSError) as error:
        raise StoreUnavailable("neo4j", _short(error)) from error


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
