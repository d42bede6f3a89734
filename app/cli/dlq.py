"""`hive dlq`: the dead letters of every stage, and what a person does with them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Group
from rich.text import Text

from app.cli import _render
from app.cli._letters import Filter, Letter, filtering, letter_of, letters, states, tell
from app.cli._people import by_option
from app.cli._state import current_settings
from app.clock import now_ms
from app.errors import HiveError
from app.letters import fetch
from app.stores import kafka
from models.deadletters import PREFIX, LetterId, LetterStatus, attempt_of
from models.records import LetterAction, LetterCommand, decode

if TYPE_CHECKING:
    from app.settings import Settings
    from models.records import Scalar

SHOWN_CHARS = 4096
STATUSES = ["open", *(status.value for status in LetterStatus)]


@click.group()
def dlq() -> None:
    """Look at dead letters, send them again, drop them.

    A dead letter is a record that a stage could not process. What may pass is tried again by itself; the rest is open.
    """


@dlq.command(name="list")
@filtering
@click.option("--status", type=click.Choice(STATUSES), help="Only those; else the open and the waiting ones.")
@click.option("--all", "every", is_flag=True, help="Whatever the status.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="The newest so many.")
def list_(*, status: str | None, every: bool, as_json: bool, limit: int, **options: Any) -> None:
    """List dead letters, the newest last."""
    settings = current_settings()
    kafka.check_reachable(settings)
    wanted = Filter(**options)
    found = [
        letter
        for letter in letters(settings)
        if wanted.takes(letter) and (every or (letter.status == status if status else letter.is_left))
    ]
    found.sort(key=lambda letter: letter.at_ms)
    if as_json:
        click.echo(msgspec.json.encode([letter.as_json() for letter in found[-limit:]]))
        return
    now = now_ms()
    rows: list[list[Scalar]] = [
        [str(each.id), _age(now - each.at_ms), each.about.get("topic", "–"), each.why or "–", _standing(each, now)]
        for each in found[-limit:]
    ]
    title = f"{len(found)} dead letters" + (f", the newest {limit} of them" if len(found) > limit else "")
    _render.console.print(_render.table(title, ["letter", "age", "came from", "why", "it is"], rows, whole="letter"))


@dlq.command()
@click.argument("letter")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; bytes that are no text as Python writes them.")
@click.option("--raw", is_flag=True, help="Write the original record's value, byte for byte, and nothing else.")
def show(*, letter: str, as_json: bool, raw: bool) -> None:
    """Show a dead letter: why it is one, its headers, the original bytes."""
    place = LetterId.parse(letter)
    settings = current_settings()
    kafka.check_reachable(settings)
    record = fetch(settings, [place]).get(place)
    if record is None:
        raise _unknown(place)
    if raw:
        sys.stdout.buffer.write(record.value or b"")
        return
    found = letter_of(record, states(settings), partitions=settings.partitions)
    own = {name: _render.kafka_text(value) for name, value in record.headers if not name.startswith(PREFIX)}
    if as_json:
        told = {**found.as_json(), "headers": own, "value": _render.kafka_text(record.value)}
        click.echo(msgspec.json.encode(told))
        return
    _render.console.print(_shown(found, own, record.value))


def _shown(found: Letter, own: dict[str, str | None], value: bytes | None) -> Group:
    about, tried = found.about, attempt_of(found.about)
    lines = [
        f"{_standing(found, now_ms())} · {_render.when(found.at_ms)}",
        f"from  {about.get('topic')}-{about.get('partition')}@{about.get('offset')}, stage {about.get('stage')}",
        f"why   {about.get('error')}: {about.get('message')}",
        f"tried again {tried} times; the letter before: {about.get('before')}" if tried else "",
        f"it can't be sent again: {found.to}" if isinstance(found.to, str) else "",
        f"by {found.state.by}: {found.state.why}" if found.state and found.state.why else "",
        f"key   {_render.kafka_text(found.key)}",
        *(f"header {name}: {text}" for name, text in own.items()),
        "no value (a tombstone)" if value is None else f"value {len(value):,} bytes",
    ]
    body = _render.kafka_text(value) or ""
    left = len(body) - SHOWN_CHARS
    more = f"… {left:,} more characters: --raw has them all" if left > 0 else ""
    return Group(
        Text(f"dead letter {found.id}", style="bold"),
        Text("\n".join(line for line in lines if line)),
        Text(body[:SHOWN_CHARS]),
        Text(more, style="dim"),
    )


@dlq.command()
@click.argument("ids", metavar="[LETTER]...", nargs=-1)
@filtering
@click.option("--all", "every", is_flag=True, help="All that are open or waiting.")
@click.option("--again", is_flag=True, help="Also what has been replayed or dropped before.")
@by_option()
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1, 100_000), help="The oldest so many.")
def replay(*, ids: tuple[str, ...], every: bool, again: bool, by: str, limit: int, **options: Any) -> None:
    """Send letters again to the topics that they came from.

    Key, headers and bytes are the original's, and each letter is sent once.
    """
    _carry_out(LetterAction.REPLAY, ids, Filter(**options), every=every, limit=limit, again=again, by=by, reason=None)


@dlq.command()
@click.argument("ids", metavar="[LETTER]...", nargs=-1)
@filtering
@click.option("--all", "every", is_flag=True, help="All that are open or waiting.")
@by_option()
@click.option("--why", required=True, help="Why; it is kept on record with your name.")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1, 100_000), help="The oldest so many.")
def drop(*, ids: tuple[str, ...], every: bool, by: str, why: str, limit: int, **options: Any) -> None:
    """Have done with letters: they are no longer listed or tried again.

    They stay on their topic as long as it keeps them: `hive dlq replay --again` sends one all the same.
    """
    _carry_out(LetterAction.DROP, ids, Filter(**options), every=every, limit=limit, again=False, by=by, reason=why)


def _carry_out(
    action: LetterAction, ids: tuple[str, ...], wanted: Filter, *, every: bool, limit: int, **said: Any
) -> None:
    if not (ids or wanted.is_given or every):
        raise click.UsageError("which letters? Give their ids, or --topic, --reason, --since or --all")
    if ids and (wanted.is_given or every):
        raise click.UsageError("give letters, or which ones are meant, not both")
    places = [LetterId.parse(text) for text in ids]
    common = {"action": action, "at": now_ms(), **said}
    _command(LetterId("plans", 0, 0), common)  # what no worker would take is refused here
    settings = current_settings()
    kafka.check_reachable(settings)
    again = bool(said["again"])
    if ids:
        found = [_named(settings, places, action, again=again)[place] for place in dict.fromkeys(places)]
    else:
        found = [each for each in letters(settings) if wanted.takes(each) and (again or each.is_left)]
        found.sort(key=lambda letter: letter.at_ms)
    found, more = found[:limit], max(0, len(found) - limit)
    unable = [each.to for each in found if action is LetterAction.REPLAY and isinstance(each.to, str)]
    able = [each for each in found if action is LetterAction.DROP or not isinstance(each.to, str)]
    done: list[LetterId] = []
    try:
        tell(settings, [_command(each.id, common) for each in able], each=done.append)
    finally:
        past = "replayed" if action is LetterAction.REPLAY else "dropped"
        click.echo(f"{done[0] if len(ids) == 1 and done else len(done)} {past}")
    if more:
        click.echo(f"{more} more: see --limit")
    if unable:
        raise HiveError(f"{len(unable)} can't be sent again: {unable[0]}")


def _command(letter: LetterId, common: dict[str, Any]) -> LetterCommand:
    return decode(LetterCommand, msgspec.json.encode({"letter": str(letter), **common}))


def _named(settings: Settings, places: list[LetterId], action: LetterAction, *, again: bool) -> dict[LetterId, Letter]:
    """Return these letters; one that isn't there, or can't be dealt with, is an error before anything is done."""
    records, known = fetch(settings, places), states(settings)
    found = {place: letter_of(record, known, partitions=settings.partitions) for place, record in records.items()}
    for place in places:
        if place not in found:
            raise _unknown(place)
        each = found[place]
        if not each.is_left and each.state and not again:
            once_more = "; --again sends it once more" if action is LetterAction.REPLAY else ""
            at = _render.when(each.state.at)
            raise HiveError(f"{place} has been {each.status} by {each.state.by}, {at}{once_more}")
        if action is LetterAction.REPLAY and isinstance(each.to, str):
            raise HiveError(f"{place} can't be sent again: {each.to}")
    return found


def _unknown(place: LetterId) -> HiveError:
    return HiveError(f"there is no dead letter {place}; `hive dlq list` shows those that there are")


def _standing(letter: Letter, now: int) -> str:
    state = letter.state
    if state is None:
        tried = attempt_of(letter.about)
        return f"open, tried {tried}x" if tried else "open"
    if state.status is LetterStatus.WAITING:
        return f"waiting {_age(max(0, (state.due_at or now) - now))}"
    return f"{state.status} by {state.by}"


def _age(ms: int) -> str:
    """Write a duration in few characters."""
    seconds = max(0, ms) // 1000
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
