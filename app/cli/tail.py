"""`hive tail`: look at a topic."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import click
import msgspec

from app.cli._render import kafka_text
from app.cli._state import current_settings
from app.stores import kafka

if TYPE_CHECKING:
    from app.stores.kafka import Found


def line(found: Found) -> str:
    """Write a record as one JSON line; bytes that are not JSON are shown as Python writes them."""
    return json.dumps(
        {
            "partition": found.partition,
            "offset": found.offset,
            "timestamp_ms": found.timestamp_ms,
            "key": kafka_text(found.key),
            "headers": {name: kafka_text(value) for name, value in found.headers},
            "value": _value(found.value),
        },
        ensure_ascii=False,
    )


def _value(data: bytes | None) -> object:
    try:
        return msgspec.json.decode(data or b"")
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return kafka_text(data)


@click.command()
@click.argument("topic")
@click.option("--from-beginning", is_flag=True, help="Start with the oldest record instead of the next one.")
@click.option("-n", "limit", type=click.IntRange(min=1), help="Stop after so many records; else Ctrl-C.")
def tail(*, topic: str, from_beginning: bool, limit: int | None) -> None:
    """Print records of TOPIC as they come.

    One JSON object a line, committed records only.
    """
    settings = current_settings()
    with suppress(KeyboardInterrupt), kafka.reader(settings) as consumer:
        place = kafka.starts if from_beginning else kafka.ends
        kafka.assign(consumer, kafka.required(place(consumer, [topic]), topic))
        shown = 0
        while limit is None or shown < limit:
            found = kafka.poll(consumer, 0.5)
            if found is not None:
                click.echo(line(found))
                shown += 1
