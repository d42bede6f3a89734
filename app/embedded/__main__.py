"""Run a stack by hand: `python -m app.embedded --real --parts kafka,neo4j,redis`, then use the printed addresses."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.embedded.stack import EMBEDDED, REAL, Stack
from models.errors import HiveError

if TYPE_CHECKING:
    from app.embedded.part import Part


@click.command()
@click.option("--real", is_flag=True, help="The real servers (Java, Maven) instead of the embedded ones.")
@click.option("--parts", help="Which, separated by commas. Default: all that are part of the system.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Data and logs. Default: .hive/stack, or .hive/real.",
)
def main(*, real: bool, parts: str | None, data_dir: Path | None) -> None:
    """Start servers on this machine, print where they are as shell exports, and run until Ctrl-C."""
    known: dict[str, Part] = REAL if real else EMBEDDED
    names = [name.strip() for name in parts.split(",")] if parts else list(known)
    if unknown := set(names) - known.keys():
        raise click.BadParameter(f"{', '.join(sorted(unknown))}; known are {', '.join(known)}", param_hint="--parts")
    folder = data_dir or Path(".hive") / ("real" if real else "stack")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A shell starts background jobs with SIGINT ignored; all of these end the stack in order.
        signal.signal(number, signal.default_int_handler)
    try:
        _run((Stack.real if real else Stack.embedded)(folder, parts=names, on_progress=_say))
    except KeyboardInterrupt:
        _say("stopped")
    except HiveError as exc:
        raise click.ClickException(str(exc)) from exc


def _run(stack: Stack) -> None:
    with stack:
        stack.wait_ready()
        for name, address in sorted(stack.addresses.items()):
            click.echo(f"export {name}='{address}'")
        sys.stdout.flush()
        _say("ready; Ctrl-C stops it")
        while True:
            signal.pause()


def _say(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    main()
