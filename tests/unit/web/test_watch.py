"""The reader lives while somebody looks; what it hears goes to every open page."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from app.errors import BrokerUnavailable
from app.settings import Settings
from app.stores.kafka import Found
from app.web import stream, watch
from app.web.watch import Watch
from tests.unit.web.console import running

if TYPE_CHECKING:
    import threading

    from app.web.console import Console

AUDIT = Found("intentions.audit", 0, 0, 1, b"a", b"{}", [])
END_S = 5.0


class Quiet(Watch):
    """Reads from nobody: one record, and then nothing for ever."""

    begun = 0

    def _read(self, stopped: threading.Event) -> None:
        if not self._caught_up.is_set():
            self.begun += 1
            self.kept.take([AUDIT])
            self._caught_up.set()
        stopped.wait(0.01)


async def ended(reader: Watch) -> bool:
    deadline_s = time.monotonic() + END_S
    while reader.is_at_work and time.monotonic() < deadline_s:  # noqa: ASYNC110 — a thread ends, not a task
        await asyncio.sleep(0.01)
    return not reader.is_at_work


async def test_the_reader_comes_with_the_first_look_and_goes_after_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "IDLE_S", 0.2)
    reader = Quiet(Settings())
    assert not reader.is_at_work
    await reader.look()
    await reader.look()
    assert (reader.begun, reader.is_at_work) == (1, True)
    assert reader.kept.of(AUDIT.topic, "a") == [AUDIT]
    leave = reader.listen(lambda _: None)
    await asyncio.sleep(0.5)
    assert reader.is_at_work, "a page is open"
    leave()
    assert await ended(reader)
    assert reader.kept.size_bytes == 0, "what it kept has gone with it"
    await reader.look()
    assert reader.begun == 2
    reader.stop()
    assert await ended(reader)


async def test_a_broker_that_does_not_answer_is_said_to_whoever_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "READY_S", 0.2)
    reader = Watch(Settings(kafka="127.0.0.1:1"))
    with pytest.raises(BrokerUnavailable):
        await reader.look()
    reader.stop()


def quiet(console: Console) -> Quiet:
    """Give a console a reader that reads nothing."""
    reader = Quiet(Settings())
    console.watch = console._streams._watch = reader
    return reader


async def test_a_page_is_told_what_has_changed_and_how_much_goes_through() -> None:
    async with running("") as (client, console):
        reader = quiet(console)
        async with client.get("/console/api/events") as told:
            assert told.headers["Content-Type"] == "text/event-stream"
            seen = b""
            while b"event: flow" not in seen:
                seen += await told.content.readline()
            reader._tell({"approvals", "letters"})
            reader._tell({"approvals"})
            while b"event: changed" not in seen:
                seen += await told.content.readline()
            changed = await told.content.readline()
            assert changed == b'data: ["approvals","letters"]\n'
        reader.stop()


async def test_only_so_many_pages_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST", 1)
    async with running("") as (client, console):
        reader = quiet(console)
        async with client.get("/console/api/events") as first:
            assert first.status == 200
            assert (await client.get("/console/api/events")).status == 503
        reader.stop()
