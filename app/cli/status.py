"""`hive status`: are the workers well, what waits, do the stores answer."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import time
from contextlib import nullcontext, suppress
from itertools import count
from typing import TYPE_CHECKING

import click
import msgspec
from confluent_kafka import TopicPartition
from rich.live import Live

from app import topics
from app.cli import _health, _render, _watching
from app.cli._state import current_settings, read_state
from app.errors import HiveError, StoreUnavailable
from app.stores import kafka
from models.rolling.reading import WINDOWS

if TYPE_CHECKING:
    from app.settings import Settings
    from app.stores.mongo import MongoStore
    from app.stores.neo4j import GraphStore
    from app.stores.redis import RedisStore
    from models.records import Scalar

    Store = MongoStore | GraphStore | RedisStore

Rows = list[list["Scalar"]]


@click.command()
@click.option("--watch", is_flag=True, help="Show what the stages do, live, until Ctrl-C.")
@click.option(
    "--window", type=click.Choice([*WINDOWS]), default="5m", show_default=True, help="With --watch: of rates and times."
)
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(min=0.2),
    default=2.0,
    show_default=True,
    help="With --watch: seconds from one look to the next.",
)
@click.option("--times", type=click.IntRange(min=1), help="With --watch: end after so many looks.")
def status(*, watch: bool, window: str, every_s: float, times: int | None) -> None:
    """Show workers, stores and what waits.

    With --watch it shows rates, failures and latencies of the stages; without it, it ends with 1 when a worker or a
    store is not well.
    """
    settings = current_settings()
    if watch:
        _watch(settings, window, every_s=every_s, times=times)
        return
    workers = worker_rows(settings)
    stores = asyncio.run(store_rows(settings))
    show = _render.console.print
    show(_render.table("workers", ["worker", "pid", "web port", "health", "detail"], workers))
    show(_render.table("stores", ["store", "health", "detail"], stores))
    title = f"group {settings.app_id} (a lag of 1 may be the mark of a transaction)"
    show(_render.table(title, ["topic", "partition", "committed", "end", "lag"], lag_rows(settings)))
    well = all(row[3] == "ready" for row in workers) and all(row[1] == "answers" for row in stores)
    sys.exit(0 if well else 1)


def _watch(settings: Settings, window: str, *, every_s: float, times: int | None) -> None:
    kafka.check_reachable(settings)
    console = _render.console
    screen = Live(console=console, auto_refresh=False, screen=True) if console.is_terminal else None
    with suppress(KeyboardInterrupt), screen or nullcontext():
        for look in count(1):
            shown = _watching.frame(_view(settings, window))
            if screen is not None:
                screen.update(shown, refresh=True)
            else:  # into a file or a pipe: one after the other
                console.print(shown)
            if look == times:
                break
            time.sleep(every_s)


def _view(settings: Settings, window: str) -> _watching.View:
    workers = worker_rows(settings)
    ports = [int(str(row[2])) for row in workers]
    stages = _watching.ask(ports, window=window, by="stage")
    seen: dict[str, _watching.Answer | str] = {"stages": stages}
    if not isinstance(stages, str):
        seen["minutes"] = _watching.ask(ports, window="1h", step="1m", by="stage", points="true")
        seen["domains"] = _watching.ask(ports, window=window, by="domain", stage="answer")
        seen["domain_minutes"] = _watching.ask(
            ports, window="1h", step="1m", by="domain", stage="answer", points="true"
        )
    waiting: dict[str, int] = {}
    for topic, _, _, _, lag in lag_rows(settings):
        waiting[str(topic)] = waiting.get(str(topic), 0) + max(0, int(lag or 0) - 1)  # 1 may be a transaction's mark
    return _watching.View(
        now=dt.datetime.now(dt.UTC),
        group=settings.app_id,
        workers=[(str(row[0]), str(row[3]), str(row[4])) for row in workers],
        problem=next((answer for answer in seen.values() if isinstance(answer, str)), ""),
        waiting=waiting,
        **{name: answer for name, answer in seen.items() if not isinstance(answer, str)},
    )


def worker_rows(settings: Settings) -> Rows:
    """Probe the workers of the running `hive up`, or the one at the web port of the settings."""
    state = read_state(settings.data_dir)
    known = [(w.name, w.pid, w.web_port) for w in state.workers] if state else [("(by hand)", None, settings.web_port)]
    rows: Rows = []
    for name, pid, port in known:
        code, body = _health.probe(port)
        health = "no answer" if code is None else "ready" if code == 200 else "not ready"
        rows.append([name, str(pid or "–"), str(port), health, _detail(body)])
    return rows


def _detail(body: str) -> str:
    """Say what a worker that isn't ready waits for, in few words."""
    try:
        told = msgspec.json.decode(body, type=_Health)
    except msgspec.MsgspecError:
        return body
    return f"waits for: {', '.join(told.waits_for)}" if told.waits_for else f"{told.partitions} partitions"


class _Health(msgspec.Struct):
    """What `/health/ready` answers."""

    waits_for: list[str] = msgspec.field(default_factory=list[str])
    partitions: int = 0


async def store_rows(settings: Settings) -> Rows:
    """Ping every store at the same time."""
    from app.stores.mongo import MongoStore  # these drivers take seconds to import
    from app.stores.neo4j import GraphStore
    from app.stores.redis import RedisStore

    stores: dict[str, Store] = {
        "mongo": MongoStore.of(settings),
        "neo4j": GraphStore.of(settings),
        "redis": RedisStore.of(settings),
    }
    return list(await asyncio.gather(*(_store_row(name, store) for name, store in stores.items())))


async def _store_row(name: str, store: Store) -> list[Scalar]:
    try:
        await store.ping()
    except HiveError as error:
        return [name, "no answer", error.detail if isinstance(error, StoreUnavailable) else str(error)]
    finally:
        await store.close()
    return [name, "answers", ""]


def lag_rows(settings: Settings) -> Rows:
    """Compare the group's committed offsets with the ends of the topics that it has read.

    The end of a topic that is written in transactions counts their markers, so a lag of 0 or 1 means: all done.
    """
    with kafka.reader(settings, group=settings.app_id) as consumer:
        ends = kafka.ends(consumer, [spec.name for spec in topics.TOPICS])
        asked = [TopicPartition(topic, partition) for topic, partition in ends]
        committed = consumer.committed(asked, timeout=kafka.ANSWER_S)
    return [
        [
            item.topic,
            str(item.partition),
            item.offset,
            ends[item.topic, item.partition],
            max(0, ends[item.topic, item.partition] - item.offset),
        ]
        for item in committed
        if item.offset >= 0
    ]
