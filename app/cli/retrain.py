"""`hive retrain`: rounds of retraining, from a drift to a new champion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Group
from rich.text import Text

from app import topics
from app.cli import _lifecycle, _render
from app.cli._choices import SPECIALIST, SPECIALISTS
from app.cli._people import by_option
from app.cli._state import current_settings
from app.clock import now_ms
from app.retraining import rules_of
from app.stores import kafka
from models.lifecycle.retraining import Retraining, Round, Rules, Step, due_at
from models.records import RetrainingCommand, RetrainingWord, SpecialistType, decode

if TYPE_CHECKING:
    from app.settings import Settings
    from models.records import Scalar

_EVENTS = {
    RetrainingWord.START: "started",
    RetrainingWord.APPROVE: "approved",
    RetrainingWord.REJECT: "rejected",
}
_WAITS = {
    Step.COLLECT: "samples are collected",
    Step.TRAIN: "candidates are trained",
    Step.VALIDATE: "the candidate is validated",
    Step.REGISTER: "the candidate is registered",
    Step.APPROVAL: "waits for a person: hive retrain approve",
    Step.COMPARE: "is compared with the champion",
    Step.PROMOTE: "becomes the champion",
    Step.WITHDRAW: "is withdrawn",
    Step.ENDED: "",
}


@click.group()
def retrain() -> None:
    """Train specialists anew in rounds.

    Nothing is promoted before a person has approved it.
    """


@retrain.command()
@click.argument("specialist", required=False, type=SPECIALIST)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, specialist: str | None, as_json: bool) -> None:
    """Show where the retraining of each specialist stands; of one, its rounds too."""
    settings = current_settings()
    kafka.check_reachable(settings)
    found = _lifecycle.states(settings, topics.RETRAINING_STATES, Retraining)
    rules = rules_of(settings)
    known = [found.get(name) or Retraining(specialist=SpecialistType(name)) for name in SPECIALISTS]
    known = [state for state in known if specialist is None or state.specialist.value == specialist]
    if as_json:
        click.echo(msgspec.json.encode(known))
        return
    rows: list[list[Scalar]] = [
        [state.specialist.value, "–" if state.now is None else state.now.step.value, state.rounds, _said(state, rules)]
        for state in known
    ]
    shown = _render.table("retraining", ["specialist", "step", "rounds", "how it stands"], rows, whole="specialist")
    _render.console.print(shown if specialist is None else Group(shown, _rounds(known[0])))


def _command(word: RetrainingWord, name: str, text: str, *, reason: bool) -> None:
    @retrain.command(name=name, help=text)
    @click.argument("specialist", type=SPECIALIST)
    @click.option("--round", "round_id", help="Its id; the one that there is by default.")
    @click.option("--reason", required=reason, help="Why.")
    @by_option()
    def _say(*, specialist: str, round_id: str | None, reason: str | None, by: str) -> None:
        settings = current_settings()
        event = say(settings, SpecialistType(specialist), word, by, reason=reason, round_id=round_id)
        click.echo(f"round {event['round_id']} of {specialist} {_EVENTS[word]} by {by}")


_command(RetrainingWord.START, "start", "Begin a round without waiting for a drift.", reason=False)
_command(
    RetrainingWord.APPROVE, "approve", "Let the candidate be compared, and promoted if it is better.", reason=False
)
_command(RetrainingWord.REJECT, "reject", "End the round: before, or while, its candidate is compared.", reason=True)


def say(settings: Settings, specialist: SpecialistType, word: RetrainingWord, by: str, **more: Any) -> dict[str, Any]:
    """Send a word and return the event that answers it.

    Raises:
        HiveError: it changed nothing, or nothing came of it in time.
    """
    kafka.check_reachable(settings)
    said = decode(
        RetrainingCommand,
        msgspec.json.encode({"specialist": specialist, "word": word, "by": by, "at": now_ms(), **more}),
    )  # what a worker would not take is refused here

    def answers(event: dict[str, Any]) -> bool:
        ours = event.get("specialist") == specialist.value and "number" in event and event["by"] == by
        return ours and event["event"] == (_EVENTS[word] if event["applied"] else word.value)

    return _lifecycle.tell(settings, topics.RETRAINING_COMMANDS, specialist.value, said, answers)


def _said(state: Retraining, rules: Rules) -> str:
    now = state.now
    if now is not None:
        traffic = f", {now.traffic * 100:.0f} % of the actors" if now.step is Step.COMPARE else ""
        problem = f"; {now.problem}, tried again {_render.when(now.again_at or 0)}" if now.problem else ""
        name = f" {state.specialist.value}" if now.step is Step.APPROVAL else ""
        return f"{_WAITS[now.step]}{name}{traffic}{problem}"
    due = due_at(state, rules)
    waits = "" if due is None else f"; a drift of {state.drift_score:.2f} is answered {_render.when(due)}"
    if not state.past:
        return f"no round yet{waits}"
    last = state.past[-1]
    why = f": {last.ended_why}" if last.ended_why else ""
    return f"last {_end(last)} {_render.when(last.ended_at or 0)}{why}{waits}"


def _rounds(state: Retraining) -> Group:
    listed = [*([] if state.now is None else [state.now]), *reversed(state.past)]
    rows: list[list[Scalar]] = [
        [
            each.round_id[:8],
            _render.when(each.began_at),
            each.why or each.cause,
            each.approved_by or "–",
            each.registered.version if each.registered else "–",
            _end(each) if each.ended_at is not None else each.step.value,
        ]
        for each in listed
    ]
    table = _render.table("its rounds, the newest first", ["round", "began", "why", "approved", "version", "end"], rows)
    return Group(table, Text(f"{state.promoted} promoted that a person had approved"))


def _end(each: Round) -> str:
    return "–" if each.ending is None else each.ending.value.replace("_", " ")
