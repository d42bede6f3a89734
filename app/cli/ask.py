"""`hive ask`: one intention, one answer."""

from __future__ import annotations

import click
import msgspec

from app.cli import _render
from app.cli._asking import Outside, Reply, Waiting, asking
from app.cli._state import current_settings
from app.cli._trace import Trace


@click.command()
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--language", help="Such as pt-BR or en; found out from the text when not given.")
@click.option("--timeout", "timeout_s", default=30.0, show_default=True, help="Seconds to wait for the answer.")
@click.option("--wait", is_flag=True, help="Also wait while the plan waits for its approval.")
@click.option("--trace", is_flag=True, help="Also show the intention's way through the topics.")
def ask(*, text: str, as_json: bool, language: str | None, timeout_s: float, wait: bool, trace: bool) -> None:
    """Send TEXT as an intention and print its answer.

    A plan that needs an approval is shown at once, with what a person can say to it; it is no failure.
    """
    settings = current_settings()
    followed = Trace(settings) if trace else None
    last: Waiting | Reply
    with asking(settings) as asker:
        for told in asker.follow(text, timeout_s=timeout_s, language=language):
            if isinstance(told, Outside):
                click.echo(_render.outside(told, handoff_s=settings.handoff_s), err=True)
                continue
            last = told
            if isinstance(told, Reply) or not wait:
                break
            click.echo(f"waits for an approval: hive approvals show {told.request.plan_id}", err=True)
    hops = followed.hops(*last.ids) if followed else []
    if as_json:
        way = [{"topic": h.topic, "partition": h.partition, "offset": h.offset} for h in hops]
        click.echo(msgspec.json.encode(last.as_json() | ({"way": way} if trace else {})))
        return
    _render.console.print(_render.answer(last) if isinstance(last, Reply) else _render.waiting(last))
    if trace:
        _render.console.print(_render.way(hops))
