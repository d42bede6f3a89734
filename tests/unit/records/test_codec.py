"""What comes in from anywhere becomes a record or an InvalidRecord, and nothing is lost on the way out."""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvalidRecord
from models.records import (
    MAX_DEPTH,
    MAX_RECORD_BYTES,
    CognitivePlan,
    CompletedPlan,
    ConsolidatedDecision,
    ExecutionResult,
    ExecutionTicket,
    Feedback,
    IntentAudit,
    IntentEnvelope,
    LearningEvent,
    Priority,
    Record,
    Release,
    SecurityLevel,
    SpecialistOpinion,
    Submission,
    Validation,
    codec,
    decode,
    encode,
)
from tests.unit.records.strategies import JSON, KINDS, camel_case, records

ENVELOPE: dict[str, Any] = {
    "id": "i-1",
    "actor": {"id": "u-1", "actorType": "HUMAN"},
    "intent": {"text": "vendas por região", "domain": "BUSINESS", "originalLanguage": "pt"},
    "confidence": 0.9,
    "timestamp": 1_760_000_000_000,
    "correlationId": "c-1",
    "constraints": {"securityLevel": "CONFIDENTIAL", "maxRetries": 5},
    "metadata": {"traceState": {"innerKey": 1}},
}


@pytest.fixture(params=["orjson", "json"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test with each of the two parsers that the lenient path can have."""
    if request.param == "json":
        monkeypatch.setattr(codec, "orjson", None)
    return str(request.param)


def test_without_orjson_the_standard_library_parses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "orjson", None)
    spec = importlib.util.spec_from_file_location("codec_without_orjson", codec.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.orjson is None
    assert module.decode(Submission, b'{"text": "x", "correlationId": "c"}').correlation_id == "c"


def reason_of(kind: type[Record], data: bytes | None) -> str:
    with pytest.raises(InvalidRecord) as caught:
        decode(kind, data)
    assert "\n" not in str(caught.value)
    assert str(caught.value) == f"{caught.value.reason}: {caught.value.detail}"
    return caught.value.reason


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_record_comes_back_as_it_went(kind: type[Record], data: st.DataObject) -> None:
    record = data.draw(records(kind))
    assert decode(kind, encode(record)) == record


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_camel_case_gives_the_same_record(kind: type[Record], data: st.DataObject) -> None:
    record = data.draw(records(kind))
    assert decode(kind, json.dumps(camel_case(record)).encode()) == record


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_record_or_an_invalid_record(data: bytes) -> None:
    for kind in KINDS:
        try:
            record = decode(kind, data)
        except InvalidRecord:
            continue
        assert decode(kind, encode(record)) == record


@settings(max_examples=40, deadline=None)
@given(unknown=st.dictionaries(st.text(max_size=8).map("x".__add__), JSON, max_size=4))
def test_unknown_fields_survive_at_every_level(unknown: dict[str, Any]) -> None:
    wire = {**ENVELOPE, **unknown, "actor": {**ENVELOPE["actor"], **unknown}}
    envelope = decode(IntentEnvelope, json.dumps(wire).encode())
    again = json.loads(encode(envelope))
    for level in (again, again["actor"]):
        assert {key: level[key] for key in unknown} == unknown


def test_camel_case_is_read_and_snake_case_is_written(parser: str) -> None:
    envelope = decode(IntentEnvelope, json.dumps(ENVELOPE).encode())
    assert envelope.constraints is not None
    assert envelope.constraints.security_level is SecurityLevel.CONFIDENTIAL
    wire = json.loads(encode(envelope))
    assert wire["correlation_id"] == "c-1"
    assert wire["intent"]["original_language"] == "pt"
    assert wire["constraints"]["max_retries"] == 5
    assert "correlationId" not in wire


def test_keys_inside_free_maps_are_never_renamed(parser: str) -> None:
    envelope = decode(IntentEnvelope, json.dumps(ENVELOPE).encode())
    assert envelope.metadata == {"traceState": {"innerKey": 1}}
    assert json.loads(encode(envelope))["metadata"] == {"traceState": {"innerKey": 1}}


def test_an_unknown_field_can_not_overwrite_a_known_one() -> None:
    wire = {**ENVELOPE, "$extra": {"id": "forged"}, "other": 1}
    envelope = decode(IntentEnvelope, json.dumps(wire).encode())
    assert json.loads(encode(envelope))["id"] == "i-1"


@pytest.mark.parametrize(
    ("written", "priority"),
    [("high", Priority.HIGH), ("HIGH", Priority.HIGH), ("Critical", Priority.CRITICAL)],
)
def test_enums_are_read_in_any_case_and_written_in_one(written: str, priority: Priority) -> None:
    submission = decode(Submission, json.dumps({"text": "x", "constraints": {"priority": written}}).encode())
    assert submission.constraints is not None
    assert submission.constraints.priority is priority
    assert json.loads(encode(submission))["constraints"]["priority"] == priority.value


def test_a_hyphen_in_an_enum_is_an_underscore() -> None:
    wire = {"text": "x", "qos": {"deliveryMode": "exactly-once", "consistency": "strong"}}
    submission = decode(Submission, json.dumps(wire).encode())
    assert json.loads(encode(submission))["qos"]["delivery_mode"] == "EXACTLY_ONCE"


def test_a_wrong_enum_says_which_field_and_what_is_allowed(parser: str) -> None:
    wire = {"text": "x", "constraints": {"securityLevel": "secret"}}
    with pytest.raises(InvalidRecord) as caught:
        decode(Submission, json.dumps(wire).encode())
    assert caught.value.reason == "invalid-field"
    assert caught.value.detail == (
        "constraints.security_level: Invalid enum value 'secret'; allowed: PUBLIC, INTERNAL, CONFIDENTIAL, RESTRICTED"
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "tombstone"),
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"\xef\xbb\xbf{}", "not-json"),
        ('{"text": "x"}'.encode("utf-16"), "not-json"),
        (b'{"text": "\xff"}', "not-json"),
        (b'{"text": "\\ud800"}', "not-json"),
        (b'{"text": "x", "n": NaN}', "not-json"),
        (b'{"text": "x", "n": -Infinity}', "not-json"),
        (b'{"text": "x", "n": 1e999}', "not-json"),
        (b'{"text": "x", "n": ' + b"9" * 5_000 + b"}", "not-json"),
        (b"[" * 100_000, "too-deep"),
        (b'{"text": "x", "n": ' + b"[" * 500 + b"]" * 500 + b"}", "too-deep"),
        (b"[]", "not-an-envelope"),
        (b'"vendas"', "not-an-envelope"),
        (b"null", "not-an-envelope"),
        (b'{"language": "pt"}', "not-an-envelope"),
        (b'{"text": "x", "timestamp": 123456789012345678901234567890}', "invalid-field"),
        (b'{"text": "x", "timestamp": 1.5}', "invalid-field"),
        (b'{"text": "x", "confidence": 1.01}', "invalid-field"),
        (b'{"text": 5}', "invalid-field"),
        (b'{"text": "x", "id": ""}', "invalid-field"),
        (b'{"text": "x", "metadata": []}', "invalid-field"),
        (b"x" * (MAX_RECORD_BYTES + 1), "too-large"),
    ],
)
def test_a_record_that_can_not_be_one_says_why(parser: str, data: bytes | None, reason: str) -> None:
    assert reason_of(Submission, data) == reason


def test_the_last_of_two_equal_keys_counts() -> None:
    assert decode(Submission, b'{"text": "a", "text": "b"}').question == "b"


def test_a_record_of_the_greatest_depth_and_size_passes() -> None:
    deep = b'{"text": "x", "n": ' + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1) + b"}"
    assert decode(Submission, encode(decode(Submission, deep))).extra == decode(Submission, deep).extra
    padding = MAX_RECORD_BYTES - len(b'{"text": "x", "pad": ""}')
    assert decode(Submission, b'{"text": "x", "pad": "' + b"p" * padding + b'"}').question == "x"


def test_brackets_within_strings_are_no_depth() -> None:
    assert decode(Submission, b'{"text": "' + b"[{" * 4_000 + b'"}').question.startswith("[{")


def test_a_string_of_escapes_that_never_ends_costs_little() -> None:
    """Quadratic time here would let one record hold a worker for hours; the test's timeout would tell."""
    reason_of(Submission, b"[" * 101 + b'"' + b'\\"' * 2_000_000)
    reason_of(Submission, b'"' + b'\\"' * 1_000_000 + b"[" * 101)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not Submission])
def test_a_required_field_that_is_missing_is_named(kind: type[Record]) -> None:
    with pytest.raises(InvalidRecord, match="missing required field"):
        decode(kind, b"{}")


def test_all_kinds_are_covered() -> None:
    assert set(KINDS) == {
        Submission,
        IntentEnvelope,
        CognitivePlan,
        ExecutionTicket,
        ExecutionResult,
        SpecialistOpinion,
        ConsolidatedDecision,
        CompletedPlan,
        IntentAudit,
        Feedback,
        Validation,
        Release,
        LearningEvent,
    }


def test_records_are_frozen() -> None:
    submission = Submission(text="x")
    with pytest.raises(AttributeError):
        submission.text = "y"  # type: ignore[misc]
    assert msgspec.structs.replace(submission, text="y").question == "y"


ANSWER: dict[str, Any] = {"intention_id": "i-1", "domain": "SECURITY", "by": "ana", "at": 1}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "either `envelope`"),
        ({"envelope": ENVELOPE, "text": "x"}, "either `envelope`"),
        ({"envelope": {**ENVELOPE, "id": "i-2"}}, "must be the intention_id"),
        ({"text": "  "}, "empty"),
    ],
)
def test_an_answer_holds_the_envelope_it_is_about_or_a_text(more: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidRecord, match=says):
        decode(Validation, json.dumps({**ANSWER, **more}).encode())
