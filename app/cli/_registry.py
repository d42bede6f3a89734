"""What the commands of `hive models` share: names, and how it is told what a person has done."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import click

from app import topics
from app.clock import now_ms
from app.errors import HiveError
from app.retraining import RetrainingEvents
from app.stores import kafka
from app.stores.mongo import MongoStore
from models.ids import stable_id
from models.lifecycle.registry import model_name
from models.records import RetrainingEvent, SpecialistType, encode

if TYPE_CHECKING:
    from app.settings import Settings


class _Name(click.ParamType):
    """A specialist, or the name of its registered model."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> SpecialistType:
        for each in SpecialistType:
            if value in (each, each.value, model_name(each)):
                return each
        known = ", ".join(each.value for each in SpecialistType)
        return self.fail(f"{value!r} is no specialist; there are {known}", param, ctx)


NAME: Final = _Name()
MONGO_S = 5.0
"""How long it is tried to keep an event."""


def tell(
    settings: Settings, specialist: SpecialistType, event: str, version: str, *, by: str, details: dict[str, Any]
) -> None:
    """Write an event on `learning.events`, and in MongoDB beside the rounds' events.

    That it can't be written undoes nothing, and is said on stderr: a rollback must be possible while Kafka is down, and
    who did it is then a tag of the version alone.
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
        kafka.check_reachable(settings, topics.LEARNING_EVENTS.name)
        kafka.send(settings, topics.LEARNING_EVENTS.name, specialist.value, encode(told))
    except HiveError as error:
        click.echo(f"Warning: it is done, but not told on {topics.LEARNING_EVENTS.name}: {error}", err=True)
    try:
        asyncio.run(_keep(settings, told))
    except HiveError as error:
        click.echo(f"Warning: it is done, but not kept in MongoDB: {error}", err=True)


async def _keep(settings: Settings, event: RetrainingEvent) -> None:
    mongo = MongoStore.of(settings, timeout_s=MONGO_S)
    try:
        await RetrainingEvents(mongo).keep([event])
    finally:
        await mongo.close()
