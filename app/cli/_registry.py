"""How `hive models` tells of what a person has done: on `learning.events`, and in MongoDB beside the rounds' events."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from app import topics
from app.clock import now_ms
from app.errors import HiveError
from app.retraining import RetrainingEvents
from app.stores import kafka
from app.stores.mongo import MongoStore
from models.ids import stable_id
from models.records import RetrainingEvent, encode

if TYPE_CHECKING:
    from app.settings import Settings
    from models.records import SpecialistType


def tell(
    settings: Settings, specialist: SpecialistType, event: str, version: str, *, by: str, details: dict[str, Any]
) -> None:
    """Write an event of the registry; that it can't be written undoes nothing, and is said on stderr.

    A rollback must be possible while Kafka is down: who did it is then a tag of the version alone.
    """
    at_ms = now_ms()
    told = RetrainingEvent(
        event_id=stable_id("registry", specialist.value, event, version, by, at_ms),
        specialist=specialist,
        event=event,
        at=at_ms,
        by=by,
        details={"version": version, **details},
    )
    try:
        kafka.check_reachable(settings)
        kafka.send(settings, topics.LEARNING_EVENTS.name, specialist.value, encode(told))
    except HiveError as error:
        click.echo(f"Warning: it is done, but not told on {topics.LEARNING_EVENTS.name}: {error}", err=True)
    try:
        asyncio.run(RetrainingEvents(MongoStore.of(settings)).keep([told]))
    except HiveError as error:
        click.echo(f"Warning: it is done, but not kept in MongoDB: {error}", err=True)
