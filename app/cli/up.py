"""`hive up`: servers, topics, sample data and workers on this machine."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import click
from rich.console import Console

from app.cli import _render
from app.cli._state import UpState, is_up, read_state
from app.errors import HiveError
from app.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from models.records import Scalar


@click.command()
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="How many workers.")
@click.option("--sample/--no-sample", default=True, show_default=True, help="Load the sample data.")
@click.option("--detach", is_flag=True, help="Return when everything is ready; `hive down` stops it.")
def up(*, workers: int, sample: bool, detach: bool) -> None:
    """Start servers, topics, data and workers.

    What a HIVE_… address points to is used, not started; workers that end are started again, until Ctrl-C.
    """
    settings = Settings.load()
    if detach:
        flags = ["--workers", str(workers), "--sample" if sample else "--no-sample"]
        show(_detach(settings.data_dir, flags))
        return
    from app.cli._running import EVERYTHING, running  # the servers' drivers take seconds to import

    try:
        console = Console(stderr=True)
        with running(settings, workers=workers, sample=sample, parts=EVERYTHING, console=console) as (state, _):
            show(state)
            click.echo("ready; Ctrl-C stops it", err=True)
            while True:
                time.sleep(3600)  # a signal ends it
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


def show(state: UpState) -> None:
    """Print where everything is."""
    rows: list[list[Scalar]] = [[name, masked(name, value)] for name, value in sorted(state.addresses.items())]
    rows += [[worker.name, f"http://127.0.0.1:{worker.web_port} (pid {worker.pid})"] for worker in state.workers]
    _render.console.print(_render.table(f"up (pid {state.pid})", ["what", "where"], rows))


def masked(name: str, value: str) -> str:
    """Return an address without its credentials."""
    return "***" if value and name.endswith("PASSWORD") else re.sub(r"://[^/]*@", "://***@", value)


def _detach(data_dir: Path, flags: list[str]) -> UpState:
    """Run `hive up` in a session of its own and wait until it is ready.

    Raises:
        HiveError: it has ended instead.
    """
    if is_up(data_dir):
        raise HiveError(f"already up on {data_dir}; `hive status` shows it, `hive down` stops it")
    data_dir.mkdir(parents=True, exist_ok=True)
    log_path = data_dir / "up.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "up", *flags],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while process.poll() is None:
            if (state := read_state(data_dir)) is not None:
                return state
            time.sleep(0.1)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    said = log_path.read_text(errors="replace").strip().splitlines()
    raise HiveError(f"it has ended: {said[-1] if said else 'without a word'} (see {log_path})")
