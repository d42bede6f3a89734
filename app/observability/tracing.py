"""An intention's way as OpenTelemetry spans, one for each stage it passes, sent by OTLP over HTTP; off by default.

Where the spans go, and how, is said by OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT` …). Attributes have
the names of its conventions for messaging, so that any backend shows them as what they are.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.engine.tracing import CONTEXT_HEADER
from models.nlu.pii import mask

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.sdk.trace.export import SpanExporter

    from app.engine.run import Batch, Record
    from app.settings import Settings

__all__ = ["Tracing"]

_CONTEXT = TraceContextTextMapPropagator()


class Tracing:
    """Begins a span for each record that is followed: those that carry a sampled context, and a share of the others.

    Args:
        settings: Share, and the names of the application and of the worker.
        is_open: Tells whether anybody may write to a topic: a trace begins there, and nowhere else, so that a record
            that was not chosen where it came in is not chosen further down either.
        exporter: Where spans go; OTLP over HTTP by default.
        processor: Makes what hands spans to the exporter.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        is_open: Callable[[str], bool],
        exporter: SpanExporter | None = None,
        processor: Callable[[SpanExporter], SpanProcessor] = BatchSpanProcessor,
    ) -> None:
        self._is_open = is_open
        self._group = settings.app_id
        resource = Resource.create({"service.name": settings.app_id, "service.instance.id": settings.worker})
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(settings.trace_share)), resource=resource, shutdown_on_exit=False
        )
        self._provider.add_span_processor(processor(exporter or _otlp()))
        self._tracer = self._provider.get_tracer("neural-hive-mind")

    def begin(self, record: Record, batch: Batch) -> _Span | None:
        """Begin the span of a record; None for one that is not followed."""
        given = next((value for name, value in record.headers if name == CONTEXT_HEADER and value), None)
        if given is None and not self._is_open(record.topic):
            return None
        carrier = {} if given is None else {CONTEXT_HEADER: given.decode("ascii", "replace")}
        taken_ns = time.time_ns() - round(batch.age_s * 1e9)
        span = self._tracer.start_span(
            f"{batch.stage} {record.topic}",
            context=_CONTEXT.extract(carrier),
            kind=trace.SpanKind.CONSUMER,
            start_time=taken_ns,
        )
        if not span.is_recording():
            return None
        span.set_attributes(self._attributes(record, batch, taken_ns))
        return _Span(span)

    def _attributes(self, record: Record, batch: Batch, taken_ns: int) -> dict[str, Any]:
        key = (record.key or b"").decode("utf-8", "replace")
        return {
            "messaging.system": "kafka",
            "messaging.operation.type": "process",
            "messaging.destination.name": record.topic,
            "messaging.destination.partition.id": str(record.partition),
            "messaging.kafka.offset": record.offset,
            "messaging.kafka.message.key": mask(key),
            "messaging.consumer.group.name": self._group,
            "messaging.batch.message_count": batch.size,
            "hive.stage": batch.stage,
            "hive.waited_ms": max(0.0, taken_ns / 1e6 - record.timestamp_ms),
        }

    def stop(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


class _Span:
    """A span of OpenTelemetry's as the engine knows it."""

    __slots__ = ("_span", "context")

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        carrier: dict[str, str] = {}
        _CONTEXT.inject(carrier, trace.set_span_in_context(span))
        self.context = carrier[CONTEXT_HEADER].encode()

    def failed(self, error: BaseException) -> None:
        """Note that the record became a dead letter, or that its transaction was given up."""
        told = mask(str(error))
        self._span.set_attribute("error.type", type(error).__name__)
        self._span.set_status(trace.StatusCode.ERROR, told)

    def end(self) -> None:
        """Note that it is over."""
        self._span.end()


def _otlp() -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()
