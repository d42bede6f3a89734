"""What learners have seen of a changing world, in MongoDB: an event a document, with the features that moved most."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import msgspec

from models.ids import stable_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.stores.mongo import MongoStore
    from models.records import DriftEvent

__all__ = ["DRIFT_EVENTS", "EXPIRES", "DriftEvents", "documents"]

DRIFT_EVENTS: Final = "drift_events"
EXPIRES: Final = "expires_at"
"""When MongoDB may forget a document: it says so itself, so that another setting is no other index."""

_INDEXES: Final = {DRIFT_EVENTS: (("model", "at"), ("level", "at"))}


def documents(told: Iterable[tuple[int, DriftEvent]], *, kept_s: float) -> list[dict[str, Any]]:
    """Return what is kept; an event that is read again has the same id.

    Args:
        told: When each event was told (epoch milliseconds), and the event.
        kept_s: How long it is kept.
    """
    return [
        {
            "_id": stable_id("drift", at_ms, event.model, event.at_example, event.source, event.detector, event.action),
            "at": at_ms,
            EXPIRES: dt.datetime.fromtimestamp(at_ms / 1000 + kept_s, dt.UTC),
            **msgspec.to_builtins(event),
        }
        for at_ms, event in told
    ]


class DriftEvents:
    """Keeps events, each once.

    Args:
        mongo: Where they are kept.
        kept_s: How long, seconds.
    """

    def __init__(self, mongo: MongoStore, *, kept_s: float) -> None:
        self._mongo = mongo
        self._kept_s = kept_s

    async def keep(self, told: Iterable[tuple[int, DriftEvent]]) -> None:
        """Write events that are not there yet.

        Raises:
            StoreUnavailable: MongoDB does not answer: to be tried again.
        """
        await self._mongo.ensure_indexes(_INDEXES)
        await self._mongo.ensure_expiry(DRIFT_EVENTS, EXPIRES)
        await self._mongo.insert_new(DRIFT_EVENTS, documents(told, kept_s=self._kept_s))
