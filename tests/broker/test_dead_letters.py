"""Dead letters on the real Kafka: sent again once although the worker is killed, and a worker that stops in time."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.admin import create_missing
from app.settings import Settings
from app.topics import TOPICS
from models.deadletters import describe
from tests.broker.cluster import new_group, producer, read, worker_process

if TYPE_CHECKING:
    from pathlib import Path

    from app.embedded.process import ManagedProcess
    from app.embedded.stack import Stack

LETTERS = 1_000
IN_A_ROW = 5
END_S = 30.0


@pytest.mark.real
def test_letters_are_sent_again_once_through_a_kill_and_too_many_in_a_row_stop_the_worker(
    real_stack: Stack, tmp_path: Path
) -> None:
    kafka = real_stack.addresses["HIVE_KAFKA"]
    create_missing(Settings.load(real_stack.addresses), TOPICS)
    process, _ = worker_process(
        real_stack.addresses,
        tmp_path,
        {
            "HIVE_APP_ID": new_group(kafka, "letters"),
            "HIVE_STAGES": "plan,reprocess",
            "HIVE_REPROCESS_EVERY_S": "0.3",
            "HIVE_REPROCESS_BACKOFF_S": "0",
            "HIVE_DEAD_LETTERS_IN_A_ROW": str(IN_A_ROW),
        },
    )
    process.start()
    try:
        _sent_again_once(kafka, process)
        _stops(kafka, process)
    finally:
        process.stop(timeout_s=30)


def _sent_again_once(kafka: str, process: ManagedProcess) -> None:
    run = uuid.uuid4().hex
    keys = {f"{run}-{number}".encode() for number in range(LETTERS)}
    about = {"topic": "plans.ready", "partition": "x", "stage": "test", "error": "KeyError", "reason": "failed"}
    to = producer(kafka)
    for key in keys:
        to.produce("plans.dead-letter", b"{}", key, headers=[(f"dead-letter-{k}", v) for k, v in about.items()])
    assert to.flush(30) == 0

    def ours(found: list[Any]) -> list[bytes]:
        return [message.key() for message in found if message.key() in keys]

    read(kafka, ["plans.ready"], lambda found: bool(ours(found)))
    process.kill()
    process.start()
    again = read(kafka, ["plans.ready"], lambda found: len(ours(found)) >= LETTERS, timeout_s=60)
    time.sleep(1.0)  # what is sent twice comes later
    again = read(kafka, ["plans.ready"], lambda found: len(ours(found)) > LETTERS, timeout_s=2.0)
    assert (len(ours(again)), set(ours(again))) == (LETTERS, keys)


def _stops(kafka: str, process: ManagedProcess) -> None:
    """Records of our own topic that can't be read: after so many the worker ends, and after a restart at once."""
    keys = [uuid.uuid4().bytes for _ in range(IN_A_ROW + 1)]
    to = producer(kafka)

    def put(some: list[bytes]) -> None:
        for key in some:
            to.produce("intentions.business", b"nonsense", key, partition=0)
        assert to.flush(10) == 0

    def letters(count: int) -> list[bytes]:
        found = read(kafka, ["plans.dead-letter"], lambda got: sum(m.key() in keys for m in got) >= count, timeout_s=5)
        reasons = {describe(m.headers())["reason"] for m in found if m.key() in keys}
        assert reasons <= {"not-json"}
        return [m.key() for m in found if m.key() in keys]

    put(keys[:IN_A_ROW])
    assert sorted(letters(IN_A_ROW)) == sorted(keys[:IN_A_ROW])
    put(keys[IN_A_ROW:])
    for _ in range(2):
        deadline_s = time.monotonic() + END_S
        while process.alive and time.monotonic() < deadline_s:
            time.sleep(0.1)
        assert not process.alive
        said = "\n".join(process.log_lines(5))
        assert f"{IN_A_ROW + 1} records in a row of intentions.business-0 became dead letters" in said
        if _ == 0:
            process.spawn()
    assert len(letters(IN_A_ROW + 1)) == IN_A_ROW, "the one that was too many is still where it was"
