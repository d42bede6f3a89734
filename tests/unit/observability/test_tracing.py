"""A record's way as spans: what is followed, whose child each span is, and how it ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest
from faust.types import TP
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from app.engine.run import Batch, RawRun, Run
from app.engine.tracing import CONTEXT_HEADER
from app.engine.transaction import transaction
from app.errors import StaleRun
from app.observability.tracing import Tracing
from app.settings import Settings
from tests.unit.engine.fakes import NOW, OUT, FakeApp, FakeMessage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
CHOSEN = f"00-{TRACE}-{PARENT}-01".encode()
NOT_CHOSEN = f"00-{TRACE}-{PARENT}-00".encode()

Headers = list[tuple[str, "bytes | None"]]


class Traced:
    """An application whose spans stay in memory."""

    def __init__(self, share: str = "1", *, is_open: bool = True) -> None:
        self.app = FakeApp()
        self.app.open = {"in"} if is_open else set()
        self._exporter = InMemorySpanExporter()
        settings = Settings.load({"HIVE_TRACE_SHARE": share, "HIVE_APP_ID": "the-app", "HIVE_WORKER": "w-1"})
        self.app.span_tracer = Tracing(
            settings, is_open=self.app.is_open, exporter=self._exporter, processor=SimpleSpanProcessor
        )

    def batch(self, *headers: Headers | None) -> Batch:
        found = [FakeMessage(number, b"x", headers=each) for number, each in enumerate(headers)]
        return Batch(cast("Any", self.app), "stage", [Run(RawRun(TP("in", 0), found, None), NOW, None)])

    async def settle(self, error: Exception | None = None) -> None:
        done = self.app.committer.taken[-1][1]
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
        await asyncio.sleep(0)

    @property
    def sent(self) -> Sequence[Any]:
        return self.app.committer.taken[-1][0].messages  # type: ignore[no-any-return]

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()


async def _through(traced: Traced, *headers: Headers | None, fail: bool = False) -> None:
    async with transaction(batch := traced.batch(*headers)) as tx:
        for record in batch:
            with tx.attempt(record):
                tx.send(OUT, key="k", value=b"1", headers=list(record.headers) or None)
                if fail:
                    raise ValueError("ana@example.com has no plan")


def _context(headers: Headers | None) -> bytes | None:
    return dict(headers or []).get(CONTEXT_HEADER)


async def test_what_comes_of_a_record_carries_its_span_which_ends_when_it_is_committed() -> None:
    traced = Traced()
    await _through(traced, [("trace-me", b"1")])
    assert not traced.spans, "nothing is over before the commit"
    await traced.settle()
    (span,) = traced.spans
    attributes = cast("Mapping[str, Any]", span.attributes)
    assert (span.name, attributes["messaging.kafka.offset"], attributes["hive.stage"]) == ("stage in", 0, "stage")
    assert span.resource.attributes["service.name"] == "the-app"
    assert span.context is not None
    (name, context), *_ = traced.sent[0][3][1:]
    assert traced.sent[0][3][0] == ("trace-me", b"1"), "what was there stays"
    assert name == CONTEXT_HEADER
    assert context.startswith(f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-".encode())


async def test_the_next_stage_goes_on_with_the_trace_that_a_record_brings() -> None:
    traced = Traced("0.000001", is_open=False)
    await _through(traced, [(CONTEXT_HEADER, CHOSEN)])
    await traced.settle()
    (span,) = traced.spans
    assert span.parent is not None
    assert (f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, PARENT)
    sent = _context(traced.sent[0][3])
    assert sent is not None
    assert sent != CHOSEN, "the parent of what comes next is this span"
    assert [name for name, _ in traced.sent[0][3]].count(CONTEXT_HEADER) == 1


@pytest.mark.parametrize(
    ("headers", "is_open", "share"),
    [
        ([(CONTEXT_HEADER, NOT_CHOSEN)], True, "1"),  # whoever sent it has decided
        (None, False, "1"),  # it was not chosen where it came in
        (None, True, "0.0"),
    ],
)
async def test_what_is_not_chosen_leaves_no_span_and_no_header(
    headers: Headers | None, *, is_open: bool, share: str
) -> None:
    traced = Traced(share, is_open=is_open)
    await _through(traced, headers)
    await traced.settle()
    assert not traced.spans
    assert traced.sent[0][3] == headers, "as it came"


@pytest.mark.parametrize("garbage", [b"", b"\xff\x00", b"00-zz-11-01", CHOSEN + b"-more", b"x" * 5000])
async def test_a_context_that_is_none_begins_a_trace_of_its_own(garbage: bytes) -> None:
    traced = Traced()
    await _through(traced, [(CONTEXT_HEADER, garbage)])
    await traced.settle()
    (span,) = traced.spans
    assert span.parent is None


async def test_a_dead_letter_is_an_error_of_its_span_without_personal_data() -> None:
    traced = Traced()
    await _through(traced, None, fail=True)
    await traced.settle()
    (span,) = traced.spans
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert span.attributes["error.type"] == "ValueError"
    assert "ana@" not in (span.status.description or "")
    assert "has no plan" in (span.status.description or "")


async def test_two_looks_at_a_record_in_one_transaction_are_one_span() -> None:
    traced = Traced()
    async with transaction(batch := traced.batch(None, None)) as tx:
        for _ in range(2):
            for record in batch:
                with tx.attempt(record):
                    tx.send(OUT, key="k", value=b"1")
        tx.send(OUT, key="k", value=b"of none")
    await traced.settle()
    assert len(traced.spans) == 2
    first, second, third, fourth, last = [_context(message[3]) for message in traced.sent]
    assert (first, second) == (third, fourth)
    assert first != second
    assert last is None


async def test_a_transaction_that_is_given_up_says_so() -> None:
    traced = Traced()
    await _through(traced, None)
    await traced.settle(StaleRun("moved"))
    (span,) = traced.spans
    assert span.attributes is not None
    assert span.attributes["error.type"] == "StaleRun"


async def test_a_stage_that_fails_ends_its_spans() -> None:
    traced = Traced()
    batch = traced.batch(None)

    async def fail() -> None:
        async with transaction(batch) as tx:
            with tx.attempt(next(iter(batch))):
                pass
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    (span,) = traced.spans
    assert span.status.status_code is StatusCode.ERROR
