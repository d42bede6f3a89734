"""What the runners of all query types have in common: their store, and what the catalog allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from models.queries import Allowed

__all__ = ["StoreRunner"]


class Store(Protocol):
    """What every store can be asked."""

    async def ping(self) -> None:
        """Ask the store for a sign of life."""

    async def close(self) -> None:
        """Close every connection to the store."""


S = TypeVar("S", bound=Store)


class StoreRunner(Generic[S]):
    """Runs the queries of one type on one store.

    Args:
        store: Where they run.
        allowed: What the catalog allows.
    """

    def __init__(self, store: S, allowed: Allowed) -> None:
        self._store = store
        self._allowed = allowed

    async def ping(self) -> None:
        """Ask the store for a sign of life."""
        await self._store.ping()

    async def close(self) -> None:
        """Close every connection to the store."""
        await self._store.close()
