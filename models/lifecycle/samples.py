"""What a specialist learns from in batch: a plan's row of features, and what a person says about it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from models.errors import HiveError
from models.online.features import NAMES, SCHEMA, PlanFeatures, features_in, features_of, inputs_of
from models.records import CognitivePlan, Recommendation, SpecialistType

__all__ = ["Label", "LeakingRow", "Sample", "UnusableRow", "label_of", "row_of", "row_of_plan", "said_in"]

CONFIRMS: Final = 0.5
"""From this rating on, a person agrees with an opinion."""


_DECIDED: Final = {
    "approved": Recommendation.APPROVE,
    "rejected": Recommendation.REJECT,
    "reverted": Recommendation.REJECT,
}


class UnusableRow(HiveError):
    """Say why a kept row of features can't be learned from."""


class LeakingRow(UnusableRow):
    """Say which column of a row holds, or may hold, what is to be predicted."""


class Label(NamedTuple):
    """What is right for a plan, since when that is known, and how: `feedback`, `rating` or `approval`."""

    label: Recommendation
    at_ms: int
    how: str


class Sample(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One plan with its label.

    Attributes:
        plan_id: The plan; it occurs once in a data set.
        at_ms: When its features were taken: before anybody judged it.
        confidence: Of the understanding that it was made from.
        row: The inputs of learners in the order of `models.online.features.NAMES`.
        label: What was right.
        how: See :class:`Label`.
        said, said_confidence: What the specialist itself said of the plan when it was judged: what a challenger must
            not be worse than. It is not learned from.
    """

    plan_id: str
    at_ms: int
    confidence: float
    row: tuple[float, ...]
    label: Recommendation
    how: str
    said: Recommendation | None = None
    said_confidence: float = 0.0


def row_of_plan(plan: CognitivePlan) -> tuple[float, ...]:
    """Compute the row of a plan."""
    return _inputs(features_of(plan))


def row_of(kept: object, *, schema: object) -> tuple[float, ...]:
    """Return the inputs of learners for features that were kept with a consensus: what its specialists were given.

    Args:
        kept: The features in their own units: numbers in the order of `NAMES`, or by their names.
        schema: Of which schema they are.

    Raises:
        LeakingRow: there is a column that no plan has: a rating, a decision.
        UnusableRow: they are of another schema, lack columns, or hold what is no finite number.
    """
    if isinstance(kept, Mapping):
        foreign = sorted(map(str, kept.keys() - set(NAMES)))
        if foreign:
            raise LeakingRow(f"{foreign[0]}: no feature of a plan; what people said about it must not be learned from")
        kept = [kept.get(name) for name in NAMES]
    if schema != SCHEMA:
        raise UnusableRow(f"schema: {schema!r} was found, {SCHEMA!r} is learned from")
    if not isinstance(kept, Sequence) or len(kept) != len(NAMES) or not all(map(_is_number, kept)):
        raise UnusableRow(f"{len(NAMES)} finite numbers were expected")
    try:
        return _inputs(features_in([float(value) for value in kept]))
    except ValueError as error:  # a duration below 0 has no logarithm
        raise UnusableRow(str(error)) from error


def _inputs(features: PlanFeatures) -> tuple[float, ...]:
    inputs = inputs_of(features)
    return tuple(inputs[name] for name in NAMES)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def label_of(
    specialist: SpecialistType,
    *,
    feedback: Mapping[str, Any] | None,
    opinion: Mapping[str, Any] | None,
    approval: Mapping[str, Any] | None,
) -> Label | None:
    """Return what is right for a plan in the eyes of one specialist, or None where nobody has said so.

    In this order: what a person says that this specialist should have recommended; a good rating of what it has
    recommended; a person's approval or rejection of the plan as a whole. A bad rating says what was wrong, not what
    would have been right. That a plan failed is no verdict on it either.
    """
    if feedback is not None and feedback.get("specialist_type") in (None, specialist.value):
        at_ms = _time(feedback.get("at"))
        said = _recommendation(feedback.get("recommendation"))
        if said is not None and at_ms is not None:
            return Label(said, at_ms, "feedback")
        rating = feedback.get("human_rating")
        agreed = _recommendation(opinion.get("recommendation")) if opinion is not None else None
        confirmed = isinstance(rating, int | float) and not isinstance(rating, bool) and rating >= CONFIRMS
        if confirmed and agreed is not None and at_ms is not None:
            return Label(agreed, at_ms, "rating")
    if approval is not None and approval.get("applied") is True:
        decided = _DECIDED.get(str(approval.get("decision")).casefold())
        at_ms = _time(approval.get("at"))
        if decided is not None and at_ms is not None:
            return Label(decided, at_ms, "approval")
    return None


def said_in(opinion: Mapping[str, Any] | None) -> tuple[Recommendation | None, float]:
    """Return what an opinion recommends, and how surely; None where there is none."""
    if opinion is None:
        return None, 0.0
    confidence = opinion.get("confidence_score")
    sure = float(confidence) if isinstance(confidence, int | float) and 0.0 <= confidence <= 1.0 else 0.0
    return _recommendation(opinion.get("recommendation")), sure


def _recommendation(value: object) -> Recommendation | None:
    try:
        return Recommendation(str(value))
    except ValueError:
        return None


def _time(value: object) -> int | None:
    # int(): a store's driver may give a kind of its own.
    return int(value) if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
