"""What experiments observe of a plan: from the planner that its asker was in them, from whoever labels it the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.records.experiment import Observation

if TYPE_CHECKING:
    from models.online.labels import Label
    from models.records import CognitivePlan, Consensus

__all__ = ["asker_of", "exposed", "labelled"]


def asker_of(plan: CognitivePlan) -> str:
    """Return who stays in an arm: the plan's asker, or, where a plan that came from elsewhere names none, the plan."""
    asker = plan.metadata.get("asker")
    found = asker.get("actor") if isinstance(asker, dict) else None
    return found if isinstance(found, str) else plan.plan_id


def exposed(consensus: Consensus) -> Observation | None:
    """Return what is observed of a plan when it is decided about; None: no experiment had a hand in it."""
    if not consensus.exposures:
        return None
    return Observation(plan_id=consensus.plan_id, at=consensus.at, exposures=consensus.exposures)


def labelled(consensus: Consensus, label: Label) -> Observation | None:
    """Return what is observed of a plan when it is known what should have been said; None: nobody waits for that."""
    if not consensus.exposures:
        return None
    return Observation(
        plan_id=consensus.plan_id, at=label.at_ms, label=label.recommendation, specialist=label.specialist
    )
