"""What an experiment learns from plans: first from the scores, later from how the plans turned out.

Only a unit's first plan counts for the comparison of the arms: its later ones are no further coins, for one who is
treated stays treated, and what the same person asks is alike. One who was a control first and is treated when traffic
grows has been counted. The breakdown of a model is looked for in every plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from models.lifecycle.experiment.state import Experiment, Pairs, Unit
from models.records.experiment import Arm

if TYPE_CHECKING:
    from models.records import Recommendation
    from models.records.experiment import Exposure

__all__ = ["expose", "outcome"]


def expose(
    state: Experiment, known: Unit | None, exposure: Exposure, *, plan_id: str, at_ms: int
) -> tuple[Experiment, Unit | None]:
    """Take an exposure.

    Args:
        state: How the experiment stands; one that is over learns nothing.
        known: The unit, if it has been seen before.
        exposure: What was scored.
        plan_id: Of which plan.
        at_ms: When.

    Returns:
        How it stands then, and the unit if it is to be remembered.
    """
    served = exposure.served
    if not state.is_open or served is None:
        return state, None
    treated, p = exposure.arm is Arm.TREATMENT, exposure.probability
    state = replace(
        state,
        exposures=_add(state.exposures, treated),
        pairs=_paired(state.pairs, exposure),
        breaker=state.breaker.update(error=served.error, tolerated=state.rules.tolerated_errors)
        if treated
        else state.breaker,
    )
    if known is not None:
        return state, None
    unit = Unit(treated, p, at_ms, plan_id, served.says, served.confidence, served.error, _pair(exposure))
    if not 0.0 < p < 1.0:
        return state, unit  # nothing was left to chance
    rules, rails = state.rules, state.guardrails
    events = {
        "errors": served.error,
        "latency": served.latency_ms > rules.slow_ms,
        "confidence": not served.error and served.confidence < rules.unsure,
    }
    seen = {
        name: getattr(rails, name).update(treated=treated, event=event, p=p, tolerated=rules.tolerated_ratio)
        for name, event in events.items()
    }
    # A worker may be a moment behind: what was assigned under the stage before says nothing about this one's ratio.
    ratio = state.ratio.update(treated=treated, p=p) if p == state.traffic else state.ratio
    rails = replace(rails, **seen)
    return replace(state, units=_add(state.units, treated), guardrails=rails, ratio=ratio), unit


def outcome(state: Experiment, unit: Unit, *, label: Recommendation) -> tuple[Experiment, Unit | None]:
    """Take what should have been said of a unit's plan; each counts once, with its first label.

    Returns:
        How the experiment stands then, and the unit as it is to be remembered; None: nothing has changed.
    """
    if not state.is_open or unit.counted:
        return state, None
    counted, pairs = replace(unit, counted=True), state.pairs
    if unit.pair is not None:
        right = (pairs.right[0] + (unit.pair[0] is label), pairs.right[1] + (unit.pair[1] is label))
        pairs = replace(pairs, known=pairs.known + 1, right=right)
    if not 0.0 < unit.p < 1.0:
        return replace(state, pairs=pairs), counted
    is_right = not unit.error and unit.says is label
    is_wrong = not unit.error and not is_right and unit.confidence >= state.rules.sure
    rails = state.guardrails
    calibration = rails.calibration.update(
        treated=unit.treated, event=is_wrong, p=unit.p, tolerated=state.rules.tolerated_ratio
    )
    lift = state.lift.update(treated=unit.treated, good=is_right, p=unit.p)
    return replace(
        state, lift=lift, pairs=pairs, guardrails=replace(state.guardrails, calibration=calibration)
    ), counted


def _paired(pairs: Pairs, exposure: Exposure) -> Pairs:
    said = _pair(exposure)
    if said is None or exposure.champion is None or exposure.challenger is None:
        return pairs
    confidence = (
        pairs.confidence[0] + exposure.champion.confidence,
        pairs.confidence[1] + exposure.challenger.confidence,
    )
    return replace(pairs, n=pairs.n + 1, agreed=pairs.agreed + (said[0] is said[1]), confidence=confidence)


def _pair(exposure: Exposure) -> tuple[Recommendation, Recommendation] | None:
    one, other = exposure.champion, exposure.challenger
    if one is None or other is None or one.says is None or other.says is None:
        return None
    return one.says, other.says


def _add(pair: tuple[int, int], treated: bool) -> tuple[int, int]:  # noqa: FBT001
    return (pair[0] + (not treated), pair[1] + treated)
