"""When an experiment goes on, and when it is over: by its own time and by what has been shown.

A stage is left once it has lasted its hours and enough units of each arm have had their outcome; then the first one
needs that nothing leans against it, those in between that the difference is positive, and the last one in which
anything is left to chance that the challenger has shown to be better. What shows harm ends it at once, at any look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from models.ids import stable_id
from models.lifecycle.experiment.state import HOUR_MS, TRANSITIONS, Cause, Experiment, Status
from models.records.experiment import ExperimentEvent

if TYPE_CHECKING:
    from models.lifecycle.experiment.evidence import Excess

__all__ = ["ALPHA_INTERVAL", "Change", "changed", "due_at", "harm", "is_better", "judge", "measured", "waits_for"]

ALPHA_INTERVAL = 0.05
"""Of the interval that is shown, and of the one that says that a stage is positive."""
ALPHA_BREAKDOWN = 1e-5
SYSTEM = "system"


class Change(NamedTuple):
    """How an experiment stands after something, and what is to be told of it."""

    state: Experiment
    events: tuple[ExperimentEvent, ...] = ()


def harm(state: Experiment) -> str | None:
    """Return what shows that the experiment does harm, or can't be trusted; None: nothing does."""
    rules, rails = state.rules, state.guardrails
    if state.breaker.is_broken(ALPHA_BREAKDOWN):
        return f"breakdown: {state.breaker.errors} of {state.breaker.n} scores of the challenger failed"
    if state.lift.is_worse(rules.alpha_worse):
        return f"outcomes: the challenger is worse ({_rates(state.lift.good, state.lift.n)})"
    guardrails: dict[str, Excess] = {
        "errors": rails.errors,
        "latency": rails.latency,
        "confidence": rails.confidence,
        "calibration": rails.calibration,
    }
    for name, seen in guardrails.items():
        if seen.is_breached(rules.alpha_guardrail):
            return f"guardrail {name}: the challenger has more of them ({_rates(seen.events, seen.n)})"
    if state.ratio.is_off(rules.alpha_ratio / (len(rules.traffic) - 1)):
        wanted = state.rules.traffic[state.stage]
        return f"sample ratio: {state.ratio.n[1]} of {sum(state.ratio.n)} units are treated, {wanted} % should be"
    return None


def is_better(state: Experiment) -> bool:
    """Whether the challenger has shown to be better, and is so still."""
    found = state.lift.interval(ALPHA_INTERVAL)
    return state.lift.is_better(state.rules.alpha_better) and found is not None and found.estimate > 0.0


def waits_for(state: Experiment, *, now_ms: int) -> str | None:
    """Return what keeps a running experiment from its next stage; None: nothing does."""
    rules, stage = state.rules, state.stage
    if rules.shadow:
        return "it only scores in the shadow"
    if (left := rules.hours[stage] * HOUR_MS - (now_ms - state.stage_since)) > 0:
        return f"{left / HOUR_MS:.1f} more hours"
    if (fewest := min(state.lift.n)) < rules.least_units[stage]:
        return f"{rules.least_units[stage] - fewest} more outcomes of {'treated units' if _thin(state) else 'controls'}"
    return _not_shown(state)


def _not_shown(state: Experiment) -> str | None:
    stage = state.stage
    if state.lift.leans_worse:
        return "the outcomes to say that it is not worse"
    if stage == len(state.rules.hours) - 1:
        return None if is_better(state) else "the challenger to show that it is better"
    found = state.lift.interval(ALPHA_INTERVAL)
    if stage > 0 and (found is None or found.estimate <= 0.0 or found.low <= -state.rules.margin):
        return "a positive difference"
    return None


def judge(state: Experiment, *, now_ms: int) -> Change:
    """Let an experiment go on or end by what it has seen until now.

    Args:
        state: How it stands.
        now_ms: What time it is; a time before its own changes nothing about that.
    """
    if not state.is_open:
        return Change(state)
    if now_ms > state.now_ms:
        state = replace(state, now_ms=now_ms)
    now_ms = state.now_ms
    if (why := harm(state)) is not None:
        return changed(state, Cause.HARM, event="rolled_back", why=why)
    if state.status is not Status.RUNNING:
        return Change(state)
    if now_ms - state.began_at >= state.rules.lapse_hours * HOUR_MS:
        return changed(state, Cause.LAPSE, event="failed", why="nothing was shown in time")
    if waits_for(state, now_ms=now_ms) is not None:
        return Change(state)
    return onwards(state)


def onwards(state: Experiment, *, by: str = SYSTEM, reason: str | None = None) -> Change:
    """Go to the next stage; the last one is that of an experiment that has passed."""
    passed = state.stage == len(state.rules.traffic) - 2
    cause, event = (Cause.PASS, "passed") if passed else (Cause.EXPAND, "traffic_expanded")
    return changed(state, cause, event=event, by=by, why=reason, stage=state.stage + 1)


def changed(
    state: Experiment, cause: Cause, *, event: str, by: str = SYSTEM, why: str | None = None, stage: int | None = None
) -> Change:
    """Change the status as the table of transitions says.

    Raises:
        KeyError: it does not allow that.
    """
    status = TRANSITIONS[state.status, cause]
    after = replace(state, status=status, why=why)
    if stage is not None:
        # The share of the treated is counted anew: it is another one.
        after = replace(after, stage=stage, stage_since=state.now_ms, ratio=type(state.ratio)())
    if status not in (Status.RUNNING, Status.PAUSED):
        after = replace(after, ended_at=state.now_ms, paused_at=None)
    return tell(after, event, by=by, why=why)


def tell(state: Experiment, event: str, *, by: str, why: str | None = None) -> Change:
    """Tell an event of an experiment as it stands; events are numbered, so that one that is told again is the same."""
    return Change(
        replace(state, told=state.told + 1),
        (
            ExperimentEvent(
                event_id=stable_id("experiment-event", state.experiment_id, state.began_at, state.told),
                experiment_id=state.experiment_id,
                event=event,
                at=state.now_ms,
                by=by,
                specialist=state.specialist,
                challenger=state.challenger,
                status=state.status.value,
                traffic=state.traffic,
                why=why,
                round_id=state.round_id,
                measured=measured(state),
            ),
        ),
    )


def measured(state: Experiment) -> dict[str, Any]:
    """Return the figures of an experiment: for people and for machines."""
    lift, rails, pairs = state.lift, state.guardrails, state.pairs
    found = lift.interval(ALPHA_INTERVAL)
    rails_of = {"errors": rails.errors, "latency": rails.latency, "confidence": rails.confidence}
    return {
        "outcomes": list(lift.n),
        "right": list(lift.good),
        "difference": None if found is None else [found.low, found.estimate, found.high],
        "units": list(state.units),
        "plans": list(state.exposures),
        "guardrails": {
            name: {"events": list(seen.events), "units": list(seen.n)}
            for name, seen in {**rails_of, "calibration": rails.calibration}.items()
        },
        "pairs": {
            "plans": pairs.n,
            "agreed": pairs.agreed,
            "mean_confidence": [total / pairs.n if pairs.n else None for total in pairs.confidence],
            "known": pairs.known,
            "right": list(pairs.right),
        },
    }


def due_at(state: Experiment) -> int | None:
    """Return when time alone may change something about it; None: never."""
    if state.status is not Status.RUNNING:
        return None
    lapse = state.began_at + round(state.rules.lapse_hours * HOUR_MS)
    if state.rules.shadow:
        return lapse
    stage = state.stage_since + round(state.rules.hours[state.stage] * HOUR_MS)
    return min(lapse, stage) if stage > state.now_ms else lapse


def _thin(state: Experiment) -> bool:
    return state.lift.n[1] <= state.lift.n[0]


def _rates(events: tuple[int, int], n: tuple[int, int]) -> str:
    return f"{events[1]} of {n[1]} against {events[0]} of {n[0]}"
