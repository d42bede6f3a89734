"""Everything on one machine, from the first server to the last worker: what `hive up` and `hive demo` run."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from rich.progress import Progress

from app import topics
from app.cli._state import UpState, only_one, write_state
from app.cli._workers import Workers
from app.embedded.ports import free_port
from app.embedded.stack import Stack
from app.engine.admin import create_missing
from app.sample.load import load, loaded_as_of
from app.settings import Settings
from app.stores import kafka

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from rich.console import Console
    from rich.progress import TaskID

EVERYTHING = ("kafka", "graph", "mongo", "mlflow")
ASKED = ("kafka", "graph", "mongo")
"""The servers that questions need."""
_ENDING = (signal.SIGINT, signal.SIGTERM)
STOP_MARGIN_S = 5.0
"""What a worker gets beyond its own time to drain."""
READY_S = 90.0
"""How long workers may take until they are ready: a restore of their tables is part of it."""


@contextmanager
def running(
    settings: Settings, *, workers: int, sample: bool, parts: Collection[str], console: Console
) -> Iterator[tuple[UpState, Stack]]:
    """Bring everything up; take it down again in the opposite order, whatever happens.

    Servers whose `HIVE_…` address is set are used, not started. SIGTERM and SIGINT end the block by
    KeyboardInterrupt.

    Args:
        settings: Say where the data is, and which servers are given.
        workers: How many workers.
        sample: Whether to load the sample data.
        parts: Which servers of `Stack.embedded`.
        console: Told what happens.

    Raises:
        HiveError: something does not start; says what to do.
    """
    with ExitStack() as stack:
        stack.enter_context(only_one(settings.data_dir))
        stack.enter_context(_signals_end_it())
        try:
            servers = Stack.embedded(settings.data_dir, settings=settings, parts=parts, on_progress=console.print)
            stack.enter_context(servers)
            addresses = {**servers.addresses, "HIVE_DATA_DIR": str(settings.data_dir.absolute())}
            settings = Settings.load({**os.environ, **addresses})
            kafka.check_reachable(settings)
            create_missing(settings, topics.TOPICS)
            if sample:
                _load_sample(settings, console)
            team = _team(settings, addresses, workers)
            stack.callback(team.stop)
            console.print(f"starting {workers} worker{'s' if workers > 1 else ''}")
            team.start(timeout_s=READY_S)
            servers.wait_ready()
            yield _keep_state(settings, addresses, team), servers
        finally:
            _ignore_signals()


def _team(settings: Settings, addresses: dict[str, str], count: int) -> Workers:
    """Count web ports up from the one that is set; take free ones when none is."""
    first = settings.web_port if "web_port" in settings.sources else None
    return Workers.of_faust(
        [free_port() if first is None else first + number for number in range(count)],
        environ=addresses,
        log_dir=settings.data_dir / "logs",
        stop_timeout_s=settings.drain_s + STOP_MARGIN_S,
    )


def _keep_state(settings: Settings, addresses: dict[str, str], team: Workers) -> UpState:
    """Write the state now, and again after each restart of a worker."""

    def write() -> UpState:
        state = UpState(pid=os.getpid(), addresses=addresses, workers=team.states)
        write_state(settings.data_dir, state)
        return state

    team.call_on_restart(write)
    return write()


def _load_sample(settings: Settings, console: Console) -> None:
    """Load the sample as of now; one of today is good enough."""
    now = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0)
    loaded = asyncio.run(loaded_as_of(settings))
    as_of = loaded if loaded and loaded.date() == now.date() else now
    with Progress(console=console) as progress:
        bars: dict[str, TaskID] = {}

        def show(part: str, done: int, total: int) -> None:
            if part not in bars:
                bars[part] = progress.add_task(f"sample data: {part}", total=total)
            progress.update(bars[part], completed=done)

        asyncio.run(load(settings, as_of=as_of, progress=show))


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """Make SIGTERM and SIGINT end the block as Ctrl-C does, also where a shell has started us in the background."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_signals() -> None:
    """Let a second Ctrl-C not leave half of the processes behind."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
