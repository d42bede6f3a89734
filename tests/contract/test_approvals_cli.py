"""`hive ask`, `hive approvals` and `hive ledger verify` as a person uses them, on the embedded stack."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.embedded.stack import Stack
from app.ledger import LEDGER, Ledger, documents
from app.settings import Settings
from app.stores.mongo import MongoStore
from models.planning.ledger import Head, append
from models.records import LedgerFact
from tests.broker.cluster import answers, worker
from tests.stacks import EMBEDDED_PARTS, running
from tests.unit.planning.catalogs import plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DESTROYS = "apagar as tabelas do banco de dados antigo"
ANSWER_S = 30.0

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def addresses(embedded_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Return where everything is while a worker runs."""
    with worker(embedded_stack.addresses, tmp_path_factory.mktemp("worker")):
        yield embedded_stack.addresses


def hive(addresses: Mapping[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env=dict(addresses), prog_name="hive")


def told(addresses: Mapping[str, str], *arguments: str) -> Any:
    """Return what a command that succeeds prints as JSON."""
    result = hive(addresses, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(addresses: Mapping[str, str], *arguments: str) -> str:
    """Return the one line that a command says that fails."""
    result = hive(addresses, *arguments)
    [line] = result.stderr.strip().splitlines()
    assert (result.exit_code, result.stdout) == (1, "")
    return str(line)


@pytest.fixture
def waiting(addresses: Mapping[str, str]) -> dict[str, Any]:
    """Return what is said of a plan that waits for an approval."""
    found: dict[str, Any] = told(addresses, "ask", DESTROYS)
    return found


def test_who_asks_for_destruction_is_told_at_once_that_it_waits_and_what_to_do(addresses: Mapping[str, str]) -> None:
    shown = hive(addresses, "ask", DESTROYS, "--timeout", f"{ANSWER_S:g}")

    assert shown.exit_code == 0
    [approve] = [line for line in shown.stdout.splitlines() if "hive approvals approve" in line]
    plan_id = approve.rpartition(" ")[2]
    assert f"hive approvals reject {plan_id} --reason" in shown.stdout
    assert "It waits for an approval; nothing of it is done before." in shown.stdout
    assert "Fazer cópia de segurança antes de apagar" in shown.stdout, "what would be done"
    assert told(addresses, "approvals", "show", plan_id)["status"] == "pending"


def test_json_says_so_too(waiting: dict[str, Any]) -> None:
    assert (waiting["status"], waiting["decision"], waiting["answer"]) == ("pending_approval", "pending", None)
    assert waiting["approval"]["is_destructive"]
    assert waiting["approval"]["risk_score"] >= 0.7


def test_work_that_needs_no_approval_is_shown_with_its_tasks(addresses: Mapping[str, str]) -> None:
    shown = hive(addresses, "ask", "Refatorar o módulo de pagamentos")

    assert shown.exit_code == 0
    assert "entregues a executores externos; nada foi executado aqui" in shown.stdout.replace("\n", " ")
    assert "task_0" in shown.stdout
    assert "· planned ·" in shown.stdout


def test_a_plan_of_outside_workers_says_what_it_waits_for_is_shown_and_can_be_cancelled(
    addresses: Mapping[str, str],
) -> None:
    command = (sys.executable, "-m", "app.cli", "ask", "Refatorar o módulo de pagamentos", "--json")
    with subprocess.Popen(
        command, env=dict(addresses), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as asker:
        assert asker.stderr is not None
        line = asker.stderr.readline()
        plan_id = line.split()[-2]
        assert line.startswith("waits for outside workers to take up task_")
        deadline_s = time.monotonic() + ANSWER_S
        while (plan := told(addresses, "plans", "show", plan_id))["status"] == "ready":
            assert time.monotonic() < deadline_s
        assert (plan["status"], plan["tasks"][0]["status"]) == ("running", "released")
        assert plan_id in {item["plan_id"] for item in told(addresses, "plans", "list")}
        cancelled = hive(addresses, "plans", "cancel", plan_id, "--by", "ana", "--reason", "agora não")
        assert (cancelled.exit_code, cancelled.stdout) == (0, f"{plan_id} cancelled\n"), cancelled.output
        stdout, _ = asker.communicate(timeout=ANSWER_S)
    answer = json.loads(stdout)
    assert (answer["status"], answer["outcome"], "agora não" in answer["error"]) == ("failed", "cancelled", True)
    assert {task["status"] for task in answer["tasks"]} == {"skipped"}

    watched = hive(addresses, "plans", "show", plan_id, "--watch")
    assert (watched.exit_code, f"plan {plan_id}: cancelled" in watched.stdout) == (1, True)
    assert refused(addresses, "plans", "cancel", plan_id, "--reason", "x").endswith("has ended already: cancelled")
    assert plan_id in {item["plan_id"] for item in told(addresses, "plans", "list", "--all", "--limit", "1000")}


def test_a_plan_is_listed_while_it_waits_and_shown_with_its_tasks_and_reasons(
    addresses: Mapping[str, str], waiting: dict[str, Any]
) -> None:
    plan_id = waiting["plan_id"]
    [listed] = [item for item in told(addresses, "approvals", "list", "--limit", "1000") if item["plan_id"] == plan_id]
    assert (listed["status"], listed["intent_id"], listed["question"]) == ("pending", waiting["intention_id"], DESTROYS)
    approved = told(addresses, "approvals", "list", "--status", "approved", "--limit", "1000")
    assert plan_id not in {item["plan_id"] for item in approved}
    assert plan_id in hive(addresses, "approvals", "list", "--limit", "1000").stdout, "in one piece"

    shown = hive(addresses, "approvals", "show", plan_id).stdout
    assert "destructive" in shown
    assert "task_2" in shown
    assert "pending · until" in shown


def test_an_approval_counts_once_and_what_comes_after_it_is_refused(
    addresses: Mapping[str, str], waiting: dict[str, Any]
) -> None:
    plan_id = waiting["plan_id"]
    approved = hive(addresses, "approvals", "approve", plan_id, "--by", "ana")
    assert (approved.exit_code, approved.stdout) == (0, f"{plan_id} approved by ana\n")
    answer = answers(addresses["HIVE_KAFKA"], {waiting["intention_id"]})[waiting["intention_id"]]
    assert (answer["status"], answer["decision"]) == ("planned", "approved")

    assert refused(addresses, "approvals", "approve", plan_id).endswith("was not approved: it is approved")
    late = refused(addresses, "approvals", "reject", plan_id, "--reason", "no")
    assert late.endswith("was not rejected: it is approved")
    assert hive(addresses, "approvals", "republish", plan_id, "--by", "ana").exit_code == 0
    taken_back = hive(addresses, "approvals", "revert", plan_id, "--by", "bia", "--reason", "wrong database")
    assert taken_back.stdout == f"{plan_id} reverted by bia\n"
    state = told(addresses, "approvals", "show", plan_id)
    assert (state["status"], state["by"], state["reason"]) == ("reverted", "bia", "wrong database")
    assert refused(addresses, "approvals", "republish", plan_id).endswith("was not republished: it is reverted")


def test_a_rejection_reaches_the_asker_with_its_reason(addresses: Mapping[str, str], waiting: dict[str, Any]) -> None:
    rejected = hive(addresses, "approvals", "reject", waiting["plan_id"], "--by", "ana", "--reason", "ainda em uso")
    assert rejected.exit_code == 0
    answer = answers(addresses["HIVE_KAFKA"], {waiting["intention_id"]})[waiting["intention_id"]]
    assert (answer["status"], answer["decision"]) == ("failed", "rejected")
    assert "ana: ainda em uso" in answer["error"]


def test_an_asker_who_waits_is_answered_when_the_plan_is_approved(addresses: Mapping[str, str]) -> None:
    command = (sys.executable, "-m", "app.cli", "ask", DESTROYS, "--wait", "--json", "--timeout", f"{ANSWER_S:g}")
    with subprocess.Popen(
        command, env=dict(addresses), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as asker:
        assert asker.stderr is not None
        plan_id = asker.stderr.readline().split()[-1]
        assert hive(addresses, "approvals", "approve", plan_id, "--by", "ana").exit_code == 0
        stdout, _ = asker.communicate(timeout=ANSWER_S)
    answer = json.loads(stdout)
    assert (asker.returncode, answer["status"], answer["decision"]) == (0, "planned", "approved")


def test_nobody_approves_what_has_never_been_asked_for(addresses: Mapping[str, str]) -> None:
    plan_id = str(uuid.uuid4())
    for command in (["show"], ["approve"], ["reject", "--reason", "x"], ["revert", "--reason", "x"], ["republish"]):
        line = refused(addresses, "approvals", command[0], plan_id, *command[1:])
        assert line.startswith(f"Error: no plan {plan_id} has asked for an approval"), command


def test_an_approval_that_comes_too_late_is_refused(tmp_path: Path) -> None:
    """On servers of its own: this worker would let the requests of the other tests expire."""
    with (
        running(Stack.embedded(tmp_path / "stack", parts=EMBEDDED_PARTS)) as stack,
        worker(stack.addresses, tmp_path, HIVE_APPROVAL_S="1"),
    ):
        addresses = stack.addresses
        waiting = told(addresses, "ask", DESTROYS)
        answer = answers(addresses["HIVE_KAFKA"], {waiting["intention_id"]})[waiting["intention_id"]]
        assert answer["decision"] == "expired"
        line = refused(addresses, "approvals", "approve", waiting["plan_id"])
        assert line.endswith("was not approved: it is expired")
        expired = told(addresses, "approvals", "list", "--status", "expired")
        assert waiting["plan_id"] in {item["plan_id"] for item in expired}


def test_a_ledger_is_whole_until_somebody_changes_it(embedded_stack: Stack) -> None:
    addresses = {**embedded_stack.addresses, "HIVE_MONGO_DATABASE": "ledger_cli"}
    assert told(addresses, "ledger", "verify") == [], "no chain is no broken chain"
    entries, head = [], Head()
    for number in range(3):
        fact = LedgerFact(intent_id=f"i-{number}", at=number, plan=plan_of("vendas por região"))
        entry, head = append(head, "a/0", fact)
        entries.append(entry)
    kept = documents(entries)
    asyncio.run(_keep(addresses, kept))
    assert told(addresses, "ledger", "verify") == [{"chain": "a/0", "entries": 3, "head": head.hash, "problem": None}]
    assert "whole" in hive(addresses, "ledger", "verify").stdout

    asyncio.run(_change(addresses, {**kept[LEDGER][1], "by": "mallory"}))
    result = hive(addresses, "ledger", "verify")
    assert (result.exit_code, "entry 1 was changed" in result.stdout) == (1, True)


async def _keep(addresses: Mapping[str, str], kept: dict[str, list[dict[str, Any]]]) -> None:
    mongo = _mongo(addresses)
    try:
        await Ledger(mongo).keep(kept)
    finally:
        await mongo.close()


async def _change(addresses: Mapping[str, str], entry: dict[str, Any]) -> None:
    mongo = _mongo(addresses)
    try:
        await mongo.put(LEDGER, entry)
    finally:
        await mongo.close()


def _mongo(addresses: Mapping[str, str]) -> MongoStore:
    settings = Settings.load(addresses)
    return MongoStore(str(settings.mongo), settings.mongo_database)
