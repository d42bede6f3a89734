"""The graph: Neo4j, or FalkorDB, which speaks the same protocol (Bolt)."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from neo4j import READ_ACCESS, WRITE_ACCESS, AsyncDriver, AsyncGraphDatabase, AsyncSession, unit_of_work
from neo4j.exceptions import AuthError, DriverError, Neo4jError
from neo4j.exceptions import ConfigurationError as BadAddress

from app.errors import ConfigurationError, QueryRefused, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from neo4j import AsyncBookmarkManager, AsyncManagedTransaction, Record

CONNECTIONS = 50
FETCH_ROWS = 100
"""Rows that the server sends before it is asked for more: what is held of an answer of ten million rows."""
GRACE_S = 0.5
"""How much longer than the server's own limit is waited for its word that the limit is reached."""
ALIVE_S = 1.0
"""How long it may take to show that a server which is late is there. Neo4j looks for what is over its time only each
two seconds (db.transaction.monitor.check.interval), so that its word may come late."""
RETRY_SHARE = 0.5
"""Part of a call's time within which a transaction that failed for a passing reason is begun again."""


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

    async def ping(self) -> None:
        """Ask the server for a sign of life.

        Raises:
            StoreUnavailable: it gave none in time.
        """
        await self._in_transaction("RETURN 1", {}, lambda _: True, access=READ_ACCESS, timeout_s=self._timeout_s)

    async def read(
        self,
        cypher: str,
        parameters: Mapping[str, Any],
        take: Callable[[Record], bool],
        *,
        timeout_s: float | None = None,
    ) -> bool:
        """Run a statement with read access and hand over its rows as they come, until `take` wants no more.

        Reads see what this store has written before (bookmarks). The server ends the transaction after its time; a
        statement that writes is refused by it. A transaction that fails for a passing reason is begun again, as long
        as no row of it has been handed over.

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
        return await self._in_transaction(cypher, dict(parameters), take, access=READ_ACCESS, timeout_s=limit_s)

    async def run_write(self, cypher: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run one statement in a transaction of its own and return its rows.

        Raises:
            QueryRefused: the server refuses the statement.
            StoreUnavailable: no answer; try again later.
        """
        rows: list[dict[str, Any]] = []

        def take(record: Record) -> bool:
            rows.append(record.data())
            return True

        timeout_s = self._timeout_s
        await self._in_transaction(cypher, dict(parameters or {}), take, access=WRITE_ACCESS, timeout_s=timeout_s)
        return rows

    async def close(self) -> None:
        """Close every connection; a later call opens them again."""
        if self._driver is not None:
            driver, self._driver = self._driver, None
            await driver.close()

    def _session(self, access: str) -> AsyncSession:
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

    async def _in_transaction(
        self,
        cypher: str,
        parameters: dict[str, Any],
        take: Callable[[Record], bool | None],
        *,
        access: str,
        timeout_s: float,
    ) -> bool:
        accepted = False
        with _boundary(timeout_s):
            async with self._deadline(timeout_s, lambda: accepted), self._session(access) as session:

                @unit_of_work(timeout=timeout_s)
                async def work(transaction: AsyncManagedTransaction) -> bool:
                    nonlocal accepted
                    begun = False
                    try:
                        result = await transaction.run(cypher, parameters)
                        accepted = True
                        async for record in result:
                            begun = True
                            if take(record) is False:
                                # Not the rest of ten million rows, which a rollback would have the server send.
                                session.cancel()
                                raise _EnoughError
                    except (DriverError, Neo4jError) as error:
                        if begun and error.is_retryable():
                            raise StoreUnavailable("neo4j", f"lost within an answer: {_short(error)}") from error
                        raise
                    return True

                try:
                    if access == READ_ACCESS:
                        return await session.execute_read(work)
                    return await session.execute_write(work)
                except _EnoughError:
                    return False

    @asynccontextmanager
    async def _deadline(self, timeout_s: float, accepted: Callable[[], bool]) -> AsyncIterator[None]:
        """Give up after the time; when the server has accepted the query and is well, the query is to blame."""
        try:
            async with asyncio.timeout(timeout_s + GRACE_S):
                yield
        except TimeoutError:
            if not accepted() or not await self._answers():
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
        if error.is_retryable():
            raise StoreUnavailable("neo4j", _short(error)) from error
        reason = "writes" if "AccessMode" in (error.code or "") else "server"
        raise QueryRefused(str(error), reason) from error  # type: ignore[arg-type]
    except (DriverError, OSError) as error:
        raise StoreUnavailable("neo4j", _short(error)) from error


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
