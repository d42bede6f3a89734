"""What learners tell of drift, in MongoDB: each event once, with the features that moved most, and not for ever."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from pymongo import MongoClient

from app.drift_events import DRIFT_EVENTS, EXPIRES, DriftEvents
from app.settings import Settings
from app.stores.mongo import MongoStore
from models.records import Drift, DriftAction, DriftEvent, DriftSource, FeatureShift

if TYPE_CHECKING:
    from app.embedded.stack import Stack

AT_MS = 1_795_860_000_000
KEPT_S = 3_600.0


def event(model: str, at_example: int) -> DriftEvent:
    moved = FeatureShift(name="risk_score", psi=0.4, ks=0.5, p=0.0001, before=0.2, after=0.7)
    return DriftEvent(
        model=model,
        source=DriftSource.ERROR,
        level=Drift.DRIFT,
        detector="adwin",
        action=DriftAction.CHALLENGER_STARTED,
        at_example=at_example,
        before=0.1,
        after=0.4,
        champion="logistic",
        movers=[moved],
    )


async def test_each_event_is_kept_once_with_what_moved_most(stack: Stack) -> None:
    settings = Settings.load(stack.addresses)
    name = f"drift_{uuid.uuid4().hex[:8]}"
    mongo = MongoStore(str(settings.mongo), name)
    model = "technical"
    events = DriftEvents(mongo, kept_s=KEPT_S)
    await events.keep([(AT_MS, event(model, 7))])
    await events.keep([(AT_MS, event(model, 7)), (AT_MS + 1, event(model, 8))])  # the first comes again
    found = await mongo.page(DRIFT_EVENTS, {"model": model}, by="at", limit=10)
    assert [each["at_example"] for each in found] == [7, 8]
    first = found[0]
    assert (first["level"], first["movers"][0]["name"], first["movers"][0]["psi"]) == ("drift", "risk_score", 0.4)
    assert first[EXPIRES] == dt.datetime.fromtimestamp(AT_MS / 1000 + KEPT_S, dt.UTC)
    with MongoClient[dict[str, object]](str(settings.mongo)) as client:
        indexes = client[name][DRIFT_EVENTS].index_information()
        assert indexes[f"{EXPIRES}_1"]["expireAfterSeconds"] == 0, "MongoDB forgets what has expired"
        assert {"model_1_at_1", "level_1_at_1"} <= indexes.keys()
        client.drop_database(name)
    await mongo.close()
