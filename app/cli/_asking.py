"""Ask the system: one intention out, its completed plan back, or first that it waits for a person."""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from app import topics
from app.errors import HiveError, InvalidRecord
from app.stores import kafka
from models.nlu.pii import mask
from models.planning.tickets import is_here, is_released
from models.records import ApprovalRequest, CognitivePlan, CompletedPlan, Submission, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import Consumer, Producer

    from app.settings import Settings

_DEAD_LETTERS = tuple(spec.name for spec in topics.DEAD_LETTERS)
_HEARD = (topics.PLANS_APPROVAL_REQUESTS.name, topics.PLANS_READY.name, *_DEAD_LETTERS)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and how long the asker has waited for it."""

    completed: CompletedPlan
    latency_ms: float

    @property
    def ids(self) -> tuple[str, str | None]:
        """The intention's id, and its plan's."""
        return self.completed.intention_id, self.completed.plan_id

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
            "outcome": plan.outcome,
            "tasks": msgspec.to_builtins(plan.tasks),
            "timings": plan.timings,
            "latency_ms": round(self.latency_ms, 1),
        }


@dataclass(frozen=True, slots=True)
class Outside:
    """A plan that nothing stands in the way of, some of whose tasks only outside workers can do."""

    plan: CognitivePlan

    @property
    def task_ids(self) -> list[str]:
        """The tasks that outside workers do, in their order."""
        return [task.task_id for task in self.plan.tasks if not is_here(task)]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A plan that a person is to look at before anything of it is done."""

    request: ApprovalRequest
    latency_ms: float
    status: ClassVar = "pending_approval"
    """No intention ends with it."""

    @property
    def ids(self) -> tuple[str, str | None]:
        """The intention's id, and its plan's."""
        return self.request.intent_id, self.request.plan_id

    @property
    def question(self) -> str:
        """What was asked, masked."""
        asker = self.request.plan.metadata.get("asker")
        return mask(str(asker.get("question", ""))) if isinstance(asker, dict) else ""

    def as_json(self) -> dict[str, Any]:
        """Return what `hive ask --json` prints: the fields of a reply, and what is to be approved."""
        request = self.request
        asker = request.plan.metadata.get("asker")
        return {
            "intention_id": request.intent_id,
            "domain": request.plan.original_domain,
            "confidence": asker.get("confidence") if isinstance(asker, dict) else None,
            "plan_id": request.plan_id,
            "decision": "pending",
            "status": self.status,
            "answer": None,
            "error": None,
            "latency_ms": round(self.latency_ms, 1),
            "approval": {
                "risk_score": request.risk_score,
                "risk_band": request.risk_band,
                "reasons": request.reasons,
                "is_destructive": request.is_destructive,
                "expires_at": request.expires_at,
            },
        }


class Asker:
    """One asker: its reader stands at the end of the answers before anything is asked."""

    def __init__(self, settings: Settings, consumer: Consumer, producer: Producer) -> None:
        self._settings = settings
        self._consumer = consumer
        self._producer = producer

    def ask(self, text: str, *, timeout_s: float, language: str | None = None) -> Reply:
        """Send an intention and wait for what comes of it in the end.

        Raises:
            InvalidRecord: the text is empty or too long.
            HiveError: no answer in time, or the intention became a dead letter.
        """
        replies = (
            told for told in self.follow(text, timeout_s=timeout_s, language=language) if isinstance(told, Reply)
        )
        return next(replies)

    def follow(
        self, text: str, *, timeout_s: float, language: str | None = None
    ) -> Iterator[Waiting | Outside | Reply]:
        """Send an intention and yield what is heard of it: that its plan waits for somebody, if it does; its end.

        Raises:
            InvalidRecord: the text is empty or too long.
            HiveError: no answer in time, or the intention became a dead letter.
        """
        submission = Submission(id=str(uuid.uuid4()), text=text, language=language)
        assert submission.id is not None  # noqa: S101 — given one line above
        key = submission.id.encode()
        begin = time.perf_counter()
        self._send(key, encode(submission))
        waits = "`hive status` says what waits"
        while (left_s := timeout_s - (time.perf_counter() - begin)) > 0:
            found = kafka.poll(self._consumer, min(left_s, 0.2))
            if found is None:
                continue
            took_ms = (time.perf_counter() - begin) * 1000
            if (request := _request(found, submission.id)) is not None:
                waits = f"its plan waits for an approval: `hive approvals show {request.plan_id}`"
                yield Waiting(request, took_ms)
            elif (plan := _ready(found, submission.id)) is not None:
                if (outside := Outside(plan)).task_ids:
                    waits = f"outside workers are at its plan: `hive plans show {plan.plan_id}`"
                    yield outside
            elif found.key != key:
                continue
            elif found.topic in _DEAD_LETTERS:
                raise HiveError(f"{submission.id} became a dead letter: {_reason(found)}")
            else:
                yield Reply(decode(CompletedPlan, found.value), took_ms)
                return
        raise HiveError(f"no answer to {submission.id} in {timeout_s:g} s; {waits}")

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


def _request(found: kafka.Found, intention_id: str) -> ApprovalRequest | None:
    """Read the request for the plan of this intention; it is keyed by the plan, which the asker does not know yet."""
    if found.topic == topics.PLANS_APPROVAL_REQUESTS.name:
        with suppress(InvalidRecord):  # anybody's; the stage makes a dead letter of it
            request = decode(ApprovalRequest, found.value)
            return request if request.intent_id == intention_id else None
    return None


def _ready(found: kafka.Found, intention_id: str) -> CognitivePlan | None:
    """Read the plan of this intention once it is free to go, if that is what was found."""
    if found.topic == topics.PLANS_READY.name and intention_id.encode() in (found.value or b""):  # others' are not read
        with suppress(InvalidRecord):
            plan = decode(CognitivePlan, found.value)
            return plan if plan.intent_id == intention_id and is_released(plan) else None
    return None


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
        kafka.assign(consumer, answers | kafka.ends(consumer, _HEARD))
        yield Asker(settings, consumer, producer)
