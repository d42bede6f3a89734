"""`hive plan`: what would be done about an intention, and why; nothing is sent and no server is needed."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import click
import msgspec
from rich.console import Group
from rich.text import Text

from app.cli import _render
from app.cli._models import catalog, domain_model
from app.clock import now_ms
from app.errors import HiveError
from app.settings import Settings
from models.deliberation.scoring import consensus_of
from models.deliberation.settle import settle
from models.nlu import to_envelope, understand
from models.planning import make_plan
from models.planning.conflicts import Resolution
from models.planning.dag import mermaid
from models.records import Constraints, PlanStatus, Priority, Qos, SecurityLevel, Submission

if TYPE_CHECKING:
    from models.records import CognitivePlan, Consensus, IntentEnvelope


@click.command()
@click.argument("text")
@click.option("--language", help="Language of the text, such as pt-BR; by default it is told from its words.")
@click.option(
    "--priority", type=click.Choice([item.value for item in Priority], case_sensitive=False), default="NORMAL"
)
@click.option(
    "--security-level",
    type=click.Choice([item.value for item in SecurityLevel], case_sensitive=False),
    default="INTERNAL",
)
@click.option("--json", "as_json", is_flag=True, help="Print understanding and plan as one JSON object.")
@click.option("--mermaid", "as_mermaid", is_flag=True, help="Print the graph of tasks as a Mermaid flow chart.")
def plan(
    *, text: str, language: str | None, priority: str, security_level: str, as_json: bool, as_mermaid: bool
) -> None:
    """Show how TEXT is understood and planned.

    Needs no server: nothing is looked up in a store, and nothing is sent.
    """
    settings = Settings.load()
    constraints = Constraints(priority=Priority(priority), security_level=SecurityLevel(security_level))
    submission = Submission(text=text, language=language, id=str(uuid.uuid4()), constraints=constraints, qos=Qos())
    now = now_ms()
    understanding = understand(submission, now_ms=now, model=domain_model(settings, live=False))
    envelope = to_envelope(submission, understanding, fallback_id="", now_ms=now)
    resolution = Resolution(settings.conflict_resolution)
    made = make_plan(envelope, catalog(settings), now_ms=now, resolution=resolution)
    consensus = None
    if made.status is not PlanStatus.REJECTED:
        consensus = consensus_of(made, now_ms=now)
        made = settle(made, consensus.decision)
    if as_json:
        click.echo(msgspec.json.encode({"intent": envelope, "plan": made, "consensus": consensus}))
    elif as_mermaid:
        if not made.tasks:
            raise HiveError(f"there is nothing to draw: {made.reasoning_summary}")
        click.echo(mermaid(made), nl=False)
    else:
        _render.console.print(shown(envelope, made, consensus))


def shown(envelope: IntentEnvelope, made: CognitivePlan, consensus: Consensus | None = None) -> Group:
    """Lay out an understanding, its plan, and what the specialists say of it by their rules alone."""
    intent = envelope.intent
    parts: list[Text | Group] = [
        Text(intent.text, style="bold"),
        _line("understood", f"{intent.domain} {envelope.confidence:.2f}, {intent.classification}"),
        _line("entities", ", ".join(f"{item.entity_type} {item.value}" for item in intent.entities)),
        _line("planned", made.reasoning_summary),
    ]
    if made.tasks:
        parts.append(_render.tasks("tasks", made, details=True))
        parallel = made.metadata["planning"]["parallel_groups"]
        critical = made.metadata["planning"]["critical_path"]
        parts.append(_line("order", " → ".join(" ‖ ".join(group) for group in parallel)))
        parts.append(_line("critical path", f"{' → '.join(critical)} ({made.estimated_total_duration_ms:,} ms)"))
    parts.append(_line("risk", f"{made.risk_score:.2f} {made.risk_band}"))
    parts += [_line("", reason) for reason in made.metadata["risk_reasons"]]
    if consensus is not None:
        parts += _opinions(consensus)
    if made.status is PlanStatus.REJECTED and consensus is not None:
        parts.append(_line("ends", str(made.metadata["outcome"]["error"])))
        return Group(*(part for part in parts if not isinstance(part, Text) or part.plain))
    parts.append(_line("approval", "a person has to approve it first" if made.requires_approval else "not needed"))
    return Group(*(part for part in parts if not isinstance(part, Text) or part.plain))


def _opinions(consensus: Consensus) -> list[Text | Group]:
    """Lay out the decision, and under it who says what, how sure, how risky it looks, and the weakest factor."""
    decision = consensus.decision
    lines: list[Text | Group] = [
        _line("specialists", "by their rules alone; a worker adds what they have learned (hive plans show)"),
        _line("decision", decision.reasoning_summary),
    ]
    for opinion in consensus.opinions:
        why = opinion.reasoning_summary.partition("; ")[2]
        lines.append(
            _line(
                opinion.specialist_type.value,
                f"{opinion.recommendation.value} {opinion.confidence_score:.2f}, risk {opinion.risk_score:.2f}; {why}",
            )
        )
    lines += [_line("first", condition) for condition in decision.metadata.get("conditions", ())]
    return lines


def _line(name: str, text: str) -> Text:
    return Text(f"{name:>14}  {text}") if text else Text("")
