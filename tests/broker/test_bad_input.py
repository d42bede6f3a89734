"""Whatever is put on ``intentions.submitted``: a dead letter with its reason or an answer, and the worker goes on."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from models.deadletters import describe
from tests.broker.cluster import answers, get, producer, read, worker

if TYPE_CHECKING:
    from pathlib import Path

    from app.embedded.stack import Stack

TEXT = "Quantos clientes ativos por segmento?"
DEAD_LETTERS = {
    "not JSON": (b"\x00\xff{{{", "not-json"),
    "no envelope": (b"[1, 2, 3]", "not-an-envelope"),
    "an object without a text": (b'{"id": "x"}', None),
    "an empty text": (b'{"text": "   "}', "empty-text"),
    "a text that is too long": (json.dumps({"text": "a" * 10_001}).encode(), "text-too-long"),
    "a wrong enum": (b'{"text": "oi tudo bem", "constraints": {"priority": "SOMETIMES"}}', "invalid-field"),
    "a tombstone": (None, "tombstone"),
    "a depth that no parser takes": (b'{"text": ' + b"[" * 100_000, None),
}
HANDLED: dict[str, dict[str, Any]] = {
    "a key that is null": {"key": None},
    "headers with garbage": {"headers": [("\u00e7", b"\xff\xfe\x00"), ("", None)]},
    "a timestamp in 1970": {"timestamp": 1},
}


def test_each_becomes_a_dead_letter_or_is_handled_and_what_follows_is_answered(stack: Stack, tmp_path: Path) -> None:
    kafka = stack.addresses["HIVE_KAFKA"]
    with worker(stack.addresses, tmp_path) as (process, port):
        bad, good = _send_all(kafka)
        answered = answers(kafka, good)
        assert good == answered.keys(), "what came between the bad ones was answered"
        letters = {m.key(): m for m in _dead_letters(kafka, set(bad))}
        assert bad.keys() == letters.keys()
        for key, (value, reason) in bad.items():
            about = describe(letters[key].headers())
            assert (value, "intentions.submitted") == (letters[key].value(), about["topic"])
            assert reason in (about["reason"], None), about
            assert about["message"]
        assert process.alive
        counted = re.search(r'dead_letters_total\{stage="understand"\} (\d+)', get(port, "/metrics")[1])
        assert counted is not None
        assert int(counted[1]) >= len(bad), "those that other tests have left on the topic count too"


def test_five_mebibytes_are_refused_by_the_broker_or_become_a_dead_letter(stack: Stack, tmp_path: Path) -> None:
    kafka = stack.addresses["HIVE_KAFKA"]
    key = uuid.uuid4().bytes
    value = json.dumps({"text": "oi", "metadata": {"pad": "x" * 5 * 1024 * 1024}}).encode()
    refused: list[Any] = []
    with worker(stack.addresses, tmp_path) as (process, _):
        to = producer(kafka)
        to.produce("intentions.submitted", value, key=key, on_delivery=lambda error, _: refused.append(error))
        assert to.flush(30) == 0
        if refused[0] is not None:
            assert refused[0].name() == "MSG_SIZE_TOO_LARGE"
        else:
            [letter] = _dead_letters(kafka, {key})
            assert (value, "too-large") == (letter.value(), describe(letter.headers())["reason"])
        assert process.alive


def test_a_timestamp_in_2500_is_refused_by_the_broker_or_handled(stack: Stack, tmp_path: Path) -> None:
    kafka = stack.addresses["HIVE_KAFKA"]
    identity = str(uuid.uuid4())
    refused: list[Any] = []
    with worker(stack.addresses, tmp_path):
        to = producer(kafka)
        body = json.dumps({"id": identity, "text": TEXT, "timestamp": 16_725_225_600_000})
        to.produce(
            "intentions.submitted",
            body,
            key=identity,
            timestamp=16_725_225_600_000,
            on_delivery=lambda error, _: refused.append(error),
        )
        assert to.flush(30) == 0
        if refused[0] is not None:
            assert refused[0].name() == "INVALID_TIMESTAMP"
        else:
            assert identity in answers(kafka, {identity})


def _send_all(kafka: str) -> tuple[dict[bytes, tuple[bytes | None, str | None]], set[str]]:
    to = producer(kafka)
    bad: dict[bytes, tuple[bytes | None, str | None]] = {}
    good: set[str] = set()

    def send_good(**optional: Any) -> None:
        identity = str(uuid.uuid4())
        good.add(identity)
        to.produce("intentions.submitted", json.dumps({"id": identity, "text": TEXT}), **{"key": identity, **optional})

    for value, reason in DEAD_LETTERS.values():
        key = uuid.uuid4().bytes
        bad[key] = (value, reason)
        to.produce("intentions.submitted", value, key=key)
        send_good()
    for optional in HANDLED.values():
        send_good(**optional)
    assert to.flush(30) == 0
    return bad, good


def _dead_letters(kafka: str, keys: set[bytes]) -> list[Any]:
    def ours(found: list[Any]) -> list[Any]:
        return [m for m in found if m.key() in keys]

    return ours(read(kafka, ["intentions.dead-letter"], lambda found: len(ours(found)) >= len(keys)))
