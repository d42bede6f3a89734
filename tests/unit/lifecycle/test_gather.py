from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from benchmarks.audited import AuditedWorld
from models.lifecycle.dataset import matrix_of
from models.lifecycle.gather import Gatherer, Rules
from models.lifecycle.samples import LeakingRow, UnusableRow, row_of
from models.online.features import NAMES, SCHEMA, features_of, inputs_of
from models.online.features import row_of as feature_row
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
    gatherer = Gatherer(RULES)
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


def _consensus(number: int, **fields: Any) -> dict[str, Any]:
    template = plan(number, at_ms=NOW_MS - DAY_MS)
    told = {
        "plan_id": f"plan-{number}",
        "intent_id": f"intent-{number}",
        "at": NOW_MS - DAY_MS,
        "feature_schema": SCHEMA,
        "features": feature_row(features_of(template)),
    }
    return told | fields


def test_of_sixty_thousand_records_each_has_one_fate_and_the_counts_are_exact() -> None:
    """In pure form; through Kafka and MongoDB: `python -m benchmarks collector`."""
    world = AuditedWorld(60_000, seed=4, whose=(SpecialistType.BUSINESS,))
    gatherer = Gatherer(world.rules)
    for value in world.audit:
        gatherer.audit(value)
    for document in world.decisions:
        gatherer.consensus(document)
    for said in world.feedback:
        gatherer.feedback(msgspec.to_builtins(said))
    gathered = gatherer.gathered(SpecialistType.BUSINESS)
    assert gathered.fates == world.fates
    assert (world.fates["usable"], world.fates["broken"]) == (10_000, 1_200)
    assert world.fates["leaking"] == 600
    assert all(gathered.fates.values()), "there is something of each"
    assert len(gathered.samples) == 10_000
    assert gathered.labelled_by == {"feedback": 10_000}
    sure = sum(world.fates[fate] for fate in ("usable", "no_plan", "no_label", "leaking", "unusable_row"))
    assert gathered.bias.left_out == pytest.approx(world.fates["unsure"] / (world.fates["unsure"] + sure))
    assert matrix_of(gathered.samples).rows.shape == (10_000, len(NAMES))


def test_the_row_that_was_served_is_the_one_that_is_learned_from() -> None:
    gatherer = _gatherer()
    gatherer.audit(_audit(1))
    assert gatherer.without_plan() == ["intent-1"]
    gatherer.consensus(_consensus(1, features=feature_row(features_of(plan(1, at_ms=NOW_MS - DAY_MS, risk=0.6)))))
    assert gatherer.without_plan() == []
    gatherer.plan(plan(1, at_ms=NOW_MS - DAY_MS))
    gatherer.feedback(_feedback(1))
    served = inputs_of(features_of(plan(1, at_ms=NOW_MS - DAY_MS, risk=0.6)))
    assert gatherer.gathered(SpecialistType.BUSINESS).samples[0].row == tuple(served[name] for name in NAMES)


def test_the_threshold_keeps_what_lies_on_it() -> None:
    gatherer = _gatherer()
    gatherer.audit(_audit(1, confidence=0.7))
    gatherer.audit(_audit(2, confidence=0.69, domain="SECURITY"))
    gathered = gatherer.gathered(SpecialistType.BUSINESS)
    assert (gathered.fates["unsure"], gathered.fates["no_plan"]) == (1, 1)
    assert gathered.bias.domains_before == {"BUSINESS": 0.5, "SECURITY": 0.5}
    assert gathered.bias.domains_after == {"BUSINESS": 1.0}
    assert gathered.bias.distance == 0.5


def test_each_specialist_has_its_own_labels() -> None:
    gatherer = _gatherer(1)
    for each, said in zip(SpecialistType, [*Recommendation, Recommendation.REJECT], strict=True):
        gatherer.feedback(_feedback(1, specialist_type=each.value, recommendation=said.value))
    labels = [gatherer.gathered(specialist).samples[0].label for specialist in SpecialistType]
    assert labels == [*Recommendation, Recommendation.REJECT]


def test_a_word_for_all_specialists_counts_where_there_is_none_for_one_and_the_newest_of_each_kind_does() -> None:
    gatherer = _gatherer(1)
    gatherer.feedback(_feedback(1, specialist_type=None, recommendation="reject", at=NOW_MS - 2))
    gatherer.feedback(_feedback(1, specialist_type=None, recommendation="approve", at=NOW_MS - 9))
    gatherer.feedback(_feedback(1, specialist_type="evolution", recommendation="conditional", at=NOW_MS - 5))
    labels = {each: gatherer.gathered(each).samples[0].label for each in SpecialistType}
    assert labels.pop(SpecialistType.EVOLUTION) is Recommendation.CONDITIONAL
    assert set(labels.values()) == {Recommendation.REJECT}


@pytest.mark.parametrize(
    ("feedback", "opinion", "approval", "label"),
    [
        ({"recommendation": "CONDITIONAL", "human_rating": 0.1}, "approve", "rejected", ("conditional", "feedback")),
        ({"recommendation": None, "human_rating": 0.5}, "review_required", None, ("review_required", "rating")),
        ({"recommendation": None, "human_rating": 0.49}, "approve", None, None),
        ({"recommendation": None, "human_rating": 0.49}, "approve", "rejected", ("reject", "approval")),
        (None, "approve", "approved", ("approve", "approval")),
        (None, "approve", "reverted", ("reject", "approval")),
        (None, "approve", None, None),
        ({"recommendation": "perhaps", "at": "yesterday"}, None, None, None),
    ],
)
def test_labels_come_from_people(
    feedback: dict[str, Any] | None, opinion: str | None, approval: str | None, label: tuple[str, str] | None
) -> None:
    gatherer = _gatherer(1)
    if opinion is not None:
        gatherer.consensus(
            _consensus(1, at=NOW_MS - DAY_MS - 1, opinions=[{"specialist_type": "business", "recommendation": opinion}])
        )
    if feedback is not None:
        gatherer.feedback(_feedback(1, **feedback))
    if approval is not None:
        gatherer.approval({"plan_id": "plan-1", "applied": True, "decision": approval, "at": NOW_MS - 5})
    samples = gatherer.gathered(SpecialistType.BUSINESS).samples
    assert [(sample.label, sample.how) for sample in samples] == ([] if label is None else [label])


def test_a_verdict_from_after_the_period_does_not_count() -> None:
    gatherer = _gatherer(1)
    gatherer.feedback(_feedback(1, at=NOW_MS))
    assert gatherer.gathered(SpecialistType.BUSINESS).fates["no_label"] == 1


@pytest.mark.parametrize(
    ("kept", "schema", "error"),
    [
        (dict.fromkeys(NAMES, 0.5) | {"human_rating": 0.9}, SCHEMA, LeakingRow),
        (dict.fromkeys(NAMES, 0.5) | {"recommendation": "approve"}, None, LeakingRow),
        ([0.5] * len(NAMES), "plan-features/0", UnusableRow),
        ([0.5] * (len(NAMES) + 1), SCHEMA, UnusableRow),
        ({"num_tasks": 0.5}, SCHEMA, UnusableRow),
        ([None] * len(NAMES), SCHEMA, UnusableRow),
        ([float("nan")] * len(NAMES), SCHEMA, UnusableRow),
        ([True] * len(NAMES), SCHEMA, UnusableRow),
        ([-2.0] * len(NAMES), SCHEMA, UnusableRow),
        ("5" * len(NAMES), SCHEMA, UnusableRow),
        (None, SCHEMA, UnusableRow),
    ],
)
def test_rows_that_must_not_be_learned_from(kept: object, schema: str | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        row_of(kept, schema=schema)
