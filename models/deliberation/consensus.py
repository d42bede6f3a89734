"""Five opinions to one decision: which way most of the weight goes, how sure that is, and what stands in its way.

Four methods, the strongest that applies:

* `unanimous`: all recommend the same.
* `bayesian`: the recommendation with the largest posterior, which is also the one with most votes. Each opinion is
  evidence with the reliability that it claims for itself, raised to the power of its weight; the prior is even.
* `voting`: posterior and votes differ. The votes decide with more than half of the weight, else the more careful one.
* `fallback`: the compliance matrix or a guardrail forbids a decision: reject on a veto, or where the risk is critical
  and somebody rejects; else a person reviews it.

(The original's fallback rejects whatever is critical. Here, where nobody rejects, a person decides: that is what a
critical plan waits for anyhow.) A plan that needs a person's approval is never approved by the specialists.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import msgspec

from models.deliberation.compliance import Agreed, Compliance, Health, check, health_of
from models.deliberation.weights import EVEN, Trail, weight_for
from models.errors import HiveError
from models.ids import stable_id
from models.records import (
    CognitivePlan,
    ConsensusMethod,
    ConsensusMetrics,
    ConsolidatedDecision,
    Recommendation,
    RiskBand,
    SpecialistOpinion,
    SpecialistType,
    SpecialistVote,
)

__all__ = ["MismatchedOpinions", "aggregated", "decide", "divergence_of", "is_intact"]

PRIOR: Final = 0.5
PRIOR_SHARE: Final = 0.1
LEAST_MEAN: Final = 0.5
"""Spreads are relative to a mean of at least this: between risks of 0.02 and 0.06 there is no quarrel."""

_CAREFUL: Final = (
    Recommendation.REJECT,
    Recommendation.REVIEW_REQUIRED,
    Recommendation.CONDITIONAL,
    Recommendation.APPROVE,
)
"""The most careful first: of equals, that one."""

_ORDER: Final = {specialist: place for place, specialist in enumerate(SpecialistType)}
_LEAST_RELIABILITY: Final = 1e-6
_OTHERS: Final = len(_CAREFUL) - 1
_encode: Final = msgspec.json.Encoder().encode


class MismatchedOpinions(HiveError, ValueError):
    """Say that opinions don't belong together: one is about another plan, or a specialist has spoken twice."""


class _Tally(NamedTuple):
    decision: Recommendation
    method: ConsensusMethod
    voting_confidence: float


def decide(
    plan: CognitivePlan,
    opinions: Sequence[SpecialistOpinion],
    *,
    now_ms: int,
    trails: Mapping[SpecialistType, Trail] = EVEN,
) -> ConsolidatedDecision:
    """Decide about a plan; the order of the opinions makes no difference.

    Args:
        plan: The plan.
        opinions: What specialists say, at most one each. Fewer than three come to `review_required`.
        now_ms: The time, epoch milliseconds.
        trails: The specialists' records in the plan's domain.

    Raises:
        MismatchedOpinions: they don't belong together, or there is none.
    """
    ordered = _checked(plan, opinions)
    nets = [trails[o.specialist_type].net for o in ordered]
    weights = [weight_for(net) for net in nets]
    total = sum(weights)
    shares = [weight / total for weight in weights]
    confidence = aggregated(shares, [o.confidence_score for o in ordered])
    risk = aggregated(shares, [o.risk_score for o in ordered])
    divergence = divergence_of(ordered)
    health = health_of(ordered)
    tally = _tally(ordered, shares)
    agreed = Agreed(tally.decision, confidence, divergence)
    compliance = check(plan, ordered, health, agreed)
    final, method, guardrails = _guarded(plan, ordered, tally, compliance)
    decision_id = stable_id("decision", plan.plan_id)
    unsigned = ConsolidatedDecision(
        decision_id=decision_id,
        plan_id=plan.plan_id,
        intent_id=plan.intent_id,
        correlation_id=plan.correlation_id,
        trace_id=plan.trace_id,
        span_id=plan.span_id,
        final_decision=final,
        consensus_method=method,
        aggregated_confidence=confidence,
        aggregated_risk=risk,
        specialist_votes=[
            SpecialistVote(
                specialist_type=o.specialist_type,
                opinion_id=o.opinion_id,
                confidence_score=o.confidence_score,
                risk_score=o.risk_score,
                recommendation=o.recommendation,
                weight=round(weight * 1e4) / 1e4,
                processing_time_ms=o.processing_time_ms,
            )
            for o, weight in zip(ordered, weights, strict=True)
        ],
        consensus_metrics=ConsensusMetrics(
            divergence_score=divergence,
            convergence_time_ms=0,  # opinions are functions of the plan: nobody waits for anybody
            unanimous=len({o.recommendation for o in ordered}) == 1,
            fallback_used=method is ConsensusMethod.FALLBACK,
            pheromone_strength=round(sum(nets) / len(ordered) * 1e4) / 1e4,
            bayesian_confidence=confidence,
            voting_confidence=tally.voting_confidence,
        ),
        explainability_token=stable_id("explanation", decision_id),
        reasoning_summary=_summary(final, method, ordered, guardrails, (confidence, risk, divergence)),
        created_at=now_ms,
        valid_until=plan.valid_until,
        compliance_checks=compliance.checks,
        guardrails_triggered=guardrails,
        requires_human_review=final is Recommendation.REVIEW_REQUIRED,
        metadata=_notes(final, health, ordered),
        hash="",
    )
    return msgspec.structs.replace(unsigned, hash=_digest(unsigned))


def is_intact(decision: ConsolidatedDecision) -> bool:
    """Whether a decision says what its hash says it says."""
    return _digest(msgspec.structs.replace(decision, hash="")) == decision.hash


def aggregated(shares: Sequence[float], values: Sequence[float]) -> float:
    """Return the weighted mean drawn a tenth of the way to 0.5, as the original does."""
    mean = sum([share * value for share, value in zip(shares, values, strict=True)])
    return round((PRIOR_SHARE * PRIOR + (1.0 - PRIOR_SHARE) * mean) * 1e4) / 1e4


def divergence_of(opinions: Sequence[SpecialistOpinion]) -> float:
    """Return how far apart opinions are, 0 to 1: the mean of the relative spreads of confidence and of risk."""
    confidence = _spread([o.confidence_score for o in opinions])
    risk = _spread([o.risk_score for o in opinions])
    return min(1.0, round((confidence + risk) / 2.0 * 1e4) / 1e4)


def _spread(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    variance = math.fsum([(value - mean) ** 2 for value in values]) / len(values)
    return math.sqrt(variance) / max(mean, LEAST_MEAN)


def _checked(plan: CognitivePlan, opinions: Sequence[SpecialistOpinion]) -> list[SpecialistOpinion]:
    if not opinions:
        raise MismatchedOpinions(f"no opinion about plan {plan.plan_id}: nothing can be decided")
    if wrong := [o.opinion_id for o in opinions if o.plan_id != plan.plan_id]:
        raise MismatchedOpinions(f"opinion {wrong[0]} is not about plan {plan.plan_id}")
    ordered = sorted(opinions, key=_place)
    for before, after in pairwise(ordered):
        if before.specialist_type is after.specialist_type:
            raise MismatchedOpinions(f"two opinions of {after.specialist_type.value} about plan {plan.plan_id}")
    return ordered


def _place(opinion: SpecialistOpinion) -> int:
    return _ORDER[opinion.specialist_type]


def _tally(opinions: Sequence[SpecialistOpinion], shares: Sequence[float]) -> _Tally:
    votes = dict.fromkeys(_CAREFUL, 0.0)
    for opinion, share in zip(opinions, shares, strict=True):
        votes[opinion.recommendation] += share
    voted = max(_CAREFUL, key=votes.__getitem__)
    share = round(votes[voted] * 1e4) / 1e4
    if len({o.recommendation for o in opinions}) == 1:
        return _Tally(voted, ConsensusMethod.UNANIMOUS, min(1.0, share))
    posterior = _posterior(opinions, shares)
    likely = max(_CAREFUL, key=posterior.__getitem__)
    if likely is voted:
        return _Tally(voted, ConsensusMethod.BAYESIAN, share)
    decided = voted if share > 0.5 else min(voted, likely, key=_CAREFUL.index)
    return _Tally(decided, ConsensusMethod.VOTING, round(votes[decided] * 1e4) / 1e4)


def _posterior(opinions: Sequence[SpecialistOpinion], shares: Sequence[float]) -> dict[Recommendation, int]:
    """Return the log posterior of each recommendation in billionths, up to a constant."""
    against = 0.0  # what each gets that nobody recommends
    found = dict.fromkeys(_CAREFUL, 0.0)
    for opinion, share in zip(opinions, shares, strict=True):
        power = share * len(opinions)
        sure = min(max(opinion.confidence_score, _LEAST_RELIABILITY), 1.0 - _LEAST_RELIABILITY)
        other = power * math.log((1.0 - sure) / _OTHERS)
        against += other
        found[opinion.recommendation] += power * math.log(sure) - other
    # Rounded, so that what is equal but for the last bit is equal, and the more careful one wins.
    return {recommendation: round((against + value) * 1e9) for recommendation, value in found.items()}


def _guarded(
    plan: CognitivePlan, opinions: Sequence[SpecialistOpinion], tally: _Tally, compliance: Compliance
) -> tuple[Recommendation, ConsensusMethod, list[str]]:
    guardrails = compliance.broken
    final, method = tally.decision, tally.method
    if guardrails:
        method = ConsensusMethod.FALLBACK
        rejects = any(o.recommendation is Recommendation.REJECT for o in opinions)
        critical = plan.risk_band is RiskBand.CRITICAL
        enough = compliance.checks["enough_opinions"]
        final = (
            Recommendation.REJECT
            if enough and (compliance.veto or (critical and rejects))
            else Recommendation.REVIEW_REQUIRED
        )
    if plan.requires_approval:
        guardrails = [*guardrails, "person_has_to_approve"]
        if final in (Recommendation.APPROVE, Recommendation.CONDITIONAL):
            final = Recommendation.REVIEW_REQUIRED
    return final, method, guardrails


def _summary(
    final: Recommendation,
    method: ConsensusMethod,
    opinions: Sequence[SpecialistOpinion],
    guardrails: Sequence[str],
    scores: tuple[float, float, float],
) -> str:
    said: dict[Recommendation, int] = {}
    for opinion in opinions:
        said[opinion.recommendation] = said.get(opinion.recommendation, 0) + 1
    votes = ", ".join(f"{number} {name}" for name, number in said.items())
    stopped = f"; guardrails: {', '.join(guardrails)}" if guardrails else ""
    confidence, risk, divergence = scores
    return (
        f"{final} ({method}): {votes}; confidence {confidence:.2f}, risk {risk:.2f}, "
        f"divergence {divergence:.2f}{stopped}"
    )


def _notes(final: Recommendation, health: Health, opinions: Sequence[SpecialistOpinion]) -> dict[str, Any]:
    notes: dict[str, Any] = {
        "degraded": health.degraded,
        "least_confidence": health.least_confidence,
        "most_divergence": health.most_divergence,
    }
    if final is not Recommendation.APPROVE:
        told = {m.mitigation_id.partition(":")[2]: m.description for o in opinions for m in o.mitigations}
        notes["conditions"] = list(told.values())
    return notes


def _digest(unsigned: ConsolidatedDecision) -> str:
    return hashlib.sha256(_encode(unsigned)).hexdigest()
