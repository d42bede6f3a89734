"""What is known of the plans of a time, read from Kafka and MongoDB for :class:`models.lifecycle.gather.Gatherer`.

Audit records come from `intentions.audit`, what people said of plans from `feedback.plans`; what was said of each plan
when it was judged from `consensus_decisions`, older plans and approvals from the ledger, and what people say elsewhere
from `specialist_feedback`, where somebody puts it there. Each is read up to where it ends when it is begun.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import msgspec
from confluent_kafka import TopicPartition

from app import topics
from app.decisions import DECISIONS
from app.ledger import LEDGER
from app.stores import kafka
from app.stores.mongo import MongoStore
from models.errors import InvalidRecord
from models.lifecycle.gather import Gatherer, Rules
from models.records import ApprovalOutcome, ApprovalRequest, CognitivePlan, FactKind, PlanFeedback, decode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from confluent_kafka import Consumer

    from app.settings import Settings
    from app.topics import TopicSpec

__all__ = ["FEEDBACK", "MOST_RECORDS", "Collected", "collect", "rules_of"]

FEEDBACK: Final = "specialist_feedback"
"""Documents with `plan_id`, `at`, and `recommendation` or `human_rating`; `specialist_type` where one is meant."""
MOST_RECORDS: Final = 200_000
"""Of the audit: the newest ones, so that what is kept of them fits into half a gigabyte."""
_PAGE: Final = 1000
_BODIES: Final = 200
_IDLE_S: Final = 30.0
_MARGIN_MS: Final = 3_600_000
"""A record may be written so long before the time that is said in it: clocks differ."""
_FIELDS: Final = (
    "plan_id", "intent_id", "at", "feature_schema", "features", "opinions.specialist_type", "opinions.recommendation",
    "opinions.confidence_score",
)  # fmt: skip


R = TypeVar("R")


def rules_of(
    settings: Settings, *, to_ms: int, days: float | None = None, min_confidence: float | None = None
) -> Rules:
    """Return what becomes a sample: by the settings, but for what is given."""
    return Rules(
        from_ms=max(0, to_ms - round((days or settings.collect_days) * topics.DAY_MS)),
        to_ms=to_ms,
        min_confidence=settings.collect_min_confidence if min_confidence is None else min_confidence,
    )


class Collected(NamedTuple):
    """What was gathered, and how much of each source was read for it."""

    gatherer: Gatherer
    read: dict[str, int]


def collect(
    settings: Settings, rules: Rules, *, on_read: Callable[[str, int, int], None] = lambda *_: None
) -> Collected:
    """Read all that is known of the plans of a time. Blocking.

    Args:
        settings: Where Kafka and MongoDB are.
        rules: Which time, and which records count.
        on_read: Told of the source, of how much of it has been read, and of how much there is as far as that is known.

    Raises:
        BrokerUnavailable: Kafka does not answer.
        HiveError: there is no audit.
        StoreUnavailable: MongoDB does not answer.
    """
    read: Counter[str] = Counter()
    gatherer = Gatherer(rules)

    def count(source: str, of: int = 0) -> None:
        read[source] += 1
        on_read(source, read[source], max(of, read[source]))

    with kafka.reader(settings) as consumer:
        for value, total in _values(consumer, topics.INTENTIONS_AUDIT, rules.from_ms - _MARGIN_MS, MOST_RECORDS):
            gatherer.audit(value)
            count(topics.INTENTIONS_AUDIT.name, total)
        asyncio.run(_from_mongo(settings, gatherer, rules, count))
        for value, total in _values(consumer, topics.FEEDBACK_PLANS, rules.from_ms - _MARGIN_MS):
            count(topics.FEEDBACK_PLANS.name, total)
            try:
                said = decode(PlanFeedback, value)
            except InvalidRecord:
                continue  # it was a dead letter when it came
            gatherer.feedback({**msgspec.to_builtins(said), "human_rating": said.rating})
    return Collected(gatherer, dict(read))


def _values(
    consumer: Consumer, topic: TopicSpec, from_ms: int, most: int | None = None
) -> Iterator[tuple[bytes | None, int]]:
    """Yield the values on a topic since a time, the newest of each partition, and how many there are at most."""
    ends = kafka.required(kafka.ends(consumer, [topic.name]), topic.name)
    asked = [TopicPartition(name, partition, max(0, from_ms)) for name, partition in ends]
    since = {(at.topic, at.partition): at.offset for at in consumer.offsets_for_times(asked, timeout=kafka.ANSWER_S)}
    spans: dict[tuple[str, int], tuple[int, int]] = {}
    for place, end in ends.items():
        # A negative offset: there is none so late. The last one is looked at all the same, see `kafka.read_now`.
        start = since[place] if since[place] >= 0 else max(0, end - 1)
        spans[place] = (start if most is None else max(start, end - most // len(ends)), end)
    total = sum(end - start for start, end in spans.values())
    for record in kafka.read_now(consumer, spans, idle_s=_IDLE_S):
        yield record.value, total


async def _from_mongo(settings: Settings, gatherer: Gatherer, rules: Rules, count: Callable[[str], None]) -> None:
    mongo = MongoStore.of(settings)
    period = {"$gte": rules.from_ms, "$lt": rules.to_ms}
    try:
        async for document in _documents(mongo, DECISIONS, {"at": period}, _FIELDS):
            gatherer.consensus(document)
            count(DECISIONS)
        await _plans(mongo, gatherer, count)
        answered = {"kind": FactKind.APPROVAL.value, "at": period}
        async for document in _documents(mongo, LEDGER, answered, ("body",)):
            count(LEDGER)
            if (outcome := _body(document, ApprovalOutcome)) is not None:
                gatherer.approval(msgspec.to_builtins(outcome))
        async for document in _documents(mongo, FEEDBACK, {"at": period}, None):
            gatherer.feedback(document)
            count(FEEDBACK)
    finally:
        await mongo.close()


async def _plans(mongo: MongoStore, gatherer: Gatherer, count: Callable[[str], None]) -> None:
    """Take plans from the ledger of which no consensus is known: those of before there was any."""
    lacking = gatherer.without_plan()
    kinds = {"$in": [FactKind.PLAN.value, FactKind.APPROVAL_REQUESTED.value]}
    for begin in range(0, len(lacking), _BODIES):
        wanted = {"kind": kinds, "intent_id": {"$in": lacking[begin : begin + _BODIES]}}
        async for document in _documents(mongo, LEDGER, wanted, ("body", "kind")):
            count(LEDGER)
            if document["kind"] == FactKind.PLAN.value:
                plan = _body(document, CognitivePlan)
            else:
                requested = _body(document, ApprovalRequest)
                plan = None if requested is None else requested.plan
            if plan is not None:
                gatherer.plan(plan)


def _body(document: Mapping[str, Any], kind: type[R]) -> R | None:
    """Return what an entry of the ledger holds; None: it was written by a version that wrote something else."""
    try:
        return msgspec.json.decode(document["body"], type=kind)
    except msgspec.MsgspecError:
        return None


async def _documents(
    mongo: MongoStore, collection: str, where: Mapping[str, Any], fields: tuple[str, ...] | None
) -> AsyncIterator[dict[str, Any]]:
    """Yield documents in the order of their ids, page by page: no cursor has to stay open for long."""
    after: dict[str, Any] = {}
    while True:
        page = await mongo.page(collection, {**where, **after}, by="_id", limit=_PAGE, fields=fields)
        for document in page:
            yield document
        if len(page) < _PAGE:
            return
        after = {"_id": {"$gt": page[-1]["_id"]}}
