"""`hive dlq` and the reprocessor, with a worker at work: what can pass is tried again, the rest is for a person."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.engine.admin import create_missing
from app.settings import Settings
from app.topics import TOPICS
from tests.broker.cluster import ANSWER_S, answers, producer, read, worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.embedded.stack import Stack

QUESTION = "Quantos clientes ativos por segmento?"
BACKOFF_S = 1.5

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def addresses(embedded_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Return where everything is while a worker runs that is quick to try letters again."""
    quick = {"HIVE_REPROCESS_EVERY_S": "0.3", "HIVE_REPROCESS_BACKOFF_S": str(BACKOFF_S)}
    create_missing(Settings.load(embedded_stack.addresses), TOPICS)
    with worker(embedded_stack.addresses, tmp_path_factory.mktemp("worker"), **quick):
        yield embedded_stack.addresses


def hive(addresses: Mapping[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env=dict(addresses), prog_name="hive")


def said(addresses: Mapping[str, str], *arguments: str) -> str:
    """Return what a command that succeeds prints."""
    result = hive(addresses, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(addresses: Mapping[str, str], *arguments: str) -> str:
    """Return the one line that a command says that fails."""
    result = hive(addresses, *arguments)
    [line] = result.stderr.strip().splitlines()
    assert result.exit_code == 1
    return str(line)


def listed(addresses: Mapping[str, str], stage: str, *options: str) -> list[dict[str, Any]]:
    """Return the letters of a test, which gives its stage a name of its own."""
    found = json.loads(said(addresses, "dlq", "list", "--json", "--limit", "100000", *options))
    return [letter for letter in found if letter["stage"] == stage]


def wait_for(addresses: Mapping[str, str], stage: str, *statuses: str) -> list[dict[str, Any]]:
    """Return the letters of a test once they stand like this, in the order of their offsets."""
    deadline_s = time.monotonic() + ANSWER_S
    while True:
        found = listed(addresses, stage, "--all")
        if sorted(letter["status"] for letter in found) == sorted(statuses) or time.monotonic() > deadline_s:
            assert sorted(letter["status"] for letter in found) == sorted(statuses)
            return found
        time.sleep(0.1)


def submission(text: str = QUESTION) -> tuple[str, bytes]:
    identity = str(uuid.uuid4())
    return identity, json.dumps({"id": identity, "text": text}).encode()


def put(  # noqa: PLR0913
    addresses: Mapping[str, str],
    stage: str,
    key: str | None,
    value: bytes | None,
    *,
    error: str = "InvalidRecord",
    topic: str = "intentions.submitted",
    family: str = "intentions",
    more: tuple[tuple[str, bytes], ...] = (),
) -> None:
    """Write a letter as a stage would."""
    about = {"topic": topic, "partition": "1", "offset": "7", "timestamp-ms": "5", "stage": stage, "error": error}
    about |= {"reason": "failed" if error != "InvalidRecord" else "not-json", "message": "because of a test"}
    headers = [("trace", b"\xff"), *more, *((f"dead-letter-{name}", text.encode()) for name, text in about.items())]
    to = producer(addresses["HIVE_KAFKA"])
    to.produce(f"{family}.dead-letter", value, key=key, headers=headers, partition=1)
    assert to.flush(10) == 0


def again(addresses: Mapping[str, str], key: str) -> list[Any]:
    """Return the records of intentions.submitted with a key, once there is one."""
    messages = read(
        addresses["HIVE_KAFKA"], ["intentions.submitted"], lambda found: any(m.key() == key.encode() for m in found)
    )
    return [m for m in messages if m.key() == key.encode()]


def test_a_letter_whose_cause_has_passed_is_tried_again_by_itself_and_answered(addresses: Mapping[str, str]) -> None:
    identity, value = submission()
    put(addresses, "passes", identity, value, error="KeyError")
    [waiting] = wait_for(addresses, "passes", "waiting")
    assert waiting["state"]["due_at"] - waiting["state"]["at"] == BACKOFF_S * 1000

    [letter] = wait_for(addresses, "passes", "replayed")
    assert identity in answers(addresses["HIVE_KAFKA"], {identity})
    assert (letter["state"]["by"], letter["state"]["attempt"]) == ("reprocessor", 1)
    assert listed(addresses, "passes") == [], "done with"
    [message] = again(addresses, identity)
    assert (message.value(), message.partition()) == (value, 1)
    assert dict(message.headers()) == {
        "trace": b"\xff",
        "dead-letter-again": b"intentions.submitted",
        "dead-letter-attempt": b"1",
        "dead-letter-before": letter["letter"].encode(),
    }


def test_a_letter_that_was_tried_ten_times_or_can_never_work_is_left_to_a_person(addresses: Mapping[str, str]) -> None:
    tried = (("dead-letter-again", b"intentions.submitted"), ("dead-letter-attempt", b"10"))
    put(addresses, "tried", "k", b"{}", error="KeyError", more=tried)
    put(addresses, "never", "k", b"\x00 no json")
    put(addresses, "foreign", "k", b"{}", error="KeyError", topic="elsewhere")
    # What comes behind them has been put on record, so they have been looked at.
    put(addresses, "behind", "k", None, error="KeyError")
    wait_for(addresses, "behind", "waiting")
    [ten], [never], [foreign] = (wait_for(addresses, stage, "open") for stage in ("tried", "never", "foreign"))
    assert (ten["attempts"], never["attempts"]) == (10, 0)
    assert "elsewhere, which is no topic of ours" in refused(addresses, "dlq", "replay", foreign["letter"])


def test_a_person_replays_a_letter_once_and_once_more_only_on_purpose(addresses: Mapping[str, str]) -> None:
    identity, value = submission()
    put(addresses, "by-hand", identity, value)
    [letter] = wait_for(addresses, "by-hand", "open")
    name = letter["letter"]

    assert said(addresses, "dlq", "replay", name, "--by", "ana") == f"{name} replayed\n"
    assert identity in answers(addresses["HIVE_KAFKA"], {identity})
    assert f"{name} has been replayed by ana, " in refused(addresses, "dlq", "replay", name)
    assert "has been replayed" in refused(addresses, "dlq", "drop", name, "--why", "x")
    assert len(again(addresses, identity)) == 1
    said(addresses, "dlq", "replay", name, "--again")
    assert [message.value() for message in again(addresses, identity)] == [value] * 2


def test_many_are_dropped_with_a_reason_and_are_not_lost(addresses: Mapping[str, str]) -> None:
    for number in range(3):
        put(addresses, "dropped", f"k-{number}", b"\x00%d" % number, topic="plans.ready", family="plans")
    wait_for(addresses, "dropped", *["open"] * 3)
    chosen = ("--topic", "plans.ready", "--reason", "not-json", "--since", "10min")
    assert said(addresses, "dlq", "drop", *chosen, "--why", "a sender in error", "--by", "bia") == "3 dropped\n"
    assert listed(addresses, "dropped") == []
    found = wait_for(addresses, "dropped", *["dropped"] * 3)
    assert {(each["state"]["by"], each["state"]["why"]) for each in found} == {("bia", "a sender in error")}
    assert said(addresses, "dlq", "drop", *chosen, "--why", "x") == "0 dropped\n"
    first = found[0]["letter"]
    assert hive(addresses, "dlq", "show", first, "--raw").stdout_bytes == b"\x000"
    assert "a sender in error" in said(addresses, "dlq", "show", first)


def test_a_letter_is_shown_with_its_reason_headers_and_bytes(addresses: Mapping[str, str]) -> None:
    put(addresses, "shown", "k", "çédille ".encode() + b"x" * 5000)
    [letter] = wait_for(addresses, "shown", "open")
    shown = said(addresses, "dlq", "show", letter["letter"])
    for part in ("InvalidRecord: because of a test", "stage shown", "header trace: b'\\xff'", "çédille", "--raw has"):
        assert part in shown, part
    told = json.loads(said(addresses, "dlq", "show", letter["letter"], "--json"))
    assert (told["reason"], told["headers"], told["bytes"]) == ("not-json", {"trace": "b'\\xff'"}, 5010)
    table = said(addresses, "dlq", "list", "--limit", "100000")
    [line] = [line for line in table.splitlines() if line.split()[:1] == [letter["letter"]]]
    assert line.split()[-3:] == ["intentions.submitted", "not-json", "open"]


def test_a_letter_that_is_not_there_is_said_in_one_line(addresses: Mapping[str, str]) -> None:
    for command in (["show"], ["replay"], ["drop", "--why", "x"]):
        for letter in ("plans/0/123456", "nothing/0/1", "plans/77/1"):
            line = refused(addresses, "dlq", command[0], letter, *command[1:])
            assert line == f"Error: there is no dead letter {letter}; `hive dlq list` shows those that there are"
