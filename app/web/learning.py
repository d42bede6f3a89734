"""How the specialists do: how sure they are over time, what their learners have seen to change, their experiments."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from app import topics
from app.cli.experiment import standing
from models.lifecycle.experiment import Experiment
from models.records import DriftEvent, SpecialistType

if TYPE_CHECKING:
    from app.stores.kafka import Found
    from app.web.kept import Kept

__all__ = ["Change", "SpecialistShown", "experiments", "specialists"]

PLANS: Final = 1_500
"""Of so many newest plans it is told what was said."""
SLICES: Final = 48
CHANGES: Final = 60
_MOVERS: Final = 3


class _Said(msgspec.Struct, frozen=True):
    """What is needed of an opinion: the rest of it is passed over unread."""

    specialist_type: SpecialistType
    confidence_score: float
    recommendation: str


class _Plan(msgspec.Struct, frozen=True):
    at: int
    opinions: list[_Said]


class Slice(msgspec.Struct, frozen=True):
    """A stretch of time: when it begins, the mean confidence of the opinions in it, and how many there are."""

    at: int
    confidence: float
    opinions: int


class SpecialistShown(msgspec.Struct, frozen=True, kw_only=True):
    """One specialist: its confidence over time, and what it has recommended."""

    specialist: str
    confidence: float | None
    slices: list[Slice]
    recommended: dict[str, int]
    drifts: int
    champion: str | None
    learned: int


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a learner, an experiment or a round of retraining has told."""

    at: int
    kind: str
    who: str
    what: str
    level: str | None = None
    source: str | None = None
    before: float | None = None
    after: float | None = None
    movers: list[str] = []
    by: str | None = None
    why: str | None = None


def specialists(kept: Kept) -> dict[str, Any]:
    """Return how sure the specialists are, over the time of the newest plans, and the newest changes."""
    plans = [plan for record in kept.newest(topics.PLANS_CONSENSUS.name, PLANS) if (plan := _plan(record)) is not None]
    told = [(record.timestamp_ms, record.value or b"") for record in kept.newest(topics.LEARNING_EVENTS.name)]
    changes = [change for at, value in told if (change := _change(at, value)) is not None]
    changes.sort(key=lambda change: -change.at)
    drifts = [event for _, value in told if (event := _drift(value)) is not None]
    begin, end = min((plan.at for plan in plans), default=0), max((plan.at for plan in plans), default=0)
    return {
        "begin": begin,
        "end": end,
        "plans": len(plans),
        "specialists": [_shown(each, plans, drifts, begin, end) for each in SpecialistType],
        "changes": changes[:CHANGES],
    }


def _shown(
    specialist: SpecialistType, plans: list[_Plan], drifts: list[DriftEvent], begin: int, end: int
) -> SpecialistShown:
    width = max(1, (end - begin) // SLICES + 1)
    sums: dict[int, tuple[float, int]] = {}
    recommended: Counter[str] = Counter()
    for plan in plans:
        for said in plan.opinions:
            if said.specialist_type is specialist:
                slot = (plan.at - begin) // width
                total, number = sums.get(slot, (0.0, 0))
                sums[slot] = total + said.confidence_score, number + 1
                recommended[said.recommendation] += 1
    number = sum(count for _, count in sums.values())
    ours = [event for event in drifts if event.model == specialist.value]
    return SpecialistShown(
        specialist=specialist.value,
        confidence=sum(total for total, _ in sums.values()) / number if number else None,
        slices=[Slice(begin + slot * width, total / count, count) for slot, (total, count) in sorted(sums.items())],
        recommended=dict(recommended.most_common()),
        drifts=sum(event.level == "drift" for event in ours),
        champion=ours[0].champion if ours else None,
        learned=ours[0].at_example if ours else 0,
    )


def _plan(record: Found) -> _Plan | None:
    with suppress(msgspec.MsgspecError):  # another version's
        return _PLAN.decode(record.value or b"")
    return None


def _drift(value: bytes) -> DriftEvent | None:
    with suppress(msgspec.MsgspecError):
        return _DRIFT.decode(value) if b'"detector"' in value else None
    return None


def _change(at: int, value: bytes) -> Change | None:
    """Read what is told on `learning.events`, where events of several kinds are; steps of learners are no change."""
    event = _drift(value)
    if event is not None:
        return Change(
            at=at,
            kind="drift",
            who=event.model,
            what=event.action.value,
            level=event.level.value,
            source=event.source.value,
            before=event.before,
            after=event.after,
            movers=[shift.name for shift in event.movers[:_MOVERS]],
        )
    with suppress(msgspec.MsgspecError):
        told = _TOLD.decode(value)
        if told.event_id is not None and told.event is not None:
            kind = "experiment" if told.experiment_id else "retraining"
            who = told.experiment_id or told.specialist or ""
            return Change(at=told.at, kind=kind, who=who, what=told.event, by=told.by, why=told.why)
    return None


class _Told(msgspec.Struct, frozen=True):
    """What events of experiments and of rounds of retraining have in common."""

    at: int
    event_id: str | None = None
    event: str | None = None
    experiment_id: str | None = None
    specialist: str | None = None
    by: str | None = None
    why: str | None = None


# Made here, not where they are used: several threads answer, and msgspec must not look into a type in two at once.
_PLAN: Final = msgspec.json.Decoder(_Plan)
_DRIFT: Final = msgspec.json.Decoder(DriftEvent)
_TOLD: Final = msgspec.json.Decoder(_Told)
_EXPERIMENT: Final = msgspec.json.Decoder(Experiment)


def experiments(kept: Kept) -> list[dict[str, Any]]:
    """Return the experiments, those first that are going on, then the newest."""
    found = list(known(kept).values())
    found.sort(key=lambda state: (not state.is_open, -state.began_at))
    return [standing(state) for state in found]


def known(kept: Kept) -> dict[str, Experiment]:
    """Return the states of the experiments, by their ids."""
    found = {}
    for record in kept.newest(topics.EXPERIMENTS_STATES.name):
        with suppress(msgspec.MsgspecError):  # another version's
            state = _EXPERIMENT.decode(record.value or b"")
            found[state.experiment_id] = state
    return found
