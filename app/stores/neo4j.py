"""The graph: Neo4j, or FalkorDB, which speaks the same protocol (Bolt)."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from neo4j import AsyncDriver, AsyncGraphDatabase
from neo4j.exceptions import AuthError, DriverError, Neo4jError
from neo4j.exceptions import ConfigurationError as BadAddress

from app.errors import ConfigurationError, QueryRefused, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


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

    async def ping(self) -> None:
        """Ask the server for a sign of life.

        Raises:
            StoreUnavailable: it gave none in time.
        """
        await self._execute("RETURN 1", {})

    async def run_write(self, cypher: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run one statement in a transaction of its own and return its rows.

        Raises:
            QueryRefused: the server refuses the statement.
            StoreUnavailable: no answer; try again later.
        """
        return await self._execute(cypher, dict(parameters or {}))

    async def close(self) -> None:
        """Close every connection; a later call opens them again."""
        if self._driver is not None:
            driver, self._driver = self._driver, None
            await driver.close()

    async def _execute(self, cypher: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        with _boundary(self._timeout_s):
            if self._driver is None:
                self._driver = AsyncGraphDatabase.driver(
                    self._uri,
                    auth=self._auth,
                    connection_timeout=self._timeout_s,
                    connection_acquisition_timeout=self._timeout_s,
                    # The caller retries: a stage that waits says so, a driver that retries doesn't.
                    max_transaction_retry_time=0,
                )
            async with asyncio.timeout(self._timeout_s):
                result = await self._driver.execute_query(cypher, parameters, database_=self._database)
        return [record.data() for record in result.records]


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
        if error.is_retryable():
            raise StoreUnavailable("neo4j", str(error)) from error
        raise QueryRefused(str(error)) from error
    except (DriverError, OSError) as error:
        raise StoreUnavailable("neo4j", str(error).splitlines()[0]) from error
