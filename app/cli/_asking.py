"""Ask the system: one intention out, its completed plan back."""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from app import topics
from app.errors import HiveError
from app.stores import kafka
from models.records import CompletedPlan, Submission, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import Consumer, Producer

    from app.settings import Settings

_DEAD_LETTERS = tuple(spec.name for spec in topics.DEAD_LETTERS)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and how long the asker has waited for it."""

    completed: CompletedPlan
    latency_ms: float

    def as_json(self) -> dict[str, Any]:
        """Return what `hive ask --json` prints."""
        plan = self.completed
        return {
            "intention_id": plan.intention_id,
            "domain": plan.domain,
            "confidence": plan.confidence,
            "plan_id": plan.plan_id,
            "decision": plan.decision,
            "status": plan.status,
            "answer": msgspec.to_builtins(plan.answer),
            "error": plan.error,
            "latency_ms": round(self.latency_ms, 1),
        }


class Asker:
    """One asker: its reader stands at the end of the answers before anything is asked."""

    def __init__(self, settings: Settings, consumer: Consumer, producer: Producer) -> None:
        self._settings = settings
        self._consumer = consumer
        self._producer = producer

    def ask(self, text: str, *, timeout_s: float, language: str | None = None) -> Reply:
        """Send an intention and wait for what comes of it.

        Raises:
            InvalidRecord: the text is empty or too long.
            HiveError: no answer in time, or the intention became a dead letter.
        """
        submission = Submission(id=str(uuid.uuid4()), text=text, language=language)
        assert submission.id is not None  # noqa: S101 — given one line above
        key = submission.id.encode()
        begin = time.perf_counter()
        self._send(key, encode(submission))
        while (left_s := timeout_s - (time.perf_counter() - begin)) > 0:
            found = kafka.poll(self._consumer, min(left_s, 0.2))
            if found is None or found.key != key:
                continue
            if found.topic in _DEAD_LETTERS:
                raise HiveError(f"{submission.id} became a dead letter: {_reason(found)}")
            return Reply(decode(CompletedPlan, found.value), (time.perf_counter() - begin) * 1000)
        raise HiveError(f"no answer to {submission.id} in {timeout_s:g} s; `hive status` says what waits")

    def _send(self, key: bytes, value: bytes) -> None:
        failed: list[str] = []
        self._producer.produce(
            topics.INTENTIONS_SUBMITTED.name,
            key=key,
            value=value,
            on_delivery=lambda error, _: failed.append(error.str()) if error else None,
        )
        if self._producer.flush(kafka.ANSWER_S):
            raise kafka.unreachable(self._settings)
        if failed:
            raise HiveError(f"the intention was not accepted: {failed[0]}")


def _reason(found: kafka.Found) -> str:
    headers = {name: (value or b"").decode(errors="replace") for name, value in found.headers}
    told = " ".join(f"{name}={value}" for name, value in headers.items())
    return f"{found.topic}/{found.partition}/{found.offset} {told}".strip()


@contextmanager
def asking(settings: Settings) -> Iterator[Asker]:
    """Open an asker.

    Raises:
        BrokerUnavailable: Kafka does not answer.
    """
    # One record, and somebody waits for it: an idempotent producer would ask for its id first, for half a second.
    # Without retries it doesn't repeat anything either; what is not accepted is said to be.
    producer = kafka.producer(settings, {"enable.idempotence": False, "retries": 0, "linger.ms": 0})
    with kafka.reader(settings) as consumer:
        answers = kafka.ends(consumer, [topics.PLANS_COMPLETED.name])
        kafka.required(answers, topics.PLANS_COMPLETED.name)
        kafka.assign(consumer, answers | kafka.ends(consumer, _DEAD_LETTERS))
        yield Asker(settings, consumer, producer)
