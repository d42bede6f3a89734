"""The ledger in MongoDB: written once, read by chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from models.planning.ledger import explanation
from models.records import ApprovalRequest, CognitivePlan, FactKind, LedgerEntry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from app.stores.mongo import MongoStore

__all__ = ["EXPLANATIONS", "LEDGER", "Ledger", "documents"]

LEDGER: Final = "cognitive_ledger"
EXPLANATIONS: Final = "explainability_ledger"
_INDEXES: Final = {
    LEDGER: (("chain", "sequence"), ("plan_id",), ("intent_id",), ("at",)),
    EXPLANATIONS: (("plan_id",),),
}
_PAGE: Final = 1000


def documents(entries: Iterable[LedgerEntry]) -> dict[str, list[dict[str, Any]]]:
    """Return what is kept of entries, by collection; the ids are made of what they are, so that each is kept once."""
    kept: dict[str, list[dict[str, Any]]] = {LEDGER: [], EXPLANATIONS: []}
    for entry in entries:
        fields = msgspec.to_builtins(entry)
        kept[LEDGER].append({"_id": f"{entry.chain}/{entry.sequence:012}", **fields})
        if (plan := _plan_in(entry)) is not None:
            kept[EXPLANATIONS].append({"_id": plan.explainability_token, **explanation(plan)})
    return kept


def _plan_in(entry: LedgerEntry) -> CognitivePlan | None:
    if entry.kind is FactKind.PLAN:
        return msgspec.json.decode(entry.body, type=CognitivePlan)
    if entry.kind is FactKind.APPROVAL_REQUESTED:
        return msgspec.json.decode(entry.body, type=ApprovalRequest).plan
    return None


class Ledger:
    """Keeps and reads entries.

    Args:
        mongo: Where they are kept.
    """

    def __init__(self, mongo: MongoStore) -> None:
        self._mongo = mongo

    async def keep(self, kept: Mapping[str, Sequence[dict[str, Any]]]) -> None:
        """Write documents that are not there yet; one that is there is never changed.

        Raises:
            StoreUnavailable: MongoDB does not answer: to be tried again.
        """
        await self._mongo.ensure_indexes(_INDEXES)
        for collection, found in kept.items():
            if found:
                await self._mongo.insert_new(collection, found)

    async def chains(self) -> list[str]:
        """Return the names of the chains that there are."""
        return sorted(await self._mongo.distinct(LEDGER, "chain"))

    async def entries(self, chain: str) -> AsyncIterator[LedgerEntry]:
        """Yield the entries of a chain in their order."""
        after = -1
        while True:
            page = await self._mongo.page(
                LEDGER, {"chain": chain, "sequence": {"$gt": after}}, by="sequence", limit=_PAGE
            )
            for found in page:
                found.pop("_id")
                entry = msgspec.convert(found, LedgerEntry)
                after = entry.sequence
                yield entry
            if len(page) < _PAGE:
                return
