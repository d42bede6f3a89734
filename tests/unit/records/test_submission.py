"""What may be put on `intentions.submitted`, and what may not."""

from __future__ import annotations

from typing import Any

import pytest

from models.errors import InvalidRecord
from models.records import (
    Constraints,
    Domain,
    Qos,
    SecurityLevel,
    Submission,
    SubmittedIntent,
    decode,
    encode,
)
from models.records.base import Consistency


def test_the_flat_form_needs_nothing_but_a_text() -> None:
    submission = decode(Submission, b'{"text": "  vendas por regi\\u00e3o ", "language": "pt-BR"}')
    assert submission.question == "vendas por região"
    assert submission.asked_language == "pt-BR"


def test_the_envelope_form_may_leave_out_what_understanding_finds() -> None:
    submission = decode(Submission, b'{"id": "i", "intent": {"text": "oi", "domain": "security"}}')
    assert submission.question == "oi"
    assert submission.intent is not None
    assert submission.intent.domain is Domain.SECURITY


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u2003"])
@pytest.mark.parametrize("nested", [False, True])
def test_a_text_without_characters_is_empty(text: str, *, nested: bool) -> None:
    fields: dict[str, Any] = {"intent": SubmittedIntent(text=text)} if nested else {"text": text}
    with pytest.raises(InvalidRecord) as caught:
        Submission(**fields)
    assert caught.value.reason == "empty-text"


def test_an_intent_without_a_text_is_empty() -> None:
    with pytest.raises(InvalidRecord) as caught:
        decode(Submission, b'{"intent": {"domain": "BUSINESS"}}')
    assert caught.value.reason == "empty-text"


def test_ten_thousand_characters_are_allowed_and_one_more_is_not() -> None:
    assert len(Submission(text=" " + "é" * 10_000 + " ").question) == 10_000
    with pytest.raises(InvalidRecord) as caught:
        Submission(text="é" * 10_001)
    assert caught.value.reason == "text-too-long"
    assert "10001" in caught.value.detail


def test_two_texts_are_one_too_many() -> None:
    with pytest.raises(InvalidRecord) as caught:
        Submission(text="a", intent=SubmittedIntent(text="b"))
    assert caught.value.reason == "invalid-field"


@pytest.mark.parametrize("qos", [None, Qos(consistency=Consistency.EVENTUAL)])
def test_restricted_needs_strong_consistency(qos: Qos | None) -> None:
    constraints = Constraints(security_level=SecurityLevel.RESTRICTED)
    with pytest.raises(InvalidRecord) as caught:
        Submission(text="x", constraints=constraints, qos=qos)
    assert caught.value.reason == "invalid-field"
    assert "STRONG" in caught.value.detail
    assert Submission(text="x", constraints=constraints, qos=Qos(consistency=Consistency.STRONG)).qos is not None


@pytest.mark.parametrize("timestamp", [0, 1, 16_725_225_600_000])
def test_a_wild_timestamp_is_kept(timestamp: int) -> None:
    submission = Submission(text="x", timestamp=timestamp)
    assert decode(Submission, encode(submission)).timestamp == timestamp
