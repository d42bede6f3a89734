"""What the engine asks of whoever follows records on their way: a span for each record that is followed.

A span is begun when its stage looks at the record and ended when its transaction is decided; what the stage sends on
meanwhile carries the span's context in its headers, so that the next stage's span is its child.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from app.engine.run import Batch, Record

__all__ = ["CONTEXT_HEADER", "PROCESSED", "Span", "Tracer", "with_context"]

CONTEXT_HEADER = "traceparent"  # https://www.w3.org/TR/trace-context/

PROCESSED: ContextVar[Record | None] = ContextVar("processed", default=None)
"""The record that is being processed: what is logged meanwhile is about it."""

Headers = list[tuple[str, "bytes | None"]]


class Span(Protocol):
    """A stage's part of a record's way."""

    @property
    def context(self) -> bytes:
        """The value of `CONTEXT_HEADER` for what comes of the record."""

    def failed(self, error: BaseException) -> None:
        """Note that the record became a dead letter, or that its transaction was given up."""

    def end(self) -> None:
        """Note that it is over: its transaction is committed or given up."""


class Tracer(Protocol):
    """Begins spans."""

    def begin(self, record: Record, batch: Batch) -> Span | None:
        """Begin the span of a record; None for one that is not followed."""


def with_context(headers: Headers | None, context: bytes) -> Headers:
    """Return headers with a context in place of the one that may be there."""
    return [*((name, value) for name, value in headers or () if name != CONTEXT_HEADER), (CONTEXT_HEADER, context)]
