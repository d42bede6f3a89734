from __future__ import annotations

import pytest

from models.intake.validation import Said, settle
from models.nlu import to_envelope, understand
from models.records import Domain, FeedbackSource, IntentEnvelope, IntentOutcome, Submission, Validation, encode

NOW_MS = 1_800_000_000_000
TEXT = "aquilo que a ana@example.com pediu"


def envelope() -> IntentEnvelope:
    submission = Submission(id="i-1", text=TEXT)
    return to_envelope(submission, understand(submission, now_ms=NOW_MS), fallback_id="x", now_ms=NOW_MS)


def word(domain: Domain = Domain.COMPLIANCE, *, waits: bool = True) -> Validation:
    about = {"envelope": envelope()} if waits else {"text": TEXT, "previous_domain": Domain.TECHNICAL}
    return Validation(intention_id="i-1", domain=domain, by="bia", at=1, **about)


def test_an_intention_that_waits_goes_on_and_teaches() -> None:
    settled = settle(word(), None, now_ms=NOW_MS)
    assert settled.envelope is not None
    assert settled.feedback is not None
    assert (settled.envelope.intent.domain, settled.envelope.confidence) == (Domain.COMPLIANCE, 1.0)
    assert settled.envelope.intent.entities == envelope().intent.entities, "the plan needs the values"
    told = {name: settled.envelope.metadata[name] for name in ("validated_by", "validated_at")}
    assert told == {"validated_by": "bia", "validated_at": NOW_MS}
    assert (settled.feedback.domain, settled.feedback.previous_domain) == (Domain.COMPLIANCE, envelope().intent.domain)
    assert (settled.feedback.source, settled.feedback.by) == (FeedbackSource.VALIDATION, "bia")
    assert settled.audit.outcome is IntentOutcome.VALIDATED


@pytest.mark.parametrize("domain", [Domain.COMPLIANCE, Domain.SECURITY])
def test_the_second_word_on_an_intention_changes_nothing_and_says_whose_was_first(domain: Domain) -> None:
    settled = settle(word(domain), Said(Domain.COMPLIANCE, "ana", sent_on=True), now_ms=NOW_MS)
    assert (settled.envelope, settled.feedback) == (None, None)
    audit = settled.audit
    assert (audit.outcome, audit.domain, audit.by) == (IntentOutcome.ALREADY_VALIDATED, Domain.COMPLIANCE, "ana")


def test_a_correction_teaches_and_sends_nothing_on() -> None:
    settled = settle(word(waits=False), None, now_ms=NOW_MS)
    assert settled.envelope is None
    assert settled.feedback is not None
    assert (settled.feedback.previous_domain, settled.feedback.source) == (Domain.TECHNICAL, FeedbackSource.CORRECTION)
    assert settled.audit.outcome is IntentOutcome.CORRECTED


def test_a_correction_teaches_once_and_again_only_when_it_says_something_else() -> None:
    before = Said(Domain.COMPLIANCE, "ana", sent_on=True)
    assert settle(word(Domain.COMPLIANCE, waits=False), before, now_ms=NOW_MS).feedback is None
    changed = settle(word(Domain.SECURITY, waits=False), before, now_ms=NOW_MS).feedback
    assert changed is not None
    assert (changed.domain, changed.previous_domain) == (Domain.SECURITY, Domain.COMPLIANCE)


@pytest.mark.parametrize(("domain", "learned"), [(Domain.COMPLIANCE, False), (Domain.SECURITY, True)])
def test_one_that_was_corrected_while_it_waited_still_goes_on(domain: Domain, learned: bool) -> None:  # noqa: FBT001
    settled = settle(word(domain), Said(Domain.COMPLIANCE, "ana", sent_on=False), now_ms=NOW_MS)
    assert settled.envelope is not None
    assert (settled.envelope.intent.domain, settled.feedback is not None) == (domain, learned)


@pytest.mark.parametrize("waits", [True, False])
def test_nothing_personal_is_learned_or_noted(waits: bool) -> None:  # noqa: FBT001
    settled = settle(word(waits=waits), None, now_ms=NOW_MS)
    assert settled.feedback is not None
    assert settled.feedback.text == "aquilo que a [EMAIL] pediu"
    assert b"ana@" not in encode(settled.feedback) + encode(settled.audit)


def test_a_domain_that_was_guessed_right_keeps_its_subcategory() -> None:
    guessed = envelope().intent
    kept = settle(word(guessed.domain), None, now_ms=NOW_MS).envelope
    other = settle(word(Domain.OPERATIONAL), None, now_ms=NOW_MS).envelope
    assert kept is not None
    assert other is not None
    assert kept.intent.classification == guessed.classification
    assert other.intent.classification == "general"
