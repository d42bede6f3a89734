"""The judge of tickets finds what is wrong; otherwise its all-zero proves nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest

from app import topics
from benchmarks.faults.answers import Outcome, judge
from models.records import encode
from tests.tickets import query_ticket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.cluster import Cluster

ASKED = {"i-1": "mongodb", "i-2": "mongodb"}


class FakeMessage:
    def __init__(self, value: bytes) -> None:
        self._value = value

    def value(self) -> bytes:
        return self._value


class FakeCluster:
    """Topics with what is on them."""

    def __init__(self, tickets: list[bytes], results: list[dict[str, Any]]) -> None:
        self._on = {
            topics.EXECUTION_TICKETS.name: tickets,
            topics.EXECUTION_RESULTS.name: [json.dumps(result).encode() for result in results],
        }

    def scan(self, topic: str) -> Iterator[FakeMessage]:
        return map(FakeMessage, self._on.get(topic, []))


def ticket(intention: str, kind: str = "mongodb") -> bytes:
    made = query_ticket({"query_type": kind})
    return encode(msgspec.structs.replace(made, intent_id=intention, ticket_id=f"t-{intention}"))


def result(intention: str, status: str = "COMPLETED", **about: Any) -> dict[str, Any]:
    told = {"metadata": about}
    return {"ticket_id": f"t-{intention}", "intent_id": intention, "status": status, "result": told}


def answer(intention: str, rows: list[list[Any]] | None = None, *, error: str | None = None) -> dict[str, Any]:
    status = "failed" if rows is None else "completed"
    told = None if rows is None else {"rows": rows}
    return {"intention_id": intention, "question": "q", "status": status, "answer": told, "error": error}


RIGHT: dict[str, Any] = {
    "tickets": [ticket("i-1"), ticket("i-2")],
    "results": [result("i-1"), result("i-2")],
    "answers": [answer("i-1", [["a"], ["b"]]), answer("i-2", [["b"], ["a"]])],
}


def judged(**wrong: list[Any]) -> Outcome:
    given = {**RIGHT, **wrong}
    seen: dict[str, list[dict[str, Any]]] = {}
    for told in given["answers"]:
        seen.setdefault(told["intention_id"], []).append(told)
    return judge(cast("Cluster", FakeCluster(given["tickets"], given["results"])), ASKED, seen)


def test_what_is_right_is_found_right() -> None:
    outcome = judged()
    assert outcome.right
    assert (outcome.tickets, outcome.endings) == ({"mongodb": 2}, {"completed": 2})


def test_a_failure_with_its_reason_is_right() -> None:
    failed = [result("i-1"), result("i-2", "FAILED", reason="deadline")]
    outcome = judged(results=failed, answers=[answer("i-1", [["a"]]), answer("i-2", error="no answer in time")])
    assert outcome.right
    assert (outcome.deadlines, outcome.endings) == (1, {"completed": 1, "failed": 1})


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("lost", {"answers": RIGHT["answers"][:1]}),
        ("doubled", {"answers": [*RIGHT["answers"], answer("i-1", [["a"], ["b"]])]}),
        ("unexplained", {"answers": [RIGHT["answers"][0], answer("i-2")]}),
        ("differing", {"answers": [RIGHT["answers"][0], answer("i-2", [["a"]])]}),
        ("executed_twice", {"results": [*RIGHT["results"], result("i-1")]}),
        ("never_executed", {"tickets": RIGHT["tickets"][:1]}),
        ("never_executed", {"tickets": [ticket("i-1"), ticket("i-2", "redis")]}),
    ],
)
def test_what_is_wrong_is_counted(what: str, wrong: dict[str, list[Any]]) -> None:
    outcome = judged(**wrong)
    assert (getattr(outcome, what), outcome.right) == (1, False)
