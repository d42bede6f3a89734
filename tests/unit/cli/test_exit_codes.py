"""A user sees one line that says what to do, never a stack trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.stores import kafka


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "some.jsonl"
    path.write_text('{"text": "vendas por região"}\n', encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "ANSWER_S", 0.2)


def hive(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(main, arguments, env=environ, prog_name="hive")


def one_line(result: Result) -> str:
    [line] = result.stderr.strip().splitlines()
    return line


@pytest.mark.parametrize(
    "command",
    [
        ["ask", "x"],
        ["tail", "plans.completed"],
        ["topics", "--apply"],
        ["topics", "--check"],
        ["send"],
        ["validate"],
        ["validate", "i-1", "--domain", "security"],
        ["correct", "--text", "x", "--domain", "SECURITY"],
        ["approvals", "list"],
        ["approvals", "show", "p-1"],
        ["approvals", "approve", "p-1"],
        ["approvals", "reject", "p-1", "--reason", "x"],
        ["approvals", "revert", "p-1", "--reason", "x"],
        ["approvals", "republish", "p-1"],
        ["plans", "list"],
        ["plans", "show", "p-1"],
        ["plans", "show", "p-1", "--watch"],
        ["plans", "cancel", "p-1", "--reason", "x"],
        ["dlq", "list"],
        ["dlq", "show", "plans/0/1"],
        ["dlq", "replay", "plans/0/1"],
        ["dlq", "drop", "--all", "--why", "x"],
    ],
)
def test_a_broker_that_is_down_is_said_in_one_line(
    command: list[str], lines: Path, tmp_path: Path, unused_tcp_port: int
) -> None:
    arguments = [*command, str(lines)] if command == ["send"] else command

    result = hive(*arguments, HIVE_KAFKA=f"127.0.0.1:{unused_tcp_port}", HIVE_DATA_DIR=str(tmp_path))

    assert result.exit_code == 1
    assert one_line(result) == (f"Error: cannot reach Kafka at 127.0.0.1:{unused_tcp_port}; is `hive up` running?")


@pytest.mark.parametrize(
    ("arguments", "wrong"), [(["reject", "p-1", "--reason", " "], "reason"), (["approve", "p-1", "--by", ""], "by")]
)
def test_what_no_worker_would_take_is_said_in_one_line(arguments: list[str], wrong: str) -> None:
    result = hive("approvals", *arguments)

    assert (result.exit_code, wrong in one_line(result)) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["show", "plans"], "such as plans/2/17"),
        (["replay", "plans/x/1"], "such as plans/2/17"),
        (["drop", "plans/0/1", "--why", " "], "reason"),
        (["replay", "plans/0/1", "--by", ""], "by"),
    ],
)
def test_what_cannot_be_done_with_a_letter_is_said_in_one_line(arguments: list[str], wrong: str) -> None:
    result = hive("dlq", *arguments)

    assert (result.exit_code, wrong in one_line(result)) == (1, True)


def test_a_ledger_that_is_down_is_said_in_one_line(unused_tcp_port: int) -> None:
    address = f"127.0.0.1:{unused_tcp_port}"

    result = hive("ledger", "verify", HIVE_MONGO=f"mongodb://{address}", HIVE_STORE_TIMEOUT_S="0.3")

    assert (result.exit_code, address in one_line(result)) == (1, True)


def test_a_wrong_setting_is_said_in_one_line() -> None:
    result = hive("topics", HIVE_PARTITIONS="many")

    assert (result.exit_code, "HIVE_PARTITIONS" in one_line(result)) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["bogus"],
        ["send", "no-such-file"],
        ["up", "--workers", "0"],
        ["tail", "x", "-n", "0"],
        ["validate", "i-1"],
        ["validate", "--domain", "SECURITY"],
        ["validate", "i-1", "--domain", "SOMETHING"],
        ["correct", "i-1"],
        ["correct", "--domain", "SECURITY"],
        ["correct", "i-1", "--text", "x", "--domain", "SECURITY"],
        ["approvals", "approve"],
        ["approvals", "reject", "p-1"],
        ["approvals", "revert", "p-1"],
        ["approvals", "list", "--status", "maybe"],
        ["plans", "show"],
        ["plans", "cancel", "p-1"],
        ["ledger"],
        ["dlq"],
        ["dlq", "replay"],
        ["dlq", "replay", "plans/0/1", "--all"],
        ["dlq", "drop", "plans/0/1"],
        ["dlq", "list", "--since", "yesterday"],
        ["dlq", "list", "--status", "lost"],
    ],
)
def test_a_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert hive(*arguments).exit_code == 2


def test_down_without_up_is_no_error(tmp_path: Path) -> None:
    result = hive("down", HIVE_DATA_DIR=str(tmp_path))

    assert (result.exit_code, result.output) == (0, "nothing is up\n")


def test_help_shows_every_command_with_its_meaning() -> None:
    shown = hive("--help").output

    assert all(f"  {name} " in shown for name in main.commands)
    assert "..." not in shown.partition("Commands:")[2]
