from __future__ import annotations

import pytest

from models.intake.admission import actor_of, correlation_of, duplicate, rate_limited
from models.records import Actor, CompletionStatus, Context, IntentOutcome, Submission, decode, encode
from models.records.audit import IntentAudit

TEXT = "bloquear o acesso de ana@example.com"


def submission(**parts: object) -> Submission:
    return Submission(**{"text": TEXT, "id": "i-2", **parts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, "anonymous"),
        ({"context": Context(user_id="u-1")}, "u-1"),
        ({"context": Context(user_id="u-1"), "actor": Actor(id="bot-7")}, "bot-7"),
    ],
)
def test_the_limit_is_that_of_whoever_says_who_they_are(parts: dict[str, object], expected: str) -> None:
    assert actor_of(submission(**parts)) == expected


def test_a_submission_is_recognised_by_its_correlation_id_else_by_its_own_else_not() -> None:
    assert correlation_of(submission(correlation_id="c")) == "c"
    assert correlation_of(submission()) == "i-2"
    assert correlation_of(submission(id=None)) is None


def test_an_id_of_any_length_makes_a_short_key_and_different_ids_different_ones() -> None:
    """Whoever sends a megabyte of correlation id must not fill the table with it."""
    keys = {correlation_of(submission(correlation_id="c" * length)) for length in (256, 257, 1_000_000)}
    assert len(keys) == 3
    assert max(len(key or "") for key in keys) == 256
    assert len(actor_of(submission(context=Context(user_id="u" * 1_000)))) <= 256


def test_a_duplicate_is_told_which_one_came_first() -> None:
    away = duplicate(submission(correlation_id="c", language="en"), intention_id="i-2", first="i-1", now_ms=5)
    assert away.answer is not None
    assert (away.answer.intention_id, away.answer.status) == ("i-2", CompletionStatus.DUPLICATE)
    assert away.answer.metadata == {"duplicate_of": "i-1"}
    assert away.answer.error == "this intention has been received already as i-1; the answer is that one's"
    assert (away.audit.outcome, away.audit.duplicate_of) == (IntentOutcome.DUPLICATE, "i-1")


def test_one_that_is_sent_again_under_its_own_id_gets_no_second_answer_under_it() -> None:
    away = duplicate(submission(), intention_id="i-2", first="i-2", now_ms=5)
    assert away.answer is None
    assert away.audit.duplicate_of == "i-2"


def test_one_over_the_limit_is_told_when_to_try_again() -> None:
    away = rate_limited(submission(), intention_id="i-2", per_minute=60, retry_after_ms=1_001, now_ms=5)
    assert away.answer is not None
    assert (away.answer.status, away.answer.metadata) == (CompletionStatus.REJECTED, {"retry_after_ms": 1_001})
    assert away.answer.error == ("intenções demais: são aceitas 60 por minuto de cada remetente; tente de novo em 2 s")
    assert away.audit.outcome is IntentOutcome.RATE_LIMITED


def test_nothing_personal_is_in_an_audit() -> None:
    parts = {"actor": Actor(id="ana@example.com")}
    away = duplicate(submission(**parts), intention_id="i-2", first="i-1", now_ms=5)
    raw = encode(away.audit)
    assert b"ana@" not in raw
    assert decode(IntentAudit, raw).actor == "[EMAIL]"
