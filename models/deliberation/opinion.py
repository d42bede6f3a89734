"""One specialist's opinion of a plan: the rule prior joined with what its learner says.

The two are mixed by how much the learner has learned (`learned.trust_in`): a mixture of two calibrated distributions
can't claim more than the better of them, and a learner that is new or fails costs nothing but its share. The confidence
is the probability of what is recommended; the risk is that of the rules and the one the learner expects, mixed alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from models.deliberation.evidence import Evidence, read
from models.deliberation.factors import FACTORS
from models.deliberation.learned import (
    NOTHING_LEARNED,
    LearnedModel,
    Learners,
    Unusable,
    probabilities_of,
    trust_in,
)
from models.deliberation.mitigations import mitigations_for
from models.deliberation.prior import GOOD, LABELS, Prior, noisy, prior
from models.ids import stable_id
from models.nlu.kept import Kept
from models.online.task_graph import TaskGraph
from models.records import (
    CognitivePlan,
    Explainability,
    FeatureImportance,
    ReasoningFactor,
    Recommendation,
    SpecialistOpinion,
    SpecialistType,
)
from models.records.opinion import Contribution, ExplanationMethod

__all__ = ["HEURISTICS", "JOINED", "VERSION", "Verdict", "is_intact", "opinions_of", "verdict_of"]

VERSION: Final = "1.0.0"
"""Of the rules."""

HEURISTICS: Final = "heuristics"
JOINED: Final = "joined"
"""`metadata.model_source`: what speaks is mostly the rules, or mostly the learner."""

FAILED_LEARNER: Final = 0.8
"""What is left of the confidence when a learner is there and can't be asked."""

_LABEL_RISK: Final = (0.85, 0.1, 0.6, 0.4)
"""The risk that goes with each of `LABELS`: the middle of where the rule puts it."""

_NEUTRAL: Final = 0.005
_MOST_FEATURES: Final = 5
# An enum's member costs as much to look up as a record to make. (And `round(x * 1e4) / 1e4`, in what follows, is a
# quarter of the cost of `round(x, 4)`.)
_APPROVE: Final = Recommendation.APPROVE
_RULE_BASED: Final = ExplanationMethod.RULE_BASED
_FOR, _AGAINST, _NEITHER = Contribution.POSITIVE, Contribution.NEGATIVE, Contribution.NEUTRAL
_encode: Final = msgspec.json.Encoder().encode


class _Reasons(NamedTuple):
    """What an opinion says of its factors, which follows from their scores alone; the lists are shared: not to change.

    Attributes:
        factors: Each with its weight and score.
        importances: What each puts into the quality, above or below a good plan's.
        weakest: The factor with the lowest score, and that.
    """

    factors: list[ReasoningFactor]
    importances: list[FeatureImportance]
    weakest: str


class _Heard(NamedTuple):
    """What a specialist has to go by."""

    specialist: SpecialistType
    evidence: Evidence
    rules: Prior
    row: Mapping[str, float] | None


class _Joined(NamedTuple):
    """What came of joining."""

    probabilities: tuple[float, ...]
    risk: float
    trust: float
    model: LearnedModel | None
    learned: tuple[float, ...] | None
    problem: str | None


class Verdict(NamedTuple):
    """What an opinion would come to; `problem`: why its learner could not be asked."""

    recommendation: Recommendation
    confidence: float
    problem: str | None


def verdict_of(
    specialist: SpecialistType, evidence: Evidence, model: LearnedModel | None, row: Mapping[str, float]
) -> Verdict:
    """Return what a specialist's opinion would come to with another learner (None: by the rules alone)."""
    result = _join(prior(specialist, evidence), model, row)
    label, confidence = _best(result)
    return Verdict(LABELS[label], confidence, result.problem)


def opinions_of(
    plan: CognitivePlan,
    *,
    now_ms: int,
    learners: Learners = NOTHING_LEARNED,
    row: Mapping[str, float] | None = None,
    graph: TaskGraph | None = None,
) -> list[SpecialistOpinion]:
    """Return the five opinions, in the order of `SpecialistType`; the same arguments give the same opinions.

    Args:
        plan: The plan.
        now_ms: The time, epoch milliseconds.
        learners: What has been learned, by specialist.
        row: The plan's features (`models.online.features.inputs_of`); without them the rules speak alone.
        graph: The graph of its tasks, from those who have it.
    """
    evidence = read(plan, graph)
    return [
        _opinion(plan, _Heard(specialist, evidence, prior(specialist, evidence), row), learners.get(specialist), now_ms)
        for specialist in FACTORS
    ]


def is_intact(opinion: SpecialistOpinion) -> bool:
    """Whether an opinion says what its hash says it says."""
    # How long it took is not part of what is said.
    return _digest(msgspec.structs.replace(opinion, hash="", processing_time_ms=0)) == opinion.hash


def _join(rules: Prior, model: LearnedModel | None, row: Mapping[str, float] | None) -> _Joined:
    if model is None or row is None or model.learned <= 0:
        return _Joined(rules.probabilities, rules.risk, 0.0, None, None, None)
    try:
        told = probabilities_of(model, row)
    except Unusable as error:
        shrunk = noisy(rules.probabilities, 1.0 - FAILED_LEARNER)
        return _Joined(shrunk, rules.risk, 0.0, model, None, str(error))
    trust = trust_in(model.learned)
    mixed = tuple([(1.0 - trust) * rule + trust * own for rule, own in zip(rules.probabilities, told, strict=True)])
    expected = sum([own * risk for own, risk in zip(told, _LABEL_RISK, strict=True)])
    return _Joined(mixed, (1.0 - trust) * rules.risk + trust * expected, trust, model, told, None)


def _opinion(plan: CognitivePlan, heard: _Heard, model: LearnedModel | None, now_ms: int) -> SpecialistOpinion:
    specialist, evidence, rules, row = heard
    result = _join(rules, model, row)
    label, confidence = _best(result)
    recommendation = LABELS[label]
    opinion_id = stable_id("opinion", plan.plan_id, specialist.value)
    risk = min(max(round(result.risk * 1e4) / 1e4, 0.0), 1.0)
    reasons = _REASONS[specialist, rules.scores]
    unsigned = SpecialistOpinion(
        opinion_id=opinion_id,
        specialist_type=specialist,
        specialist_version=VERSION,
        plan_id=plan.plan_id,
        intent_id=plan.intent_id,
        correlation_id=plan.correlation_id,
        confidence_score=confidence,
        risk_score=risk,
        recommendation=recommendation,
        reasoning_summary=f"{recommendation} ({confidence:.2f}): quality {rules.quality:.2f}, risk {risk:.2f}; "
        + ("the asker wants no way back" if evidence.no_way_back else reasons.weakest),
        reasoning_factors=reasons.factors,
        explainability_token=opinion_id,
        explainability=_explained(heard, result, label, reasons.importances),
        mitigations=[]
        if recommendation is _APPROVE
        else mitigations_for(
            specialist, rules.scores, no_way_back=evidence.no_way_back, portuguese=evidence.portuguese
        ),
        evaluated_at=now_ms,
        metadata=_notes(rules, result),
        hash="",
    )
    return msgspec.structs.replace(unsigned, hash=_digest(unsigned))


def _best(result: _Joined) -> tuple[int, float]:
    """Return the place in `LABELS` of what is recommended, and its confidence."""
    sure = max(result.probabilities)
    return result.probabilities.index(sure), min(1.0, round(sure * 1e4) / 1e4)


def _reasons(scored: tuple[SpecialistType, tuple[float, ...]]) -> _Reasons:
    """Say what the factors come to; what they put into the quality is exact, for that is a sum."""
    specialist, scores = scored
    about = FACTORS[specialist].factors
    lowest = min(scores)
    return _Reasons(
        [
            ReasoningFactor(
                factor_name=factor.name, weight=factor.weight, score=round(score * 1e4) / 1e4, description=factor.asks
            )
            for factor, score in zip(about, scores, strict=True)
        ],
        [_importance(factor.name, factor.weight * (score - GOOD)) for factor, score in zip(about, scores, strict=True)],
        f"weakest: {about[scores.index(lowest)].name} {lowest:.2f}",
    )


_REASONS: Final = Kept(_reasons, room=2_048)
"""Plans of one template have the same scores, or nearly all of them."""


def _importance(name: str, share: float) -> FeatureImportance:
    return FeatureImportance(
        feature_name=name,
        importance=round(abs(share) * 1e4) / 1e4,
        contribution=_NEITHER if -_NEUTRAL < share < _NEUTRAL else _FOR if share > 0 else _AGAINST,
    )


def _explained(heard: _Heard, result: _Joined, label: int, importances: list[FeatureImportance]) -> Explainability:
    """Say what it rests on: the factors, and the features that the learner tells of."""
    model = result.model
    if model is None:
        return Explainability(
            method=_RULE_BASED, feature_importances=importances, model_version=VERSION, model_type="rules"
        )
    method = _RULE_BASED
    if result.learned is not None and heard.row is not None:
        told = model.contributions(heard.row, label)
        if largest := sorted(told.items(), key=lambda item: (-abs(item[1]), item[0]))[:_MOST_FEATURES]:
            method = ExplanationMethod.SHAP
            features = [_importance(f"feature:{name}", result.trust * value) for name, value in largest]
            importances = [*importances, *features]
    return Explainability(
        method=method, feature_importances=importances, model_version=model.version, model_type=model.model_type
    )


def _notes(rules: Prior, result: _Joined) -> dict[str, Any]:
    prior_told = [round(value * 1e6) / 1e6 for value in rules.probabilities]
    notes: dict[str, Any] = {
        "model_source": JOINED if result.trust >= 0.5 else HEURISTICS,
        "trust": round(result.trust * 1e4) / 1e4,
        "quality": round(rules.quality * 1e4) / 1e4,
        "probabilities": prior_told
        if result.probabilities is rules.probabilities
        else [round(value * 1e6) / 1e6 for value in result.probabilities],
        "prior": prior_told,
    }
    if result.learned is not None:
        notes["model"] = [round(value * 1e6) / 1e6 for value in result.learned]
    if result.model is not None:
        notes["learned"] = result.model.learned
    if result.problem is not None:
        notes["problem"] = result.problem
    return notes


def _digest(unsigned: SpecialistOpinion) -> str:
    return hashlib.sha256(_encode(unsigned)).hexdigest()
