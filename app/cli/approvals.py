"""`hive approvals`: the plans that wait for a person, and what the person says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Group
from rich.text import Text

from app import topics
from app.cli import _render
from app.cli._people import by_option
from app.cli._state import current_settings
from app.clock import now_ms
from app.errors import HiveError
from app.stores import kafka
from models.nlu.pii import mask
from models.planning.approval import Approval, due
from models.records import (
    ApprovalDecision,
    ApprovalOutcome,
    ApprovalRequest,
    ApprovalResponse,
    ApprovalStatus,
    decode,
    encode,
)

if TYPE_CHECKING:
    from app.settings import Settings
    from models.records import Scalar

READ_S = 60.0
OUTCOME_S = 15.0


@click.group()
def approvals() -> None:
    """Approve or reject the plans that wait.

    A plan that destroys something, or whose risk is 0.7 or more, is executed by nobody before a person has approved it.
    """


@approvals.command(name="list")
@click.option(
    "--status", type=click.Choice([item.value for item in ApprovalStatus]), default="pending", show_default=True
)
@click.option("--all", "every", is_flag=True, help="Whatever the status.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="The oldest so many.")
def list_(*, status: str, every: bool, as_json: bool, limit: int) -> None:
    """List the plans, those that wait by default, the oldest first."""
    settings = current_settings()
    kafka.check_reachable(settings)
    found = [(plan_id, state) for plan_id, state in states(settings).items() if state.expires_at is not None]
    found = [item for item in found if every or item[1].status.value == status]
    found.sort(key=lambda item: item[1].since)
    if as_json:
        click.echo(msgspec.json.encode([_as_json(*item) for item in found[:limit]]))
        return
    rows: list[list[Scalar]] = [
        [plan_id, state.status.value, f"{state.risk_score:.2f} {state.risk_band}", _when(state), mask(state.question)]
        for plan_id, state in found[:limit]
    ]
    title = f"{len(found)} plans" + (f", the oldest {limit} of them" if len(found) > limit else "")
    _render.console.print(_render.table(title, ["plan", "status", "risk", "when", "asked"], rows, whole="plan"))


@approvals.command()
@click.argument("plan_id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(*, plan_id: str, as_json: bool) -> None:
    """Show a plan: what would be done, its risk, the reasons, and who has decided."""
    settings = current_settings()
    kafka.check_reachable(settings)
    state = states(settings).get(plan_id)
    request = _request(settings, plan_id)
    if state is None or request is None:
        raise _unknown(plan_id)
    if as_json:
        click.echo(msgspec.json.encode({**_as_json(plan_id, state), "plan": request.plan}))
        return
    lines = [
        f"{state.status.value} · {_when(state)}",
        f"risk {state.risk_score:.2f} {state.risk_band}: {'; '.join(request.reasons)}",
        f"destroys: {', '.join(request.plan.destructive_tasks)}" if request.plan.destructive_tasks else "",
        f"by {state.by}: {state.reason or ''}" if state.by else "",
    ]
    shown = _render.tasks(mask(state.question), request.plan)
    _render.console.print(Group(shown, Text("\n".join(line for line in lines if line))))


def _unknown(plan_id: str) -> HiveError:
    return HiveError(f"no plan {plan_id} has asked for an approval; `hive approvals list --all` shows those that have")


def _command(decision: ApprovalDecision, name: str, text: str, *, reason: bool) -> None:
    @approvals.command(name=name, help=text)
    @click.argument("plan_id")
    @by_option()
    @click.option("--reason", required=reason, help="Why; the asker reads it.")
    def _say(*, plan_id: str, by: str, reason: str | None) -> None:
        said = {"plan_id": plan_id, "decision": decision, "by": by, "at": now_ms(), "reason": reason}
        response = decode(ApprovalResponse, msgspec.json.encode(said))  # what a worker would not take is refused here
        settings = current_settings()
        kafka.check_reachable(settings)
        # It would be kept until its request comes: for a slip of the pen, in vain. The state follows the request.
        if plan_id not in states(settings) and _request(settings, plan_id) is None:
            raise _unknown(plan_id)
        told = tell(settings, response)
        if not told.applied:
            raise HiveError(f"{plan_id} was not {decision.value}: {told.why}")
        click.echo(f"{plan_id} {decision.value} by {by}")


_command(ApprovalDecision.APPROVED, "approve", "Let a plan go.", reason=False)
_command(ApprovalDecision.REJECTED, "reject", "End a plan; the asker reads the reason.", reason=True)
_command(ApprovalDecision.REVERTED, "revert", "Take an approval back: the plan is published as withdrawn.", reason=True)
_command(ApprovalDecision.REPUBLISHED, "republish", "Publish an approved plan once more.", reason=False)


def states(settings: Settings) -> dict[str, Approval]:
    """Return how every approval stands, as the table has it."""
    found: dict[str, Approval] = {}
    with kafka.reader(settings) as consumer:
        begin = kafka.required(kafka.starts(consumer, [topics.PLANS_APPROVALS.name]), topics.PLANS_APPROVALS.name)
        for record in kafka.read_to_end(consumer, begin, timeout_s=READ_S):
            plan_id = (record.key or b"").decode()
            if record.value is None:
                found.pop(plan_id, None)
            else:
                found[plan_id] = msgspec.json.decode(record.value, type=Approval)
    return found


def _request(settings: Settings, plan_id: str) -> ApprovalRequest | None:
    name = topics.PLANS_APPROVAL_REQUESTS.name
    with kafka.reader(settings) as consumer:
        records = kafka.read_to_end(consumer, kafka.starts(consumer, [name]), timeout_s=READ_S)
        found = [record.value for record in records if record.key == plan_id.encode()]
    return decode(ApprovalRequest, found[-1]) if found else None


def tell(settings: Settings, response: ApprovalResponse) -> ApprovalOutcome:
    """Send a response and wait for what comes of it.

    Raises:
        HiveError: nothing came of it in time: no worker is at work.
    """
    key, name = response.plan_id.encode(), topics.PLANS_APPROVAL_OUTCOMES.name
    with kafka.reader(settings) as consumer:
        kafka.assign(consumer, kafka.required(kafka.ends(consumer, [name]), name))
        kafka.send(settings, topics.PLANS_APPROVAL_RESPONSES.name, response.plan_id, encode(response))
        deadline_s = time.monotonic() + OUTCOME_S
        while time.monotonic() < deadline_s:
            found = kafka.poll(consumer, 0.2)
            if found is None or found.key != key:
                continue
            told = decode(ApprovalOutcome, found.value)
            if (told.decision, told.by, told.at) == (response.decision, response.by, response.at):
                return told
    raise HiveError(f"sent, but nothing came of it in {OUTCOME_S:g} s; `hive status` says what waits")


def _when(state: Approval) -> str:
    if due(state, now_ms=now_ms()):
        return "its time is up"
    at_ms = state.expires_at if state.is_open else state.decided_at
    text = _render.when(at_ms or 0)
    return f"until {text}" if state.is_open else f"decided {text}"


def _as_json(plan_id: str, state: Approval) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(state)
    return {"plan_id": plan_id, **told, "question": mask(state.question)}
