"""How stages tell what they did to those who count, where no other topic tells it in few bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.records import RollingBucket, RollingSeries, StageFact
from models.rolling.cells import Series

if TYPE_CHECKING:
    from models.records import ApprovalDecision, CognitivePlan, Consensus
    from models.rolling.cells import Cells
    from models.rolling.levels import Level

__all__ = ["approved", "bucket_of", "planned"]


def planned(plan: CognitivePlan, consensus: Consensus | None, *, latency_ms: int) -> StageFact:
    """Return what is told of a plan that was made; without a consensus there was nothing to decide about."""
    decision = consensus.decision if consensus else None
    return StageFact(
        stage="plan",
        at=plan.created_at,
        domain=plan.original_domain,
        outcome=decision.final_decision.value if decision else "refused",
        confidence=decision.aggregated_confidence if decision else None,
        latency_ms=latency_ms,
        opinions={
            vote.specialist_type: (vote.recommendation, vote.confidence_score)
            for vote in (decision.specialist_votes if decision else ())
        },
    )


def approved(plan: CognitivePlan, decision: ApprovalDecision, *, at_ms: int, latency_ms: int) -> StageFact:
    """Return what is told of a plan that a person has decided about, or that nobody has looked at in time."""
    return StageFact(
        stage="approve", at=at_ms, domain=plan.original_domain, outcome=decision.value, latency_ms=latency_ms
    )


def bucket_of(source: str, partition: int, level: Level, slot: int, cells: Cells) -> RollingBucket:
    """Return a final bucket as it is sent."""
    return RollingBucket(
        source=source,
        partition=partition,
        start=slot * level.length_ms,
        length_ms=level.length_ms,
        series=[
            RollingSeries(
                **Series.of(key)._asdict(),
                count=cell.count,
                failed=cell.failed,
                scored=cell.scored,
                confidence_ppm=cell.confidence_ppm,
                latency_ms=cell.latency_ms,
                bins=cell.bins,
            )
            for key, cell in cells.items()
        ],
    )
