"""A plan that needs an approval, through the stages: it goes nowhere before, and its approval is applied once."""

from __future__ import annotations

import asyncio
import json
import signal
import time
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

from app.cli.ledger import verdicts as verdicts_of
from app.settings import Settings
from app.stores.mongo import MongoStore
from models.ids import stable_id
from models.planning.ledger import Verdict, verify
from models.records import LedgerEntry, decode
from tests.broker.cluster import answers, new_group, producer, read, submit, worker, worker_process

if TYPE_CHECKING:
    from pathlib import Path

    from app.embedded.stack import Stack

DESTROYS = "apagar todos os clientes inativos"


def say(kafka: str, plan_id: str, decision: str, **more: Any) -> None:
    to = producer(kafka)
    body = {"plan_id": plan_id, "decision": decision, "by": "ana", "at": time.time_ns() // 1_000_000, **more}
    to.produce("plans.approval-responses", json.dumps(body), key=plan_id)
    assert to.flush(10) == 0


def about(kafka: str, topic: str, plan_ids: set[str], *, enough: int, timeout_s: float = 30) -> list[dict[str, Any]]:
    """Return the committed records of these plans on a topic, once there are enough of them or time is up."""

    def ours(messages: list[Any]) -> list[dict[str, Any]]:
        return [json.loads(m.value()) for m in messages if m.key() and m.key().decode() in plan_ids and m.value()]

    return ours(read(kafka, [topic], lambda found: len(ours(found)) >= enough, timeout_s=timeout_s))


async def _one_customer(stack: Stack) -> None:
    """Have something to be counted before it would be deleted."""
    store = MongoStore.of(Settings.load(stack.addresses))
    await store.put("customers", {"_id": "somebody", "status": "inactive"})
    await store.close()


def test_what_destroys_waits_until_a_person_says_yes_and_goes_once(stack: Stack, tmp_path: Path) -> None:
    kafka = stack.addresses["HIVE_KAFKA"]
    asyncio.run(_one_customer(stack))
    with worker(stack.addresses, tmp_path, HIVE_HANDOFF_S="0.5"):
        intention = submit(kafka, DESTROYS)
        plan_id = stable_id("plan", intention)
        [request] = about(kafka, "plans.approval-requests", {plan_id}, enough=1)
        assert request["is_destructive"]
        assert about(kafka, "plans.ready", {plan_id}, enough=1, timeout_s=2) == []
        assert answers(kafka, {intention}, timeout_s=1) == {}
        say(kafka, plan_id, "approved")
        say(kafka, plan_id, "approved")
        say(kafka, plan_id, "rejected", reason="too late")
        answer = answers(kafka, {intention})[intention]
        assert (answer["status"], answer["decision"]) == ("planned", "approved")
        assert (answer["outcome"], answer["tasks"][0]["status"]) == ("handed_off", "completed"), (
            "only the count is ours"
        )
        outcomes = about(kafka, "plans.approval-outcomes", {plan_id}, enough=3)
        assert [(told["decision"], told["applied"], told["why"]) for told in outcomes] == [
            ("approved", True, None),
            ("approved", False, "it is approved"),
            ("rejected", False, "it is approved"),
        ]
        [ready] = about(kafka, "plans.ready", {plan_id}, enough=2, timeout_s=2)
        assert (ready["status"], ready["approved_by"]) == ("approved", "ana")
        tickets = about(kafka, "execution.tickets", {plan_id}, enough=99, timeout_s=1)
        assert [ticket["task_id"] for ticket in tickets] == ["task_1"], "each once, when its turn has come"


def test_a_rejected_plan_is_answered_with_the_reason_and_never_goes(stack: Stack, tmp_path: Path) -> None:
    kafka = stack.addresses["HIVE_KAFKA"]
    with worker(stack.addresses, tmp_path):
        intention = submit(kafka, DESTROYS)
        plan_id = stable_id("plan", intention)
        about(kafka, "plans.approval-requests", {plan_id}, enough=1)
        say(kafka, plan_id, "rejected", reason="ainda precisamos deles")
        answer = answers(kafka, {intention})[intention]
        assert (answer["status"], answer["decision"]) == ("failed", "rejected")
        assert "ana: ainda precisamos deles" in answer["error"]
        assert about(kafka, "plans.ready", {plan_id}, enough=1, timeout_s=2) == []


def test_a_request_that_nobody_answers_expires(stack: Stack, tmp_path: Path) -> None:
    kafka = stack.addresses["HIVE_KAFKA"]
    with worker(stack.addresses, tmp_path, HIVE_APPROVAL_S="2"):
        intention = submit(kafka, DESTROYS)
        plan_id = stable_id("plan", intention)
        answer = answers(kafka, {intention})[intention]
        assert (answer["status"], answer["decision"]) == ("failed", "expired")
        say(kafka, plan_id, "approved")
        outcomes = about(kafka, "plans.approval-outcomes", {plan_id}, enough=3, timeout_s=5)
        assert sum(told["applied"] for told in outcomes) == 1
        assert outcomes[-1]["why"] == "it is expired"
        assert about(kafka, "plans.ready", {plan_id}, enough=1, timeout_s=1) == []


def test_kills_in_between_lose_nothing_and_apply_every_approval_once(real_stack: Stack, tmp_path: Path) -> None:
    """SIGKILL after SIGKILL while plans are made, asked for, approved and rejected: each ends exactly once."""
    kafka = real_stack.addresses["HIVE_KAFKA"]
    app_id = new_group(kafka, "kills")
    settings = {"HIVE_APP_ID": app_id, "HIVE_WORKER": "worker-k", "HIVE_SESSION_TIMEOUT_S": "8"}
    process, _ = worker_process(real_stack.addresses, tmp_path, settings)
    process.start()
    try:
        number = 40
        intentions = [str(uuid.uuid4()) for _ in range(number)]
        plans = {stable_id("plan", intention): intention for intention in intentions}
        to = producer(kafka)
        for place, intention in enumerate(intentions):
            to.produce("intentions.submitted", json.dumps({"id": intention, "text": DESTROYS}), key=intention)
            if place == number // 2:
                assert to.flush(10) == 0
                _kill(process)  # between understand, plan and approve
        assert to.flush(10) == 0
        requests = about(kafka, "plans.approval-requests", set(plans), enough=number, timeout_s=90)
        assert sorted(request["plan_id"] for request in requests) == sorted(plans), "asked for once each"
        assert about(kafka, "plans.ready", set(plans), enough=1, timeout_s=1) == [], "none before its approval"
        for place, plan_id in enumerate(plans):
            say(kafka, plan_id, "approved" if place % 2 == 0 else "rejected", reason="said")
            say(kafka, plan_id, "approved", reason="said again")
            if place in (number // 4, number // 2):
                _kill(process)  # between approve and its answers
        decided = about(kafka, "plans.consensus", set(plans), enough=number + 1, timeout_s=3)
        assert sorted(told["plan_id"] for told in decided) == sorted(plans), "the specialists have decided each once"
        done = answers(kafka, set(intentions), timeout_s=90)
        assert done.keys() == set(intentions), "none was lost"
        outcomes = about(kafka, "plans.approval-outcomes", set(plans), enough=2 * number, timeout_s=60)
        ready = about(kafka, "plans.ready", set(plans), enough=number, timeout_s=3)
        ended = read(kafka, ["plans.completed"], lambda _: False, timeout_s=2)
        facts = 4 * number + number // 2  # asked, said, said again, answered; and each plan that was published
        entries = ledger_entries(kafka, app_id, set(intentions), enough=facts)
        whole = {chain: verify(chained, chain) for chain, chained in entries.items()}
        kept = _verified(real_stack, app_id, whole)
    finally:
        process.stop(timeout_s=30)
    assert [verdict for verdict in whole.values() if verdict.problem] == [], "the chains are whole in Kafka"
    assert kept == whole, "and the same in MongoDB"
    told = Counter(e.kind for chained in entries.values() for e in chained if e.intent_id in set(intentions))
    assert told.total() == facts, f"{told} and the worker: {process.log_lines()[-20:]}"
    applied = [told["plan_id"] for told in outcomes if told["applied"]]
    assert (sorted(applied), len(outcomes)) == (sorted(plans), 2 * number)
    approved = {plan_id for place, plan_id in enumerate(plans) if place % 2 == 0}
    assert sorted(plan["plan_id"] for plan in ready) == sorted(approved), "published once each, and no rejected one"
    keys = [message.key().decode() for message in ended if message.key()]
    assert sorted(key for key in keys if key in set(intentions)) == sorted(intentions), "answered once each"


def ledger_entries(kafka: str, app_id: str, about: set[str], *, enough: int) -> dict[str, list[LedgerEntry]]:
    """Return the entries of each chain of an application, once there are enough about these intentions."""

    def ours(messages: list[Any]) -> list[LedgerEntry]:
        keyed = [m for m in messages if m.key() and m.key().decode().startswith(f"{app_id}/")]
        return [decode(LedgerEntry, m.value()) for m in keyed]

    def complete(messages: list[Any]) -> bool:
        return sum(entry.intent_id in about for entry in ours(messages)) >= enough

    chains: dict[str, list[LedgerEntry]] = {}
    for entry in ours(read(kafka, ["ledger.entries"], complete, timeout_s=30)):
        chains.setdefault(entry.chain, []).append(entry)
    return chains


def _verified(stack: Stack, app_id: str, wanted: dict[str, Verdict]) -> dict[str, Verdict]:
    """Return what `hive ledger verify` finds of an application's chains, once it is what is wanted or time is up."""
    settings = Settings.load(stack.addresses)
    deadline_s = time.monotonic() + 30
    while True:
        found = {verdict.chain: verdict for verdict in asyncio.run(verdicts_of(settings))}
        ours = {chain: verdict for chain, verdict in found.items() if chain.startswith(f"{app_id}/")}
        if ours == wanted or time.monotonic() > deadline_s:
            return ours
        time.sleep(0.5)


def _kill(process: Any) -> None:
    process.send_signal(signal.SIGKILL)
    deadline_s = time.monotonic() + 10
    while process.alive and time.monotonic() < deadline_s:
        time.sleep(0.05)
    process.spawn()  # what is sent meanwhile waits; the reads below have patience
