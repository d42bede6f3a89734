from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from models.lifecycle.gather import FATES, Gatherer, Rules
from models.lifecycle.samples import LeakingRow, UnusableRow, row_of, row_of_plan
from models.online.features import NAMES, SCHEMA
from models.records import Recommendation, SpecialistType
from tests.unit.lifecycle.plans import DAY_MS, plan

NOW_MS = 1_000 * DAY_MS
RULES = Rules(from_ms=NOW_MS - 90 * DAY_MS, to_ms=NOW_MS)


def _audit(number: int, **fields: Any) -> bytes:
    record = {
        "intention_id": f"intent-{number}", "outcome": "domain", "text": "…", "actor": "…", "at": NOW_MS - DAY_MS,
        "domain": "BUSINESS", "confidence": 0.9,
    }  # fmt: skip
    return json.dumps(record | fields).encode()


def _gatherer(*numbers: int) -> Gatherer:
    gatherer = Gatherer(SpecialistType.BUSINESS, RULES)
    for number in numbers:
        gatherer.audit(_audit(number))
        gatherer.plan(plan(number, at_ms=NOW_MS - DAY_MS))
    return gatherer


def _feedback(number: int, **fields: Any) -> dict[str, Any]:
    said = {
        "plan_id": f"plan-{number}",
        "specialist_type": "business",
        "at": NOW_MS - 1,
        "recommendation": "conditional",
    }
    return said | fields


def test_of_sixty_thousand_records_each_has_one_fate_and_the_counts_are_exact() -> None:
    gatherer = Gatherer(SpecialistType.BUSINESS, RULES)
    usable, broken, leaking = 10_000, 1_200, 300
    fates = (
        ["usable"] * usable + ["broken"] * broken + ["leaking"] * leaking + ["unsure"] * 20_000
        + ["other_decision"] * 10_000 + ["out_of_period"] * 8_000 + ["no_plan"] * 5_000 + ["no_label"] * 3_500
        + ["repeated"] * 2_000
    )  # fmt: skip
    assert len(fates) == 60_000
    template = plan(0, at_ms=NOW_MS - DAY_MS)
    row = dict(zip(NAMES, row_of_plan(template), strict=True))
    for number, fate in enumerate(fates):
        changes: dict[str, dict[str, Any]] = {
            "unsure": {"confidence": 0.6999}, "other_decision": {"outcome": "duplicate"},
            "out_of_period": {"at": NOW_MS - 91 * DAY_MS}, "repeated": {"intention_id": "intent-0"},
        }  # fmt: skip
        fields = changes.get(fate, {})
        gatherer.audit(b'{"intention_id": "x", "text"' if fate == "broken" else _audit(number, **fields))
        if fate in ("usable", "leaking", "no_label", "unsure", "other_decision", "out_of_period"):
            gatherer.plan(msgspec.structs.replace(template, plan_id=f"plan-{number}", intent_id=f"intent-{number}"))
        if fate in ("usable", "leaking", "no_plan"):
            early = fate == "leaking" and number % 2
            gatherer.feedback(_feedback(number, at=NOW_MS - 2 * DAY_MS if early else NOW_MS - 1))
        if fate == "leaking" and number % 2 == 0:
            gatherer.decision({"plan_id": f"plan-{number}", "metadata": {"features": row | {"human_rating": 0.9}}})
    gathered = gatherer.gathered()
    assert gathered.fates == {name: fates.count(name) for name in FATES}
    assert len(gathered.samples) == usable
    assert gathered.labelled_by == {"feedback": usable}
    assert gathered.bias.left_out == pytest.approx(20_000 / (60_000 - 1_200 - 10_000 - 8_000 - 2_000))


def test_the_threshold_keeps_what_lies_on_it() -> None:
    gatherer = _gatherer()
    gatherer.audit(_audit(1, confidence=0.7))
    gatherer.audit(_audit(2, confidence=0.69, domain="SECURITY"))
    gathered = gatherer.gathered()
    assert (gathered.fates["unsure"], gathered.fates["no_plan"]) == (1, 1)
    assert gathered.bias.domains_before == {"BUSINESS": 0.5, "SECURITY": 0.5}
    assert gathered.bias.domains_after == {"BUSINESS": 1.0}
    assert gathered.bias.distance == 0.5


def test_each_specialist_has_its_own_labels() -> None:
    labels = {}
    for specialist in SpecialistType:
        gatherer = Gatherer(specialist, RULES)
        gatherer.audit(_audit(1))
        gatherer.plan(plan(1, at_ms=NOW_MS - DAY_MS))
        for each, said in zip(SpecialistType, [*Recommendation, Recommendation.REJECT], strict=True):
            gatherer.feedback(_feedback(1, specialist_type=each.value, recommendation=said.value))
        labels[specialist] = gatherer.gathered().samples[0].label
    assert list(labels.values()) == [*Recommendation, Recommendation.REJECT]


@pytest.mark.parametrize(
    ("feedback", "opinion", "approval", "label"),
    [
        ({"recommendation": "CONDITIONAL", "human_rating": 0.1}, "approve", "rejected", ("conditional", "feedback")),
        ({"recommendation": None, "human_rating": 0.5}, "review_required", None, ("review_required", "rating")),
        ({"recommendation": None, "human_rating": 0.49}, "approve", None, None),
        ({"recommendation": None, "human_rating": 0.49}, "approve", "rejected", ("reject", "approval")),
        (None, "approve", "approved", ("approve", "approval")),
        (None, "approve", None, None),
        ({"recommendation": "perhaps", "at": "yesterday"}, None, None, None),
    ],
)
def test_labels_come_from_people(
    feedback: dict[str, Any] | None, opinion: str | None, approval: str | None, label: tuple[str, str] | None
) -> None:
    gatherer = _gatherer(1)
    if feedback is not None:
        gatherer.feedback(_feedback(1, **feedback))
    if opinion is not None:
        gatherer.opinion({"plan_id": "plan-1", "specialist_type": "business", "recommendation": opinion})
    if approval is not None:
        gatherer.approval({"plan_id": "plan-1", "applied": True, "decision": approval, "at": NOW_MS - 5})
    samples = gatherer.gathered().samples
    assert [(sample.label, sample.how) for sample in samples] == ([] if label is None else [label])


def test_a_verdict_from_after_the_period_does_not_count() -> None:
    gatherer = _gatherer(1)
    gatherer.feedback(_feedback(1, at=NOW_MS))
    assert gatherer.gathered().fates["no_label"] == 1


def test_a_kept_row_goes_before_the_computed_one() -> None:
    gatherer = _gatherer(1)
    gatherer.feedback(_feedback(1))
    kept = dict.fromkeys(NAMES, 0.25)
    gatherer.decision({"plan_id": "plan-1", "metadata": {"features": kept, "features_schema": SCHEMA}})
    assert gatherer.gathered().samples[0].row == (0.25,) * len(NAMES)


@pytest.mark.parametrize(
    ("change", "schema", "error"),
    [
        ({"human_rating": 0.9}, SCHEMA, LeakingRow),
        ({"recommendation": "approve"}, None, LeakingRow),
        ({}, "plan-features/0", UnusableRow),
        ({"num_tasks": None}, SCHEMA, UnusableRow),
        ({"num_tasks": float("nan")}, SCHEMA, UnusableRow),
        ({"num_tasks": True}, SCHEMA, UnusableRow),
    ],
)
def test_rows_that_must_not_be_learned_from(change: dict[str, Any], schema: str | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        row_of(dict.fromkeys(NAMES, 0.5) | change, schema=schema)
