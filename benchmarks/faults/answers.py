"""Answers as they come, and the verdict on them."""

from __future__ import annotations

import time
import uuid
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from app import topics
from benchmarks.report import progress
from models.records import ExecutionResult, ExecutionTicket

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from threading import Event

    from benchmarks.cluster import Cluster

SAME_ROWS = ("mongodb", "neo4j")
"""Kinds whose data survive their store's death: the same question always has the same rows."""


class Answers:
    """A `read_committed` reader of the answers.

    Attributes:
        seen: All answers of each intention, in their order.
        first_at_s: When the first of them was seen, in epoch seconds.
    """

    def __init__(self, bootstrap: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": f"answers-{uuid.uuid4()}",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 50,
                "log_level": 0,
            }
        )
        known = self._consumer.list_topics(timeout=30).topics[topics.PLANS_COMPLETED.name].partitions
        self._consumer.assign(
            [TopicPartition(topics.PLANS_COMPLETED.name, partition, OFFSET_BEGINNING) for partition in known]
        )
        self.seen: dict[str, list[dict[str, Any]]] = {}
        self.first_at_s: dict[str, float] = {}

    def run(self, stop: Event) -> None:
        """Read until told to stop."""
        while not stop.is_set():
            for message in self._consumer.consume(5_000, timeout=0.1):
                if message.error() is None:
                    told = orjson.loads(message.value())
                    self.seen.setdefault(told["intention_id"], []).append(told)
                    self.first_at_s.setdefault(told["intention_id"], time.time())
        self._consumer.close()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was wrong; all zero is right.

    Attributes:
        lost: Questions without an answer.
        doubled: Answers beyond the first of each.
        unexplained: Answers with neither rows nor a reason.
        differing: Answers whose rows are not those of the same question otherwise.
        executed_twice: Tickets with more than one result that says COMPLETED.
        never_executed: Questions without a ticket of their kind.
        tickets: Tickets of the questions, by kind.
        endings: Answers by their status.
        fallbacks: Results that came from what stands in for a source.
        deadlines: Results that say that the deadline passed.
    """

    lost: int
    doubled: int
    unexplained: int
    differing: int
    executed_twice: int
    never_executed: int
    tickets: dict[str, int]
    endings: dict[str, int]
    fallbacks: int
    deadlines: int

    @property
    def right(self) -> bool:
        """Whether nothing was wrong."""
        wrong = self.lost, self.doubled, self.unexplained, self.differing, self.executed_twice, self.never_executed
        return not any(wrong)

    def fields(self) -> dict[str, object]:
        """Return it for a line of JSON."""
        return asdict(self)


def judge(cluster: Cluster, asked: Mapping[str, str], answers: Mapping[str, list[dict[str, Any]]]) -> Outcome:
    """Compare what was asked, by intention and the kind of query that it needs, with what is on the topics."""
    ours = {intention: answers[intention] for intention in asked if intention in answers}
    tickets: dict[str, set[str]] = defaultdict(set)
    ticketed: set[str] = set()
    for ticket in _read(cluster, ExecutionTicket):
        intention, kind = ticket["intent_id"], ticket["parameters"].get("query_type")
        if kind is not None and asked.get(intention) == kind:
            tickets[kind].add(ticket["ticket_id"])
            ticketed.add(intention)
    completed, fallbacks, deadlines = Counter[str](), 0, 0
    for result in _read(cluster, ExecutionResult):
        if result.get("intent_id") in asked:
            completed[result["ticket_id"]] += result["status"] == "COMPLETED"
            about = result["result"]["metadata"]
            fallbacks += bool(about.get("fallback"))
            deadlines += about.get("reason") == "deadline"
    unexplained = [each for told in ours.values() for each in told if not _explained(each)]
    for told in unexplained[:3]:
        progress(f"unexplained: {told}")
    return Outcome(
        lost=len(asked) - len(ours),
        doubled=sum(len(told) - 1 for told in ours.values()),
        unexplained=len(unexplained),
        differing=_differing(asked, ours),
        executed_twice=sum(times > 1 for times in completed.values()),
        never_executed=len(asked.keys() - ticketed),
        tickets={kind: len(found) for kind, found in sorted(tickets.items())},
        endings=dict(Counter(told["status"] for each in ours.values() for told in each)),
        fallbacks=fallbacks,
        deadlines=deadlines,
    )


def _read(cluster: Cluster, record: type) -> Iterator[dict[str, Any]]:
    for spec in topics.TOPICS:
        if spec.record is record:
            for message in cluster.scan(spec.name):
                yield orjson.loads(cast("bytes", message.value()))


def _explained(told: Mapping[str, Any]) -> bool:
    return bool(told.get("answer")) if told["status"] == "completed" else bool(told.get("error"))


def _differing(asked: Mapping[str, str], answers: Mapping[str, list[dict[str, Any]]]) -> int:
    rows: dict[str, Counter[bytes]] = defaultdict(Counter)
    for intention, told in answers.items():
        for each in told:
            if asked[intention] in SAME_ROWS and each.get("answer"):
                rows[each["question"]][orjson.dumps(sorted(map(str, each["answer"]["rows"])))] += 1
    return sum(found.total() - max(found.values()) for found in rows.values())
