"""Audit records in, samples out: each record is counted once, under what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from models.errors import InvalidRecord
from models.lifecycle.samples import LeakingRow, Sample, UnusableRow, label_of, row_of, row_of_plan
from models.records import CognitivePlan, IntentAudit, IntentOutcome, SpecialistType, decode

__all__ = ["FATES", "Bias", "Gathered", "Gatherer", "Rules"]

FATES: Final = (
    "usable", "broken", "other_decision", "out_of_period", "unsure", "repeated", "no_plan", "no_label", "leaking",
    "unusable_row",
)  # fmt: skip
"""What may become of an audit record; every one that was read has exactly one of these fates."""

_FORWARDED: Final = (IntentOutcome.DOMAIN, IntentOutcome.DOMAIN_REQUIRES_VALIDATION)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Which records count.

    Attributes:
        from_ms, to_ms: Only those of this time, the end exclusive.
        min_confidence: Only those that were understood at least so surely.
    """

    from_ms: int
    to_ms: int
    min_confidence: float = 0.7


class Bias(msgspec.Struct, frozen=True, kw_only=True):
    """What the threshold of confidence does to the data: it leaves out what is hard to understand.

    Attributes:
        left_out: The share of the forwarded intentions that were too unsure.
        domains_before, domains_after: The shares of the domains without and with the threshold.
        distance: The total variation between the two, 0 to 1.
    """

    left_out: float
    domains_before: dict[str, float]
    domains_after: dict[str, float]
    distance: float


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """The samples in the order of their time, the fates of the records, how labels came, and the threshold's bias."""

    samples: list[Sample]
    fates: dict[str, int]
    labelled_by: dict[str, int]
    bias: Bias


class Gatherer:
    """Takes audit records, then what is known of their plans, and joins them.

    A plan's row is the one kept with its decision, or is computed from the plan in the ledger. All times are
    compared with when the plan was made: a verdict that is older than what it judges leaks, and so does a row with
    columns that no plan has.
    """

    def __init__(self, specialist: SpecialistType, rules: Rules) -> None:
        self._specialist = specialist
        self._rules = rules
        self._fates: Counter[str] = Counter(dict.fromkeys(FATES, 0))
        self._sure: dict[str, float] = {}
        self._plans: dict[str, tuple[str, CognitivePlan]] = {}
        self._rows: dict[str, Mapping[str, Any]] = {}
        self._feedback: dict[str, Mapping[str, Any]] = {}
        self._opinions: dict[str, Mapping[str, Any]] = {}
        self._approvals: dict[str, Mapping[str, Any]] = {}
        self._before: Counter[str] = Counter()
        self._after: Counter[str] = Counter()

    def audit(self, value: bytes | None) -> None:
        """Take a record of `intentions.audit`."""
        fate = self._fate(value)
        if fate is not None:
            self._fates[fate] += 1

    def _fate(self, value: bytes | None) -> str | None:
        try:
            record = decode(IntentAudit, value)
        except InvalidRecord:
            return "broken"
        if record.outcome not in _FORWARDED or record.domain is None or record.confidence is None:
            return "other_decision"
        if not self._rules.from_ms <= record.at < self._rules.to_ms:
            return "out_of_period"
        if record.intention_id in self._sure:
            return "repeated"
        self._before[record.domain.value] += 1
        if record.confidence < self._rules.min_confidence:
            return "unsure"
        self._after[record.domain.value] += 1
        self._sure[record.intention_id] = record.confidence
        return None

    def plan(self, plan: CognitivePlan) -> None:
        """Take a plan of the ledger; the first one of an intention counts."""
        self._plans.setdefault(plan.intent_id, (plan.plan_id, plan))

    def decision(self, document: Mapping[str, Any]) -> None:
        """Take a consolidated decision, of which `metadata` may hold the row (`features`, `features_schema`)."""
        metadata = document.get("metadata")
        if isinstance(metadata, Mapping) and isinstance(metadata.get("features"), Mapping):
            self._rows[str(document.get("plan_id"))] = metadata

    def approval(self, document: Mapping[str, Any]) -> None:
        """Take what came of a person's answer about a plan; the newest one that changed something counts."""
        if document.get("applied") is True:
            self._approvals[str(document.get("plan_id"))] = document

    def feedback(self, document: Mapping[str, Any]) -> None:
        """Take a person's word on an opinion; the newest one counts, and those on other specialists don't."""
        if document.get("specialist_type") == self._specialist.value:
            self._feedback[str(document.get("plan_id"))] = document

    def opinion(self, document: Mapping[str, Any]) -> None:
        """Take an opinion; those of other specialists don't count."""
        if document.get("specialist_type") == self._specialist.value:
            self._opinions[str(document.get("plan_id"))] = document

    def gathered(self) -> Gathered:
        """Join what was taken."""
        samples: list[Sample] = []
        fates = self._fates.copy()
        for intent_id, confidence in self._sure.items():
            found = self._joined(intent_id, confidence)
            if isinstance(found, Sample):
                samples.append(found)
                fates["usable"] += 1
            else:
                fates[found] += 1
        samples.sort(key=lambda sample: (sample.at_ms, sample.plan_id))
        return Gathered(
            samples=samples,
            fates=dict(fates),
            labelled_by=dict(sorted(Counter(sample.how for sample in samples).items())),
            bias=self._bias(),
        )

    def _joined(self, intent_id: str, confidence: float) -> Sample | str:
        plan_id, plan = self._plans.get(intent_id, (None, None))
        if plan_id is None or plan is None:
            return "no_plan"
        label = label_of(
            self._specialist,
            feedback=self._feedback.get(plan_id),
            opinion=self._opinions.get(plan_id),
            approval=self._approvals.get(plan_id),
        )
        if label is None or label.at_ms >= self._rules.to_ms:
            return "no_label"
        if label.at_ms < plan.created_at:
            return "leaking"
        kept = self._rows.get(plan_id)
        try:
            row = row_of_plan(plan) if kept is None else row_of(kept["features"], schema=kept.get("features_schema"))
        except LeakingRow:
            return "leaking"
        except UnusableRow:
            return "unusable_row"
        return Sample(
            plan_id=plan_id, at_ms=plan.created_at, confidence=confidence, row=row, label=label.label, how=label.how
        )

    def _bias(self) -> Bias:
        before, after = _shares(self._before), _shares(self._after)
        return Bias(
            left_out=1.0 - self._after.total() / self._before.total() if self._before else 0.0,
            domains_before=before,
            domains_after=after,
            distance=sum(abs(before[name] - after.get(name, 0.0)) for name in before) / 2.0 if after else 0.0,
        )


def _shares(counts: Counter[str]) -> dict[str, float]:
    return {name: count / counts.total() for name, count in sorted(counts.items())}
