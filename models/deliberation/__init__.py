"""Deliberation: what five specialists think of a plan, and what that comes to.

`deliberate` is the whole of it: opinions (rules joined with what was learned), then a decision; pure, and the same
arguments give the same records, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from models.deliberation.consensus import decide
from models.deliberation.learned import NOTHING_LEARNED, Learners
from models.deliberation.opinion import opinions_of
from models.deliberation.weights import EVEN, Trail
from models.online.task_graph import TaskGraph
from models.records import CognitivePlan, ConsolidatedDecision, SpecialistOpinion, SpecialistType

__all__ = ["Deliberation", "deliberate"]


class Deliberation(NamedTuple):
    """What was said about a plan, and what was decided."""

    opinions: list[SpecialistOpinion]
    decision: ConsolidatedDecision


def deliberate(
    plan: CognitivePlan,
    *,
    now_ms: int,
    learners: Learners = NOTHING_LEARNED,
    row: Mapping[str, float] | None = None,
    trails: Mapping[SpecialistType, Trail] = EVEN,
    graph: TaskGraph | None = None,
) -> Deliberation:
    """Let the specialists judge a plan, and decide.

    Args:
        plan: The plan.
        now_ms: The time, epoch milliseconds.
        learners: What each specialist's learner has learned.
        row: The plan's features, which learners need.
        trails: The specialists' records in the plan's domain.
        graph: The graph of its tasks, from those who have it.
    """
    opinions = opinions_of(plan, now_ms=now_ms, learners=learners, row=row, graph=graph)
    return Deliberation(opinions, decide(plan, opinions, now_ms=now_ms, trails=trails))
