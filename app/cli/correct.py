"""`hive correct`: a person says which domain a text has, and the model learns it."""

from __future__ import annotations

import click
import msgspec

from app.cli._people import by_option, domain_choice, newest_audit, summed_up, tell
from app.cli._state import current_settings
from app.clock import now_ms
from app.stores import kafka
from models.ids import stable_id
from models.nlu.pii import mask
from models.records import Domain, Validation


@click.command()
@click.argument("intention_id", required=False)
@click.option("--text", help="A text instead of an intention.")
@click.option("--domain", required=True, type=domain_choice(), help="Which domain it has.")
@by_option()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def correct(*, intention_id: str | None, text: str | None, domain: str, by: str, as_json: bool) -> None:
    """Teach the model the domain of an intention or of a text.

    An intention that has gone to its domain already stays there. One that still waits is sent on by `hive validate`.
    """
    if (intention_id is None) == (text is None):
        raise click.UsageError("give INTENTION_ID or --text")
    settings = current_settings()
    kafka.check_reachable(settings)
    previous = language = None
    if intention_id is not None:
        known = newest_audit(settings, intention_id)
        text, previous, language = known.text, known.domain, known.language
    masked = mask((text or "").strip())
    word = Validation(
        intention_id=intention_id or stable_id("correction", masked),
        domain=Domain(domain),
        by=by,
        at=now_ms(),
        text=masked,
        previous_domain=previous,
        language=language,
    )
    decision = tell(settings, [word])[word.intention_id]
    click.echo(msgspec.json.encode(decision) if as_json else summed_up(word, decision))
