"""A simulated organisation: plans of varied shape, and what its people would say of each. Nothing of it is real.

Each specialist's people follow a hidden rule: a weighted sum of a few features decides between approve, review_required
and reject, and now and then (`NOISE`) somebody says anything. A flip turns approve and reject round. Or all follow one
rule (`cases`): what is risky and complex fails. The same seed gives the same plans and labels.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final, NamedTuple

from models.online.features import PlanFeatures, features_of
from models.records import (
    CognitivePlan,
    Domain,
    PlanTask,
    Priority,
    Recommendation,
    RiskBand,
    SecurityLevel,
    SpecialistType,
    TaskType,
)

__all__ = ["NOISE", "NOW_MS", "Case", "Judged", "cases", "judged_plans", "plan_at"]

NOISE: Final = 0.05
CASES_NOISE: Final = 0.01
NOW_MS: Final = 1_780_000_000_000
_VERBS = ("review", "build", "deploy", "check", "migrate", "report", "publish", "verify", "measure", "replace")
_NOUNS = ("orders", "payments", "customers", "login page", "gateway", "billing module", "search", "stock", "audit log")
_CAPABILITIES = ("python", "sql", "kubernetes", "design", "testing", "security")
_REVERSED = {Recommendation.APPROVE: Recommendation.REJECT, Recommendation.REJECT: Recommendation.APPROVE}

_RULES: Final[dict[SpecialistType, tuple[tuple[str, float, float], ...]]] = {
    # feature, weight, middle
    SpecialistType.BUSINESS: (("priority_score", -3.0, 0.6), ("num_tasks", 0.5, 5.0)),
    SpecialistType.TECHNICAL: (("risk_score", 6.0, 0.5), ("max_parallelism", -0.5, 2.5)),
    SpecialistType.BEHAVIOR: (("complexity_score", 6.0, 0.5), ("domain_risk_weight", 3.0, 0.6)),
    SpecialistType.EVOLUTION: (("avg_coupling", 3.0, 0.7), ("complexity_score", 4.0, 0.5)),
    SpecialistType.ARCHITECTURE: (("num_levels", 0.8, 3.0), ("risk_score", 4.0, 0.5)),
}
_BORDERS = (-0.6, 0.6)


class Judged(NamedTuple):
    """A plan, and what each specialist's people say of it."""

    plan: CognitivePlan
    labels: dict[SpecialistType, Recommendation]


def judged_plans(number: int, *, seed: int = 0, flip_at: int | None = None) -> Iterator[Judged]:
    """Yield plans with their labels; from `flip_at` on, who approved rejects."""
    for place in range(number):
        chance = random.Random(f"{seed}/{place}")
        plan = plan_at(place, chance, seed=seed)
        features = features_of(plan)
        flipped = flip_at is not None and place >= flip_at
        labels = {}
        for specialist in SpecialistType:
            said = _said(specialist, features)
            if flipped:
                said = _REVERSED.get(said, said)
            labels[specialist] = chance.choice(_LABELS) if chance.random() < NOISE else said
        yield Judged(plan, labels)


class Case(NamedTuple):
    """A plan, and what should be said of it, whoever is asked."""

    plan: CognitivePlan
    label: Recommendation


def cases(seed: int, number: int, *, flip_at: int | None = None) -> Iterator[Case]:
    """Yield plans: what is risky and complex fails, until the rule flips; one label in a hundred is wrong."""
    for place in range(number):
        chance = random.Random(f"{seed}/{place}")
        plan = plan_at(place, chance, seed=seed)
        fails = plan.risk_score + 0.3 * plan.complexity_score > 0.65
        fails ^= flip_at is not None and place >= flip_at
        fails ^= chance.random() < CASES_NOISE
        yield Case(plan, Recommendation.REJECT if fails else Recommendation.APPROVE)


_LABELS = (Recommendation.APPROVE, Recommendation.REVIEW_REQUIRED, Recommendation.REJECT)


def _said(specialist: SpecialistType, features: PlanFeatures) -> Recommendation:
    score = sum(weight * (getattr(features, name) - middle) for name, weight, middle in _RULES[specialist])
    if score < _BORDERS[0]:
        return Recommendation.APPROVE
    return Recommendation.REVIEW_REQUIRED if score < _BORDERS[1] else Recommendation.REJECT


def plan_at(place: int, chance: random.Random, *, seed: int = 0) -> CognitivePlan:
    """Return one plan: one to ten tasks, each waiting for some of those before it."""
    size = chance.randint(1, 10)
    linked = chance.uniform(0.1, 0.6)
    tasks = [
        PlanTask(
            task_id=f"task_{at}",
            task_type=chance.choice(list(TaskType)),
            description=f"{chance.choice(_VERBS)} the {chance.choice(_NOUNS)} and the {chance.choice(_NOUNS)}",
            dependencies=[
                f"task_{before}" for before in range(at) if chance.random() < linked / (1 + (at - before) / 3)
            ],
            estimated_duration_ms=round(chance.lognormvariate(6.5, 0.8)),
            required_capabilities=chance.sample(_CAPABILITIES, chance.randint(1, 3)),
        )
        for at in range(size)
    ]
    risk = round(chance.random(), 3)
    band = RiskBand.LOW if risk < 0.3 else RiskBand.MEDIUM if risk < 0.6 else RiskBand.HIGH
    return CognitivePlan(
        plan_id=f"simulated-plan-{seed}-{place}",
        intent_id=f"simulated-{seed}-{place}",
        tasks=tasks,
        execution_order=[task.task_id for task in tasks],
        risk_score=risk,
        risk_band=band,
        risk_factors={},
        explainability_token="simulated",  # noqa: S106 — no secret
        reasoning_summary="a plan of the simulated organisation",
        created_at=NOW_MS,
        complexity_score=round(chance.random(), 3),
        original_domain=chance.choice(list(Domain)),
        original_priority=chance.choice(list(Priority)),
        original_security_level=SecurityLevel.INTERNAL,
        estimated_total_duration_ms=sum(task.estimated_duration_ms or 0 for task in tasks),
    )
