"""How a stage tells the ledger what it has decided, in the transaction that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import topics
from models.records import LedgerFact

if TYPE_CHECKING:
    from app.engine import Transaction

__all__ = ["tell"]


def tell(tx: Transaction, intent_id: str, *, now_ms: int, **what: Any) -> None:
    """Send a fact: one of plan, requested, approval and completed."""
    tx.send(topics.LEDGER_FACTS, key=intent_id, value=LedgerFact(intent_id=intent_id, at=now_ms, **what))
