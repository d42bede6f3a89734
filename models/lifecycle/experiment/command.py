"""What a word does to an experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from models.ids import stable_id
from models.lifecycle.experiment.judge import Change, changed, is_better, judge, onwards, tell
from models.lifecycle.experiment.state import TRANSITIONS, Cause, Experiment, Status
from models.records.experiment import ExperimentCommand, ExperimentEvent, ExperimentRules, ExperimentWord

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["command", "exported", "imported", "refusal"]

_CAUSES = {
    ExperimentWord.EXPAND: Cause.EXPAND,
    ExperimentWord.PAUSE: Cause.PAUSE,
    ExperimentWord.RESUME: Cause.RESUME,
    ExperimentWord.STOP: Cause.STOP,
}
_EVENTS = {Cause.PAUSE: "paused", Cause.RESUME: "resumed", Cause.STOP: "stopped"}


def command(
    state: Experiment | None, said: ExperimentCommand, *, at_ms: int, others: Iterable[Experiment] = ()
) -> tuple[Experiment | None, tuple[ExperimentEvent, ...]]:
    """Apply a word.

    Args:
        state: How the experiment stands; None: there is none of this id.
        said: The word.
        at_ms: When it counts as said: never later than when it was written to the log.
        others: The other experiments, of which one specialist has one at a time.

    Returns:
        How it stands then, and what is to be told: a word that changes nothing is answered with the reason.
    """
    why = refusal(state, said, others)
    if why is not None:
        return state, () if said.word is ExperimentWord.TICK else (_refused(state, said, why, at_ms),)
    if said.word is ExperimentWord.START:
        return tell(_begun(said, at_ms), "started", by=said.by, why=said.reason)
    if said.word is ExperimentWord.IMPORT:
        state = replace(imported(said.state or {}), now_ms=at_ms, by=said.by)
        return tell(state, "imported", by=said.by, why=said.reason)
    assert state is not None  # noqa: S101 — else it was refused
    change = judge(state, now_ms=at_ms)
    if said.word is ExperimentWord.TICK:
        return change
    state, events = change
    if change.events and (why := refusal(state, said, others)) is not None:  # it ended, or went on, by itself before
        return state, (*events, _refused(state, said, why, at_ms))
    following = _apply(replace(state, now_ms=max(state.now_ms, at_ms)), said)
    return following.state, (*events, *following.events)


def _apply(state: Experiment, said: ExperimentCommand) -> Change:
    if said.word is ExperimentWord.EXPAND:
        return onwards(state, by=said.by, reason=said.reason)
    if said.word is ExperimentWord.CONCLUDE:
        return tell(replace(state, concluded=True), "concluded", by=said.by)
    cause = _CAUSES[said.word]
    if cause is Cause.PAUSE:
        state = replace(state, paused_at=state.now_ms)
    elif cause is Cause.RESUME:
        pause = state.now_ms - (state.paused_at or state.now_ms)
        state = replace(state, paused_at=None, began_at=state.began_at + pause, stage_since=state.stage_since + pause)
    return changed(state, cause, event=_EVENTS[cause], by=said.by, why=said.reason)


def refusal(state: Experiment | None, said: ExperimentCommand, others: Iterable[Experiment] = ()) -> str | None:
    """Return why a word changes nothing; None: it does."""
    if said.word in (ExperimentWord.START, ExperimentWord.IMPORT):
        return _no_beginning(state, said, others)
    if state is None:
        return "there is no such experiment"
    if said.word is ExperimentWord.TICK:
        return None
    allowed = not state.concluded
    if said.word is ExperimentWord.CONCLUDE:
        allowed &= state.status is Status.PASSED
    else:
        allowed &= (state.status, _CAUSES[said.word]) in TRANSITIONS
    if allowed and said.word is ExperimentWord.EXPAND:
        return _no_expansion(state)
    return None if allowed else f"it is {state.status.value}"


def _no_beginning(state: Experiment | None, said: ExperimentCommand, others: Iterable[Experiment]) -> str | None:
    specialist = said.specialist
    if state is not None and (state.is_scored or state.is_open or said.word is ExperimentWord.START):
        return "there is one of this id"
    if said.word is ExperimentWord.IMPORT:
        try:
            found = imported(said.state or {})
        except ValueError as error:
            return f"the state can't be read: {error}"
        if found.experiment_id != said.experiment_id:
            return f"the state is that of {found.experiment_id}"
        specialist = found.specialist if found.is_open or found.is_scored else None
    busy = [each for each in others if each.specialist is specialist and (each.is_open or each.is_scored)]
    return f"{busy[0].experiment_id} of the same specialist is not over" if busy else None


def _no_expansion(state: Experiment) -> str | None:
    if state.rules.shadow:
        return "it only scores in the shadow; start one with traffic"
    last = state.stage == len(state.rules.traffic) - 2
    return "the challenger has not shown that it is better" if last and not is_better(state) else None


def _begun(said: ExperimentCommand, at_ms: int) -> Experiment:
    assert said.specialist is not None  # noqa: S101 — the record says so
    return Experiment(
        experiment_id=said.experiment_id,
        specialist=said.specialist,
        challenger=said.challenger or "",
        champion=said.champion,
        salt=stable_id("experiment-salt", said.experiment_id, at_ms),
        rules=said.rules or ExperimentRules(),
        status=TRANSITIONS[Status.NOT_STARTED, Cause.START],
        began_at=at_ms,
        stage_since=at_ms,
        now_ms=at_ms,
        by=said.by,
        round_id=said.round_id,
    )


def exported(state: Experiment) -> dict[str, Any]:
    """Return an experiment as JSON has it."""
    found: dict[str, Any] = msgspec.to_builtins(state)
    return found


def imported(found: dict[str, Any]) -> Experiment:
    """Read an exported experiment; a running one comes back as a paused one, and none belongs to a round any more.

    So nobody is treated before a person says so, and no model is promoted by what a file says.

    Raises:
        ValueError: it is none, or its evidence is no evidence.
    """
    try:
        state = msgspec.convert(found, Experiment)
    except (msgspec.ValidationError, TypeError) as error:
        raise ValueError(str(error)) from error
    if not 0 <= state.stage < len(state.rules.traffic):
        raise ValueError(f"stage: one of 0 to {len(state.rules.traffic) - 1} was expected, not {state.stage}")
    if state.status is Status.RUNNING:
        state = replace(state, status=Status.PAUSED, paused_at=state.now_ms)
    return replace(state, round_id=None, concluded=state.concluded or state.status is Status.PASSED)


def _refused(state: Experiment | None, said: ExperimentCommand, why: str, at_ms: int) -> ExperimentEvent:
    return ExperimentEvent(
        event_id=stable_id("experiment-refused", said.experiment_id, said.word.value, said.by, said.at),
        experiment_id=said.experiment_id,
        event=said.word.value,
        at=at_ms,
        by=said.by,
        specialist=said.specialist if state is None else state.specialist,
        status=None if state is None else state.status.value,
        traffic=0.0 if state is None else state.traffic,
        applied=False,
        why=why,
        round_id=said.round_id or (None if state is None else state.round_id),
    )
