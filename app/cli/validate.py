"""`hive validate`: a person says which domain an intention has that nobody could make out."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING

import click
import msgspec
from rich.text import Text

from app.cli import _render
from app.cli._people import Waiting, by_option, domain_choice, summed_up, tell, waiting
from app.cli._state import current_settings
from app.clock import now_ms
from app.errors import HiveError
from app.stores import kafka
from models.records import Domain, Validation

if TYPE_CHECKING:
    from app.settings import Settings
    from models.records import Scalar


@click.command()
@click.argument("intention_id", required=False)
@click.option("--domain", type=domain_choice(), help="Which domain it has; it goes on there, and is learned.")
@by_option()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="List the oldest so many.")
def validate(*, intention_id: str | None, domain: str | None, by: str, as_json: bool, limit: int) -> None:
    """Say which domain the intentions have that wait for a person.

    Without INTENTION_ID: asks for one after the other on a terminal, lists them elsewhere.
    """
    if (intention_id is None) != (domain is None):
        raise click.UsageError("INTENTION_ID and --domain go together; without them the waiting ones are asked for")
    settings = current_settings()
    kafka.check_reachable(settings)
    found = waiting(settings)
    if intention_id is not None and domain is not None:
        _answer(settings, _one(found, intention_id), Domain(domain), by=by, as_json=as_json)
    elif as_json:
        click.echo(msgspec.json.encode([item.as_json() for item in found[:limit]]))
    elif _is_terminal():
        _ask_all(settings, found, by=by)
    else:
        _list(found, limit)


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _one(found: list[Waiting], intention_id: str) -> Waiting:
    item = next((item for item in found if item.envelope.id == intention_id), None)
    if item is None:
        raise HiveError(f"{intention_id} does not wait; `hive validate` shows those that do, `hive correct` teaches")
    return item


def _answer(settings: Settings, item: Waiting, domain: Domain, *, by: str, as_json: bool = False) -> None:
    word = Validation(intention_id=item.envelope.id, domain=domain, by=by, at=now_ms(), envelope=item.envelope)
    decision = tell(settings, [word])[word.intention_id]
    click.echo(msgspec.json.encode(decision) if as_json else summed_up(word, decision))


def _list(found: list[Waiting], limit: int) -> None:
    rows: list[list[Scalar]] = [
        [item.envelope.id, _age(item.since_ms), f"{item.text}\n{_guesses(item)}"] for item in found[:limit]
    ]
    left_out = f" (the oldest {limit} of them)" if len(found) > limit else ""
    title = f"{len(found)} intentions wait for a person{left_out}"
    _render.console.print(_render.table(title, ["intention", "waits", "text and best guesses"], rows))


def _age(since_ms: int) -> str:
    return str(dt.timedelta(seconds=max(0, now_ms() - since_ms) // 1000))


def _guesses(item: Waiting) -> str:
    return ", ".join(f"{domain} {probability:.2f}" for domain, probability in item.guesses)


def _ask_all(settings: Settings, found: list[Waiting], *, by: str) -> None:
    choices = dict(enumerate(Domain, start=1))
    menu = "  ".join(f"{number} {domain.value.lower()}" for number, domain in choices.items())
    for place, item in enumerate(found, start=1):
        _render.console.print(Text(f"\n{place} of {len(found)}: {item.text}", style="bold"))
        _render.console.print(Text(f"{item.envelope.id} · waits {_age(item.since_ms)} · {_guesses(item)}", style="dim"))
        said = click.prompt(
            f"{menu}  s skip  q quit", type=click.Choice([*map(str, choices), "s", "q"]), show_choices=False
        )
        if said == "q":
            return
        if said != "s":
            _answer(settings, item, choices[int(said)], by=by)
    click.echo("no more wait" if found else "none waits")
