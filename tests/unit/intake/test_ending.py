"""What gives a correlation id free, from whatever travels, and what never does."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.completion import complete, refuse
from models.intake.admission import correlation_of
from models.intake.ending import Freed, freed_by_answer, freed_by_dead_letter
from models.nlu import to_envelope, understand
from models.planning import first_tickets, make_plan
from models.presentation import SUBMITTED_PARTITION
from models.records import (
    CompletedPlan,
    CompletionStatus,
    ExecutionResult,
    IntentEnvelope,
    ResultStatus,
    Submission,
    TaskOutcome,
    encode,
)
from tests.unit.planning.catalogs import CATALOG
from tests.unit.records.strategies import JSON

NOW_MS = 1_800_000_000_000


def envelope(text: str) -> IntentEnvelope:
    submission = Submission(id="i-1", correlation_id="c-1", text=text)
    made = to_envelope(submission, understand(submission, now_ms=NOW_MS), fallback_id="x", now_ms=NOW_MS)
    made.metadata[SUBMITTED_PARTITION] = 3
    return made


def answer(status: CompletionStatus, metadata: dict[str, Any] | None = None) -> CompletedPlan:
    return CompletedPlan(
        intention_id="i-1",
        correlation_id="c-1",
        status=status,
        question="?",
        completed_at=NOW_MS,
        submitted_at=NOW_MS,
        metadata={SUBMITTED_PARTITION: 3} if metadata is None else metadata,
    )


def shown(freed: Freed | None) -> tuple[str, str, int] | None:
    return freed and (freed.release.intention_id, freed.release.correlation_id, freed.partition)


@pytest.mark.parametrize("status", CompletionStatus)
def test_an_intention_that_failed_is_free_and_no_other(status: CompletionStatus) -> None:
    freed = freed_by_answer(answer(status), partitions=4)
    failed = status in (CompletionStatus.FAILED, CompletionStatus.NOT_GROUNDED)
    assert shown(freed) == (("i-1", "c-1", 3) if failed else None)


@pytest.mark.parametrize("partition", [None, 4, -1, "3", True, 3.5, []])
def test_a_partition_that_nobody_could_have_come_in_on_frees_nothing(partition: object) -> None:
    """What stands in metadata may be anybody's; a partition that is not there would stop the worker."""
    forged = answer(CompletionStatus.FAILED, {SUBMITTED_PARTITION: partition})
    assert freed_by_answer(forged, partitions=4) is None
    body = {"id": "i-1", "correlation_id": "c-1", "metadata": {SUBMITTED_PARTITION: partition}}
    assert freed_by_dead_letter(json.dumps(body).encode(), reason="r", partitions=4, now_ms=1) is None


def test_the_partition_travels_from_the_envelope_to_the_answer_and_to_every_dead_letter() -> None:
    asked = envelope("vendas por região no último mês")
    plan = make_plan(asked, CATALOG, now_ms=NOW_MS)
    [ticket] = first_tickets(plan, now_ms=NOW_MS)
    result = ExecutionResult(
        ticket_id=ticket.ticket_id,
        status=ResultStatus.FAILED,
        result=TaskOutcome(success=False),
        agent_id="w",
        timestamp=NOW_MS,
        plan_id=ticket.plan_id,
        intent_id=ticket.intent_id,
        correlation_id=ticket.correlation_id,
        error_message="no",
        metadata=ticket.metadata,
    )
    assert shown(freed_by_answer(complete(result, now_ms=NOW_MS), partitions=4)) == ("i-1", "c-1", 3)
    for record in (asked, plan, ticket, result):
        freed = freed_by_dead_letter(encode(record), reason="boom", partitions=4, now_ms=NOW_MS)
        assert shown(freed) == ("i-1", "c-1", 3), type(record)


def test_a_plan_that_was_refused_frees_the_id() -> None:
    plan = make_plan(envelope("apague todos os clientes"), CATALOG, now_ms=NOW_MS)
    assert shown(freed_by_answer(refuse(plan, now_ms=NOW_MS), partitions=4)) == ("i-1", "c-1", 3)


def test_a_long_correlation_id_is_freed_under_the_key_that_it_was_remembered_by() -> None:
    long = "c" * 1_000
    ended = msgspec.structs.replace(answer(CompletionStatus.FAILED), correlation_id=long)
    freed = freed_by_answer(ended, partitions=4)
    assert freed is not None
    assert freed.release.correlation_id == correlation_of(Submission(text="x", correlation_id=long))


@given(JSON.map(lambda value: json.dumps(value).encode()) | st.binary() | st.none())
def test_a_dead_letter_may_be_anything(value: bytes | None) -> None:
    freed_by_dead_letter(value, reason="r", partitions=4, now_ms=1)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(["id", "intent_id", "correlation_id", "metadata"], JSON)))
def test_a_dead_letter_may_be_nearly_one_of_ours(body: dict[str, Any]) -> None:
    freed_by_dead_letter(json.dumps(body).encode(), reason="r", partitions=4, now_ms=1)
