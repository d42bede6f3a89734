"""`hive experiment`: challengers against champions, on the stream."""

from __future__ import annotations

import json
import sys
import uuid
from typing import TYPE_CHECKING, Any

import click
import msgspec
from msgspec.structs import replace
from rich.console import Group
from rich.text import Text

from app import topics
from app.cli import _lifecycle, _render
from app.cli._choices import SPECIALIST
from app.cli._people import by_option
from app.cli._state import current_settings
from app.clock import now_ms
from app.errors import HiveError
from app.retraining import experiment_rules
from app.stores import kafka
from models.deliberation.rung import rung_of
from models.lifecycle.experiment import Experiment, Status, exported, imported, measured, waits_for
from models.records import ExperimentCommand, ExperimentWord, decode

if TYPE_CHECKING:
    from app.settings import Settings
    from models.records import Scalar

_EVENTS = {
    ExperimentWord.START: {"started"},
    ExperimentWord.EXPAND: {"traffic_expanded", "passed"},
    ExperimentWord.PAUSE: {"paused"},
    ExperimentWord.RESUME: {"resumed"},
    ExperimentWord.STOP: {"stopped"},
    ExperimentWord.IMPORT: {"imported"},
}


@click.group()
def experiment() -> None:
    """Compare a specialist's challenger with its champion.

    A part of the actors, always the same ones, is judged by the challenger; the part grows by hours and by what has
    been shown, and harm ends it at once.
    """


@experiment.command()
@click.option("--specialist", required=True, type=SPECIALIST)
@click.option(
    "--challenger",
    required=True,
    help="What is to be tried: a registered version, or a rung of the specialist's ladder (rung:small-forest).",
)
@click.option("--champion", help="What decides now, to be shown beside it; whatever that is decides for the controls.")
@click.option("--id", "experiment_id", help="The experiment's id; made up by default.")
@click.option("--shadow", is_flag=True, help="Decide nothing by the challenger: score both on every plan, and compare.")
@by_option()
def start(
    *, specialist: str, challenger: str, champion: str | None, experiment_id: str | None, shadow: bool, by: str
) -> None:
    """Begin an experiment, with the stages of HIVE_EXPERIMENT_TRAFFIC and HIVE_EXPERIMENT_HOURS.

    It promotes nothing: that is for `hive retrain`, or for whoever looks at what it has shown.
    """
    settings = current_settings()
    _rung(challenger)
    rules = replace(experiment_rules(settings), shadow=shadow)
    name = experiment_id or f"{specialist}-{challenger}-{uuid.uuid4().hex[:6]}"
    more = {
        "specialist": specialist,
        "challenger": challenger,
        "champion": champion,
        "rules": msgspec.to_builtins(rules),
    }
    event = say(settings, name, ExperimentWord.START, by, **more)
    click.echo(
        f"{name} runs: {_percent(event['traffic'])} of the actors" if not shadow else f"{name} runs in the shadow"
    )


@experiment.command()
@click.argument("experiment_id", required=False)
@click.option("--all", "every", is_flag=True, help="Also those that are over.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, experiment_id: str | None, every: bool, as_json: bool) -> None:
    """Show the experiments, or one of them with all that it has seen."""
    settings = current_settings()
    kafka.check_reachable(settings)
    found = _lifecycle.states(settings, topics.EXPERIMENTS_STATES, Experiment)
    if experiment_id is not None:
        state = _known(found, experiment_id)
        if as_json:
            click.echo(msgspec.json.encode(standing(state)))
        else:
            _render.console.print(_shown(state))
        return
    listed = sorted(found.values(), key=lambda state: -state.began_at)
    listed = [state for state in listed if every or state.is_open or state.is_scored]
    if as_json:
        click.echo(msgspec.json.encode([standing(state) for state in listed]))
        return
    rows: list[list[Scalar]] = [
        [
            state.experiment_id,
            state.status.value,
            _percent(state.traffic),
            sum(state.lift.n),
            _difference(state).partition(" ")[0],
            _next(state),
        ]
        for state in listed
    ]
    columns = ["experiment", "status", "traffic", "outcomes", "effect", "next"]
    title = f"{len(listed)} experiment{'' if len(listed) == 1 else 's'}"
    _render.console.print(_render.table(title, columns, rows, whole="experiment"))


def _command(word: ExperimentWord, text: str, *, reason: bool) -> None:
    @experiment.command(name=word.value, help=text)
    @click.argument("experiment_id")
    @by_option()
    @click.option("--reason", required=reason, help="Why.")
    def _said(*, experiment_id: str, by: str, reason: str | None) -> None:
        event = say(current_settings(), experiment_id, word, by, reason=reason)
        click.echo(f"{experiment_id} {event['status'].replace('_', ' ')}: {_percent(event['traffic'])} of the actors")


_command(ExperimentWord.EXPAND, "Go to the next stage without waiting for its hours.", reason=False)
_command(ExperimentWord.PAUSE, "Leave all to the champion for a while; the hours stand still.", reason=False)
_command(ExperimentWord.RESUME, "Go on with a paused one: the same actors are treated again.", reason=False)
_command(ExperimentWord.STOP, "End it; the champion stays.", reason=True)


@experiment.command(name="export")
@click.argument("experiment_id")
def export_(*, experiment_id: str) -> None:
    """Print an experiment's whole state as JSON, for `hive experiment import`."""
    settings = current_settings()
    kafka.check_reachable(settings)
    found = _lifecycle.states(settings, topics.EXPERIMENTS_STATES, Experiment)
    click.echo(json.dumps(exported(_known(found, experiment_id)), indent=1))


@experiment.command(name="import")
@click.argument("file", type=click.File("rb"), default=sys.stdin.buffer)
@by_option()
def import_(*, file: Any, by: str) -> None:
    """Take over an exported experiment; a running one comes in paused, and belongs to no round of retraining."""
    try:
        state = msgspec.json.decode(file.read(), type=dict[str, Any])
        name = imported(state).experiment_id
    except ValueError as error:
        raise HiveError(f"this is no exported experiment: {error}") from error
    event = say(current_settings(), name, ExperimentWord.IMPORT, by, state=state)
    click.echo(f"{name} {event['status']}; `hive experiment resume {name}` lets it go on")


def say(settings: Settings, name: str, word: ExperimentWord, by: str, **more: Any) -> dict[str, Any]:
    """Say a word to an experiment, and wait for what comes of it.

    Raises:
        HiveError: it changed nothing, and why; or nothing came of it in time.
    """
    kafka.check_reachable(settings)
    said = decode(
        ExperimentCommand,
        msgspec.json.encode({"experiment_id": name, "word": word, "by": by, "at": now_ms(), **more}),
    )  # what a worker would not take is refused here

    def answers(event: dict[str, Any]) -> bool:
        ours = event.get("experiment_id") == name and event["by"] == by
        return ours and (event["event"] in _EVENTS[word] if event["applied"] else event["event"] == word.value)

    return _lifecycle.tell(settings, topics.EXPERIMENTS_COMMANDS, name, said, answers)


def _rung(challenger: str) -> None:
    try:
        rung_of(challenger)
    except ValueError as error:
        raise HiveError(str(error)) from error


def _known(found: dict[str, Experiment], experiment_id: str) -> Experiment:
    if experiment_id not in found:
        raise HiveError(f"there is no experiment {experiment_id}; `hive experiment status --all` shows those there are")
    return found[experiment_id]


def standing(state: Experiment) -> dict[str, Any]:
    """Return how an experiment stands, with its figures and what it waits for."""
    told = exported(state)
    stands = ("experiment_id", "specialist", "champion", "challenger", "status", "why", "by", "round_id", "stage")
    kept = {name: told[name] for name in (*stands, "began_at", "stage_since", "ended_at", "rules")}
    return {**kept, "traffic": state.traffic, "next": _next(state), **measured(state)}


def _next(state: Experiment) -> str:
    if state.rules.shadow and state.status is Status.RUNNING:
        return "both models score every plan, the champion decides"
    if state.status is Status.PASSED:
        return "the challenger is the champion" if state.concluded else "all of it until it is the champion, or stopped"
    if state.status is Status.RUNNING:
        why = waits_for(state, now_ms=max(now_ms(), state.now_ms))
        return "goes on" if why is None else f"waits for {why}"
    return state.why or ""


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _difference(state: Experiment) -> str:
    found = measured(state)["difference"]
    return "–" if found is None or not sum(state.lift.n) else f"{found[1]:+.3f} [{found[0]:+.3f}, {found[2]:+.3f}]"


def _shown(state: Experiment) -> Group:
    figures = measured(state)
    pairs = figures["pairs"]
    rows: list[list[Scalar]]
    if state.rules.shadow:
        rows = [["right, of the same plans", *(_rate(right, pairs["known"]) for right in pairs["right"])]]
        rows += [["mean confidence", *("–" if mean is None else f"{mean:.2f}" for mean in pairs["mean_confidence"])]]
    else:
        rows = _arms(figures)
    lines = [
        f"{state.specialist.value}: {state.challenger} against {state.champion or 'the champion'}",
        f"{state.status.value.replace('_', ' ')}, {_percent(state.traffic)} of the actors · {_next(state)}",
        "" if state.rules.shadow else f"difference {_difference(state)}, at all times together with 95 %",
        f"both scored {pairs['plans']:,} plans, and said the same of {_rate(pairs['agreed'], pairs['plans'])}"
        if pairs["plans"]
        else "",
        f"began {_render.when(state.began_at)} by {state.by}" + (f", round {state.round_id}" if state.round_id else ""),
    ]
    table = _render.table(state.experiment_id, ["", "champion", "challenger"], rows)
    return Group(table, Text("\n".join(line for line in lines if line)))


def _arms(figures: dict[str, Any]) -> list[list[Scalar]]:
    """Return what was seen of each arm; who has no label yet counts in neither rate of right decisions."""
    rows: list[list[Scalar]] = [
        ["right decisions", *(_rate(figures["right"][arm], figures["outcomes"][arm]) for arm in (0, 1))]
    ]
    names = ("errors", "slow", "unsure", "confidently wrong")
    for name, seen in zip(names, figures["guardrails"].values(), strict=True):
        rows.append([name, *(_rate(seen["events"][arm], seen["units"][arm]) for arm in (0, 1))])
    missing = [_rate(figures["units"][arm] - figures["outcomes"][arm], figures["units"][arm]) for arm in (0, 1)]
    rows.append(["no outcome yet", *missing])
    rows.append(["actors", *(f"{count:,}" for count in figures["units"])])
    rows.append(["plans", *(f"{count:,}" for count in figures["plans"])])
    return rows


def _rate(events: int, of: int) -> str:
    return f"{events:,} of {of:,}" + (f" ({events / of:.1%})" if of else "")
