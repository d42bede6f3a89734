"""Log lines as JSON, with the record that was being processed."""

from __future__ import annotations

import io
import json
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from app.engine.run import RawRun, Run
from app.engine.tracing import PROCESSED
from app.engine.transaction import transaction
from app.observability.logs import JsonFormatter, RecordFilter
from app.observability.pii_log import PiiFilter
from tests.unit.engine.fakes import NOW, FakeApp, FakeMessage, batch_of


class Log:
    """A logger and the lines that it has written."""

    def __init__(self) -> None:
        self._to = io.StringIO()
        self._handler = logging.StreamHandler(self._to)
        self._handler.addFilter(RecordFilter())
        self._handler.addFilter(PiiFilter())
        self._handler.setFormatter(JsonFormatter())
        self.write = logging.Logger("app.somewhere")  # noqa: LOG001 — nothing else writes to it
        self.write.addHandler(self._handler)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._to.getvalue().split("\n")[:-1]]


@pytest.fixture
def log() -> Log:
    return Log()


def test_a_line_says_when_how_grave_who_and_what(log: Log) -> None:
    log.write.warning("stage waits stage=%s", "execute", extra={"waits_s": 2.5, "why": {1, 2}.__class__})
    (line,) = log.lines
    assert line["at"].endswith("+00:00")
    assert (line["level"], line["logger"], line["message"]) == ("warning", "app.somewhere", "stage waits stage=execute")
    assert line["waits_s"] == 2.5
    assert line["why"] == "<class 'set'>", "what is no JSON is written as text"
    assert "topic" not in line


async def test_what_is_logged_while_a_record_is_processed_is_about_it(log: Log) -> None:
    batch = batch_of(FakeApp(), b"1", b"2", first=7)
    async with transaction(batch) as tx:
        for record in batch:
            record.value = SimpleNamespace(plan_id="p-1", intent_id="i-1")
            with tx.attempt(record):
                log.write.warning("looked at", extra={"partition": "as the call says"})
        log.write.warning("after")
    first, second, after = log.lines
    assert (first["topic"], first["offset"], second["offset"]) == ("in", 7, 8)
    assert (first["plan"], first["intention"]) == ("p-1", "i-1")
    assert first["partition"] == "as the call says"
    assert "topic" not in after


async def test_calls_for_many_records_at_once_are_each_about_their_own(log: Log) -> None:
    batch = batch_of(FakeApp(), b"1", b"2", b"3")

    async def call(record: Any) -> None:
        log.write.warning("%d", record.value)

    await batch.map(call)
    assert {line["message"]: line["offset"] for line in log.lines} == {"1": 0, "2": 1, "3": 2}
    assert PROCESSED.get() is None


def test_personal_data_is_in_no_field_and_in_no_traceback(log: Log) -> None:
    try:
        int("ana@example.com")
    except ValueError:
        log.write.exception("call %s", "ana@example.com", extra={"who": "ana@example.com"})
    (line,) = log.lines
    assert "ana@" not in json.dumps(line)
    assert "ValueError" in line["traceback"]


def test_a_line_stays_one_line(log: Log) -> None:
    log.write.error("one\ntwo \u2028 three", extra={"field": "a\nb"})
    assert len(log.lines) == 1


def test_a_record_without_ids_is_named_by_its_place() -> None:
    run = Run(RawRun(TP("in", 0), [FakeMessage(3, b"x")], None), NOW, None)
    token = PROCESSED.set(run.records[0])
    try:
        found = logging.makeLogRecord({"msg": "x"})
        assert RecordFilter().filter(found)
    finally:
        PROCESSED.reset(token)
    assert found.__dict__["offset"] == 3
    assert "plan" not in found.__dict__
