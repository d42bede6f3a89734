"""`hive drift`: what the specialists' learners have seen to change, and how they stand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec
from rich.console import Group

from app import topics
from app.cli import _render
from app.cli._choices import SPECIALIST
from app.cli._lifecycle import READ_S, states
from app.cli._state import current_settings
from app.errors import InvalidRecord
from app.stores import kafka
from models.records import Drift, DriftEvent, SpecialistType, decode
from tables.ladders import Chunk

if TYPE_CHECKING:
    from app.settings import Settings
    from models.records import Scalar

SHOWN: Final = 10
_MOVERS: Final = 3


@dataclass(slots=True)
class _Standing:
    """A specialist's learner: its newest snapshot, and the newest things that it saw."""

    specialist: SpecialistType
    snapshot: Chunk | None = None
    events: list[tuple[int, DriftEvent]] = field(default_factory=list)

    @property
    def drifts(self) -> int:
        return sum(event.level is Drift.DRIFT for _, event in self.events)

    def as_json(self) -> dict[str, Any]:
        snapshot = self.snapshot
        return {
            "specialist": self.specialist.value,
            "learned": snapshot.learned if snapshot else 0,
            "version": snapshot.version if snapshot else None,
            "published_at": snapshot.at_ms if snapshot else None,
            "drifts": self.drifts,
            "events": [{"at": at, **msgspec.to_builtins(event)} for at, event in self.events],
        }


@click.group()
def drift() -> None:
    """Show what has changed in the world of plans."""


@drift.command()
@click.option("--specialist", type=SPECIALIST, help="Only this one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all events.")
def status(*, specialist: str | None, as_json: bool) -> None:
    """Show each specialist's learner, and the newest changes that it has seen."""
    settings = current_settings()
    kafka.check_reachable(settings)
    found = [each for each in _standings(settings) if specialist in (None, each.specialist.value)]
    if as_json:
        click.echo(msgspec.json.encode([each.as_json() for each in found]))
        return
    rows: list[list[Scalar]] = [
        [
            each.specialist.value,
            each.snapshot.learned if each.snapshot else 0,
            _at(each.snapshot.at_ms) if each.snapshot else "–",
            each.events[-1][1].champion if each.events else "–",
            each.drifts,
        ]
        for each in found
    ]
    learners = _render.table(
        "learners", ["specialist", "labels", "published", "champion", "drifts"], rows, whole="specialist"
    )
    newest = sorted(((at, event) for each in found for at, event in each.events), key=lambda pair: pair[0])[-SHOWN:]
    told: list[list[Scalar]] = [
        [_at(at), event.model, event.source.value, event.level.value, event.action.value, _movers(event)]
        for at, event in newest
    ]
    columns = ["when", "specialist", "source", "level", "done", "moved most"]
    _render.console.print(Group(learners, _render.table("changes", columns, told, whole="when")))


def _standings(settings: Settings) -> list[_Standing]:
    snapshots = states(settings, topics.SPECIALISTS_SNAPSHOTS, Chunk)
    found = {each.value: _Standing(each, snapshots.get(f"{each.value}/0")) for each in SpecialistType}
    name = topics.LEARNING_EVENTS.name
    with kafka.reader(settings) as consumer:
        begin = kafka.required(kafka.starts(consumer, [name]), name)
        for record in kafka.read_to_end(consumer, begin, timeout_s=READ_S):
            standing = found.get((record.key or b"").decode(errors="replace"))
            if standing is None or record.value is None or b'"detector"' not in record.value:
                continue  # events of several kinds are on the topic
            try:
                standing.events.append((record.timestamp_ms, decode(DriftEvent, record.value)))
            except InvalidRecord:
                continue  # another version's
    return list(found.values())


def _at(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%m-%d %H:%M:%S")


def _movers(event: DriftEvent) -> str:
    return ", ".join(shift.name for shift in event.movers[:_MOVERS]) or "–"
