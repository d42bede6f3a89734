"""Approvals: every state with every response, early and late ones, and what becomes of the plan."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidRecord
from models.planning import first_tickets
from models.planning.approval import (
    KEPT_MS,
    SYSTEM,
    Approval,
    ask,
    decided,
    due,
    expiry,
    forgettable,
    opened,
    outcome,
    respond,
    said,
)
from models.records import (
    ApprovalDecision,
    ApprovalRequest,
    ApprovalResponse,
    ApprovalStatus,
    PlanStatus,
    decode,
    encode,
)
from tables.approvals import MOST_KEPT, forget
from tests.unit.planning.catalogs import NOW_MS, plan_of

HOUR_MS = 3_600_000
PLAN = plan_of("apagar os clientes inativos")
REQUEST = ask(PLAN, now_ms=NOW_MS, expiry_ms=HOUR_MS)
OPEN = opened(REQUEST)
A, R, X, V, P = ApprovalDecision
S = ApprovalStatus


def response(decision: ApprovalDecision, *, by: str = "ana", at: int = NOW_MS + 5) -> ApprovalResponse:
    return ApprovalResponse(plan_id=PLAN.plan_id, decision=decision, by=by, at=at, reason="because")


def in_state(status: ApprovalStatus) -> Approval:
    return msgspec.structs.replace(OPEN, status=status, by="ana", decided_at=NOW_MS + 1)


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("decision", ApprovalDecision)
def test_only_the_listed_transitions_change_anything(status: ApprovalStatus, decision: ApprovalDecision) -> None:
    allowed = {
        (S.PENDING, A): S.APPROVED,
        (S.PENDING, R): S.REJECTED,
        (S.APPROVED, V): S.REVERTED,
        (S.APPROVED, P): S.APPROVED,
    }
    state = in_state(status) if status is not S.PENDING else OPEN
    after, why = respond(state, response(decision), at_ms=NOW_MS + 5)
    if (status, decision) in allowed:
        assert why is None
        assert after is not None
        assert after.status is allowed[status, decision]
    else:
        assert after is state
        assert why


def test_who_when_and_why_are_kept() -> None:
    after, _ = respond(OPEN, response(A, by="rui", at=77), at_ms=NOW_MS)
    assert after is not None
    assert (after.by, after.decided_at, after.reason) == ("rui", 77, "because")


def test_a_second_response_does_nothing() -> None:
    once, _ = respond(OPEN, response(A), at_ms=NOW_MS)
    assert respond(once, response(R, by="rui"), at_ms=NOW_MS) == (once, "it is approved")


def test_a_late_response_finds_that_the_time_was_up() -> None:
    late = NOW_MS + HOUR_MS
    first, second = said(OPEN, response(A), at_ms=late)
    assert (first.decision, first.by) == (X, SYSTEM)
    expired, why = respond(OPEN, first, at_ms=late)
    assert why is None
    assert expired is not None
    assert expired.status is S.EXPIRED
    assert respond(expired, second, at_ms=late) == (expired, "it is expired")
    assert said(OPEN, response(A), at_ms=late - 1) == (response(A),)


def test_nobody_can_let_a_request_expire_before_its_time() -> None:
    assert respond(OPEN, expiry(PLAN.plan_id, at_ms=NOW_MS), at_ms=NOW_MS) == (OPEN, "its time is not up")
    assert not due(OPEN, now_ms=NOW_MS + HOUR_MS - 1)
    assert due(OPEN, now_ms=NOW_MS + HOUR_MS)


def test_a_response_before_its_request_is_kept_until_that_comes() -> None:
    early, why = respond(None, response(A), at_ms=NOW_MS)
    assert why == "its request is to come"
    assert early is not None
    assert early.early == response(A)
    assert not early.is_open
    assert respond(early, response(R), at_ms=NOW_MS)[0] is early, "the first one counts"
    assert respond(None, response(V), at_ms=NOW_MS) == (None, "there is no such request")


@given(st.lists(st.tuples(st.sampled_from(ApprovalDecision), st.integers(0, 2 * HOUR_MS)), max_size=12))
def test_whatever_is_said_a_plan_is_let_go_at_most_once(words: list[tuple[ApprovalDecision, int]]) -> None:
    state: Approval | None = OPEN
    let_go = ended = 0
    for decision, after_ms in sorted(words, key=lambda word: word[1]):
        for each in said(state, response(decision), at_ms=NOW_MS + after_ms):
            state, why = respond(state, each, at_ms=NOW_MS + after_ms)
            let_go += why is None and each.decision is A
            ended += why is None and each.decision in (R, X)
    assert let_go + ended <= 1


def test_an_approved_plan_may_go_and_a_rejected_one_never() -> None:
    approved = decided(PLAN, in_state(S.APPROVED), now_ms=NOW_MS + 9)
    assert (approved.status, approved.approved_by, approved.approved_at) == (PlanStatus.APPROVED, "ana", NOW_MS + 1)
    assert approved.valid_until == NOW_MS + 9 + 86_400_000
    assert first_tickets(approved, now_ms=NOW_MS)
    for status in (S.REJECTED, S.EXPIRED, S.REVERTED):
        ended = decided(PLAN, in_state(status), now_ms=NOW_MS)
        assert (ended.status, ended.approval_status, ended.approved_by) == (PlanStatus.REJECTED, status, None)
        assert first_tickets(ended, now_ms=NOW_MS) == []


def test_records_travel_and_a_rejection_needs_a_reason() -> None:
    assert decode(ApprovalRequest, encode(REQUEST)) == REQUEST
    assert decode(ApprovalResponse, encode(response(R))) == response(R)
    for decision in ("rejected", "reverted"):
        with pytest.raises(InvalidRecord, match="reason"):
            decode(ApprovalResponse, msgspec.json.encode({"plan_id": "p", "decision": decision, "by": "a", "at": 1}))
    told = outcome(response(A), why="it is expired", intent_id="i")
    assert (told.applied, told.why, told.by) == (False, "it is expired", "ana")


def test_the_state_is_what_its_table_keeps() -> None:
    for state in (OPEN, in_state(S.REJECTED), respond(None, response(A), at_ms=1)[0]):
        assert msgspec.json.decode(msgspec.json.encode(state), type=Approval) == state


def test_the_table_forgets_what_was_decided_and_never_what_waits() -> None:
    old = msgspec.structs.replace(in_state(S.APPROVED), decided_at=NOW_MS - KEPT_MS - 1)
    assert forgettable(old, now_ms=NOW_MS)
    assert not forgettable(OPEN, now_ms=NOW_MS + 100 * KEPT_MS)
    states = {"open": OPEN, "old": old, "new": in_state(S.REJECTED), "more": OPEN}
    plans = dict.fromkeys(states, PLAN)
    forget(states, plans, iter(list(states)), size=4, now_ms=NOW_MS)
    assert list(states) == list(plans) == ["open", "new", "more"]
    forget(states, plans, iter(list(states)), size=MOST_KEPT + 1, now_ms=NOW_MS)
    assert list(states) == ["open", "more"]
