from __future__ import annotations

import json
import sys
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from app.cli import _people, main
from app.cli._people import Waiting, summed_up
from app.stores import kafka
from models.nlu import to_envelope, understand
from models.presentation import SUBMITTED_PARTITION
from models.records import Domain, IntentAudit, IntentEnvelope, IntentOutcome, Submission, Validation, encode

NOW_MS = 1_800_000_000_000


def envelope(number: int, text: str = "fazer aquilo de ana@example.com") -> IntentEnvelope:
    submission = Submission(id=f"i-{number}", text=text)
    made = to_envelope(submission, understand(submission, now_ms=NOW_MS), fallback_id="f", now_ms=NOW_MS)
    made.metadata["guesses"] = {"TECHNICAL": 0.21, "SECURITY": 0.18}
    made.metadata[SUBMITTED_PARTITION] = 1
    return made


class Broker:
    """The topics that the command reads, and what it says there."""

    def __init__(self) -> None:
        self.records: list[kafka.Found] = []
        self.said: list[Validation] = []

    def put(self, topic: str, key: str | None, value: bytes | None, at_ms: int = NOW_MS) -> None:
        raw_key = None if key is None else key.encode()
        self.records.append(kafka.Found(topic, 0, len(self.records), at_ms, raw_key, value, []))

    def read(self, _: Any, names: list[str]) -> list[kafka.Found]:
        return [record for record in self.records if record.topic in names]

    def tell(self, _: Any, words: list[Validation]) -> dict[str, IntentAudit]:
        self.said += words
        return {
            word.intention_id: IntentAudit(
                intention_id=word.intention_id,
                outcome=IntentOutcome.VALIDATED,
                text="x",
                actor="a",
                at=1,
                domain=word.domain,
                by=word.by,
            )
            for word in words
        }


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()
    monkeypatch.setattr(kafka, "check_reachable", lambda _: None)
    monkeypatch.setattr(_people, "_read", made.read)
    monkeypatch.setattr(sys.modules["app.cli.validate"], "tell", made.tell)
    for number in (3, 1, 2):
        made.put("intentions.validation", f"i-{number}", encode(envelope(number)), NOW_MS + number)
    return made


def hive(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(main, ["validate", *arguments], **options)


def test_those_that_wait_are_listed_oldest_first_and_masked(broker: Broker) -> None:
    listed = json.loads(hive("--json").stdout)

    assert [item["intention_id"] for item in listed] == ["i-1", "i-2", "i-3"]
    assert listed[0]["text"] == "fazer aquilo de [EMAIL]"
    assert listed[0]["guesses"] == [
        {"domain": "TECHNICAL", "probability": 0.21},
        {"domain": "SECURITY", "probability": 0.18},
    ]
    shown = hive("--limit", "2").stdout
    assert "3 intentions wait for a person (the oldest 2 of them)" in shown
    assert ("i-2" in shown, "i-3" in shown, "TECHNICAL 0.21, SECURITY 0.18" in shown) == (True, False, True)


def test_an_id_stays_in_one_piece_however_long_the_text_is(broker: Broker) -> None:
    identity = "0b9c5e8e-5a38-4a43-9f3c-6d7d5a1f0a6b"
    long = msgspec.structs.replace(envelope(7, "fazer algo com aquilo tudo " * 30), id=identity)
    broker.put("intentions.validation", identity, encode(long))

    assert identity in hive().stdout


def test_one_that_somebody_has_answered_waits_no_more_and_a_correction_is_no_answer(broker: Broker) -> None:
    answer = Validation(intention_id="i-1", domain=Domain.SECURITY, by="bia", at=1, envelope=envelope(1))
    correction = Validation(intention_id="i-2", domain=Domain.SECURITY, by="bia", at=1, text="x")
    for word in (answer, correction):
        broker.put("intentions.validated", word.intention_id, encode(word))
    broker.put("intentions.validated", "i-3", b"garbage")
    broker.put("intentions.validation", "i-4", b"garbage")
    broker.put("intentions.validation", None, encode(envelope(5)))
    broker.put("intentions.validation", "i-6", None)

    assert [item["intention_id"] for item in json.loads(hive("--json").stdout)] == ["i-2", "i-3"]


def test_an_answer_takes_the_envelope_with_it(broker: Broker) -> None:
    result = hive("i-2", "--domain", "security", "--by", "ana")

    assert result.stdout == "i-2 is SECURITY: sent on, and learned\n"
    [word] = broker.said
    assert (word.intention_id, word.domain, word.by, word.envelope) == ("i-2", Domain.SECURITY, "ana", envelope(2))


def test_one_that_does_not_wait_cannot_be_answered(broker: Broker) -> None:
    result = hive("i-9", "--domain", "SECURITY")

    assert (result.exit_code, broker.said) == (1, [])
    assert result.stderr.startswith("Error: i-9 does not wait")


def test_on_a_terminal_they_are_asked_for_one_by_one(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["app.cli.validate"], "_is_terminal", lambda: True)

    result = hive("--by", "ana", input="4\ns\nx\n7\n")

    assert [(word.intention_id, word.domain) for word in broker.said] == [
        ("i-1", list(Domain)[3]),
        ("i-3", list(Domain)[6]),
    ]
    assert "2 of 3: fazer aquilo de [EMAIL]" in result.stdout
    assert result.stdout.endswith("no more wait\n")


def test_asking_ends_when_it_is_told_to(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["app.cli.validate"], "_is_terminal", lambda: True)

    assert hive(input="q\n").exit_code == 0
    assert broker.said == []


def test_nobody_waits(broker: Broker) -> None:
    broker.records.clear()

    assert json.loads(hive("--json").stdout) == []
    assert "0 intentions wait for a person" in hive().stdout


@pytest.mark.parametrize(
    ("outcome", "domain", "by", "says"),
    [
        (IntentOutcome.VALIDATED, Domain.SECURITY, "ana", "i-1 is SECURITY: sent on, and learned"),
        (IntentOutcome.VALIDATED, Domain.SECURITY, "bia", "i-1 is SECURITY already: bia was first"),
        (IntentOutcome.ALREADY_VALIDATED, Domain.BUSINESS, "bia", "i-1 is BUSINESS already: bia was first"),
        (IntentOutcome.CORRECTED, Domain.SECURITY, "ana", "learned: 'x' is SECURITY"),
    ],
)
def test_what_became_of_a_word_is_said(outcome: IntentOutcome, domain: Domain, by: str, says: str) -> None:
    word = Validation(intention_id="i-1", domain=Domain.SECURITY, by="ana", at=1, text="x")
    decision = IntentAudit(intention_id="i-1", outcome=outcome, text="x", actor="a", at=1, domain=domain, by=by)

    assert summed_up(word, decision) == says


def test_guesses_that_are_none_are_passed_over() -> None:
    odd = envelope(1)
    strange: list[Any] = [{"NONSENSE": 0.5}, {"TECHNICAL": "much"}, [], None, "x"]
    for guesses in strange:
        odd.metadata["guesses"] = guesses
        assert Waiting(odd, NOW_MS).guesses == [(odd.intent.domain, odd.confidence)]
