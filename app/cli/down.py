"""`hive down`: stop a `hive up` that runs."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import click

from app.cli._state import is_up, read_state
from app.errors import HiveError
from app.settings import Settings


@click.command()
@click.option("--timeout", "timeout_s", default=60.0, show_default=True, help="Seconds to wait for it to end.")
def down(*, timeout_s: float) -> None:
    """Stop a `hive up` that runs."""
    data_dir = Settings.load().data_dir
    state = read_state(data_dir)
    if state is None:
        click.echo("nothing is up")
        return
    with suppress(ProcessLookupError):  # it has just ended by itself
        os.kill(state.pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout_s
    while is_up(data_dir):
        if time.monotonic() > deadline:
            raise HiveError(f"process {state.pid} has not ended in {timeout_s:g} s; see {data_dir / 'up.log'}")
        time.sleep(0.1)
    click.echo("down")
