"""A worker from its start to its end: what it waits for, what it shows, and how it stops."""

from __future__ import annotations

import gzip
import json
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from app.deploy.monitoring.all_boards import asked_for
from app.embedded.ports import free_port
from tests.broker.cluster import answers, get, read, submit, worker, worker_process
from tests.promtool import promtool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    from app.embedded.stack import Stack

TEXT = "Quantos clientes ativos por segmento?"
NOWHERE = {
    "HIVE_MONGO": "mongodb://127.0.0.1:9/?directConnection=true",
    "HIVE_STORE_TIMEOUT_S": "0.5",
}


def _until(holds: Callable[[], object], *, timeout_s: float = 60) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.05)
    return True


def test_a_broker_that_is_down_is_waited_for_with_a_message_a_second(tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    process, _ = worker_process({"HIVE_KAFKA": nowhere}, tmp_path, ready=False)
    process.start()
    try:
        assert _until(lambda: len(_waits(process.log_lines(200), nowhere)) >= 3)
        assert process.alive
        log = "\n".join(process.log_lines(200))
        assert "Traceback" not in log
        process.send_signal(signal.SIGTERM)
        assert _until(lambda: not process.alive), "it can be stopped while it waits"
    finally:
        process.stop(timeout_s=5)


def _waits(lines: list[str], address: str) -> list[str]:
    return [line for line in lines if f"waiting for Kafka at {address}" in line]


def test_a_store_that_is_down_makes_its_stage_wait_and_no_other(stack: Stack, tmp_path: Path) -> None:
    addresses = {**stack.addresses, **NOWHERE}
    kafka = addresses["HIVE_KAFKA"]
    with worker(addresses, tmp_path) as (process, port):
        waiting = submit(kafka, TEXT)
        assert _until(lambda: "execute_mongodb" in json.loads(get(port, "/health/ready")[1])["paused"])
        assert 'stage_paused{stage="execute_mongodb"} 1.0' in get(port, "/metrics")[1]
        unclear = submit(kafka, "fazer coisa")
        assert answers(kafka, {unclear})[unclear]["status"] == "not_understood", "the other stages go on"
        assert get(port, "/health/live")[0] == 200
        assert get(port, "/health/ready")[0] == 200
        assert answers(kafka, {waiting}, timeout_s=1) == {}
        process.send_signal(signal.SIGTERM)
        assert _until(lambda: not process.alive), "waiting for a store does not keep it from stopping"


class Collector(BaseHTTPRequestHandler):
    """As much of an OpenTelemetry collector as takes spans."""

    spans: ClassVar[list[Span]] = []

    def do_POST(self) -> None:
        """Take spans."""
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        request = ExportTraceServiceRequest.FromString(
            gzip.decompress(sent) if self.headers["Content-Encoding"] == "gzip" else sent
        )
        self.spans.extend(
            span for group in request.resource_spans for scope in group.scope_spans for span in scope.spans
        )
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    with server, ThreadPoolExecutor(1) as pool:
        pool.submit(server.serve_forever)
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _told(span: Span, name: str) -> str:
    return next((pair.value.string_value for pair in span.attributes if pair.key == name), "")


def test_what_waited_for_a_store_is_answered_once_when_a_worker_finds_it(
    stack: Stack, tmp_path: Path, collector: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = stack.addresses["HIVE_KAFKA"]
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector)
    of_both = {
        "HIVE_APP_ID": f"again-{free_port()}",
        "HIVE_STATIC_MEMBER": "false",
        "HIVE_TRACE_SHARE": "1",
        "HIVE_LOG_FORMAT": "json",
    }
    with worker({**stack.addresses, **NOWHERE}, tmp_path, **of_both) as (first, port):
        identity = submit(kafka, TEXT)
        assert _until(lambda: "execute_mongodb" in json.loads(get(port, "/health/ready")[1])["paused"])
    logged = [json.loads(line) for line in first.log_lines(400) if line.startswith("{")]
    assert any("execution.tickets.mongodb" in line.get("topic", "") for line in logged), "what was waited for is named"
    with worker(stack.addresses, tmp_path, **of_both):
        assert identity in answers(kafka, {identity})
    plans = read(kafka, ["plans.ready"], lambda _: False, timeout_s=2)
    assert len([m for m in plans if json.loads(m.value()).get("intent_id") == identity]) == 1
    assert ["understand", "plan", "execute_mongodb", "orchestrate"] in _ways_of(identity), "through both workers"


def _ways_of(identity: str) -> list[list[str]]:
    """Return the stages on the way to each span of an intention's trace, from the first on."""
    spans = {span.span_id: span for span in Collector.spans}
    first = next(span for span in Collector.spans if _told(span, "messaging.kafka.message.key") == identity)
    ways = []
    for span in [span for span in Collector.spans if span.trace_id == first.trace_id]:
        way = [span]
        while way[-1].parent_span_id in spans:
            way.append(spans[way[-1].parent_span_id])
        ways.append([_told(each, "hive.stage") for each in reversed(way)])
    return ways


def test_health_and_metrics_say_what_they_mean(stack: Stack, tmp_path: Path) -> None:
    with worker(stack.addresses, tmp_path) as (process, port):
        status, text = get(port, "/health/ready")
        ready = json.loads(text)
        assert (status, ready["ready"], ready["waits_for"]) == (200, True, [])
        assert ready["partitions"] == 27 * 4 + 1, "of the flow, and of the one learner"
        identity = submit(stack.addresses["HIVE_KAFKA"], TEXT)
        assert identity in answers(stack.addresses["HIVE_KAFKA"], {identity})
        metrics = get(port, "/metrics")[1]
        for stage in ("understand", "plan", "execute_mongodb", "orchestrate"):
            assert re.search(rf'neural_hive_records_total\{{stage="{stage}"\}} [1-9]', metrics), stage
        assert "neural_hive_ready 1.0" in metrics
        assert 'neural_hive_table_keys{table="domain-counts"} ' in metrics
        exposed = set(re.findall(r"^# TYPE (\S+) ", metrics, re.MULTILINE))
        asked = asked_for()
        dangling = {n for n in asked if n not in exposed and re.sub(r"_(bucket|sum|count)$", "", n) not in exposed}
        assert len(asked) > 60
        assert dangling == {"up"}, "Prometheus's own; everything else that rules and boards ask for is served"
        promtool("check", "metrics", given=metrics)
        process.send_signal(signal.SIGTERM)
        assert _until(lambda: not process.alive)
        assert process.exit_code == 0
        assert "drained" in "\n".join(process.log_lines(100))
        assert "Traceback" not in "\n".join(process.log_lines(1000))


def test_the_rolling_count_survives_a_restart(stack: Stack, tmp_path: Path) -> None:
    kafka = stack.addresses["HIVE_KAFKA"]
    app_id = f"counts-{free_port()}"

    def keys(port: int) -> float:
        found = re.search(r'neural_hive_table_keys\{table="domain-counts"\} ([\d.]+)', get(port, "/metrics")[1])
        return float(found.group(1)) if found else 0.0

    with worker(stack.addresses, tmp_path, HIVE_APP_ID=app_id, HIVE_STATIC_MEMBER="false") as (_, port):
        identity = submit(kafka, TEXT)
        assert identity in answers(kafka, {identity})
        before = keys(port)
        assert before >= 1
    with worker(stack.addresses, tmp_path, HIVE_APP_ID=app_id, HIVE_STATIC_MEMBER="false") as (_, port):
        assert _until(lambda: keys(port) == before)


@pytest.mark.real
def test_a_static_member_that_comes_back_on_another_port_is_ready_at_once(real_stack: Stack, tmp_path: Path) -> None:
    settings = {"HIVE_APP_ID": f"static-{free_port()}", "HIVE_WORKER": "the-same", "HIVE_SESSION_TIMEOUT_S": "40"}
    with worker(real_stack.addresses, tmp_path, **settings) as (killed, _):
        killed.kill()
    with worker(real_stack.addresses, tmp_path, **settings) as (_, port):
        assert get(port, "/health/ready")[0] == 200
