"""Chains of entries: what is changed, missing or moved is found; nothing personal is in them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ledger import EXPLANATIONS, LEDGER, documents
from models.completion import planned
from models.planning.approval import ask, expiry, outcome
from models.planning.ledger import GENESIS, Head, append, explanation, verify
from models.records import CognitivePlan, FactKind, LedgerEntry, LedgerFact, decode, encode
from tests.unit.planning.catalogs import NOW_MS, plan_of

PLAN = plan_of("apagar os clientes inativos e escrever para joao.silva@empresa.com")
FACTS = [
    LedgerFact(intent_id="i-1", at=1, requested=ask(PLAN, now_ms=NOW_MS, expiry_ms=1000)),
    LedgerFact(intent_id="i-1", at=2, approval=outcome(expiry(PLAN.plan_id, at_ms=5), why=None, intent_id="i-1")),
    LedgerFact(intent_id="i-1", at=3, plan=PLAN),
    LedgerFact(intent_id="i-1", at=4, completed=planned(PLAN, now_ms=NOW_MS)),
]


def chained(facts: list[LedgerFact]) -> list[LedgerEntry]:
    head, entries = Head(), []
    for fact in facts:
        entry, head = append(head, "app/0", fact)
        entries.append(entry)
    return entries


def test_a_chain_begins_with_nothing_and_each_entry_follows_the_one_before() -> None:
    entries = chained(FACTS)
    assert [entry.previous for entry in entries] == [GENESIS, *(entry.hash for entry in entries[:-1])]
    assert [entry.kind for entry in entries] == [
        FactKind.APPROVAL_REQUESTED,
        FactKind.APPROVAL,
        FactKind.PLAN,
        FactKind.COMPLETED,
    ]
    assert verify(entries, "app/0") == ("app/0", 4, entries[-1].hash, None)
    assert [decode(LedgerEntry, encode(entry)) for entry in entries] == entries


def test_the_same_facts_give_the_same_chain() -> None:
    assert chained(FACTS) == chained(FACTS)


@given(
    st.integers(0, 3),
    st.sampled_from(["at", "body", "by", "intent_id", "plan_id", "kind", "previous", "hash", "sequence"]),
)
def test_whatever_is_changed_is_found(at: int, field: str) -> None:
    entries = chained(FACTS)
    other = {"at": 99, "sequence": 7, "kind": FactKind.PLAN if at != 2 else FactKind.APPROVAL}
    value = other.get(field, "f" * 64 if field in ("previous", "hash") else "changed")
    entries[at] = msgspec.structs.replace(entries[at], **{field: value})
    assert verify(entries, "app/0").problem is not None


@pytest.mark.parametrize("at", [0, 1, 2])
def test_what_is_missing_moved_or_repeated_is_found(at: int) -> None:
    entries = chained(FACTS)
    assert verify(entries[:at] + entries[at + 1 :], "app/0").problem
    swapped = [*entries]
    swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
    assert verify(swapped, "app/0").problem
    assert verify(entries[: at + 1] + entries[at:], "app/0").problem
    assert verify(entries, "app/1").problem


def test_an_entry_that_is_forged_whole_does_not_fit_what_follows() -> None:
    entries = chained(FACTS)
    forged, _ = append(Head(1, entries[0].hash), "app/0", LedgerFact(intent_id="i-1", at=2, plan=PLAN))
    found = verify([entries[0], forged, *entries[2:]], "app/0")
    assert (found.entries, found.problem) == (2, "entry 2 does not follow the one before")


def test_nothing_personal_and_no_data_is_kept() -> None:
    for entry in chained(FACTS):
        assert "joao.silva" not in entry.body
    assert "answer" not in msgspec.json.decode(chained(FACTS)[3].body)
    assert msgspec.json.decode(chained(FACTS)[3].body)["rows"] == len(PLAN.tasks)


def test_the_entry_holds_the_plan_and_who_approved_it() -> None:
    approved = msgspec.structs.replace(PLAN, approved_by="ana", approved_at=7)
    [entry] = chained([LedgerFact(intent_id="i-1", at=3, plan=approved)])
    assert entry.by == "ana"
    kept = msgspec.json.decode(entry.body, type=CognitivePlan)
    assert (kept.plan_id, kept.approved_at, len(kept.tasks)) == (PLAN.plan_id, 7, len(PLAN.tasks))


def test_the_explanation_has_the_risk_matrix_of_the_specification() -> None:
    told = explanation(PLAN)
    assert told["token"] == PLAN.explainability_token
    assert told["risk_matrix"].keys() == {
        "entity_id",
        "entity_type",
        "assessments",
        "overall_score",
        "overall_band",
        "highest_risk_domain",
        "created_at",
    }
    assert told["risk_matrix"]["assessments"].keys() == {"business", "security", "operational"}
    assert told["destructive"]["severity"] == PLAN.metadata["destructive"]["severity"]
    assert "joao.silva" not in msgspec.json.encode(told).decode()


def test_what_is_kept_has_an_id_made_of_what_it_is() -> None:
    kept = documents(chained(FACTS))
    assert [found["_id"] for found in kept[LEDGER]] == [f"app/0/{number:012}" for number in range(4)]
    assert {found["_id"] for found in kept[EXPLANATIONS]} == {PLAN.explainability_token}


def test_a_fact_is_one_thing() -> None:
    for parts in ({}, {"plan": PLAN, "completed": planned(PLAN, now_ms=1)}):
        with pytest.raises(ValueError, match="exactly one"):
            LedgerFact(intent_id="i", at=1, **parts)  # type: ignore[arg-type]
