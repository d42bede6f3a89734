"""A simulated audit: intentions of which few become samples, and what is known of their plans. Nothing of it is real.

What becomes of each record is decided first (`SHARES`), and the record made so that it must become that. The same seed
gives the same world.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import cycle
from typing import Any, Final

from benchmarks.organisation import Judged, judged_plans
from models.lifecycle.gather import FATES, Rules
from models.online.features import NAMES, SCHEMA, features_of, row_of
from models.records import Domain, IntentAudit, IntentOutcome, PlanFeedback, SpecialistType, encode

__all__ = ["DAY_MS", "SHARES", "AuditedWorld"]

DAY_MS: Final = 86_400_000
SHARES: Final = {
    "usable": 1 / 6,
    "broken": 0.02,
    "other_decision": 0.15,
    "out_of_period": 0.10,
    "repeated": 0.03,
    "no_plan": 0.08,
    "no_label": 0.10,
    "leaking": 0.01,
    "unusable_row": 0.005,
}
"""Of the records; the rest were understood too unsurely."""

_JUDGED: Final = frozenset({"usable", "no_label", "leaking", "unusable_row"})
_SAID: Final = frozenset({"usable", "no_plan", "leaking", "unusable_row"})
_OPINION: Final = {"recommendation": "approve", "confidence_score": 0.6}
_BROKEN: Final = (b"", b"{", b"[]", b'{"intention_id": "x", "text"', b"\xff\xfe", b'{"intention_id": ""}', b"null")


class AuditedWorld:
    """The records and documents, in the order of their time.

    Args:
        records: How many audit records.
        seed: Which world.
        now_ms: When it is looked at.
        different: How many different plans of the simulated organisation there are at most, or which plans there are.
        scope: Goes before all ids.
        whose: Of whose opinions people say something.

    Attributes:
        rules: 90 days, and a confidence of 0.7.
        fates: What becomes of how many records, for each specialist.
        audit: Values of `intentions.audit`.
        decisions: Documents of `consensus_decisions`, without their `_id`.
        feedback: Records of `feedback.plans`: a word for each specialist.
    """

    def __init__(
        self,
        records: int,
        *,
        seed: int,
        now_ms: int = 1_780_000_000_000,
        different: int | Sequence[Judged] = 50,
        scope: str = "made",
        whose: Sequence[SpecialistType] = tuple(SpecialistType),
    ) -> None:
        self._whose = whose
        self._chance = random.Random(seed)
        self._scope = scope
        self.rules = Rules(from_ms=now_ms - 90 * DAY_MS, to_ms=now_ms)
        self._fates = _fates(records, self._chance)
        self.fates = {name: self._fates.count(name) for name in FATES}
        if isinstance(different, int):
            different = list(judged_plans(min(records, different), seed=seed))
        self._rows = [row_of(features_of(each.plan)) for each in different]
        self._labels = [each.labels for each in different]
        self.audit: list[bytes] = []
        self.decisions: list[dict[str, Any]] = []
        self.feedback: list[PlanFeedback] = []
        # A day is left at the beginning, and two at the end, for what people say.
        begin_ms, step_ms = self.rules.from_ms + DAY_MS, (87 * DAY_MS) // max(1, records)
        for number, (fate, place) in enumerate(zip(self._fates, cycle(range(len(different))), strict=False)):
            self._record(number, fate, place, begin_ms + number * step_ms)

    def _record(self, number: int, fate: str, place: int, at_ms: int) -> None:
        self.audit.append(self._chance.choice(_BROKEN) if fate == "broken" else self._audited(number, fate, at_ms))
        plan_id = f"{self._scope}-plan-{number}"
        if fate in _JUDGED:
            self.decisions.append(self._decision(number, fate, place, at_ms))
        if fate in _SAID:
            early = fate == "leaking" and number % 2 == 0
            self.feedback += [
                PlanFeedback(
                    plan_id=plan_id,
                    recommendation=self._labels[place][specialist],
                    by="simulated",
                    at=at_ms - 1 if early else at_ms + DAY_MS // 2,
                    specialist_type=specialist,
                )
                for specialist in self._whose
            ]

    def _audited(self, number: int, fate: str, at_ms: int) -> bytes:
        of = self._fates.index("usable") if fate == "repeated" else number
        return encode(
            IntentAudit(
                intention_id=f"{self._scope}-intent-{of}",
                outcome=IntentOutcome.DUPLICATE if fate == "other_decision" else IntentOutcome.DOMAIN,
                text="…",
                actor="…",
                at=self.rules.from_ms - 1 - number if fate == "out_of_period" else at_ms,
                domain=self._chance.choice(list(Domain)),
                confidence=0.6999 if fate == "unsure" else self._chance.uniform(0.7, 1.0),
            )
        )

    def _decision(self, number: int, fate: str, place: int, at_ms: int) -> dict[str, Any]:
        row: Any = self._rows[place]
        if fate == "leaking" and number % 2:
            row = dict(zip(NAMES, row, strict=True)) | {"human_rating": 0.9}
        elif fate == "unusable_row":
            row = row[:-1]
        return {
            "plan_id": f"{self._scope}-plan-{number}",
            "intent_id": f"{self._scope}-intent-{number}",
            "at": at_ms,
            "feature_schema": SCHEMA,
            "features": row,
            "opinions": [
                {"specialist_type": each.value, "recommendation": "approve", "confidence_score": 0.6}
                for each in SpecialistType
            ],
        }


def _fates(records: int, chance: random.Random) -> list[str]:
    """Draw what becomes of each record; the first one is usable, so that it can be repeated."""
    fates = [name for name, share in SHARES.items() for _ in range(round(records * share))]
    fates += ["unsure"] * (records - len(fates))
    first, rest = fates[:1], fates[1:]
    chance.shuffle(rest)
    return first + rest
