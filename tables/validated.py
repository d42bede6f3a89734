"""What people have said about intentions: the first word on one that waits settles it, whoever speaks later.

Key: the intention's id. Value: the domain, who said it and when. Bound: :data:`KEPT_MS`, longer than an intention
waits on ``intentions.validation``; :data:`MOST` intentions a partition. People are slow: this stays small.
"""

from __future__ import annotations

from typing import Final

import msgspec

from models.records import Domain
from tables import TableSpec

__all__ = ["KEPT_MS", "MOST", "VALIDATED", "Validated"]

KEPT_MS: Final = 30 * 86_400_000
MOST: Final = 100_000


class Validated(msgspec.Struct, frozen=True, array_like=True):
    """A person's word; `sent_on` when the intention waited for it, and has gone on."""

    domain: Domain
    by: str
    at_ms: int
    sent_on: bool


VALIDATED: Final = TableSpec("validated", Validated)
