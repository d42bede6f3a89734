"""What the stage of experiments does with a record, over its tables: so that it can be tested without any broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.lifecycle.experiment.command import command
from models.lifecycle.experiment.judge import judge
from models.lifecycle.experiment.observe import expose, outcome
from models.records.experiment import ExperimentCommand, ExperimentEvent, ExperimentWord, Observation
from models.records.retraining import RetrainingCommand, RetrainingWord

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from models.lifecycle.experiment.state import Experiment, Unit

__all__ = ["hear", "observe", "reports"]


def hear(
    states: MutableMapping[str, Experiment], said: ExperimentCommand, *, at_ms: int
) -> tuple[ExperimentEvent, ...]:
    """Apply a word to the experiment it is for; return what is to be told."""
    before = states.get(said.experiment_id)
    begins = said.word in (ExperimentWord.START, ExperimentWord.IMPORT)
    others = [state for name, state in states.items() if name != said.experiment_id] if begins else []
    after, events = command(before, said, at_ms=at_ms, others=others)
    if after is not None and after is not before:
        states[said.experiment_id] = after
    return events


def observe(
    states: MutableMapping[str, Experiment],
    units: MutableMapping[str, Unit],
    waiting: MutableMapping[str, list[str]],
    seen: Observation,
    *,
    at_ms: int,
) -> tuple[ExperimentEvent, ...]:
    """Take an observation.

    Args:
        states: The experiments, by their ids.
        units: Who has been seen: keys are an experiment's id, a slash, and the unit's.
        waiting: Keys of `units`, by the plan whose outcome they wait for.
        seen: The observation.
        at_ms: When it was made.

    Returns:
        What is to be told.
    """
    events: list[ExperimentEvent] = []
    for exposure in seen.exposures:
        state = states.get(exposure.experiment_id)
        if state is None or not state.is_open:
            continue
        key = f"{exposure.experiment_id}/{exposure.unit}"
        state, unit = expose(state, units.get(key), exposure, plan_id=seen.plan_id, at_ms=at_ms)
        if unit is not None:
            units[key] = unit
            waiting[seen.plan_id] = [*waiting.get(seen.plan_id, []), key]
        events += _judged(states, state, at_ms)
    if seen.label is not None:
        events += _labelled(states, units, waiting, seen, at_ms=at_ms)
    return tuple(events)


def _labelled(
    states: MutableMapping[str, Experiment],
    units: MutableMapping[str, Unit],
    waiting: MutableMapping[str, list[str]],
    seen: Observation,
    *,
    at_ms: int,
) -> list[ExperimentEvent]:
    """Count the label of a plan in the experiments of the specialists that it is for; the others go on waiting."""
    assert seen.label is not None  # noqa: S101 — else nobody asks
    events: list[ExperimentEvent] = []
    keys = waiting.get(seen.plan_id, [])
    others: list[str] = []
    for key in keys:
        state, unit = states.get(key.rpartition("/")[0]), units.get(key)
        if state is None or unit is None:
            continue
        if seen.specialist not in (None, state.specialist):
            others.append(key)
            continue
        state, counted = outcome(state, unit, label=seen.label)
        if counted is not None:
            units[key] = counted
            events += _judged(states, state, at_ms)
    if others:
        waiting[seen.plan_id] = others
    elif keys:
        del waiting[seen.plan_id]
    return events


def _judged(states: MutableMapping[str, Experiment], state: Experiment, at_ms: int) -> tuple[ExperimentEvent, ...]:
    state, events = judge(state, now_ms=at_ms)
    states[state.experiment_id] = state
    return events


def reports(events: Iterable[ExperimentEvent]) -> list[RetrainingCommand]:
    """Return what the rounds of retraining hear of experiments that belong to them."""
    return [
        RetrainingCommand(
            specialist=event.specialist,
            word=RetrainingWord.COMPARED,
            by=event.by,
            at=event.at,
            reason=event.why,
            round_id=event.round_id,
            event=event.event,
            status=event.status,
            traffic=event.traffic,
            applied=event.applied,
            result={"measured": event.measured} if event.measured else {},
        )
        for event in events
        if event.round_id is not None and event.specialist is not None
    ]
