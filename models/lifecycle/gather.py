"""Audit records in, samples out: each record is counted once, under what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from models.errors import InvalidRecord
from models.lifecycle.samples import LeakingRow, Sample, UnusableRow, label_of, row_of, row_of_plan, said_in
from models.records import CognitivePlan, IntentAudit, IntentOutcome, SpecialistType, decode

__all__ = ["FATES", "SIMULATED", "Bias", "Gathered", "Gatherer", "Rules"]

FATES: Final = (
    "usable", "broken", "other_decision", "out_of_period", "unsure", "repeated", "no_plan", "no_label", "leaking",
    "unusable_row",
)  # fmt: skip
"""What may become of an audit record; every one that was read has exactly one of these fates."""

SIMULATED: Final = "simulated"
"""Who says so in generated work (`PlanFeedback.by`)."""

_Verdicts = dict[tuple[str, str | None], Mapping[str, Any]]
"""What people said, by plan and by whose opinion is meant; None: everybody's."""

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


class _Judged(NamedTuple):
    """A plan: its id, when its row was taken, and the row, or what became of the record instead."""

    plan_id: str
    at_ms: int
    row: tuple[float, ...] | str


class Gatherer:
    """Takes audit records, then what is known of their plans, then what people said of those, and joins them.

    In this order, for nothing is kept of what belongs to no audit record. A plan's row is the one that it was judged by
    (with the consensus), or, where there is none, is computed from the plan in the ledger. A verdict that is older than
    the row leaks, and so does a row with columns that no plan has.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._fates: Counter[str] = Counter(dict.fromkeys(FATES, 0))
        self._sure: dict[str, float] = {}
        self._plans: dict[str, _Judged] = {}
        self._plan_ids: set[str] = set()
        self._feedback: _Verdicts = {}
        self._opinions: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._approvals: _Verdicts = {}
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

    def consensus(self, document: Mapping[str, Any]) -> None:
        """Take what was said of a plan (`models.records.Consensus` as kept); the first plan of an intention counts."""
        at_ms = document.get("at")
        if not isinstance(at_ms, int):
            return
        plan_id = str(document.get("plan_id"))
        try:
            row: tuple[float, ...] | str = row_of(document.get("features"), schema=document.get("feature_schema"))
        except LeakingRow:
            row = "leaking"
        except UnusableRow:
            row = "unusable_row"
        if self._keep(str(document.get("intent_id")), _Judged(plan_id, int(at_ms), row)):
            for opinion in document.get("opinions") or ():
                self._opinions[plan_id, str(opinion.get("specialist_type"))] = opinion

    def plan(self, plan: CognitivePlan) -> None:
        """Take a plan of the ledger, where no consensus about the intention is known."""
        if plan.intent_id not in self._plans:
            self._keep(plan.intent_id, _Judged(plan.plan_id, plan.created_at, row_of_plan(plan)))

    def without_plan(self) -> list[str]:
        """Return the intentions of which no plan is known yet."""
        return [intent_id for intent_id in self._sure if intent_id not in self._plans]

    def _keep(self, intent_id: str, judged: _Judged) -> bool:
        before = self._plans.get(intent_id)
        if intent_id not in self._sure or (before is not None and before.at_ms <= judged.at_ms):
            return False
        self._plans[intent_id] = judged
        self._plan_ids.add(judged.plan_id)
        return True

    def approval(self, document: Mapping[str, Any]) -> None:
        """Take what came of a person's answer about a plan; the newest one that changed something counts."""
        if document.get("applied") is True:
            self._keep_newest(self._approvals, None, document)

    def feedback(self, document: Mapping[str, Any]) -> None:
        """Take a person's word on a plan, or on one specialist's opinion of it; of each kind the newest one counts."""
        about = document.get("specialist_type")
        self._keep_newest(self._feedback, None if about is None else str(about), document)

    def _keep_newest(self, known: _Verdicts, about: str | None, document: Mapping[str, Any]) -> None:
        key, at_ms = (str(document.get("plan_id")), about), document.get("at")
        if key[0] not in self._plan_ids or not isinstance(at_ms, int) or at_ms >= self._rules.to_ms:
            return
        if key not in known or known[key]["at"] <= at_ms:
            known[key] = document

    @property
    def simulated(self) -> bool:
        """Tell whether any of this was said by `SIMULATED`."""
        return any(said.get("by") == SIMULATED for said in self._feedback.values())

    def gathered(self, specialist: SpecialistType) -> Gathered:
        """Join what was taken, as one specialist is to learn it."""
        samples: list[Sample] = []
        fates = self._fates.copy()
        for intent_id, confidence in self._sure.items():
            found = self._joined(specialist, intent_id, confidence)
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

    def _joined(self, specialist: SpecialistType, intent_id: str, confidence: float) -> Sample | str:
        judged = self._plans.get(intent_id)
        if judged is None:
            return "no_plan"
        plan_id, at_ms, row = judged
        said = self._feedback.get((plan_id, specialist.value))
        opinion = self._opinions.get((plan_id, specialist.value))
        label = label_of(
            specialist,
            feedback=self._feedback.get((plan_id, None)) if said is None else said,
            opinion=opinion,
            approval=self._approvals.get((plan_id, None)),
        )
        if label is None:
            return "no_label"
        if label.at_ms < at_ms:
            return "leaking"
        if isinstance(row, str):
            return row
        recommended, sure = said_in(opinion)
        return Sample(
            plan_id=plan_id,
            at_ms=at_ms,
            confidence=confidence,
            row=row,
            label=label.label,
            how=label.how,
            said=recommended,
            said_confidence=sure,
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
