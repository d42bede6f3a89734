"""What the console's pages are told, as it stands in the JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from models.records import Scalar

__all__ = [
    "AnswerShown",
    "ApprovalShown",
    "Guessed",
    "IntentionRow",
    "IntentionWay",
    "Opinion",
    "PlanShown",
    "TaskShown",
    "Understood",
    "Verdict",
]


class Guessed(msgspec.Struct, frozen=True):
    """A domain, with its probability."""

    domain: str
    probability: float


class IntentionRow(msgspec.Struct, frozen=True, kw_only=True):
    """An intention in a list; `text` is masked, `status` how far it has come."""

    id: str
    text: str
    at: int
    status: str
    plan_id: str
    domain: str | None = None
    confidence: float | None = None
    took_ms: int | None = None


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """One decision on what an intention is about; `by` is the person who said so, if one did."""

    at: int
    outcome: str
    domain: str | None
    subcategory: str | None
    confidence: float | None
    guesses: list[Guessed]
    by: str | None
    model_version: str | None


class TaskShown(msgspec.Struct, frozen=True, kw_only=True):
    """A task of a plan, as far as it is carried out; `after` are the tasks that it waits for."""

    id: str
    type: str
    status: str
    description: str
    after: list[str]
    attempts: int = 0
    started_at: int | None = None
    completed_at: int | None = None
    duration_ms: int | None = None
    error: str | None = None
    source: str | None = None
    is_destructive: bool = False


class PlanShown(msgspec.Struct, frozen=True, kw_only=True):
    """A plan: its tasks, and what it risks."""

    plan_id: str
    created_at: int
    risk_score: float
    risk_band: str
    reasons: list[str]
    is_destructive: bool
    tasks: list[TaskShown]
    summary: str = ""


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What one specialist says of a plan; `learned` is how many labels its learner had seen."""

    specialist: str
    confidence: float
    risk: float
    recommendation: str
    summary: str
    weight: float | None
    learned: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the specialists' opinions come to."""

    at: int
    decision: str
    confidence: float
    risk: float
    unanimous: bool
    summary: str
    opinions: list[Opinion]


class ApprovalShown(msgspec.Struct, frozen=True, kw_only=True):
    """How an approval stands; with its plan where one is looked at."""

    plan_id: str
    intention_id: str | None
    status: str
    question: str
    since: int
    expires_at: int | None
    risk_score: float
    risk_band: str
    is_destructive: bool
    by: str | None = None
    decided_at: int | None = None
    reason: str | None = None
    plan: PlanShown | None = None


class AnswerShown(msgspec.Struct, frozen=True, kw_only=True):
    """An answer; of a long one the first rows, `rows_in_all` is how many there are."""

    text: str
    source: str
    columns: list[str]
    rows: list[list[Scalar]]
    units: list[str | None]
    rows_in_all: int


class IntentionWay(msgspec.Struct, frozen=True, kw_only=True):
    """An intention's way from its text to its answer; what has not come yet is None."""

    id: str
    text: str
    status: str
    submitted_at: int | None
    ended_at: int | None
    understood: list[Understood]
    plan: PlanShown | None
    verdict: Verdict | None
    approval: ApprovalShown | None
    answer: AnswerShown | None
    error: str | None
    timings: dict[str, int]
    more: dict[str, Any] = {}
