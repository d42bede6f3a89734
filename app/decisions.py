"""What the specialists said of each plan, and what it came to, in MongoDB: a document a plan, by the plan's id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.stores.mongo import MongoStore
    from models.records import Consensus

__all__ = ["DECISIONS", "Decisions", "documents"]

DECISIONS: Final = "consensus_decisions"
_INDEXES: Final = {DECISIONS: (("intent_id",), ("at",), ("domain", "decision.final_decision"))}


def documents(decided: Iterable[Consensus]) -> list[dict[str, Any]]:
    """Return what is kept; of two about one plan the last one, for a plan that is made again is decided again."""
    kept = {told.plan_id: {"_id": told.plan_id, **msgspec.to_builtins(told)} for told in decided}
    return list(kept.values())


class Decisions:
    """Keeps decisions.

    Args:
        mongo: Where they are kept.
    """

    def __init__(self, mongo: MongoStore) -> None:
        self._mongo = mongo

    async def keep(self, kept: Sequence[dict[str, Any]]) -> None:
        """Write documents, over those that are there.

        Raises:
            StoreUnavailable: MongoDB does not answer: to be tried again.
        """
        await self._mongo.ensure_indexes(_INDEXES)
        if kept:
            await self._mongo.put_many(DECISIONS, kept)
