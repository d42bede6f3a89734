"""`hive plans`: where plans stand, task by task, and how they ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Group
from rich.live import Live
from rich.text import Text

from app import topics
from app.cli import _opinions, _plans, _render
from app.cli._letters import Since
from app.cli._people import by_option
from app.cli._state import current_settings
from app.clock import now_ms
from app.errors import HiveError
from app.stores import kafka
from models.nlu.pii import mask
from models.records import CommandKind, PlanCommand, PlanOutcome, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import Consumer

    from models.records import Scalar, TaskReport

CANCEL_S = 15.0
_GOOD = frozenset({PlanOutcome.ANSWERED, PlanOutcome.DONE, PlanOutcome.HANDED_OFF, PlanOutcome.PARTIAL})


@click.group()
def plans() -> None:
    """Look at plans, their tasks and states, or cancel one."""


@plans.command(name="list")
@click.option("--all", "every", is_flag=True, help="Also those that have ended.")
@click.option("--since", type=Since(), default="1d", show_default=True, help="Let go or ended since: 2h, 7d, a time.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="The newest so many.")
def list_(*, every: bool, since: int, as_json: bool, limit: int) -> None:
    """List the plans that are carried out, the newest first; with --all those too that have ended since --since."""
    settings = current_settings()
    kafka.check_reachable(settings)
    with _plans.read(settings, since_ms=since) as (book, _):
        known = ({**book.ready, **book.states}.keys() - book.gone) | book.ends.keys()
        found = [told for plan_id in known if (told := book.show(plan_id)) is not None]
    found = [told for told in found if every or not told["ended"]]
    found.sort(key=lambda told: (-told["began_at"], told["plan_id"]))
    if as_json:
        click.echo(msgspec.json.encode(found[:limit]))
        return
    rows: list[list[Scalar]] = [
        [told["plan_id"], told["status"], _counted(told["tasks"]), _render.when(told["began_at"]), told["question"]]
        for told in found[:limit]
    ]
    title = f"{len(found)} plans" + (f", the newest {limit} of them" if len(found) > limit else "")
    _render.console.print(_render.table(title, ["plan", "status", "tasks", "began", "asked"], rows, whole="plan"))


@plans.command()
@click.argument("plan_id")
@click.option("--watch", is_flag=True, help="Follow it until it ends; ends with 1 if it fails.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; with --watch a line for each change.")
def show(*, plan_id: str, watch: bool, as_json: bool) -> None:
    """Show a plan: its tasks in their order, those of a step at the same time, with their states and times.

    Below them: what the specialists said of it, how sure, and what counted most; and what was decided.
    """
    settings = current_settings()
    kafka.check_reachable(settings)
    with _plans.read(settings, plan_id) as (book, consumer):
        told = book.show(plan_id)
        if told is None:
            raise _unknown(plan_id)
        followed = _followed(book, consumer, plan_id, told, watch=watch)
        if as_json:
            for told in followed:
                click.echo(msgspec.json.encode(told))
        elif not watch:
            _render.console.print(_laid_out(told))
        else:
            with Live(console=_render.console, auto_refresh=False) as live:
                for told in followed:
                    live.update(_laid_out(told), refresh=True)
    if watch and told["status"] not in _GOOD:
        raise click.exceptions.Exit(1)


@plans.command()
@click.argument("plan_id")
@by_option()
@click.option("--reason", required=True, help="Why; the asker reads it.")
def cancel(*, plan_id: str, by: str, reason: str) -> None:
    """Begin nothing more of a plan; what outside workers have done of it is taken back."""
    if not reason.strip():
        raise HiveError("--reason is empty: the asker reads it, so say why")
    settings = current_settings()
    kafka.check_reachable(settings)
    said = {"plan_id": plan_id, "kind": CommandKind.CANCEL, "by": by, "at": now_ms(), "reason": reason}
    command = decode(PlanCommand, msgspec.json.encode(said))  # what a worker would not take is refused here
    with _plans.read(settings, plan_id) as (book, consumer):
        told = book.show(plan_id)
        if told is None:
            raise _unknown(plan_id)
        if told["ended"]:
            raise HiveError(f"{plan_id} has ended already: {told['status']}")
        if told["status"] == "ready":  # a word to a plan that nobody has taken up is not kept
            raise HiveError(f"{plan_id} was not cancelled: no worker has begun it yet; `hive status` says what waits")
        kafka.send(settings, topics.PLANS_COMMANDS.name, plan_id, encode(command))
        click.echo(_cancelled(book, consumer, plan_id))


def _cancelled(book: _plans.Book, consumer: Consumer, plan_id: str) -> str:
    """Wait for what comes of a cancellation, and say it."""
    deadline_s = time.monotonic() + CANCEL_S
    while time.monotonic() < deadline_s:
        if _plans.hear(book, consumer) != plan_id:
            continue
        if (end := book.ends.get(plan_id)) is not None:
            if end.outcome is not PlanOutcome.CANCELLED:
                raise HiveError(f"{plan_id} was not cancelled: it ended meanwhile ({end.outcome or end.status})")
            return f"{plan_id} cancelled"
        if plan_id not in book.gone and book.states[plan_id].cancelled:
            return f"{plan_id} ends when its outside workers have: `hive plans show {plan_id} --watch`"
    raise HiveError(f"sent, but nothing came of it in {CANCEL_S:g} s; `hive status` says what waits")


def _unknown(plan_id: str) -> HiveError:
    return HiveError(
        f"no plan {plan_id} has been let go; `hive plans list --all` shows those that have, "
        "`hive approvals list` those that wait for a person"
    )


def _followed(
    book: _plans.Book, consumer: Consumer, plan_id: str, told: dict[str, Any], *, watch: bool
) -> Iterator[dict[str, Any]]:
    """Yield where a plan stands, and with `watch` each time that it has changed, until it has ended."""
    yield told
    while watch and not told["ended"]:
        if _plans.hear(book, consumer) == plan_id and (new := book.show(plan_id)) is not None and new != told:
            told = new
            yield told


def _counted(tasks: list[TaskReport]) -> str:
    ended = sum(task.completed_at is not None for task in tasks)
    return f"{ended}/{len(tasks)}"


def _laid_out(told: dict[str, Any]) -> Group:
    """Lay out a plan, a row for each task: `∥` goes at the same time as the one above, `×2` was tried twice.

    Times count from the plan's beginning.
    """
    tasks: list[TaskReport] = told["tasks"]
    steps: dict[str, int] = {}
    for task in tasks:
        steps[task.id] = 1 + max((steps.get(name, 0) for name in task.after), default=0)
    tasks = sorted(tasks, key=lambda task: steps[task.id])
    firsts = {step: task_id for task_id, step in reversed([(task.id, steps[task.id]) for task in tasks])}
    rows: list[list[Scalar]] = [
        [
            f"{steps[task.id] if firsts[steps[task.id]] == task.id else '∥'} {task.id}",
            f"{task.type.value} {mask(task.description)}".strip() + (f" · {task.source}" if task.source else ""),
            ", ".join(task.after),
            task.status.value + (f" ×{task.attempts}" if task.attempts > 1 else ""),
            _since(told["began_at"], task.started_at),
            _since(told["began_at"], task.completed_at),
        ]
        for task in tasks
    ]
    columns = ["task", "what", "after", "state", "began", "ended"]
    table = _render.table(told["question"] or told["plan_id"], columns, rows, whole="state")
    took = f" after {_since(told['began_at'], told['ended_at'])}" if told["ended_at"] else ""
    decided = told.get("decided")
    lines = [
        *(_opinions.lines(decided) if decided else ()),
        *(f"{task.id}: {mask(task.error)}" for task in tasks if task.error),
        mask(told["error"]) if told["error"] else told["answer"] or "",
        " · ".join(f"{name} {ms:,} ms" for name, ms in (told["timings"] or {}).items()),
        f"plan {told['plan_id']}: {told['status']}{took}",
    ]
    return Group(table, Text("\n".join(line for line in lines if line)))


def _since(began_ms: int, at_ms: int | None) -> str:
    return "" if at_ms is None else f"+{(at_ms - began_ms) / 1000:.2f} s"
