"""`hive topics`: the one list of topics, and any broker that is to have them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from app import topics as catalog
from app.cli import _render
from app.cli._state import current_settings
from app.stores import kafka

if TYPE_CHECKING:
    from app.engine.admin import Difference
    from app.settings import Settings
    from models.records import Scalar


@click.command()
@click.option("--apply", "action", flag_value="apply", help="Create the topics that are missing.")
@click.option("--check", "action", flag_value="check", help="Compare with the broker; 1 when something differs.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def topics(*, action: str | None, as_json: bool) -> None:
    """List, create or compare the topics."""
    settings = current_settings()
    if action == "apply":
        _apply(settings, as_json=as_json)
    elif action == "check":
        _check(settings, as_json=as_json)
    else:
        _list(settings, as_json=as_json)


def _list(settings: Settings, *, as_json: bool) -> None:
    rows = [
        {
            "name": spec.name,
            "key": spec.key,
            "record": spec.record.__name__ if spec.record else "bytes",
            "partitions": spec.partitions or settings.partitions,
            "config": spec.config(),
        }
        for spec in catalog.TOPICS
    ]
    if as_json:
        click.echo(msgspec.json.encode(rows))
        return
    columns = ["topic", "key", "record", "partitions", "kept for"]
    kept = ["the newest of each key" if s.retention_ms is None else _days(s.retention_ms) for s in catalog.TOPICS]
    _render.console.print(
        _render.table(
            f"{len(rows)} topics",
            columns,
            [
                [str(row["name"]), str(row["key"]), str(row["record"]), str(row["partitions"]), keep]
                for row, keep in zip(rows, kept, strict=True)
            ],
        )
    )


def _days(duration_ms: int) -> str:
    return f"{duration_ms / catalog.DAY_MS:g} d"


def _apply(settings: Settings, *, as_json: bool) -> None:
    kafka.check_reachable(settings)
    from app.engine import admin  # brings Faust, which takes a second to import

    created = admin.create_missing(settings, catalog.TOPICS)
    if as_json:
        click.echo(msgspec.json.encode({"created": created}))
        return
    for name in created:
        click.echo(f"created {name}")
    click.echo(f"{len(created)} created, {len(catalog.TOPICS) - len(created)} were there")


def _check(settings: Settings, *, as_json: bool) -> None:
    kafka.check_reachable(settings)
    from app.engine import admin

    compared = admin.compare(settings, catalog.TOPICS)
    # A broker that keeps a setting to itself may well follow it: that is no difference, but worth a word.
    silent = sorted({item.what for item in compared if item.found == "not reported"})
    found = [item for item in compared if item.found != "not reported"]
    if as_json:
        result = {"differences": [item._asdict() for item in found], "not_reported": silent}
        click.echo(msgspec.json.encode(result))
    else:
        _show(found, silent)
    sys.exit(1 if found else 0)


def _show(found: list[Difference], silent: list[str]) -> None:
    if silent:
        click.echo(f"this broker does not report: {', '.join(silent)}", err=True)
    if found:
        rows: list[list[Scalar]] = [[item.topic, item.what, item.listed, item.found] for item in found]
        _render.console.print(_render.table("differences", ["topic", "what", "listed", "found"], rows))
    else:
        click.echo(f"{len(catalog.TOPICS)} topics are as listed")
