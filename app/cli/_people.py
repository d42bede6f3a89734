"""What a person says about intentions: which of them wait, and how a word on one is sent."""

from __future__ import annotations

import getpass
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import msgspec

from app import topics
from app.errors import HiveError, InvalidRecord
from app.stores import kafka
from models.nlu.pii import mask
from models.records import (
    Domain,
    IntentAudit,
    IntentEnvelope,
    IntentOutcome,
    Validation,
    decode,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from app.settings import Settings

READ_S = 60.0
OUTCOME_S = 15.0
_SETTLED = frozenset({IntentOutcome.VALIDATED, IntentOutcome.ALREADY_VALIDATED, IntentOutcome.CORRECTED})


@dataclass(frozen=True, slots=True)
class Waiting:
    """An intention that nobody has said the domain of yet."""

    envelope: IntentEnvelope
    since_ms: int

    @property
    def text(self) -> str:
        """Its text, masked."""
        return mask(self.envelope.intent.text)

    @property
    def guesses(self) -> list[tuple[Domain, float]]:
        """The best guesses of the stage that gave it up."""
        try:
            listed = msgspec.convert(self.envelope.metadata.get("guesses"), dict[Domain, float])
        except msgspec.ValidationError:  # another version's, or anybody's
            return [(self.envelope.intent.domain, self.envelope.confidence)]
        return list(listed.items())

    def as_json(self) -> dict[str, Any]:
        """Return what `hive validate --json` prints of it."""
        return {
            "intention_id": self.envelope.id,
            "text": self.text,
            "waits_since_ms": self.since_ms,
            "language": self.envelope.intent.original_language,
            "guesses": [{"domain": domain, "probability": probability} for domain, probability in self.guesses],
        }


def domain_choice() -> click.Choice[str]:
    """Return what may be given as a domain."""
    return click.Choice([domain.value for domain in Domain], case_sensitive=False)


def by_option() -> Callable[[Any], Any]:
    """Return the option that says who speaks."""
    return click.option("--by", default=getpass.getuser, show_default="your user name", help="Who says so.")


def waiting(settings: Settings) -> list[Waiting]:
    """Return the intentions that wait, the oldest first.

    Those are on `intentions.validation`, and no word with their envelope is on `intentions.validated`. It does not
    matter whether that word has been worked on yet, and of two words the stage `validate` lets the first count.

    Raises:
        BrokerUnavailable: Kafka does not answer.
    """
    return left(_read(settings, [topics.INTENTIONS_VALIDATION.name, topics.INTENTIONS_VALIDATED.name]))


def left(records: Iterable[kafka.Found]) -> list[Waiting]:
    """Return the intentions that wait, the oldest first, by the records of both topics."""
    found: dict[bytes, Waiting] = {}
    answered: set[bytes] = set()
    for record in records:
        with suppress(InvalidRecord):  # a dead letter, or nobody's
            if record.key is None:
                continue
            if record.topic == topics.INTENTIONS_VALIDATION.name:
                found.setdefault(record.key, Waiting(decode(IntentEnvelope, record.value), record.timestamp_ms))
            elif decode(Validation, record.value).envelope is not None:
                answered.add(record.key)
    return sorted((item for key, item in found.items() if key not in answered), key=lambda item: item.since_ms)


def newest_audit(settings: Settings, intention_id: str) -> IntentAudit:
    """Return the newest decision on an intention.

    Raises:
        HiveError: there is none.
    """
    key = intention_id.encode()
    records = [record for record in _read(settings, [topics.INTENTIONS_AUDIT.name]) if record.key == key]
    if not records:
        raise HiveError(f"there is no decision on {intention_id!r}; correct a text by --text")
    return decode(IntentAudit, max(records, key=lambda record: record.timestamp_ms).value)


def _read(settings: Settings, names: list[str]) -> Iterator[kafka.Found]:
    with kafka.reader(settings) as consumer:
        there = kafka.starts(consumer, names)
        for name in names:
            kafka.required({place: at for place, at in there.items() if place[0] == name}, name)
        yield from kafka.read_to_end(consumer, there, timeout_s=READ_S)


def tell(settings: Settings, words: list[Validation]) -> dict[str, IntentAudit]:
    """Send what a person says; return what was made of it, by the intention's id.

    Raises:
        BrokerUnavailable: Kafka does not answer.
        HiveError: no worker has taken it up in time; it will be, once one runs.
    """
    producer = kafka.producer(settings, {"linger.ms": 0})
    wanted = {word.intention_id.encode() for word in words}
    found: dict[str, IntentAudit] = {}
    with kafka.reader(settings) as consumer:
        audit = topics.INTENTIONS_AUDIT.name
        kafka.assign(consumer, kafka.required(kafka.ends(consumer, [audit]), audit))
        for word in words:
            producer.produce(topics.INTENTIONS_VALIDATED.name, key=word.intention_id, value=encode(word))
        if producer.flush(kafka.ANSWER_S):
            raise kafka.unreachable(settings)
        deadline_s = time.monotonic() + OUTCOME_S
        while len(found) < len(wanted):
            if time.monotonic() > deadline_s:
                raise HiveError(f"sent, but no worker has taken it up in {OUTCOME_S:g} s; `hive status` says why")
            record = kafka.poll(consumer, 0.2)
            if record is None or record.key not in wanted:
                continue
            decision = decode(IntentAudit, record.value)
            if decision.outcome in _SETTLED:
                found.setdefault(decision.intention_id, decision)
    return found


def summed_up(word: Validation, decision: IntentAudit) -> str:
    """Say in one line what has become of a word."""
    if decision.outcome is IntentOutcome.CORRECTED:
        return f"learned: {decision.text!r} is {decision.domain}"
    if decision.outcome is IntentOutcome.VALIDATED and (decision.by, decision.domain) == (word.by, word.domain):
        return f"{decision.intention_id} is {decision.domain}: sent on, and learned"
    return f"{decision.intention_id} is {decision.domain} already: {decision.by} was first"
