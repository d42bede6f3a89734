"""`hive feedback`: a person says what should have been said of a plan, and the specialists learn it."""

from __future__ import annotations

import click
import msgspec

from app import topics
from app.cli._choices import SPECIALIST
from app.cli._people import by_option
from app.cli._state import current_settings
from app.clock import now_ms
from app.stores import kafka
from models.records import PlanFeedback, Recommendation, SpecialistType, encode


@click.command()
@click.argument("plan_id")
@click.option(
    "--recommendation",
    required=True,
    type=click.Choice([each.value for each in Recommendation]),
    help="What should have been recommended.",
)
@click.option("--rating", type=click.FloatRange(0, 1), help="How good the plan was, 0 to 1.")
@click.option(
    "--specialist",
    type=SPECIALIST,
    help="Whose opinion is meant; everybody's without.",
)
@click.option("--comment", help="For people.")
@by_option()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def feedback(  # noqa: PLR0913 — an option each
    *,
    plan_id: str,
    recommendation: str,
    rating: float | None,
    specialist: str | None,
    comment: str | None,
    by: str,
    as_json: bool,
) -> None:
    """Say what should have been said of a plan.

    The specialists learn it, whatever the plan's outcome or its approval says.
    """
    settings = current_settings()
    kafka.check_reachable(settings, topics.FEEDBACK_PLANS.name)
    said = PlanFeedback(
        plan_id=plan_id,
        recommendation=Recommendation(recommendation),
        by=by,
        at=now_ms(),
        rating=rating,
        specialist_type=SpecialistType(specialist) if specialist else None,
        comment=comment,
    )
    kafka.send(settings, topics.FEEDBACK_PLANS.name, plan_id, encode(said))
    whom = specialist or "all specialists"
    click.echo(msgspec.json.encode(said) if as_json else f"{recommendation} for plan {plan_id}, to {whom}, by {by}")
