"""The end of each chain of the ledger.

Key: the chain. Value: how many entries it has and the hash of the last. Bound: one key a partition.
"""

from __future__ import annotations

from typing import Final

from models.planning.ledger import Head
from tables import TableSpec

__all__ = ["LEDGER_HEADS"]

LEDGER_HEADS: Final = TableSpec("ledger-heads", Head)
